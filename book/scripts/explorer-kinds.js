// The forms in which a reader's own study may print its result: what is asked, what is refused, and the log likelihood.
"use strict";

const ExplorerKinds = (() => {
  const MOST = 20000;  // patients of an arm, as extraction/schema.py has it
  const NARROWEST = 0.025;  // SE, log scale: what the grid of effects resolves
  const FARTHEST = 50;  // ratio, or its inverse: further out the priors that this page allows cannot reach a precise study
  const whole = (name, label) => ({ name, label, pattern: /^[0-9]{1,6}$/, wants: "a count is a whole number" });
  const above0 = (name, label, wants) => ({ name, label, pattern: /^[0-9]{1,6}(\.[0-9]{1,6})?$/, wants });
  const ratioField = (name, label) => above0(name, label, "a ratio is a number above 0 such as 0.86");
  const p = { name: "p", label: "p", pattern: /^0?\.[0-9]{1,6}$/, wants: "a p lies between 0 and 1, such as 0.034" };
  const side = { name: "side", label: "Hazard, {treated}", pattern: /^(lower|higher|untold)$/, wants: "it is lower, higher or untold",
                 choices: [["untold", "not told"], ["lower", "lower"], ["higher", "higher"]] };
  const days = (name, label) => above0(name, label, "a duration is a number above 0");
  const fault = (fields, text) => ({ fields, text });

  function sizes(pairs) {
    for (const [name, n] of pairs) if (n < 1 || n > MOST) return fault([name], `Found ${n} patients; an arm has from 1 to 20,000.`);
    return null;
  }

  // What of a study's rough effect and standard error this page cannot carry.
  function beyond({ effect, se }, fields, measure) {
    if (se < NARROWEST) return fault(fields, "So large a study is too precise for this page: use python -m models preview.");
    return Math.abs(effect) - 3 * se > Math.log(FARTHEST) ? fault(fields, `So large a difference is beyond this page, whose ${measure}s end at ${FARTHEST}.`) : null;
  }

  function positive(fields, values) {
    const zero = fields.filter((_, i) => values[i] <= 0);
    return zero.length ? fault(zero, "Found 0; a ratio and its limits lie above 0.") : null;
  }

  const far = ratio => Math.abs(Math.log(ratio)) > Math.log(FARTHEST) ? fault(["estimate"], `Found ${ratio}; ratios here lie between ${1 / FARTHEST} and ${FARTHEST}.`) : null;

  const KINDS = {
    counts: {
      words: () => "counts of both arms", wanted: "four", measure: "odds ratio",
      fields: [whole("events-treated", "Events, {treated}"), whole("n-treated", "of patients"), whole("events-control", "Events, {comparator}"), whole("n-control", "of patients")],
      fault([treated, n, control, nControl]) {
        for (const [name, nName, events, patients] of [["events-treated", "n-treated", treated, n], ["events-control", "n-control", control, nControl]]) {
          const wrong = sizes([[nName, patients]]);
          if (wrong) return wrong;
          if (events > patients) return fault([name], `Found ${events} events in ${patients} patients; there cannot be more events than patients.`);
        }
        return null;
      },
      rough([treated, n, control, nControl]) {
        const cells = [treated, n - treated, control, nControl - control].map(cell => cell + 0.5);
        return { effect: Math.log(cells[0] * cells[3] / (cells[1] * cells[2])), se: Math.sqrt(cells.reduce((sum, cell) => sum + 1 / cell, 0)) };
      },
      likelihood: texts => ExplorerReports.counts(...texts.map(Number)),
    },
    ratio: {
      words: scale => `${article(scale)} with its interval`, wanted: "three", measure: "ratio",
      fields: [ratioField("estimate", "{scale}, {treated} over {comparator}"), ratioField("lower", "95 % lower limit"), ratioField("upper", "95 % upper limit")],
      fault(values) {
        const [estimate, lower, upper] = values, names = ["estimate", "lower", "upper"], wrong = positive(names, values) ?? far(estimate);
        if (wrong) return wrong;
        if (!(lower < estimate && estimate < upper)) return fault(names, `Found ${lower} to ${upper} around ${estimate}; the limits must lie on both sides of the estimate.`);
        if (Math.log(upper / lower) / 3.92 < NARROWEST) return fault(["lower", "upper"], "So narrow an interval is too precise for this page: use python -m models preview.");
        return null;
      },
      note(texts) {
        const { even, log, below, above } = ExplorerReports.interval(...texts);
        return even ? "" : `Its interval is not symmetric: on the log scale it reaches ${(1.96 * below).toFixed(2)} below and ${(1.96 * above).toFixed(2)} above ${Math.exp(log).toPrecision(3)}, `
          + "more than rounding explains. A misprint, or an exact or bootstrap interval; it enters with the shape it has.";
      },
      likelihood: texts => ExplorerReports.ratio(...texts),
    },
    withp: {
      words: scale => `${article(scale)} with its p`, wanted: "two", measure: "ratio",
      fields: [ratioField("estimate-p", "{scale}, {treated} over {comparator}"), { ...p, name: "p-of-ratio" }],
      fault([estimate, value], texts) {
        if (estimate <= 0) return fault(["estimate-p"], "Found 0; a ratio lies above 0.");
        if (Math.abs(Math.log(estimate)) > Math.log(FARTHEST)) return fault(["estimate-p"], `Found ${estimate}; ratios here lie between ${1 / FARTHEST} and ${FARTHEST}.`);
        if (!ExplorerReports.ratioWithP(...texts)) return fault(["estimate-p", "p-of-ratio"], "The ratio is too near 1, or rounded too far, for its p to tell how sure it is: give its interval.");
        return Math.abs(Math.log(estimate)) / ExplorerNormal.zOf(value) < NARROWEST ? fault(["p-of-ratio"], "So sure a ratio is too precise for this page: use python -m models preview.") : null;
      },
      likelihood: texts => ExplorerReports.ratioWithP(...texts),
    },
    logrank: {
      words: () => "a log-rank p with events and sizes", wanted: "five", measure: "hazard ratio",
      fields: [{ ...p, name: "p-log-rank" }, side, whole("events-all", "Events in all"), whole("patients-treated", "Patients, {treated}"), whole("patients-control", "Patients, {comparator}")],
      fault([, , events, n, nControl]) {
        const wrong = sizes([["patients-treated", n], ["patients-control", nControl]]);
        if (wrong) return wrong;
        return events < 1 || events > n + nControl ? fault(["events-all"], `Found ${events} events in ${n + nControl} patients; there is at least one, and at most one for each.`) : null;
      },
      rough([value, , events, n, nControl]) {
        const root = Math.sqrt(events * n * nControl) / (n + nControl);
        return { effect: ExplorerNormal.zOf(value) / root, se: 1 / root };
      },
      note: texts => texts[1] === "untold" ? "Which arm did better is not told, so both are taken to be as likely." : "",
      likelihood: ([value, where, ...rest]) => ExplorerReports.logRank(Number(value), where, ...rest.map(Number)),
    },
    time: {
      words: () => "events over person-time", wanted: "four", measure: "ratio",
      fields: [whole("events-time-treated", "Events, {treated}"), above0("time-treated", "in person-time", "a time is a number above 0"),
               whole("events-time-control", "Events, {comparator}"), above0("time-control", "in person-time", "a time is a number above 0")],
      fault([events, time, eventsControl, timeControl]) {
        if (!(time > 0 && timeControl > 0)) return fault(["time-treated", "time-control"], "Found 0; a person-time lies above 0.");
        return events + eventsControl ? null : fault(["events-time-treated", "events-time-control"], "Found no event in either arm, which tells nothing.");
      },
      rough: ([events, time, eventsControl, timeControl]) => ({ effect: Math.log((events + 0.5) / (eventsControl + 0.5) * timeControl / time), se: Math.sqrt(1 / (events + 0.5) + 1 / (eventsControl + 0.5)) }),
      note: () => "A ratio of rates is the hazard ratio where neither hazard changes with time.",
      likelihood: texts => ExplorerReports.personTime(...texts.map(Number)),
    },
    medians: {
      words: () => "medians with ranges", wanted: "eight", measure: "ratio",
      fields: ["treated", "control"].flatMap(arm => [days(`median-${arm}`, `Median, ${arm === "treated" ? "{treated}" : "{comparator}"}`), days(`min-${arm}`, "shortest"),
                                                 days(`max-${arm}`, "longest"), whole(`n-of-median-${arm}`, "of patients")]),
      fault(values) {
        for (const [i, arm] of [[0, "treated"], [4, "control"]]) {
          const [median, least, most, n] = values.slice(i, i + 4), names = ["median", "min", "max"].map(name => `${name}-${arm}`);
          if (n < 3 || n > MOST) return fault([`n-of-median-${arm}`], `Found ${n} patients; a median with its range needs from 3 to 20,000.`);
          if (!(0 < least && least < median && median < most)) return fault(names, `Found ${median} within ${least} to ${most}; the median must lie between shortest and longest, and all above 0.`);
        }
        return null;
      },
      rough: values => ExplorerMedians.rough(...armsOf(values)),
      likelihood: texts => ExplorerReports.medians(...armsOf(texts.map(Number))),
    },
  };

  const armsOf = values => [0, 4].map(i => ({ n: values[i + 3], values: { median: values[i], min: values[i + 1], max: values[i + 2] } }));
  const article = words => `${/^[aeiou]/.test(words) ? "an" : "a"} ${words}`;
  const namesOf = kind => KINDS[kind].fields.map(({ name }) => name);

  // Nothing typed: what stands in a list of choices is not typed.
  const isEmpty = (kind, texts) => KINDS[kind].fields.every(({ choices }, i) => choices || !(texts[i] || "").trim());

  // What is wrong with a study as typed: { text, fields } or null; nothing typed is nothing wrong.
  function faultOf(kind, values) {
    const { fields, wanted, rough, measure, fault: own } = KINDS[kind], typed = fields.map((_, i) => (values[i] || "").trim());
    if (isEmpty(kind, typed)) return null;
    const odd = fields.findIndex(({ pattern }, i) => typed[i] && !pattern.test(typed[i]));
    if (odd >= 0) return { fields: fields.filter(({ pattern }, i) => typed[i] && !pattern.test(typed[i])).map(({ name }) => name), text: `Found “${typed[odd]}”; ${fields[odd].wants}.` };
    const missing = fields.filter((_, i) => !typed[i]).map(({ name }) => name);
    if (missing.length) return { fields: missing, text: `All ${wanted} numbers are needed before your study enters.` };
    const numbers = typed.map(Number);
    return own(numbers, typed) ?? (rough ? beyond(rough(numbers), namesOf(kind), measure) : null);
  }

  const note = (kind, texts) => KINDS[kind].note?.(texts.map(text => text.trim())) ?? "";

  return { KINDS, namesOf, isEmpty, faultOf, note };
})();

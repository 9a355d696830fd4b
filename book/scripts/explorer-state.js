// The choices of the explorer: where they begin, how they are written in an address, and what of an address is refused.
"use strict";

const ExplorerState = (() => {
  const COUNTS = ["events-toci", "n-toci", "events-control", "n-control"], RATIO = ["estimate", "lower", "upper"];
  const FIELDS = { counts: COUNTS, ratio: RATIO };
  const SCALES = { half_normal: [0.1, 1.5], log_normal: [0.05, 0.8], inverse_gamma: [0.05, 0.8] };  // of tau, that nodes and grid can carry
  const BOUNDS = { mu: [0.1, 2], "bias-mean": [-1.5, 1.5], "bias-sd": [0, 1.5] };
  const MOST = 20000;  // patients of an arm, as extraction/schema.py has it
  const NARROWEST = 0.025;  // SE, log scale: what the grid of effects resolves
  const FARTHEST = 50;  // ratio, or its inverse: further out the priors that this page allows cannot reach a precise study
  const WHOLE = /^[0-9]{1,6}$/, PLAIN = /^[0-9]{1,6}(\.[0-9]{1,6})?$/;

  // The book's own answer.
  function start(data, endpoint) {
    const chosen = data.endpoints[endpoint];
    return { endpoint, data: "used", out: [], family: chosen.tau[0].family, scale: chosen.tau[0].scale, mu: chosen.mu, bias: "none",
             biasMean: 0, biasSd: 0.3, ownKind: chosen.counts ? "counts" : "ratio", own: [],
             baseline: chosen.baselines.length ? 0 : "own", risk: "" };
  }

  // What is wrong with a study as typed: { text, fields } or null; nothing typed is nothing wrong.
  function ownFault(kind, values) {
    const names = FIELDS[kind], typed = names.map((_, i) => (values[i] || "").trim());
    if (typed.every(value => !value)) return null;
    const odd = names.filter((_, i) => typed[i] && !(kind === "counts" ? WHOLE : PLAIN).test(typed[i]));
    if (odd.length) return { fields: odd, text: `Found “${typed[names.indexOf(odd[0])]}”; ${kind === "counts" ? "a count is a whole number" : "a ratio is a number above 0 such as 0.86"}.` };
    const missing = names.filter((_, i) => !typed[i]);
    if (missing.length) return { fields: missing, text: `All ${names.length === 4 ? "four" : "three"} numbers are needed before your study enters.` };
    return kind === "counts" ? countsFault(typed.map(Number)) : ratioFault(typed.map(Number));
  }

  function countsFault([toci, nToci, control, nControl]) {
    for (const [i, events, n] of [[0, toci, nToci], [2, control, nControl]]) {
      if (n < 1 || n > MOST) return { fields: [COUNTS[i + 1]], text: `Found ${n} patients; an arm has from 1 to 20,000.` };
      if (events > n) return { fields: [COUNTS[i]], text: `Found ${events} events in ${n} patients; there cannot be more events than patients.` };
    }
    const cells = [toci, nToci - toci, control, nControl - control].map(cell => cell + 0.5);
    const se = Math.sqrt(cells.reduce((sum, cell) => sum + 1 / cell, 0)), effect = Math.log(cells[0] * cells[3] / (cells[1] * cells[2]));
    if (se < NARROWEST) return { fields: COUNTS, text: "So large a study is too precise for this page: use python -m models preview." };
    return Math.abs(effect) - 3 * se > Math.log(FARTHEST) ? { fields: COUNTS, text: `So large a difference is beyond this page, whose odds ratios end at ${FARTHEST}.` } : null;
  }

  function ratioFault([estimate, lower, upper]) {
    const zero = RATIO.filter((_, i) => [estimate, lower, upper][i] <= 0);
    if (zero.length) return { fields: zero, text: "Found 0; a ratio and its limits lie above 0." };
    if (Math.abs(Math.log(estimate)) > Math.log(FARTHEST)) return { fields: ["estimate"], text: `Found ${estimate}; ratios here lie between ${1 / FARTHEST} and ${FARTHEST}.` };
    if (!(lower < estimate && estimate < upper)) return { fields: RATIO, text: `Found ${lower} to ${upper} around ${estimate}; the limits must lie on both sides of the estimate.` };
    if (Math.log(upper / lower) / 3.92 < NARROWEST) return { fields: ["lower", "upper"], text: "So narrow an interval is too precise for this page: use python -m models preview." };
    return null;
  }

  function riskFault(text) {
    const value = Number(text);
    return PLAIN.test(text.trim()) && value > 0 && value < 1000 ? null : `Found “${text}”; a risk lies between 0 and 1,000 per 1,000, both left out.`;
  }

  // The address of a state: what differs from the book's answer.
  function toHash(state, data) {
    const book = start(data, state.endpoint), said = new URLSearchParams({ endpoint: state.endpoint });
    if (state.data !== book.data) said.set("data", state.data);
    if (state.out.length) said.set("without", state.out.join(","));
    if (state.family !== book.family || state.scale !== book.scale) said.set("tau", `${state.family}:${state.scale}`);
    if (state.mu !== book.mu) said.set("mu", state.mu);
    if (state.bias !== "none") said.set("bias", state.bias === "same" ? `${state.biasMean}:${state.biasSd}` : state.bias);
    if (state.own.some(value => value.trim())) said.set(state.ownKind, state.own.map(value => value.trim()).join(":"));
    if (state.baseline === "own" && state.risk.trim()) said.set("risk", state.risk.trim());
    else if (state.baseline && state.baseline !== "own") said.set("baseline", state.baseline);
    return said.toString().replaceAll("%3A", ":").replaceAll("%2C", ",");
  }

  // The state of an address; throws a RangeError that says what is refused.
  function fromHash(hash, data) {
    const said = new URLSearchParams(hash.replace(/^#/, "")), refuse = (key, rule) => { throw new RangeError(`${key}: found “${said.get(key)}”; ${rule}.`); };
    const number = (key, text, [low, high]) => {
      const value = text === "" || text === undefined ? NaN : Number(text);
      return value >= low && value <= high ? value : refuse(key, `a number from ${low} to ${high} is wanted`);
    };
    const endpoint = said.get("endpoint") ?? Object.keys(data.endpoints)[0];
    if (!Object.hasOwn(data.endpoints, endpoint)) refuse("endpoint", `it is one of ${Object.keys(data.endpoints).join(", ")}`);
    const state = start(data, endpoint), chosen = data.endpoints[endpoint], readings = {
      data: value => Object.hasOwn(chosen.readings, value) ? { data: value } : refuse("data", `it is one of ${Object.keys(chosen.readings).join(", ")}`),
      without: value => {
        const known = (chosen.readings[said.get("data") ?? "used"] ?? []).map(study => study.id), out = value.split(",");
        return out.every(study => known.includes(study)) ? { out } : refuse("without", `the studies are ${known.join(", ")}`);
      },
      tau: value => {
        const [family, scale] = value.split(":"), known = chosen.tau.map(prior => prior.family);
        return known.includes(family) ? { family, scale: number("tau", scale, SCALES[family]) } : refuse("tau", `the prior is one of ${known.join(", ")}`);
      },
      mu: value => ({ mu: number("mu", value, BOUNDS.mu) }),
      bias: value => {
        if (value === "judged") return { bias: value };
        const [mean, sd] = value.split(":");
        return { bias: "same", biasMean: number("bias", mean, BOUNDS["bias-mean"]), biasSd: number("bias", sd, BOUNDS["bias-sd"]) };
      },
      counts: value => chosen.counts ? own("counts", value) : refuse("counts", "this endpoint reads ratios"),
      ratio: value => own("ratio", value),
      risk: value => !chosen.counts ? refuse("risk", "this endpoint has no absolute effects") : riskFault(value) ? refuse("risk", "it lies between 0 and 1,000 per 1,000")
        : { baseline: "own", risk: value },
      baseline: value => number("baseline", value, [0, chosen.baselines.length - 1]) % 1 ? refuse("baseline", "it is a whole number") : { baseline: Number(value) },
    };
    const own = (ownKind, value) => {
      const typed = value.split(":"), fault = typed.length === FIELDS[ownKind].length ? ownFault(ownKind, typed) : { text: `${FIELDS[ownKind].length} numbers are wanted.` };
      return fault ? refuse(ownKind, fault.text.replace(/\.$/, "")) : { ownKind, own: typed };
    };
    for (const [key, value] of said) {
      if (key === "endpoint") continue;
      if (!Object.hasOwn(readings, key)) refuse(key, "this page has no such choice");
      Object.assign(state, readings[key](value));
    }
    return state;
  }

  return { FIELDS, SCALES, start, ownFault, riskFault, toHash, fromHash };
})();

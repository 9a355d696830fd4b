// A table of studies as text: which column holds what, and each row as one of the kinds that this page pools.
"use strict";

const PoolTable = (() => {
  const MEASURES = { or: "odds ratio", rr: "risk ratio", hr: "hazard ratio", irr: "rate ratio", "ratio-of-medians": "ratio of medians" };
  const NARROWEST = 0.025, FARTHEST = 50, MOST_ROWS = 100;  // SE, log scale, and ratio: what the grid of effects carries
  const DECIMAL = /^[-−]?[0-9]+([.][0-9]+)?$|^[.][0-9]+$/, WHOLE = /^[0-9]{1,6}$/;
  const STUDY = ["study", "slab", "study_id", "study_or_subgroup", "studlab", "author", "authors", "trial", "reference"];
  const ALSO = {  // metafor's, meta's and RevMan's names
    ai: "events_treated", n1i: "n_treated", ci: "events_control", n2i: "n_control", x1i: "events_treated", t1i: "time_treated", x2i: "events_control", t2i: "time_control",
    sei: "se", vi: "variance", o_e: "o_minus_e", oe: "o_minus_e", loghr: "log_hr", logor: "log_or", logrr: "log_rr", event_e: "events_treated", n_e: "n_treated", event_c: "events_control",
    n_c: "n_control", odds_ratio: "or", risk_ratio: "rr", hazard_ratio: "hr", rate_ratio: "irr", ratio_of_medians: "ratio-of-medians", p_value: "p", logrank_p: "log_rank_p", lcl: "lower", ucl: "upper",
    ci_lower: "lower", ci_upper: "upper", standard_error: "se",
  };
  const ARMS = ["treated", "control"], both = (...names) => names.flatMap(name => ARMS.map(arm => `${name}_${arm}`));
  const slug = name => name.trim().toLowerCase().replace(/[^a-z0-9]+/g, "_").replace(/^_|_$/g, "");
  const nameOf = header => ALSO[slug(header)] ?? slug(header);

  class Fault extends Error {}

  // Cells of separated text; what stands in quotes is one cell.
  function cellsOf(text, separator) {
    const rows = [[""]];
    let quoted = false;
    for (let i = 0; i < text.length; i++) {
      const letter = text[i], row = rows[rows.length - 1];
      if (letter === '"') { if (quoted && text[i + 1] === '"') { row[row.length - 1] += '"'; i++; } else quoted = !quoted; }
      else if (!quoted && letter === separator) row.push("");
      else if (!quoted && letter === "\n") rows.push([""]);
      else if (letter !== "\r" || quoted) row[row.length - 1] += letter;
    }
    return rows;
  }

  function read(text) {
    const clean = text.replace(/^\uFEFF/, ""), header = clean.trimStart().split("\n")[0];
    const separator = [",", ";", "\t"].reduce((a, b) => header.split(b).length > header.split(a).length ? b : a);
    const lines = cellsOf(clean.trim(), separator).map((cells, i) => ({ line: i + 1, cells })).filter(({ cells }) => cells.some(cell => cell.trim()));
    if (lines.length < 2) throw new Fault("A table has a first line that names its columns, and a line for each study.");
    if (lines.length > MOST_ROWS + 1) throw new Fault(`Found ${lines.length - 1} studies; this page takes up to ${MOST_ROWS}: use python -m models pool.`);
    const names = lines[0].cells.map(nameOf), study = STUDY.map(name => names.indexOf(name)).find(i => i >= 0);
    if (study === undefined) throw new Fault(`No column names the studies; the columns found are ${lines[0].cells.join(", ")}.`);
    const twice = names.find((name, i) => name && names.indexOf(name) !== i);
    if (twice) throw new Fault(`Two columns hold the same: ${twice}.`);
    const seen = new Set();
    return lines.slice(1).map(({ line, cells }) => {
      if (cells.length !== names.length) throw new Fault(`Line ${line}: ${cells.length} cells where the first line has ${names.length}.`);
      const label = cells[study].trim();
      if (!label) throw new Fault(`Line ${line}: the study has no name.`);
      if (seen.has(label)) throw new Fault(`Line ${line}: ${label} appears twice.`);
      seen.add(label);
      const decimal = cell => separator === "," ? cell.trim() : cell.trim().replace(/^([^.]*),([^.,]*)$/, "$1.$2");
      return { line, label, cells: Object.fromEntries(names.map((name, i) => [name, decimal(cells[i])]).filter(([, cell]) => !/^(|na|n\/a|\.)$/i.test(cell))) };
    });
  }

  const refuse = (row, column, rule) => { throw new Fault(`Line ${row.line}, ${row.label}, column ${column}: found “${row.cells[column]}”; ${rule}.`); };

  function number(row, column, low = -1e9, rule = "a number is wanted") {
    const text = row.cells[column], value = Number(text.replace("−", "-"));
    return DECIMAL.test(text) && value >= low ? value : refuse(row, column, rule);
  }

  const above0 = (row, column) => number(row, column, Number.MIN_VALUE, "a number above 0 is wanted");

  function whole(row, column, low, rule) {
    const value = Number(row.cells[column]);
    return WHOLE.test(row.cells[column]) && value >= low ? value : refuse(row, column, rule ?? "a whole number is wanted");
  }

  const patients = (row, column, least = 1) => whole(row, column, least, `a whole number of patients from ${least} to 999,999 is wanted`);

  function printedArm(row, arm) {
    const n = patients(row, `n_${arm}`, 3), names = ["min", "q1", "median", "q3", "max"].filter(name => `${name}_${arm}` in row.cells);
    const values = Object.fromEntries(names.map(name => [name, above0(row, `${name}_${arm}`)]));
    names.slice(1).forEach((name, i) => { if (!(values[names[i]] < values[name])) refuse(row, `${names[i]}_${arm}`, `it must lie below ${name}_${arm}`); });
    if (names.length === 5 && n < 5) refuse(row, `n_${arm}`, "quartiles beside a range need 5 patients");
    return { n, values };
  }

  const spreadOf = (row, arm) => [["q1", "q3"], ["min", "max"]].map(ends => ends.map(end => `${end}_${arm}`)).find(ends => ends.every(end => end in row.cells)) ?? [`q1_${arm}`, `q3_${arm}`];

  function limits(row, measure, log) {
    const column = measure in row.cells ? measure : `log_${measure}`, texts = [column, "lower", "upper"].map(name => row.cells[name]);
    const [value, lower, upper] = [column, "lower", "upper"].map(name => column === measure ? above0(row, name) : number(row, name));
    if (!(lower < value && value < upper)) refuse(row, column, `it must lie between its limits, ${lower} and ${upper}`);
    if (column === measure) return ExplorerReports.interval(...texts);
    const se = (upper - lower) / (2 * 1.959963984540054);
    return { log, even: true, below: se, above: se };
  }

  // Kinds in the order in which a row is read: raw numbers before what was made of them. Each gives a log likelihood of the log ratio, with a rough estimate and standard error.
  const KINDS = [
    { words: "counts of both arms: exact binomials", measures: ["or"], needs: () => both("events", "n"),
      of(row) {
        const found = ARMS.flatMap(arm => {
          const n = patients(row, `n_${arm}`), events = whole(row, `events_${arm}`, 0);
          return events <= n ? [events, n] : refuse(row, `events_${arm}`, `there are ${n} patients`);
        });
        const [a, n, c, m] = found, cells = [a, n - a, c, m - c].map(cell => cell + 0.5);
        return { shown: `${a}/${n} v ${c}/${m}`, likelihood: ExplorerReports.counts(...found), effect: Math.log(cells[0] * cells[3] / (cells[1] * cells[2])), se: Math.sqrt(cells.reduce((sum, cell) => sum + 1 / cell, 0)) };
      } },
    { words: "events over person-time: Poisson", measures: ["irr"], needs: () => both("events", "time"),
      of(row) {
        const [a, t, c, s] = ARMS.flatMap(arm => [whole(row, `events_${arm}`, 0), above0(row, `time_${arm}`)]);
        return { shown: `${a}/${t} v ${c}/${s}`, likelihood: ExplorerReports.personTime(a, t, c, s), effect: Math.log((a + 0.5) / (c + 0.5) * s / t), se: Math.sqrt(1 / (a + 0.5) + 1 / (c + 0.5)) };
      } },
    { words: "medians with quartiles or range: density of order statistics", measures: ["ratio-of-medians"],
      needs: row => ARMS.flatMap(arm => [`median_${arm}`, ...spreadOf(row, arm), `n_${arm}`]),
      of(row) {
        const arms = ARMS.map(arm => printedArm(row, arm));
        return { shown: `${arms[0].values.median} v ${arms[1].values.median}`, likelihood: ExplorerReports.medians(...arms), ...ExplorerMedians.rough(...arms) };
      } },
    { words: "observed minus expected: Peto's log hazard ratio, normal", measures: ["hr"], needs: () => ["o_minus_e", "variance"],
      of(row) {
        const difference = number(row, "o_minus_e"), variance = above0(row, "variance"), effect = difference / variance, se = 1 / Math.sqrt(variance);
        return { shown: `O−E ${difference}, V ${variance}`, likelihood: ExplorerReports.estimate(effect, se, se), effect, se };
      } },
    ...["limits", "se", "variance"].map(spread => ({
      words: "ratios with interval or standard error: normal on the log scale; an uneven interval keeps its shape", measures: Object.keys(MEASURES),
      needs: (row, measure) => [measure in row.cells ? measure : `log_${measure}`, ...(spread === "limits" ? ["lower", "upper"] : [spread])],
      of(row, measure) {
        const natural = measure in row.cells, column = natural ? measure : `log_${measure}`, log = natural ? Math.log(above0(row, column)) : number(row, column);
        const sd = spread === "se" ? above0(row, "se") : spread === "variance" ? Math.sqrt(above0(row, "variance")) : null;
        const { below, above, even } = sd ? { below: sd, above: sd, even: true } : limits(row, measure, log);
        return { shown: `${row.cells[column]} (${sd ? `${spread} ${row.cells[spread]}` : `${row.cells.lower} to ${row.cells.upper}`})`, likelihood: ExplorerReports.estimate(log, below, above),
                 effect: log, se: Math.min(below, above), note: even ? "" : `${row.label}: its interval is not symmetric on the log scale, more than rounding explains; it enters with the shape it has.` };
      } })),
    { words: "ratios with a p alone: Wald's test gives the standard error", measures: Object.keys(MEASURES), needs: (row, measure) => [measure, "p"],
      of(row, measure) {
        const ratio = above0(row, measure), p = number(row, "p", Number.MIN_VALUE, "a p between 0 and 1 is wanted"), likelihood = ExplorerReports.ratioWithP(row.cells[measure], row.cells.p);
        if (!likelihood) refuse(row, "p", "the ratio is too near 1, or rounded too far, for its p to tell how sure it is");
        return { shown: `${ratio} (p ${p})`, likelihood, effect: Math.log(ratio), se: Math.abs(Math.log(ratio)) / ExplorerNormal.zOf(p) };
      } },
    { words: "log-rank p with events and sizes: its law", measures: ["hr"], needs: () => ["log_rank_p", "events", "n_treated", "n_control"],
      of(row) {
        const p = number(row, "log_rank_p", Number.MIN_VALUE, "a p between 0 and 1 is wanted"), n = patients(row, "n_treated"), m = patients(row, "n_control"), events = whole(row, "events", 1);
        const side = (row.cells.direction ?? "").toLowerCase(), z = p < 1 ? ExplorerNormal.zOf(p) : refuse(row, "log_rank_p", "a p between 0 and 1 is wanted");
        if (!["", "lower", "higher"].includes(side)) refuse(row, "direction", "it is lower or higher, the hazard of the treated");
        if (events > n + m) refuse(row, "events", `there are ${n + m} patients`);
        const se = (n + m) / Math.sqrt(events * n * m);
        return { shown: `log-rank p ${p}, ${events} events`, likelihood: ExplorerReports.logRank(p, side, events, n, m), effect: z * se, se,
                 note: side ? "" : `${row.label}: the log-rank p has no direction, so both are taken to be as likely.` };
      } },
  ];

  const kindOf = (row, measure) => KINDS.find(kind => kind.measures.includes(measure) && kind.needs(row, measure).every(name => name in row.cells));

  // Measures that every row can give.
  const possible = rows => Object.keys(MEASURES).filter(measure => rows.every(row => kindOf(row, measure)));

  // The studies of a table on a measure: label, numbers shown, log likelihood, words and notes.
  function studies(rows, measure) {
    return rows.map(row => {
      const kind = kindOf(row, measure);
      if (!kind) throw new Fault(`Line ${row.line}, ${row.label}: no ${MEASURES[measure]} follows from its columns ${Object.keys(row.cells).join(", ")}.`);
      const found = kind.of(row, measure);
      if (found.se < NARROWEST || Math.abs(found.effect) - 3 * found.se > Math.log(FARTHEST)) throw new Fault(`Line ${row.line}, ${row.label}: too precise or too far out for this page: use python -m models pool.`);
      return { label: row.label, words: kind.words, note: "", ...found };
    });
  }

  return { Fault, MEASURES, read, possible, studies };
})();

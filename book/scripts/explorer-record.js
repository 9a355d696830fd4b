// The record of a reader's own study, and its row of the register, as extraction/schema.py reads them.
"use strict";

const ExplorerRecord = (() => {
  const quoted = text => JSON.stringify(text);  // JSON's quoting is YAML's too
  const STUDY = /^[a-z]+[12][0-9]{3}[a-z]?$/, DOI = /^10\.[0-9]{4,9}\/[^\s"<>]+[^\s"<>.,;]$/;
  const TABLE = /^(table|tab\.)/i, FIGURE = /^(figure|fig\.)/i;

  // Whether this page writes a study of this form for this endpoint as a record.
  const writes = (endpoint, kind) => ["counts", "ratio"].includes(kind) && !endpoint.durations;

  // What is wrong with the names a reader gave, in words by field; empty where nothing is.
  function faults({ study, where, doi }) {
    const found = {};
    if (!STUDY.test(study)) found.study = `Name: found “${study}”; a surname in small letters and the year, such as lee2031.`;
    if (!where.trim()) found.where = "Section, table or figure: say where the numbers stand, such as Table 2.";
    if (!DOI.test(doi)) found.doi = `DOI: found “${doi}”; it begins with 10., such as 10.1234/example.2031.`;
    return found;
  }

  function addressOf(where) {
    const key = TABLE.test(where) ? "table" : FIGURE.test(where) ? "figure" : "section";
    return `{source: null, ${key}: ${quoted(where.trim())}}`;
  }

  function entry(id, kind, field, arm, unit, printed, address, values) {
    const lines = [`id: ${id}`, `kind: ${kind}`, `field: ${field}`, `arm: ${arm}`, `unit: ${unit}`, `printed: ${quoted(printed)}`, `address: ${address}`,
                   ...Object.entries(values).map(([key, value]) => `${key}: ${value}`)];
    return lines.map((line, i) => (i ? "    " : "  - ") + line).join("\n");
  }

  function entries(endpoint, own, address) {
    if (own.kind === "ratio") {
      const [estimate, lower, upper] = own.values;
      return [
        `  - {id: group_size, kind: not_reported, field: group_size, arm: comparison, unit: none, printed: null, address: ${address}, reason: Not yet recorded.}`,
        entry(`${endpoint.field}.ratio`, endpoint.kind, endpoint.field, "comparison", "ratio", `${estimate} (${lower}-${upper})`, address,
              { estimate, lower, upper, adjusted_for: "[]" }),
      ];
    }
    const [treated, nTreated, control, nControl] = own.values, arms = { treated: [treated, nTreated], control: [control, nControl] };
    return Object.entries(arms).flatMap(([arm, [events, n]]) => [
      entry(`group_size.${arm}`, "group_size", "group_size", arm, "patients", n, address, { n }),
      entry(`${endpoint.field}.${arm}`, "counts", endpoint.field, arm, "patients", `${events}/${n}`, address, { events, n }),
    ]);
  }

  // The record as YAML; `own` holds its kind and its values as typed, since digits count.
  function record(endpoint, own, { study, where, doi }, today) {
    const address = addressOf(where);
    return `# yaml-language-server: $schema=../record.schema.json
# https://doi.org/${doi}
# Written by the explorer. Put the paper's own words in the place of each "not yet recorded", and each fragment under
# "printed" exactly as the paper prints it.
study: ${study}
extracted: ${today}
extractor: a reader of the explorer, not yet named
texts: []
design:
  type: not yet recorded
  centres: []
  first_patient: null
  last_patient: null
  product: not yet recorded
  lymphodepletion: null
  address: ${address}
arms:
  treated: {definition: "Given the treatment; the paper's definition is not yet recorded."}
  control: {definition: "Not given the treatment; the paper's definition is not yet recorded."}
strata:
  all: {definition: All patients.}
entries:
${entries(endpoint, own, address).join("\n")}
`;
  }

  // The study's row of the register, with FILL_IN where a person has to decide.
  function row(endpoint, { study, doi }, today) {
    return `  - id: ${study}
    title: FILL_IN
    authors: [FILL_IN]
    journal: FILL_IN
    year: ${study.match(/[0-9]{4}/)[0]}
    doi: ${quoted(doi)}
    contrast: ${endpoint.contrast}
    decision: included
    endpoints: null
    reason: FILL_IN
    decided: ${today}
    cohort: ${study}
    text_held: false
`;
  }

  return { writes, faults, record, row };
})();

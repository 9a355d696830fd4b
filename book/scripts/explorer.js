// The explorer's page: controls to choices, and the answer to words, numbers and a picture.
"use strict";

(() => {
  const root = document.getElementById("explorer"), form = root.querySelector("form"), data = EXPLORER_DATA;
  const part = name => root.querySelector(`[data-part="${name}"]`), field = name => form.elements[name];
  const SCALE_WORDS = { half_normal: "Its scale (SD of the normal)", log_normal: "Its median", inverse_gamma: "Its scale" };
  const { number, ratio, percent, capital, signed } = ExplorerWords;
  let state, shown, waiting = 0, settled = 0;
  const endpointOf = chosen => data.endpoints[chosen.endpoint], answer = chosen => ExplorerAnswer.of(data, chosen);

  // controls

  function options(select, pairs, chosen) {
    select.replaceChildren(...pairs.map(([value, words]) => new Option(words, value, false, value === String(chosen))));
  }

  function fillControls() {
    const endpoint = endpointOf(state), counts = endpoint.counts;
    options(field("endpoint"), Object.entries(data.endpoints).map(([key, { title }]) => [key, title]), state.endpoint);
    options(field("family"), endpoint.tau.map(prior => [prior.family, prior.family === "half_normal" ? "half-normal" : prior.family === "log_normal"
      ? `log-normal (${prior.words})` : `inverse gamma (${prior.words})`]), state.family);
    field("data").value = state.data;
    field("data").disabled = !endpoint.readings.printed;
    part("data-words").textContent = endpoint.readings.printed ? "" : "All data of this endpoint are printed numbers.";
    field("bias").value = state.bias;
    options(field("own-kind"), endpoint.kinds.map(kind => [kind, ExplorerKinds.KINDS[kind].words(endpoint.scale)]), state.ownKind);
    options(field("judgement"), endpoint.judgements.map(({ key, words }) => [key, words]), state.judgement);
    drawOwn();
    options(field("baseline"), [...endpoint.baselines.map(({ source, events, n }, i) => [String(i), `${Math.round(1000 * events / n)}: ${source}, ${events}/${n}`]), ["own", "another"]], state.baseline);
    field("risk").value = state.risk;
    part("absolute").hidden = part("absolute-words").hidden = !counts;
    drawStudies();
  }

  // The inputs of one's own study, as its kind has them.
  function drawOwn() {
    const endpoint = endpointOf(state), named = { treated: endpoint.treated, comparator: endpoint.comparator, scale: capital(endpoint.scale) };
    part("own").replaceChildren(...ExplorerKinds.KINDS[state.ownKind].fields.map(({ name, label, choices }, i) => {
      const input = choices ? document.createElement("select") : Object.assign(document.createElement("input"), { inputMode: "decimal", autocomplete: "off" });
      if (choices) input.append(...choices.map(([value, words]) => new Option(words, value)));
      input.name = name;
      input.value = state.own[i] || (choices ? choices[0][0] : "");
      const words = document.createElement("label");
      words.append(`${label.replace(/\{(\w+)\}/g, (_, key) => named[key])} `, input);
      return words;
    }));
  }

  function drawStudies() {
    part("studies").replaceChildren(...endpointOf(state).readings[state.data].map(study => {
      const label = document.createElement("label"), box = Object.assign(document.createElement("input"), { type: "checkbox", name: "study-in", value: study.id, checked: !state.out.includes(study.id) });
      const words = Object.assign(document.createElement("span"), { textContent: study.label }), quiet = Object.assign(document.createElement("small"), { textContent: study.reports });
      label.className = "study";
      label.append(box, words, quiet);
      return label;
    }));
  }

  function sayControls() {
    [field("scale").min, field("scale").max] = ExplorerState.SCALES[state.family];
    for (const [name, value] of [["scale", state.scale], ["mu", state.mu], ["bias-mean", state.biasMean], ["bias-sd", state.biasSd]]) {
      if (Number(field(name).value) !== value) field(name).value = value;
      part(name).textContent = value.toFixed(2);
    }
    part("scale-words").textContent = SCALE_WORDS[state.family];
    part("same-bias").hidden = state.bias !== "same";
    part("own-risk").hidden = state.baseline !== "own";
  }

  function readControls(name) {
    const value = field(name)?.value, plain = { family: "family", bias: "bias", judgement: "judgement", risk: "risk" }[name];
    const numeric = { scale: "scale", mu: "mu", "bias-mean": "biasMean", "bias-sd": "biasSd" }[name];
    if (name === "endpoint") { state = ExplorerState.start(data, value); fillControls(); }
    else if (name === "data") { state.data = value; state.out = state.out.filter(study => endpointOf(state).readings[value].some(({ id }) => id === study)); drawStudies(); }
    else if (name === "study-in") state.out = [...form.querySelectorAll("[name=study-in]")].filter(box => !box.checked).map(box => box.value);
    else if (name === "own-kind") { state.ownKind = value; state.own = []; drawOwn(); }
    else if (name === "baseline") state.baseline = value === "own" ? value : Number(value);
    else if (numeric) state[numeric] = Number(value);
    else if (plain) state[plain] = value;
    if (name === "family") state.scale = endpointOf(state).tau.find(prior => prior.family === value).scale;
    state.own = ExplorerKinds.namesOf(state.ownKind).map(input => field(input).value);
  }

  // faults

  function tell(place, fault, inputs) {
    const words = part(place);
    if (words.textContent !== (fault?.text ?? "")) words.textContent = fault?.text ?? "";
    words.hidden = !fault;
    for (const input of inputs) {
      const wrong = Boolean(fault?.fields.includes(input));
      field(input).toggleAttribute("aria-invalid", false);
      if (wrong) field(input).setAttribute("aria-invalid", "true");
      if (wrong) field(input).setAttribute("aria-describedby", words.id); else field(input).removeAttribute("aria-describedby");
    }
  }

  // the answer

  function update() {
    const start = performance.now();
    sayControls();
    part("own-note").textContent = ExplorerKinds.isEmpty(state.ownKind, state.own) || ExplorerKinds.faultOf(state.ownKind, state.own) ? "" : ExplorerKinds.note(state.ownKind, state.own);
    const inputs = ExplorerKinds.namesOf(state.ownKind), fault = ExplorerKinds.faultOf(state.ownKind, state.own);
    if (!fault) shown = { state: structuredClone(state), answer: answer(state) };
    tell("own-fault", fault, inputs);
    root.classList.toggle("stale", Boolean(fault));
    const riskFault = sayAbsolute();
    if (!fault) drawAnswer();
    contribute();
    root.dataset.milliseconds = (performance.now() - start).toFixed(1);
    clearTimeout(settled);
    const address = location.hash;
    settled = setTimeout(() => settle(fault || riskFault, address), 400);
  }

  // What need not follow each move of a slider: the address, unless the reader has changed it meanwhile, and the sentence a screen reader speaks.
  function settle(fault, address) {
    if (!fault && location.hash === address) history.replaceState(null, "", isBook() ? location.pathname + location.search : `#${ExplorerState.toHash(state, data)}`);
    part("moved").textContent = fault ? "" : ExplorerMoved.sentence(data, shown.state, shown.answer);
    part("summary").textContent = summary();
    part("spoken").textContent = `${summary()} ${part("moved").textContent}`.trim();
    root.dataset.settled = Number(root.dataset.settled ?? 0) + 1;
  }

  const isBook = () => ExplorerState.toHash(state, data) === new URLSearchParams({ endpoint: Object.keys(data.endpoints)[0] }).toString();

  function summary() {
    const { answer: found, state: chosen } = shown, stale = root.classList.contains("stale") ? "The last valid answer: " : "";
    return `${stale}${stale ? endpointOf(chosen).scale : capital(endpointOf(chosen).scale)} ${number(Math.exp(found.mu.median))} (95 % interval ${number(Math.exp(found.mu.lower))} to ${number(Math.exp(found.mu.upper))}); `
      + `${data.treatment} is the better side with a probability of ${percent(found.favours)}.`;
  }

  function drawAnswer() {
    const { answer: found, state: chosen } = shown, endpoint = endpointOf(chosen), book = ExplorerAnswer.ofBook(data, chosen.endpoint);
    part("summary").textContent = summary();
    part("book").textContent = `The book's answer: ${ratio(book.mu)}, ${percent(book.favours)}. ${found.labels.length ? "" : "No study is in, so what you see is the prior."}`;
    const rows = [...found.labels.map((label, i) => ({ label, kind: "study", alone: found.alone[i], ...found.studies[i] })),
                  { label: "Mean effect", kind: "mean", ...found.mu }, { label: "In a new study", kind: "new", ...found.prediction }];
    for (const row of rows) row.numbers = ratio(row);
    drawTable([...rows, { label: "Differences between studies, τ (log scale)", numbers: `${number(found.tau.median)} (${number(found.tau.lower)} to ${number(found.tau.upper)})`, ...found.tau },
               { label: `Probability that ${data.treatment} is the better side`, numbers: percent(found.favours), median: found.favours }]);
    const prior = Explorer.THETA.map(theta => Math.exp(-0.5 * (theta / chosen.mu) ** 2) / (chosen.mu * Math.sqrt(2 * Math.PI)));
    const [left, right] = endpoint.sides;
    const [low, high] = [`← favours ${left}`, `favours ${right} →`];
    ExplorerPlot.draw(part("plot"), rows, { theta: Explorer.THETA, mine: found.mu.density, book: book.mu.density, prior },
      { low, high, scale: `${endpoint.scale}, log scale`, alt: `${endpoint.title}, forest plot. ${rows.map(row => `${row.label}: ${row.numbers}`).join("; ")}.` });
  }

  // The numbers of the answer; in full, ratios on the log scale, they are the data of each row.
  function drawTable(rows) {
    const table = Object.assign(document.createElement("table"), { className: "review-table" });
    table.createCaption().textContent = "The same in numbers: median and 95 % interval";
    for (const { label, numbers, median, lower, upper } of rows) {
      const row = table.insertRow();
      row.append(Object.assign(document.createElement("th"), { scope: "row", textContent: label }), Object.assign(document.createElement("td"), { textContent: numbers }));
      Object.assign(row.dataset, { median, lower: lower ?? "", upper: upper ?? "" });
    }
    part("table").replaceChildren(table);
  }

  function saveNumbers() {
    const rows = [...part("table").querySelectorAll("tr")].map(row => [`"${row.cells[0].textContent}"`, row.dataset.median, row.dataset.lower, row.dataset.upper].join(","));
    save(`explorer-${shown.state.endpoint}.csv`, "text/csv", ["quantity (ratios on the log scale),median,lower,upper", ...rows, ""].join("\n"));
  }

  // Absolute effects at the risk chosen; what is wrong with a risk that was typed.
  function sayAbsolute() {
    const endpoint = endpointOf(state), own = state.baseline === "own";
    const fault = own && endpoint.counts && state.risk.trim() && ExplorerState.riskFault(state.risk);
    tell("risk-fault", fault ? { text: fault, fields: ["risk"] } : null, ["risk"]);
    if (!endpoint.counts || !shown || shown.state.endpoint !== state.endpoint || fault) return fault;
    if (own && !state.risk.trim()) part("absolute-words").textContent = `Give a risk ${endpoint.without} to see patients per 1,000.`;
    else part("absolute-words").textContent = absoluteWords(endpoint, ...(own ? [Number(state.risk) / 1000, "your number"] : baselineOf(endpoint.baselines[state.baseline])));
    return null;
  }

  const baselineOf = ({ source, events, n }) => [events / n, `${source}, ${events}/${n}`];

  function absoluteWords(endpoint, risk, source) {
    const having = effect => Math.round(1000 / (1 + (1 / risk - 1) * Math.exp(-effect))), without = Math.round(1000 * risk), { mu, prediction } = shown.answer;
    const difference = ({ median, lower, upper }) => `${signed(having(median) - without)} (${signed(having(lower) - without)} to ${signed(having(upper) - without)})`;
    return `Of 1,000 patients of whom ${without} have ${endpoint.noun} ${endpoint.without} (${source}), ${having(mu.median)} would have it ${endpoint.with_it} (95 % interval ${having(mu.lower)} to ${having(mu.upper)}), `
      + `if the difference were ${data.the_treatment}'s doing: ${difference(mu)}; in the patients of a new study ${difference(prediction)}.`;
  }

  // a study as a contribution

  const names = () => ({ study: field("study").value.trim(), where: field("where").value, doi: field("doi").value.trim() });
  const today = () => new Date().toISOString().slice(0, 10);
  const ownAsTyped = () => ({ kind: state.ownKind, values: state.own.map(value => value.trim()) });

  function contribute() {
    const ready = !ExplorerKinds.isEmpty(state.ownKind, state.own) && !ExplorerKinds.faultOf(state.ownKind, state.own);
    const writes = ExplorerRecord.writes(endpointOf(state), state.ownKind), faults = ready && writes ? ExplorerRecord.faults(names()) : {};
    const given = names(), typed = Object.values(given).some(value => value.trim());
    const text = !writes ? "This page writes records of counts and of ratios with intervals only; for other forms begin with python -m extraction new."
      : !ready ? "Your own study, above, comes first: enter its numbers." : Object.values(faults).join(" ");
    tell("record-fault", text && (typed || !ready || !writes) ? { text, fields: Object.keys(faults) } : null, ["study", "where", "doi"]);
    part("record").hidden = !ready || !writes || Object.keys(faults).length > 0;
    if (part("record").hidden) return;
    part("path").textContent = `${data.records}/${given.study}.yml`;
    part("command").textContent = `python -m models preview ${data.records}/${given.study}.yml`;
    part("row").textContent = ExplorerRecord.row(endpointOf(state), given, today());
  }

  function saveRecord() {
    save(`${names().study}.yml`, "application/yaml", ExplorerRecord.record(endpointOf(state), ownAsTyped(), names(), today()));
  }

  function save(name, type, text) {
    const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(new Blob([text], { type })), download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  async function copyLink() {
    if (root.classList.contains("stale")) return say("Not copied: mend what is marked first.");
    const address = `${location.href.split("#")[0]}#${ExplorerState.toHash(state, data)}`;
    history.replaceState(null, "", address);
    try { await navigator.clipboard.writeText(address); say("Link copied."); } catch { say("The link stands in the address bar: copy it from there."); }
  }

  const say = words => { part("told").textContent = words; };

  // life

  function restore() {
    tell("link-fault", null, []);
    try { state = ExplorerState.fromHash(location.hash, data); } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      state = ExplorerState.start(data, Object.keys(data.endpoints)[0]);
      tell("link-fault", { text: `This link is not one of this page: ${error.message} The book's answer is shown instead.`, fields: [] }, []);
    }
    fillControls();
    update();
  }

  form.addEventListener("submit", event => event.preventDefault());
  form.addEventListener("input", event => {
    readControls(event.target.name);
    cancelAnimationFrame(waiting);
    waiting = requestAnimationFrame(update);
  });
  form.addEventListener("click", event => {
    const act = event.target.dataset?.act;
    if (act === "link") copyLink();
    if (act === "record") saveRecord();
    if (act === "numbers") saveNumbers();
    if (act === "reset") { state = ExplorerState.start(data, state.endpoint); say("The book's answer."); }
    if (act === "clear-own") state.own = [];
    if (act === "reset" || act === "clear-own") { fillControls(); update(); }
  });
  addEventListener("hashchange", restore);
  let width = 0;
  new ResizeObserver(([{ contentRect }]) => { if (shown && contentRect.width !== width) { width = contentRect.width; drawAnswer(); } }).observe(part("plot"));
  restore();
})();

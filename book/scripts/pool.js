// The page that pools a reader's own table: text to studies, their answer in words, picture and numbers, and how it moves.
"use strict";

(() => {
  const root = document.getElementById("pool"), form = root.querySelector("form"), field = name => form.elements[name], part = name => root.querySelector(`[data-part="${name}"]`);
  const GRID = { low: -20, high: 20, size: 801 };  // of effects, as the explorer's tables have it
  const { number, ratio, percent, capital } = ExplorerWords;
  let studies = [], answer = null, measure = "", waiting = 0, settled = 0;

  const prepared = ({ likelihood }) => {
    const logLikelihood = Explorer.throughBias(ExplorerReports.tabulated(GRID, likelihood), GRID, { mean: 0, sd: 0 });
    return { logLikelihood, smoothed: Explorer.smoothed(logLikelihood), alone: ExplorerAnswer.aloneOf(logLikelihood) };
  };
  const pooled = (parts, mu, tau) => Explorer.posterior(parts, { sd: mu }, { family: "half_normal", scale: tau });
  const priors = () => ["mu", "tau"].map(name => Number(field(name).value));

  // Reads the table; what is wrong with it is said in place, and the last answer stays, dimmed.
  function readTable() {
    try {
      const rows = PoolTable.read(field("table").value), possible = PoolTable.possible(rows);
      if (!possible.length) throw new PoolTable.Fault("The rows have no measure in common: see below which columns this page reads.");
      measure = possible.includes(field("measure").value) ? field("measure").value : possible[0];
      field("measure").replaceChildren(...possible.map(key => new Option(PoolTable.MEASURES[key], key, false, key === measure)));
      studies = PoolTable.studies(rows, measure).map(study => ({ ...study, ...prepared(study) }));
      tell("");
    } catch (error) {
      if (!(error instanceof PoolTable.Fault)) throw error;
      return tell(error.message);
    }
    update();
  }

  function tell(fault) {
    part("fault").textContent = fault;
    part("fault").hidden = !fault;
    field("table").toggleAttribute("aria-invalid", Boolean(fault));
    root.classList.toggle("stale", Boolean(fault));
  }

  function update() {
    const [mu, tau] = priors();
    part("mu").textContent = mu.toFixed(2);
    part("tau").textContent = tau.toFixed(2);
    answer = pooled(studies, mu, tau);
    const below = answer.mu.below0;
    part("summary").textContent = `${capital(PoolTable.MEASURES[measure])} ${number(Math.exp(answer.mu.median))} (95 % interval ${number(Math.exp(answer.mu.lower))} to ${number(Math.exp(answer.mu.upper))}); `
      + `it is ${below > 0.5 ? "below" : "above"} 1 with a probability of ${percent(Math.max(below, 1 - below))}.`;
    draw(mu);
    part("words").textContent = [...new Set(studies.map(({ words }) => `${capital(words)}.`)), ...studies.map(({ note }) => note)].filter(Boolean).join(" ");
    drawTable("table", "Median and 95 % interval", [...rows(), { label: "Differences between studies, τ (log scale)", numbers: `${number(answer.tau.median)} (${number(answer.tau.lower)} to ${number(answer.tau.upper)})`, ...answer.tau },
      { label: `Probability that the ${PoolTable.MEASURES[measure]} is below 1`, numbers: percent(below), median: below }]);
    clearTimeout(settled);
    settled = setTimeout(() => settle(mu, tau), 300);
  }

  // What need not follow each move of a slider.
  function settle(mu, tau) {
    drawTable("sensitivity", "The mean effect under other priors, and without each study", sensitivity(mu, tau));
    root.dataset.settled = Number(root.dataset.settled ?? 0) + 1;
  }

  const rows = () => [...studies.map(({ label, shown, alone }, i) => ({ label: `${label}: ${shown}`, kind: "study", alone, ...answer.studies[i] })),
                      { label: "Mean effect", kind: "mean", ...answer.mu }, { label: "In a new study", kind: "new", ...answer.prediction }].map(row => ({ ...row, numbers: ratio(row) }));

  function sensitivity(mu, tau) {
    const others = [["τ half as wide", mu, tau / 2], ["τ twice as wide", mu, tau * 2], ["μ half as wide", mu / 2, tau], ["μ twice as wide", Math.min(mu * 2, 2), tau]];
    const found = [...others.map(([label, ...prior]) => [label, pooled(studies, ...prior)]),
                   ...(studies.length > 1 ? studies.map(left => [`Without ${left.label}`, pooled(studies.filter(study => study !== left), mu, tau)]) : [])];
    return found.map(([label, { mu: limits }]) => ({ label, numbers: ratio(limits), ...limits }));
  }

  function draw(mu) {
    const prior = Explorer.THETA.map(theta => Math.exp(-0.5 * (theta / mu) ** 2) / (mu * Math.sqrt(2 * Math.PI)));
    ExplorerPlot.draw(part("plot"), rows(), { theta: Explorer.THETA, mine: answer.mu.density, book: null, prior },
      { low: "← lower with treatment", high: "higher with treatment →", scale: `${PoolTable.MEASURES[measure]}, log scale`, alt: `Forest plot. ${rows().map(row => `${row.label}: ${row.numbers}`).join("; ")}.` });
  }

  function drawTable(place, caption, found) {
    const table = Object.assign(document.createElement("table"), { className: "review-table" });
    table.createCaption().textContent = caption;
    for (const { label, numbers, median, lower, upper } of found) {
      const row = table.insertRow();
      row.append(Object.assign(document.createElement("th"), { scope: "row", textContent: label }), Object.assign(document.createElement("td"), { textContent: numbers }));
      Object.assign(row.dataset, { median, lower: lower ?? "", upper: upper ?? "" });
    }
    part(place).replaceChildren(table);
  }

  function save() {
    const lines = [...root.querySelectorAll("tr")].map(row => [`"${row.cells[0].textContent.replaceAll('"', '""')}"`, row.dataset.median, row.dataset.lower, row.dataset.upper].join(","));
    const [mu, tau] = priors(), text = [`quantity (log ${PoolTable.MEASURES[measure]}; priors: mu normal 0 ${mu}; tau half-normal ${tau}),median,lower,upper`, ...lines, ""].join("\n");
    const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(new Blob([text], { type: "text/csv" })), download: "pooled.csv" });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  form.addEventListener("submit", event => event.preventDefault());
  form.addEventListener("input", event => {
    if (event.target.name === "file") return;
    cancelAnimationFrame(waiting);
    waiting = requestAnimationFrame(["mu", "tau"].includes(event.target.name) && !root.classList.contains("stale") ? update : readTable);
  });
  form.addEventListener("change", async event => {
    if (event.target.name !== "file" || !event.target.files.length) return;
    field("table").value = await event.target.files[0].text();
    readTable();
  });
  form.addEventListener("click", event => { if (event.target.dataset?.act === "numbers" && answer) save(); });
  readTable();
})();

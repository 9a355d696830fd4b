// The picture of the explorer: densities of the mean effect above, each study, the mean and a new study below, on one axis of ratios.
"use strict";

const ExplorerPlot = (() => {
  const TICKS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100];
  const MARGIN = 14, HILL = 120, ROW = 46, LETTER = 6.4;

  function make(name, attributes, text) {
    const node = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    if (text !== undefined) node.textContent = text;
    return node;
  }

  // Ticks of the axis, its ends among them: all of the mean, and of the rest what lies within ten times that.
  function axisOf(rows, mean) {
    const far = Math.log(10), lows = rows.map(row => Math.max(row.lower, mean.lower - far)), highs = rows.map(row => Math.min(row.upper, mean.upper + far));
    const low = Math.min(0, ...lows), high = Math.max(0, ...highs);
    const first = Math.max(TICKS.findLastIndex(tick => Math.log(tick) <= low), 0);
    const last = TICKS.findIndex(tick => Math.log(tick) >= high);
    return TICKS.slice(first, (last < 0 ? TICKS.length - 1 : last) + 1);
  }

  // rows: { label, numbers, kind ("study", "mean" or "new"), median, lower, upper, alone: [lower, upper] or null }, logs;
  // hills: { theta, mine, book, prior } densities, book or null; words: { alt, low, high } for the whole picture and the two sides.
  function draw(place, rows, hills, words) {
    const width = Math.max(place.clientWidth, 260), top = HILL + 34, height = top + ROW * rows.length + 46;
    const ticks = axisOf(rows, rows.find(row => row.kind === "mean")), low = Math.log(ticks[0]), high = Math.log(ticks[ticks.length - 1]);
    const x = value => MARGIN + (width - 2 * MARGIN) * (value - low) / (high - low);
    const svg = make("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": words.alt });
    const add = (name, attributes, text) => svg.appendChild(make(name, attributes, text));
    for (const tick of ticks) {
      add("line", { class: tick === 1 ? "no-difference" : "tick-line", x1: x(Math.log(tick)), x2: x(Math.log(tick)), y1: 30, y2: height - 40 });
      add("text", { class: "tick", x: x(Math.log(tick)), y: height - 24, "text-anchor": "middle" }, tick);
    }
    add("text", { class: "side", x: Math.max(x(0) - 8, words.low.length * LETTER), y: 12, "text-anchor": "end" }, words.low);
    add("text", { class: "side", x: Math.min(x(0) + 8, width - words.high.length * LETTER), y: 26 }, words.high);
    add("text", { class: "tick", x: width / 2, y: height - 6, "text-anchor": "middle" }, words.scale);
    hill(add, hills, x, low, high);
    rows.forEach((row, i) => forestRow(add, row, x, low, high, top + ROW * i, width));
    place.replaceChildren(svg);
  }

  function hill(add, { theta, mine, book, prior }, x, low, high) {
    const shown = [...theta.keys()].filter(i => theta[i] >= low && theta[i] <= high);
    const highest = Math.max(...shown.map(i => Math.max(mine[i], book ? book[i] : 0, prior[i]))), y = value => 30 + HILL * (1 - value / highest);
    const path = density => shown.map((i, n) => `${n ? "L" : "M"}${x(theta[i]).toFixed(1)} ${y(density[i]).toFixed(1)}`).join("");
    add("path", { class: "mine", d: `${path(mine)}L${x(theta[shown[shown.length - 1]])} ${y(0)}L${x(theta[shown[0]])} ${y(0)}Z` });
    add("path", { class: "prior", d: path(prior) });
    if (book) add("path", { class: "book", d: path(book) });
  }

  function forestRow(add, row, x, low, high, y, width) {
    add("text", { class: `label ${row.kind}`, x: MARGIN, y: y + 14 }, row.label);
    add("text", { class: "numbers", x: width - MARGIN, y: y + 14, "text-anchor": "end" }, row.numbers);
    const line = y + 28, bar = (kind, from, to, at) => {
      if (to < low || from > high) return;
      add("line", { class: kind, x1: x(Math.max(from, low)), x2: x(Math.min(to, high)), y1: at, y2: at });
      if (from < low) add("path", { class: `arrow ${kind}`, d: `M${x(low) - 6} ${at}l8 -4v8z` });
      if (to > high) add("path", { class: `arrow ${kind}`, d: `M${x(high) + 6} ${at}l-8 -4v8z` });
    };
    if (row.alone) bar("alone", ...row.alone, line + 8);
    bar(row.kind, row.lower, row.upper, line);
    if (row.median < low || row.median > high) return;
    const at = x(row.median);
    if (row.kind === "mean") add("path", { class: "dot mean", d: `M${at - 7} ${line}L${at} ${line - 6}L${at + 7} ${line}L${at} ${line + 6}Z` });
    else add("circle", { class: `dot ${row.kind}`, cx: at, cy: line, r: 4 });
  }

  return { draw };
})();

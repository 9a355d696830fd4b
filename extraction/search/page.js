"use strict";
// One candidate at a time. All text of candidates is put in as text, never as HTML.
const given = JSON.parse(document.getElementById("given").textContent);
const decisions = new Map(given.done.map((row) => [row.candidate, row]));
const at = (id) => document.getElementById(id);
const order = given.candidates;
let place = 0;
let unsaved = false;

function marked(element, text) {
  const words = new RegExp(given.words, "giu");
  element.replaceChildren();
  let end = 0;
  for (const found of text.matchAll(words)) {
    element.append(text.slice(end, found.index));
    const mark = document.createElement("mark");
    mark.textContent = found[0];
    element.append(mark);
    end = found.index + found[0].length;
  }
  element.append(text.slice(end));
}

function show() {
  at("grounds").hidden = true;
  const one = order[place];
  const undecided = order.filter((other) => !decisions.has(other.id)).length;
  at("progress").textContent = `${decisions.size} decided, ${undecided} waiting. ${unsaved ? "Not saved yet." : ""}`;
  for (const button of ["include", "exclude", "unsure"]) at(button).disabled = !one;
  marked(at("candidate-title"), one ? one.title || "[no title]" : "Nothing waits: save your decisions.");
  marked(at("other"), one ? one.other : "");
  at("cited").textContent = one ? [one.cited, one.named, one.id].filter(Boolean).join(" · ") : "";
  marked(at("abstract"), one ? one.abstract || "[no abstract]" : "");
  const before = one && decisions.get(one.id);
  at("why").textContent = !one
    ? ""
    : [
        before ? `Decided so far: ${before.decision} ${before.ground}.` : "",
        one.why.length ? `Here by its words (log odds; above 0 towards keeping): ${one.why.join(", ")}` : "",
      ].join(" ");
}

function today() {
  const now = new Date();
  return [now.getFullYear(), now.getMonth() + 1, now.getDate()].map((n) => String(n).padStart(2, "0")).join("-");
}

function decide(decision, ground) {
  const one = order[place];
  if (!one) return;
  decisions.set(one.id, { candidate: one.id, decision, ground, decided: today(), by: given.by });
  unsaved = true;
  place += 1;
  show();
}

function askGround() {
  if (!order[place]) return;
  at("grounds").hidden = false;
  at("grounds").querySelector("button").focus();
}

function back() {
  if (place > 0) place -= 1;
  show();
}

function save() {
  const cell = (value) => (/[",\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);
  const rows = [given.columns, ...[...decisions.values()].map((row) => given.columns.map((name) => row[name]))];
  const text = rows.map((row) => row.map(cell).join(",") + "\n").join("");
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  link.download = given.file;
  link.click();
  unsaved = false;
  show();
}

for (const [name, meaning] of Object.entries(given.grounds)) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = `${name}: ${meaning}`;
  button.addEventListener("click", () => decide("exclude", name));
  at("grounds").append(button);
}
at("include").addEventListener("click", () => decide("include", ""));
at("unsure").addEventListener("click", () => decide("unsure", ""));
at("exclude").addEventListener("click", askGround);
at("back").addEventListener("click", back);
at("save").addEventListener("click", save);
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const act = { i: () => decide("include", ""), u: () => decide("unsure", ""), e: askGround, b: back }[event.key];
  if (act) {
    event.preventDefault();
    act();
  }
});
window.addEventListener("beforeunload", (event) => {
  if (unsaved) event.preventDefault();
});
show();

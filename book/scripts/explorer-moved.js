// What moved the answer away from the book's, and why, in one sentence.
"use strict";

const ExplorerMoved = (() => {
  const HARDLY = 0.02;  // log scale: what two decimals of a ratio near 1 hardly show
  const { number, listed } = ExplorerWords;

  // The choices that differ from the book's: the state with this one alone changed, its name, and how it works.
  function changes(data, chosen) {
    const book = ExplorerState.start(data, chosen.endpoint), studies = data.endpoints[chosen.endpoint].readings[chosen.data];
    const found = [], add = (differs, change, name, why) => { if (differs) found.push({ state: { ...book, ...change }, name, why }); };
    const { family, scale, mu, bias, biasMean, biasSd, out, ownKind, own, judgement } = chosen, spreads = family === book.family && scale !== book.scale;
    add(family !== book.family || scale !== book.scale, { family, scale }, "the prior of τ",
        !spreads ? "another shape expects other differences between studies" : scale > book.scale ? "studies that may differ more say less of their mean" : "studies that differ less say more of their mean");
    add(mu !== book.mu, { mu }, "the prior of μ", mu < book.mu ? "a narrower prior holds the mean nearer to no difference" : "a wider prior lets the studies take the mean further from no difference");
    add(bias !== book.bias, { bias, biasMean, biasSd }, bias === "same" ? "one bias for all studies" : "the bias as judged", "what bias may explain is taken off each study, and leaves it less sure");
    add(out.length, { out }, `leaving out ${listed(studies.filter(({ id }) => out.includes(id)).map(({ label }) => label))}`, "what it says no longer counts");
    add(chosen.data !== book.data, { data: chosen.data }, "printed numbers only", "what is recovered from other numbers no longer counts");
    add(!ExplorerKinds.isEmpty(ownKind, own), { ownKind, own, judgement }, "your study", "it pulls the mean towards itself, the more the surer it is");
    return found;
  }

  const distance = (a, b) => Math.max(...["median", "lower", "upper"].map(name => Math.abs(a[name] - b[name])));

  function sentence(data, chosen, answer) {
    const found = changes(data, chosen), book = ExplorerAnswer.ofBook(data, chosen.endpoint).mu, now = answer.mu;
    if (!found.length) return "";
    const weighed = found.map(one => ({ ...one, distance: found.length > 1 ? distance(ExplorerAnswer.of(data, one.state).mu, book) : 1 })).sort((a, b) => b.distance - a.distance);
    const [{ name, why }, ...others] = weighed, width = Math.exp(now.upper - now.lower - (book.upper - book.lower));
    const moved = Math.abs(now.median - book.median) < HARDLY ? `The median stays near ${number(Math.exp(book.median))}` : `The median moved from ${number(Math.exp(book.median))} to ${number(Math.exp(now.median))}`;
    const wider = width > 1.05 ? ", with a wider interval" : width < 0.95 ? ", with a narrower interval" : "";
    return `${moved}${wider}: ${others.length ? "most by " : "by "}${name}, since ${why}${others.length ? `; less by ${listed(others.map(one => one.name))}` : ""}.`;
  }

  return { sentence };
})();

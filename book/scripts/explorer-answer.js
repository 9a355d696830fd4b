// From choices to an answer: which studies enter, through which bias, and their posterior.
"use strict";

const ExplorerAnswer = (() => {
  const MOST = 24;  // of each kind kept, so that a slider of a prior need not smooth anew: a smoothed likelihood takes 0.6 MB
  const tables = new Map(), prepared = new Map(), answers = new Map();

  // The reader's own study as those of the data are; null where none is typed.
  function ownStudy(data, chosen) {
    if (!chosen.own.some(value => value.trim()) || ExplorerState.ownFault(chosen.ownKind, chosen.own)) return null;
    const make = chosen.ownKind === "counts" ? Explorer.tableLikelihood : Explorer.ratioLikelihood, [mean, sd] = data.endpoints[chosen.endpoint].unjudged;
    const key = `${chosen.ownKind} ${chosen.own.join(" ")}`;
    return { key, label: "Your study", bias: [mean, sd], log_likelihood: () => make(data.grid, ...chosen.own.map(Number)) };
  }

  function studiesOf(data, chosen) {
    const own = ownStudy(data, chosen), found = data.endpoints[chosen.endpoint].readings[chosen.data].filter(study => !chosen.out.includes(study.id));
    return [...found.map(study => ({ ...study, key: `${chosen.endpoint} ${chosen.data} ${study.id}`, log_likelihood: () => study.log_likelihood })), ...(own ? [own] : [])];
  }

  const biasOf = (chosen, study) => chosen.bias === "none" ? [0, 0] : chosen.bias === "same" ? [chosen.biasMean, chosen.biasSd] : study.bias;

  // The value kept under a key, made where there is none; the oldest makes room.
  function remember(store, key, make) {
    if (!store.has(key)) {
      if (store.size >= MOST) store.delete(store.keys().next().value);
      store.set(key, make());
    }
    return store.get(key);
  }

  function prepare(data, chosen, study) {
    const [mean, sd] = biasOf(chosen, study), table = remember(tables, study.key, study.log_likelihood);
    return remember(prepared, `${study.key} ${mean} ${sd}`, () => {
      const logLikelihood = Explorer.throughBias(table, data.grid, { mean, sd });
      return { logLikelihood, smoothed: Explorer.smoothed(logLikelihood) };
    });
  }

  // The posterior of a state with the names of its studies, what each says alone, and the probability that tocilizumab is the better side.
  function of(data, chosen) {
    const studies = studiesOf(data, chosen), shape = data.endpoints[chosen.endpoint].tau.find(prior => prior.family === chosen.family).shape;
    const found = Explorer.posterior(studies.map(study => prepare(data, chosen, study)), { sd: chosen.mu }, { family: chosen.family, scale: chosen.scale, shape });
    const below = found.mu.below0;
    return { ...found, labels: studies.map(study => study.label), alone: studies.map(study => aloneOf(prepare(data, chosen, study).logLikelihood)),
             favours: data.endpoints[chosen.endpoint].benefit === "below" ? below : 1 - below };
  }

  // Where a study's likelihood lies within a seventh of its best.
  function aloneOf(logLikelihood) {
    const first = logLikelihood.findIndex(value => value > -1.92), last = logLikelihood.findLastIndex(value => value > -1.92);
    return [Explorer.THETA[first], Explorer.THETA[last]];
  }

  const ofBook = (data, endpoint) => remember(answers, endpoint, () => of(data, ExplorerState.start(data, endpoint)));

  return { of, ofBook };
})();

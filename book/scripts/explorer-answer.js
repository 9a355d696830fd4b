// From choices to an answer: which studies enter, through which bias, and their posterior.
"use strict";

const ExplorerAnswer = (() => {
  const MOST = 24;  // of each kind kept, so that a slider of a prior need not smooth anew: a smoothed likelihood takes 0.6 MB
  const tables = new Map(), prepared = new Map(), answers = new Map();

  // The reader's own study as those of the data are; null where none is typed.
  function ownStudy(data, chosen) {
    if (ExplorerKinds.isEmpty(chosen.ownKind, chosen.own) || ExplorerKinds.faultOf(chosen.ownKind, chosen.own)) return null;
    const texts = chosen.own.map(text => text.trim()), { bias } = data.endpoints[chosen.endpoint].judgements.find(({ key }) => key === chosen.judgement);
    return { key: `${chosen.ownKind} ${texts.join(" ")}`, label: "Your study", bias,
             log_likelihood: () => ExplorerReports.tabulated(data.grid, ExplorerKinds.KINDS[chosen.ownKind].likelihood(texts)) };
  }

  function studiesOf(data, chosen) {
    const own = ownStudy(data, chosen), found = data.endpoints[chosen.endpoint].readings[chosen.data].filter(study => !chosen.out.includes(study.id));
    return [...found.map(study => ({ ...study, key: `${chosen.endpoint} ${chosen.data} ${study.id}`, log_likelihood: () => study.log_likelihood })), ...(own ? [own] : [])];
  }

  // Mean and SD of a study's bias; of the judged one a part may be taken.
  const biasOf = (chosen, study) => chosen.bias === "none" ? [0, 0] : chosen.bias === "same" ? [chosen.biasMean, chosen.biasSd] : study.bias.map(value => value * (chosen.share ?? 1));

  // The value kept under a key, made where there is none; the oldest makes room.
  function remember(store, key, make) {
    if (!store.has(key)) {
      if (store.size >= MOST) store.delete(store.keys().next().value);
      store.set(key, make());
    }
    return store.get(key);
  }

  // A study ready for Explorer.posterior, with what it says alone.
  function prepare(data, chosen, study) {
    const [mean, sd] = biasOf(chosen, study), table = remember(tables, study.key, study.log_likelihood);
    return remember(prepared, `${study.key} ${mean} ${sd}`, () => {
      const logLikelihood = Explorer.throughBias(table, data.grid, { mean, sd });
      return { logLikelihood, smoothed: Explorer.smoothed(logLikelihood), alone: [aloneOf(logLikelihood)] };
    });
  }

  // The same of all studies of durations together, which share what no one of them tells.
  function prepareDurations(grids, chosen, studies) {
    const behind = studies.map(study => {
      const [mean, sd] = biasOf(chosen, study);
      return { key: `${study.key} ${mean} ${sd}`, make: () => ExplorerDurations.throughBias(grids, study.table, { mean, sd }) };
    });
    return remember(prepared, "together " + behind.map(({ key }) => key).join(";"), () => {
      const tables = behind.map(({ key, make }) => remember(prepared, key, make));
      return { ...ExplorerDurations.block(grids, tables), alone: tables.map(table => aloneOf(Explorer.normed(ExplorerDurations.alone(grids, table)))) };
    });
  }

  function ready(data, chosen, studies) {
    const { durations } = data.endpoints[chosen.endpoint], tabled = studies.filter(study => study.table);
    return [...(tabled.length ? [prepareDurations(durations, chosen, tabled)] : []), ...studies.filter(study => !study.table).map(study => prepare(data, chosen, study))];
  }

  // The posterior of a state with the names of its studies, what each says alone, and the probability that the treatment is the better side.
  function of(data, chosen) {
    const studies = studiesOf(data, chosen), shape = data.endpoints[chosen.endpoint].tau.find(prior => prior.family === chosen.family).shape;
    const parts = ready(data, chosen, studies), found = Explorer.posterior(parts, { sd: chosen.mu }, { family: chosen.family, scale: chosen.scale, shape });
    const below = found.mu.below0;
    return { ...found, labels: studies.map(study => study.label), alone: parts.flatMap(part => part.alone),
             favours: data.endpoints[chosen.endpoint].benefit === "below" ? below : 1 - below };
  }

  // Where a study's likelihood lies within a seventh of its best.
  function aloneOf(logLikelihood) {
    const first = logLikelihood.findIndex(value => value > -1.92), last = logLikelihood.findLastIndex(value => value > -1.92);
    return [Explorer.THETA[first], Explorer.THETA[last]];
  }

  const ofBook = (data, endpoint) => remember(answers, endpoint, () => of(data, ExplorerState.start(data, endpoint)));

  return { of, ofBook, aloneOf };
})();

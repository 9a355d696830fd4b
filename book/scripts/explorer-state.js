// The choices of the explorer: where they begin, how they are written in an address, and what of an address is refused.
"use strict";

const ExplorerState = (() => {
  const SCALES = { half_normal: [0.1, 1.5], log_normal: [0.05, 0.8], inverse_gamma: [0.05, 0.8] };  // of tau, that nodes and grid can carry
  const BOUNDS = { mu: [0.1, 2], "bias-mean": [-1.5, 1.5], "bias-sd": [0, 1.5] };
  const PLAIN = /^[0-9]{1,6}(\.[0-9]{1,6})?$/;

  // The book's own answer.
  function start(data, endpoint) {
    const chosen = data.endpoints[endpoint];
    return { endpoint, data: "used", out: [], family: chosen.tau[0].family, scale: chosen.tau[0].scale, mu: chosen.mu, bias: "none",
             biasMean: 0, biasSd: 0.3, ownKind: chosen.kinds[0], own: [], judgement: chosen.judgements[0].key,
             baseline: chosen.baselines.length ? 0 : "own", risk: "" };
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
    if (!ExplorerKinds.isEmpty(state.ownKind, state.own)) said.set(state.ownKind, state.own.map(value => value.trim()).join(":"));
    if (state.judgement !== book.judgement) said.set("judgement", state.judgement);
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
      judgement: value => chosen.judgements.some(({ key }) => key === value) ? { judgement: value } : refuse("judgement", `it is one of ${chosen.judgements.map(({ key }) => key).join(", ")}`),
      ...Object.fromEntries(Object.keys(ExplorerKinds.KINDS).map(kind => [kind, value => own(kind, value)])),
      risk: value => !chosen.counts ? refuse("risk", "this endpoint has no absolute effects") : riskFault(value) ? refuse("risk", "it lies between 0 and 1,000 per 1,000")
        : { baseline: "own", risk: value },
      baseline: value => number("baseline", value, [0, chosen.baselines.length - 1]) % 1 ? refuse("baseline", "it is a whole number") : { baseline: Number(value) },
    };
    const own = (ownKind, value) => {
      if (!chosen.kinds.includes(ownKind)) refuse(ownKind, `this endpoint reads ${chosen.kinds.join(", ")}`);
      const typed = value.split(":"), wanted = ExplorerKinds.namesOf(ownKind).length;
      const fault = typed.length === wanted ? ExplorerKinds.faultOf(ownKind, typed) : { text: `${wanted} numbers are wanted.` };
      return fault ? refuse(ownKind, fault.text.replace(/\.$/, "")) : { ownKind, own: typed };
    };
    for (const [key, value] of said) {
      if (key === "endpoint") continue;
      if (!Object.hasOwn(readings, key)) refuse(key, "this page has no such choice");
      Object.assign(state, readings[key](value));
    }
    return state;
  }

  return { SCALES, start, riskFault, toHash, fromHash };
})();

// The density of printed order statistics of two arms of log-normal values under a ratio of medians, as models/pool/order_density.py has it.
"use strict";

const ExplorerMedians = (() => {
  const SHARES = { min: 0, q1: 0.25, median: 0.5, q3: 0.75, max: 1 };
  const SD_CENTRE = -0.5, SD_SPREAD = 0.75, SDS = 25;  // of the log of an arm's SD; nodes
  const MEANS = 81, REACH = Math.asinh(360);  // places of an arm's mean, fine in the middle
  const LEGENDRE = [[0.1488743389816312, 0.2955242247147529], [0.4333953941292472, 0.2692667193099963], [0.6794095682990244, 0.2190863625159821],
                    [0.8650633666889845, 0.1494513491505806], [0.9739065285171717, 0.0666713443086881]].flatMap(([x, w]) => [[-x, w], [x, w]]);
  const logSum = values => { const top = Math.max(...values); return top + Math.log(values.reduce((sum, value) => sum + Math.exp(value - top), 0)); };
  const rankOf = (name, n) => name === "min" ? 1 : name === "max" ? n : SHARES[name] * (n + 1);

  // n patients and their printed values by name -> log density as a function of the mean of the logs, the SD of the logs integrated out.
  function arm(n, values) {
    const names = Object.keys(SHARES).filter(name => name in values), [low, high] = "q1" in values ? ["q1", "q3"] : ["min", "max"];
    const score = ExplorerNormal.zOf(2 * (1 - (rankOf(high, n) - 0.375) / (n + 0.25))), sd = Math.log(values[high] / values[low]) / (2 * score);
    const centre = Math.log(values.median), scale = 1.25 * sd / Math.sqrt(n);
    const places = Array.from({ length: MEANS }, (_, i) => REACH * (2 * i / (MEANS - 1) - 1)), means = places.map(place => centre + scale * Math.sinh(place) / 4);
    const table = means.map(mean => overSd(names, values, n, mean, sd)), step = places[1] - places[0];
    const slopes = [[0, 1], [MEANS - 1, MEANS - 2]].map(([end, next]) => (table[next] - table[end]) / (means[next] - means[end]));
    return { centre, scale, means, of: mean => {
      if (mean < means[0]) return table[0] + slopes[0] * (mean - means[0]);
      if (mean > means[MEANS - 1]) return table[MEANS - 1] + slopes[1] * (mean - means[MEANS - 1]);
      return Explorer.cubic(table, (Math.asinh(4 * (mean - centre) / scale) - places[0]) / step);
    } };
  }

  function overSd(names, values, n, mean, sd) {
    const scale = 1 / Math.sqrt(2 * n), end = Math.asinh((6 * SD_SPREAD + Math.abs(Math.log(sd) - SD_CENTRE)) / scale);
    return logSum(Array.from({ length: SDS }, (_, i) => {
      const place = end * (2 * i / (SDS - 1) - 1), logSd = Math.log(sd) + scale * Math.sinh(place);
      return density(names, values, n, mean, Math.exp(logSd)) - 0.5 * ((logSd - SD_CENTRE) / SD_SPREAD) ** 2 + Math.log(Math.cosh(place));
    }));
  }

  function density(names, values, n, mean, sd) {
    if (n % 2 || "q1" in values) return ofRanks(names.map(name => rankOf(name, n)), names.map(name => Math.log(values[name])), n, mean, sd);
    const widest = Math.min(values.median - values.min, values.max - values.median);  // half the gap between the two in the middle, at most
    return logSum(LEGENDRE.map(([node, weight]) => {
      const u = (node + 1) / 2, below = Math.log(values.median - widest * u ** 3), above = Math.log(values.median + widest * u ** 3);
      return ofRanks([1, n / 2, n / 2 + 1, n], [Math.log(values.min), below, above, Math.log(values.max)], n, mean, sd) - below - above + Math.log(weight * u * u);
    }));
  }

  function ofRanks(ranks, logs, n, mean, sd) {
    const z = logs.map(value => (value - mean) / sd), last = z.length - 1;
    let log = (ranks[0] - 1) * ExplorerNormal.logBelow(z[0]) + (n - ranks[last]) * ExplorerNormal.logBelow(-z[last]) - z.length * Math.log(sd);
    for (const one of z) log -= one * one / 2;
    for (let i = 0; i < last; i++) if (ranks[i + 1] - ranks[i] > 1) log += (ranks[i + 1] - ranks[i] - 1) * ExplorerNormal.logBetween(z[i], z[i + 1]);
    return log;
  }

  // Log likelihood of the log ratio of medians: over the control's mean, by the trapezium rule at the places of both arms.
  function likelihood(treated, control) {
    const arms = [treated, control].map(({ n, values }) => arm(n, values));
    return theta => {
      const means = [...arms[1].means, ...arms[0].means.map(mean => mean - theta)].sort((a, b) => a - b);
      const logs = means.map((mean, i) => {
        const width = (means[Math.min(i + 1, means.length - 1)] - means[Math.max(i - 1, 0)]) / 2;
        return width > 0 ? arms[0].of(mean + theta) + arms[1].of(mean) + Math.log(width) : -Infinity;
      });
      return logSum(logs);
    };
  }

  // About where the ratio lies, and its standard error.
  function rough(treated, control) {
    const [a, b] = [treated, control].map(({ n, values }) => arm(n, values));
    return { effect: a.centre - b.centre, se: Math.hypot(a.scale, b.scale) };
  }

  return { likelihood, rough };
})();

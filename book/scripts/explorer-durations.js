// Durations: studies whose reports speak of several grades at once, as models/engines/duration_tables.py tabulates them.
//
//   L(mu, tau) = sum over nodes of trend and steps, which the studies share, of weight[node] prod_s L_s(mu, tau | node)
//
// Each study's effect (at the grade that is estimated) is normal given mu, tau and node, with its tabulated mean and SD.
"use strict";

const ExplorerDurations = (() => {
  const THIRD = [[-Math.sqrt(3), 1 / 6], [0, 2 / 3], [Math.sqrt(3), 1 / 6]];  // Gauss-Hermite, of a bias narrower than the grid
  const FLOOR = 1e-300, LEAST_SD = 0.03, STRIDE = 2, NEGLIGIBLE = 1e-9;  // of a study's effect: SD, in steps of 0.02, weight

  // Nodes of a bias N(0, sd) and their weights: even, at the steps of the grid, where it is wider than these.
  function nodesOf(sd, step) {
    if (!sd) return [[0, 1]];
    if (sd < 0.8 * step) return THIRD.map(([z, weight]) => [z * sd, weight]);
    const half = Math.ceil(5 * sd / step), even = Array.from({ length: 2 * half + 1 }, (_, j) => [(j - half) * step, Math.exp(-0.5 * ((j - half) * step / sd) ** 2)]);
    const total = even.reduce((sum, [, weight]) => sum + weight, 0);
    return even.map(([shift, weight]) => [shift, weight / total]);
  }

  // Whole numbers of 16 bits in base64, in their unit.
  function unpacked(text, unit) {
    const bytes = Uint8Array.from(atob(text), letter => letter.charCodeAt(0)), view = new DataView(bytes.buffer);
    return Float64Array.from({ length: bytes.length / 2 }, (_, i) => view.getInt16(2 * i, true) * unit);
  }

  // A study behind its bias: for each node and tau, over mu, the log likelihood, and mean and variance of its effect.
  function throughBias({ mu, tau, nodes, units }, packed, bias) {
    const table = Object.fromEntries(Object.entries(units).map(([name, unit]) => [name, unpacked(packed[name], unit)]));
    const step = (mu.high - mu.low) / (mu.size - 1), shifts = nodesOf(bias.sd, step);
    const found = { log: [], mean: [], variance: [] };
    for (let n = 0; n < nodes.length * tau.length; n++) {
      const part = name => table[name].slice(n * mu.size, (n + 1) * mu.size), [log, shift, ratio] = ["log_likelihood", "shift", "ratio"].map(part), sd = tau[n % tau.length];
      const top = Math.max(...log), rows = { log: new Float64Array(mu.size), mean: new Float64Array(mu.size), variance: new Float64Array(mu.size) };
      for (let i = 0; i < mu.size; i++) {
        let mass = 0, first = 0, second = 0;
        for (const [b, weight] of shifts) {
          const place = i + (bias.mean + b) / step, own = weight * Math.exp(Explorer.cubic(log, place) - top) + FLOOR;
          const mean = mu.low + i * step + sd * sd * Explorer.cubic(shift, place);  // of the true effect: seen at mu + bias, less the bias
          mass += own;
          first += own * mean;
          second += own * (mean * mean + (sd * Explorer.cubic(ratio, place)) ** 2);
        }
        rows.log[i] = Math.log(mass) + top;
        rows.mean[i] = first / mass;
        rows.variance[i] = Math.max(second / mass - rows.mean[i] ** 2, 0);
      }
      for (const name of Object.keys(found)) found[name].push(rows[name]);
    }
    return found;
  }

  // Several studies together, summed over the nodes: log likelihood over tau and mu, and mean and variance of each study's effect there.
  function together({ mu, tau, nodes }, studies) {
    const log = tau.map(() => new Float64Array(mu.size)), effects = studies.map(() => ({ mean: tau.map(() => new Float64Array(mu.size)), variance: tau.map(() => new Float64Array(mu.size)) }));
    tau.forEach((_, t) => {
      for (let i = 0; i < mu.size; i++) {
        const at = nodes.map((weight, n) => studies.reduce((sum, study) => sum + study.log[n * tau.length + t][i], Math.log(weight))), top = Math.max(...at);
        const shares = at.map(value => Math.exp(value - top)), total = shares.reduce((a, b) => a + b);
        log[t][i] = Math.max(top + Math.log(total), -700);
        studies.forEach((study, s) => {
          let first = 0, second = 0;
          shares.forEach((share, n) => {
            const mean = study.mean[n * tau.length + t][i];
            first += share / total * mean;
            second += share / total * (mean * mean + study.variance[n * tau.length + t][i]);
          });
          effects[s].mean[t][i] = first;
          effects[s].variance[t][i] = Math.max(second - first * first, 0);
        });
      }
    });
    return { log, effects };
  }

  // Values over (tau, mu) at one tau of the page: over mu of the table.
  function rowAt({ tau }, table, value) {
    const place = Math.log(value / tau[0]) / Math.log(tau[1] / tau[0]);
    return table[0].map((_, i) => Explorer.cubic(table.map(row => row[i]), place));
  }

  function spread({ mu }, row) {
    const step = (mu.high - mu.low) / (mu.size - 1);
    return Explorer.THETA.map(theta => Explorer.cubic(row, (theta - mu.low) / step));
  }

  // All studies as one in Explorer.posterior, whose weights tell each one's effect.
  function block(grids, studies) {
    const { log, effects } = together(grids, studies);
    return { smoothed: Array.from(Explorer.TAU, tau => spread(grids, rowAt(grids, log, tau))),
             effects: weights => effects.map(({ mean, variance }) => Explorer.marginal(density(grids, mean, variance, weights))) };
  }

  // Density of a study's effect on THETA: its normals, by their weights over tau and mu.
  function density(grids, mean, variance, weights) {
    const found = new Float64Array(Explorer.THETA.length), low = Explorer.THETA[0], step = Explorer.THETA[1] - low;
    weights.forEach((row, k) => {
      const means = spread(grids, rowAt(grids, mean, Explorer.TAU[k])), variances = spread(grids, rowAt(grids, variance, Explorer.TAU[k]));
      for (let i = 0; i + STRIDE <= row.length; i += STRIDE) {
        let weight = 0;
        for (let j = 0; j < STRIDE; j++) weight += row[i + j];
        if (weight < NEGLIGIBLE) continue;
        const sd = Math.max(Math.sqrt(Math.max(variances[i], 0)), LEAST_SD), centre = (means[i] - low) / step, reach = 6 * sd / step;
        for (let x = Math.max(Math.ceil(centre - reach), 0); x <= Math.min(centre + reach, found.length - 1); x++) found[x] += weight / sd * Math.exp(-0.5 * ((x - centre) * step / sd) ** 2);
      }
    });
    return found;
  }

  // What one study says alone of an effect that all share.
  const alone = (grids, study) => spread(grids, together(grids, [study]).log[0]);

  return { throughBias, block, alone };
})();

// The posterior of a random-effects meta-analysis by quadrature, as models/engines/quadrature_general.py has it, on one even grid of effects.
//
//   L_s(mu, tau) = integral of L_s(theta) Normal(theta; mu, tau);  p(mu, tau | data) ~ prior(mu) prior(tau) product of L_s(mu, tau)
//
// Effects are log ratios.  A bias N(m, s) of a study smooths its likelihood by s and shifts it by m before anything else.
"use strict";

const Explorer = (() => {
  const LOW = -16, SIZE = 1601, STEP = 0.02;  // effects of mu, theta and the prediction
  const THETA = Float64Array.from({ length: SIZE }, (_, i) => LOW + i * STEP);
  const TAUS = 48, LOG_TAU_LOW = Math.log(0.003), LOG_TAU_STEP = Math.log(10 / 0.003) / (TAUS - 1);
  const TAU = Float64Array.from({ length: TAUS }, (_, k) => Math.exp(LOG_TAU_LOW + k * LOG_TAU_STEP));
  const NARROW = 0.8;  // in steps: a normal narrower than that is its two first moments
  const WIDTH = 12;  // in SDs: what lies further out is e^-72 of the largest
  const RESOLVE = 5;  // points per SD at which a smooth result is computed; a cubic of its log joins them
  const FLOOR = 1e-290, CONFLICT = -200, NEGLIGIBLE = 1e-10;
  const STRIDES = [100, 80, 50, 40, 32, 25, 20, 16, 10, 8, 5, 4, 2, 1];  // divisors of SIZE - 1

  // Cubic through the four nearest of even values; beyond the ends the value there.
  function cubic(values, position) {
    const last = values.length - 1, x = Math.min(Math.max(position, 0), last);
    const first = Math.min(Math.max(Math.floor(x) - 1, 0), last - 3), t = x - first;
    const a = values[first], b = values[first + 1], c = values[first + 2], d = values[first + 3];
    return -a * (t - 1) * (t - 2) * (t - 3) / 6 + b * t * (t - 2) * (t - 3) / 2 - c * t * (t - 1) * (t - 3) / 2 + d * t * (t - 1) * (t - 2) / 6;
  }

  // Values at every point from those at each stride-th, joined in the log.
  function joined(coarse, stride) {
    const fine = new Float64Array(SIZE);
    for (let i = 0; i < SIZE; i++) fine[i] = i % stride ? cubic(coarse, i / stride) : coarse[i / stride];
    return fine;
  }

  function strideOf(sd) {
    return STRIDES.find(stride => stride === 1 || stride <= sd / (RESOLVE * STEP));
  }

  // A normal's weights at 0, 1, 2.. steps from its centre, and the weight of all that lies so far away or further.
  function kernel(sd) {
    const half = Math.ceil(WIDTH * sd / STEP), weights = new Float64Array(half + 1), tail = new Float64Array(half + 2);
    for (let i = half; i >= 0; i--) {
      weights[i] = Math.exp(-0.5 * (i * STEP / sd) ** 2) * STEP / (sd * Math.sqrt(2 * Math.PI));
      tail[i] = tail[i + 1] + weights[i];
    }
    return { sd, weights, tail: i => tail[Math.min(i, half + 1)] };
  }

  const KERNELS = Array.from(TAU, kernel);

  // Log of values smoothed by a normal; beyond the grid the values go on as they end (`level`) or are 0.
  function logSmooth(values, normal, level) {
    if (normal.sd < NARROW * STEP) return values.map((_, i) => {
      const inside = Math.min(Math.max(i, 1), SIZE - 2);
      const curve = (values[inside - 1] - 2 * values[inside] + values[inside + 1]) / STEP ** 2;
      return Math.log(Math.max(values[i] + 0.5 * normal.sd ** 2 * curve, FLOOR));
    });
    const { weights, tail } = normal, half = weights.length - 1, stride = strideOf(normal.sd);
    const coarse = new Float64Array((SIZE - 1) / stride + 1);
    for (let row = 0; row < coarse.length; row++) {
      const centre = row * stride, to = Math.min(centre + half, SIZE - 1);
      let sum = 0;
      for (let j = Math.max(centre - half, 0); j <= centre; j++) sum += values[j] * weights[centre - j];
      for (let j = centre + 1; j <= to; j++) sum += values[j] * weights[j - centre];
      if (level) sum += values[0] * tail(centre + 1) + values[SIZE - 1] * tail(SIZE - centre);
      coarse[row] = Math.log(Math.max(sum, FLOOR));
    }
    return stride === 1 ? coarse : joined(coarse, stride);
  }

  // Log likelihood behind a bias N(mean, sd), on THETA: an observed effect is the true one and the bias.
  function throughBias(table, grid, bias) {
    const step = (grid.high - grid.low) / (grid.size - 1);
    const shifted = THETA.map(theta => cubic(table, (theta + bias.mean - grid.low) / step));
    return normed(bias.sd ? logSmooth(shifted.map(Math.exp), kernel(bias.sd), true) : shifted);
  }

  function normed(values) {
    const top = values.reduce((a, b) => Math.max(a, b), -Infinity);
    return values.map(value => value - top);
  }

  // L_s(mu, tau) of a study, as logs: one array over mu for each node of tau.
  function smoothed(logLikelihood) {
    const values = logLikelihood.map(Math.exp);
    return KERNELS.map(normal => logSmooth(values, normal, true));
  }

  const LOG_TAU_DENSITY = {  // of log tau, up to a constant
    half_normal: (tau, scale) => -0.5 * (tau / scale) ** 2 + Math.log(tau),
    log_normal: (tau, scale, sdlog) => -0.5 * (Math.log(tau / scale) / sdlog) ** 2,
    inverse_gamma: (tau, scale, shape) => -shape * Math.log(tau) - scale / tau,
  };

  // Share of the posterior for each node of log tau; mass beyond the first and last node counts there, as if the log went on in a line.
  function nodeWeights(logDensity) {
    const top = logDensity.reduce((a, b) => Math.max(a, b));
    const mass = logDensity.map(value => Math.exp(value - top));
    const beyond = (end, next) => {
      const slope = (logDensity[next] - logDensity[end]) / LOG_TAU_STEP;
      return slope > 0 ? mass[end] / Math.max(slope, 0.01) / LOG_TAU_STEP : 0;
    };
    const ends = [beyond(0, 1), beyond(TAUS - 1, TAUS - 2)];
    mass[0] = mass[0] / 2 + ends[0];
    mass[TAUS - 1] = mass[TAUS - 1] / 2 + ends[1];
    const total = mass.reduce((a, b) => a + b);
    return mass.map(value => value / total);
  }

  // A distribution from its density on THETA, beyond which too little lies to count: limits, and the probability below 0.
  function marginal(density) {
    const at = i => density[Math.min(Math.max(i, 0), SIZE - 1)], cdf = new Float64Array(SIZE);
    for (let i = 0; i < SIZE - 1; i++) {  // six points per step, as models/engines/posterior.py has it
      const mass = (802 * (at(i) + at(i + 1)) - 93 * (at(i - 1) + at(i + 2)) + 11 * (at(i - 2) + at(i + 3))) / 1440;
      cdf[i + 1] = cdf[i] + Math.max(mass, 0);
    }
    const total = cdf[SIZE - 1], quantile = q => {
      const after = cdf.findIndex(value => value >= q * total);
      return THETA[after - 1] + STEP * (q * total - cdf[after - 1]) / (cdf[after] - cdf[after - 1]);
    };
    return { density: density.map(value => value / (total * STEP)), median: quantile(0.5), lower: quantile(0.025), upper: quantile(0.975),
             below0: cubic(cdf, -LOW / STEP) / total };
  }

  // The posterior: studies are arrays from throughBias with their `smoothed`, or several in one with `effects`, which gives theirs; priors are { sd } of mu and { family, scale, shape } of tau.
  function posterior(studies, muPrior, tauPrior) {
    const logMu = THETA.map(mu => -0.5 * (mu / muPrior.sd) ** 2), joint = [];
    for (let k = 0; k < TAUS; k++) {
      const row = logMu.slice(), own = LOG_TAU_DENSITY[tauPrior.family](TAU[k], tauPrior.scale, tauPrior.shape);
      for (let i = 0; i < SIZE; i++) row[i] += own;
      for (const study of studies) for (let i = 0; i < SIZE; i++) row[i] += study.smoothed[k][i];
      joint.push(row);
    }
    const tops = joint.map(row => row.reduce((a, b) => Math.max(a, b)));
    const weights = joint.map((row, k) => row.map(value => Math.exp(value - tops[k])));
    const sums = weights.map(row => row.reduce((a, b) => a + b));
    const shares = nodeWeights(sums.map((sum, k) => Math.log(sum) + tops[k]));
    const mu = new Float64Array(SIZE);
    weights.forEach((row, k) => { for (let i = 0; i < SIZE; i++) mu[i] += row[i] *= shares[k] / sums[k]; });
    return { mu: marginal(mu), tau: tauLimits(shares), prediction: effect(weights, shares), studies: studies.flatMap(study => study.effects ? study.effects(weights) : [effect(weights, shares, study)]) };
  }

  // A study's own effect: its likelihood times the normal of (mu, tau), with L_s(mu, tau) divided out of the posterior.  Of no study: a new one's.
  function effect(weights, shares, study) {
    const density = new Float64Array(SIZE), log = study ? study.logLikelihood : new Float64Array(SIZE);
    weights.forEach((row, k) => {
      if (shares[k] < NEGLIGIBLE) return;
      const divided = study ? row.map((value, i) => study.smoothed[k][i] > CONFLICT ? value * Math.exp(-study.smoothed[k][i]) : 0) : row;
      if (KERNELS[k].sd < NARROW * STEP) {
        for (let i = 0; i < SIZE; i++) density[i] += divided[i] * Math.exp(log[i]);
        return;
      }
      const spread = logSmooth(divided, KERNELS[k], false);
      for (let i = 0; i < SIZE; i++) density[i] += Math.exp(spread[i] + log[i]);
    });
    return marginal(density);
  }

  // Median and limits of tau from the shares of its nodes, each node standing for the half-steps around it.
  function tauLimits(shares) {
    const at = q => {
      let sum = 0, k = 0;
      while (k < TAUS - 1 && sum + shares[k] < q) sum += shares[k++];
      return Math.exp(LOG_TAU_LOW + LOG_TAU_STEP * (k - 0.5 + (q - sum) / shares[k]));
    };
    return { median: at(0.5), lower: at(0.025), upper: at(0.975) };
  }

  return { THETA, TAU, cubic, marginal, normed, throughBias, smoothed, posterior };
})();

// What a study prints, as a log likelihood of its log ratio; each as `python -m models pool` reads such a row.
"use strict";

const ExplorerReports = (() => {
  const BASELINE_SD = 10;  // of the logit midway between the arms, as models/priors.py has it
  const Z95 = 1.959963984540054, NODES = 7;
  const softplus = x => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))), expit = x => 1 / (1 + Math.exp(-x));
  const logAdd = (a, b) => Math.max(a, b) + Math.log1p(Math.exp(-Math.abs(a - b)));

  // Values of a log likelihood on an even grid of effects, the best 0.
  function tabulated(grid, logLikelihood) {
    const step = (grid.high - grid.low) / (grid.size - 1);
    const values = Array.from({ length: grid.size }, (_, i) => logLikelihood(grid.low + i * step)), top = Math.max(...values);
    return values.map(value => Math.max(value - top, -700));
  }

  // Both arms' counts: exact binomials, the study's own log odds, midway between the arms, integrated out.
  function counts(treated, nTreated, control, nControl) {
    const nodes = Array.from({ length: 57 }, (_, i) => -3.6 + i * 7.2 / 56);
    const spread = nodes.map(Math.sinh), stretch = nodes.map(node => Math.log(Math.cosh(node)));
    let mode = 0;  // of the logit of the control risk; from one effect to the next it hardly moves
    return theta => {
      let low = -60, high = 60, curvature;
      for (let turn = 0; turn < 200; turn++) {
        const risk = expit(mode + theta), untreated = expit(mode);
        const slope = treated + control - nTreated * risk - nControl * untreated - (mode + theta / 2) / BASELINE_SD ** 2;
        curvature = nTreated * risk * (1 - risk) + nControl * untreated * (1 - untreated) + 1 / BASELINE_SD ** 2;
        if (Math.abs(slope) < 0.01 * Math.sqrt(curvature)) break;
        if (slope > 0) low = mode; else high = mode;
        const newton = mode + slope / curvature;
        mode = newton > low && newton < high ? newton : (low + high) / 2;
      }
      const width = 1 / Math.sqrt(curvature), logs = spread.map((away, i) => {
        const alpha = mode + width * away;
        return control * alpha - nControl * softplus(alpha) + treated * (alpha + theta) - nTreated * softplus(alpha + theta)
          - 0.5 * ((alpha + theta / 2) / BASELINE_SD) ** 2 + stretch[i];
      });
      const top = Math.max(...logs);
      return top + Math.log(logs.reduce((sum, value) => sum + Math.exp(value - top), 0)) + Math.log(width);
    };
  }

  const estimate = (log, below, above) => theta => -0.5 * ((theta - log) / (theta < log ? below : above)) ** 2;

  // Smallest and largest number that is printed as this text.
  function trueValues(text) {
    const half = 0.5 * 10 ** -(text.split(".")[1] ?? "").length;
    return [Number(text) - half, Number(text) + half];
  }

  // Log of a ratio with 95 % limits, as text, and its standard error below and above; they differ where rounding does not explain that the estimate is off the middle.
  function interval(estimateText, lowerText, upperText) {
    const [log, lower, upper] = [estimateText, lowerText, upperText].map(text => Math.log(Number(text)));
    const [[least, most], ...limits] = [estimateText, lowerText, upperText].map(text => trueValues(text).map(edge => edge > 0 ? Math.log(edge) : NaN));
    const [low, high] = [0, 1].map(side => (limits[0][side] + limits[1][side]) / 2);
    const even = !(low > most || least > high), se = (upper - lower) / (2 * Z95);  // a limit next to 0 may be anything
    return { log, even, below: even ? se : (log - lower) / Z95, above: even ? se : (upper - log) / Z95 };
  }

  const ratio = (...texts) => { const { log, below, above } = interval(...texts); return estimate(log, below, above); };

  // A ratio with a p alone, as text: Wald's test gives the standard error, and what rounding leaves open is summed out; null where p tells too little.
  function ratioWithP(ratioText, pText) {
    const [least, most] = trueValues(ratioText).map(Math.log), [smallest, largest] = trueValues(pText);
    if (!(smallest > 0 && largest < 1) || !(least > 0 || most < 0)) return null;
    const z = [largest, smallest].map(ExplorerNormal.zOf), sizes = [least, most].map(Math.abs).sort((a, b) => a - b);
    if (sizes[1] / sizes[0] * z[1] / z[0] > 2) return null;
    const middles = (low, high) => Array.from({ length: NODES }, (_, i) => low + (high - low) * (i + 0.5) / NODES);
    const behind = middles(least, most).flatMap(log => middles(...z).map(one => ({ log, se: Math.abs(log) / one, weight: 1 / one })));
    return theta => Math.log(behind.reduce((sum, { log, se, weight }) => sum + weight / se * Math.exp(-0.5 * ((log - theta) / se) ** 2), 0) + 1e-300);
  }

  // Events over person-time: the events of one arm are binomial among all.
  function personTime(events, time, eventsControl, timeControl) {
    return theta => { const logit = theta + Math.log(time / timeControl); return events * logit - (events + eventsControl) * softplus(logit); };
  }

  // Mean and SD of a log-rank z at a log hazard ratio, as models/likelihood/log_rank_of_events.py has them.
  function moments(logRatio, n, nControl, events) {
    const h = Math.exp(Math.min(Math.max(logRatio, -30), 30)), share = events / (n + nControl);
    let left = n + nControl, x = n, difference = 0, information = 0, xx = 0, xu = 0, xv = 0, uu = 0, uv = 0, vv = 0;
    while (left >= 2) {
      const size = Math.max(left / 30, 1), step = Math.min(Math.max(Math.min(x, left - x), 0), size);
      const q = x / left, weight = x * h + left - x, p = x * h / weight, pX = h * left / weight ** 2;
      const xX = -(share * pX + (1 - share) / left), uX = share * (pX - 1 / left), vX = share * (1 - 2 * q) / left;
      const noise = share * p * (1 - p), noiseX = noise + (1 - share) * q * (1 - q);
      [xx, xu, xv, uu, uv, vv] = [
        xx + step * (2 * xX * xx + noiseX), xu + step * (xX * xu + uX * xx - noise), xv + step * (xX * xv + vX * xx),
        uu + step * (2 * uX * xu + noise), uv + step * (uX * xv + vX * xu), vv + step * 2 * vX * xv,
      ];
      difference += step * share * (p - q);
      information += step * share * q * (1 - q);
      x -= step * (share * p + (1 - share) * q) + (2 * x > left ? size - step : 0);
      left -= size;
    }
    const byV = -difference / (2 * information), variance = (uu + 2 * byV * uv + byV ** 2 * vv) / information;
    return [difference / Math.sqrt(information), Math.sqrt(Math.max(variance, 0.04))];
  }

  // A log-rank p with events and sizes of the arms; side: "lower" or "higher", the hazard of the treated, or "" where it is not told.
  function logRank(p, side, events, n, nControl) {
    const z = ExplorerNormal.zOf(p);
    return theta => {
      const [mean, sd] = moments(Math.min(Math.max(theta, -10), 10), n, nControl, events), at = sign => -0.5 * ((z - sign * mean) / sd) ** 2 - Math.log(sd);
      return side === "lower" ? at(-1) : side === "higher" ? at(1) : logAdd(at(-1), at(1));
    };
  }

  return { tabulated, counts, estimate, interval, ratio, ratioWithP, personTime, logRank, medians: ExplorerMedians.likelihood };
})();

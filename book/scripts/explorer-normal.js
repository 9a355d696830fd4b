// The normal distribution far into its tails, for the laws of tests and of order statistics.
"use strict";

const ExplorerNormal = (() => {
  // erfc(x) exp(x^2) for x >= 1, by its continued fraction.
  function scaledErfc(x) {
    let rest = x;
    for (let k = 80; k >= 1; k--) rest = x + k / 2 / rest;
    return 1 / (rest * Math.sqrt(Math.PI));
  }

  // Taylor's series, for |x| < 1.
  function erf(x) {
    let term = x, sum = x;
    for (let k = 1; k < 40; k++) sum += (term *= -x * x / k) / (2 * k + 1);
    return 2 * sum / Math.sqrt(Math.PI);
  }

  function logBelow(z) {
    const x = z / Math.SQRT2;
    if (x <= -1) return Math.log(scaledErfc(-x) / 2) - x * x;
    return x < 1 ? Math.log((1 + erf(x)) / 2) : Math.log1p(-scaledErfc(x) * Math.exp(-x * x) / 2);
  }

  // Log probability between two ends, without loss of digits in either tail.
  function logBetween(low, high) {
    if (low + high > 0) [low, high] = [-high, -low];
    const top = logBelow(high);
    return top + Math.log1p(-Math.exp(Math.min(logBelow(low) - top, -1e-15)));
  }

  // |z| of a two-sided p, by bisection.
  function zOf(p) {
    let low = 0, high = 40;
    for (let turn = 0; turn < 80; turn++) {
      const middle = (low + high) / 2;
      if (logBelow(-middle) > Math.log(p / 2)) low = middle; else high = middle;
    }
    return (low + high) / 2;
  }

  return { logBelow, logBetween, zOf };
})();

// Numbers in words, as models/words.py has them.
"use strict";

const ExplorerWords = (() => {
  const digits = value => value < 10 ? 2 : value < 100 ? 1 : 0;

  function number(value) {
    if (value === 0 || !Number.isFinite(value)) return value ? "∞" : "0";
    return value.toLocaleString("en", { minimumFractionDigits: digits(value), maximumFractionDigits: digits(value) });
  }

  const ratio = limits => `${number(Math.exp(limits.median))} (${number(Math.exp(limits.lower))} to ${number(Math.exp(limits.upper))})`;
  const percent = p => p > 0.99 ? "more than 99 %" : p < 0.01 ? "less than 1 %" : `${(100 * p).toFixed(0)} %`;
  const capital = words => words[0].toUpperCase() + words.slice(1);
  const signed = value => `${value > 0 ? "+" : value < 0 ? "−" : ""}${Math.abs(value)}`;
  const listed = words => words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words[words.length - 1]}`;

  return { number, ratio, percent, capital, signed, listed };
})();

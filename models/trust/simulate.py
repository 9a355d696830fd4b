"""Simulated patients, printed as the papers printed theirs, for endpoints with one log ratio per study.

Each used report becomes a printer, built once: (theta, generator) -> the report's data as the paper would
have printed them of new patients, or None where it would have printed no such report, as of a table without
events.  Then everything is drawn anew: a choice by the printed numbers alone, under which the ranks of a
calibrated model stay uniform.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from math import erfc, sqrt
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import expit

from extraction.vocabulary import BOTH_ARMS
from models.evidence.report import Evidence, Used
from models.likelihood.log_rank_exact import TIE_SHARE
from models.likelihood.reports import se_from_interval
from models.priors import BASELINE_LOGIT, EVENT_SHARE, Prior
from models.trust.simulate_tables import Cells, informative, print_p

if TYPE_CHECKING:
    from extraction.records import Review

Printer = Callable[[float, np.random.Generator], dict | None]
SEED = 20_261_121
QUANTITIES = ("mu", "tau", "theta", "prediction")
"""What is ranked: mean effect, between-study SD, effect of the first study, effect in a next study."""


def printers(evidence: Evidence, review: Review) -> list[Printer]:
    """One printer for each used report, in their order."""
    return [PRINTERS[report.term](report, review) for report in evidence.used]


def draw(
    evidence: Evidence, say: list[Printer], mu_prior: Prior, tau_prior: Prior, generator
) -> tuple[dict[str, float], Evidence]:
    """Effects from the priors (mu, tau, theta of the first study, prediction; log scale), and what patients
    under them leave in print.
    """
    while True:
        mu, tau = (draw_from(prior, generator) for prior in (mu_prior, tau_prior))
        theta = dict(
            zip(evidence.studies, mu + tau * generator.standard_normal(len(evidence.studies)), strict=True)
        )
        printed = [
            data
            for report, one in zip(evidence.used, say, strict=True)
            if (data := one(theta[report.study], generator))
        ]
        if len(printed) == len(say):
            truth = {
                "mu": mu,
                "tau": tau,
                "theta": theta[evidence.studies[0]],
                "prediction": mu + tau * generator.standard_normal(),
            }
            return truth, Evidence(
                evidence.endpoint,
                tuple(replace(r, data=d) for r, d in zip(evidence.used, printed, strict=True)),
            )


def draw_from(prior: Prior, generator) -> float:
    return float(prior.quantile(generator.uniform()))


def counts(log_or: float, n_toci: int, n_control: int, generator) -> tuple[int, int]:
    """Events of both arms; the control risk from its prior."""
    alpha = draw_from(BASELINE_LOGIT, generator)
    return int(generator.binomial(n_toci, expit(alpha + log_or))), int(
        generator.binomial(n_control, expit(alpha))
    )


def _table(report: Used, review: Review) -> Printer:
    n_toci, n_control = report.data["n_toci"], report.data["n_control"]

    def say(theta, generator):
        a, b = counts(theta, n_toci, n_control, generator)
        return (
            report.data | {"events_toci": a, "events_control": b}
            if informative(a + b, n_toci + n_control)
            else None
        )

    return say


def _table_set(report: Used, review: Review) -> Printer:
    """The cell of all tables that would be printed alike; the table itself where an arm's own counts are
    printed.
    """
    record = review.records[report.study]
    n_toci, n_control = report.data["candidates"][0][1::2]
    if {e.arm for e in record.entries if e.id in report.entries} & set(BOTH_ARMS):

        def cells(a, b, _generator):
            return np.array([[a, n_toci, b, n_control]])

    else:
        cells = Cells(report, record).holding

    def say(theta, generator):
        found = cells(*counts(theta, n_toci, n_control, generator), generator)
        usable = len(found) and informative(found[:, 0] + found[:, 2], n_toci + n_control).all()
        return {"candidates": found.tolist()} if usable else None

    return say


def _ratio(report: Used, review: Review) -> Printer:
    """A ratio with an interval as wide on the log scale as the printed one."""
    d = report.data
    names = ("estimate", "lower", "upper")
    se, digits = (
        se_from_interval(d["lower"], d["upper"], d["level"]),
        max(decimals(d[name]) for name in names),
    )
    half = np.log(d["upper"] / d["lower"]) / 2

    def say(theta, generator):
        estimate = theta + se * generator.standard_normal()
        printed = {
            name: round(float(np.exp(estimate + shift)), digits)
            for name, shift in zip(names, (0.0, -half, half), strict=True)
        }
        return d | printed if printed["lower"] > 0 else None

    return say


def _log_rank(report: Used, review: Review) -> Printer:
    d = report.data

    def say(theta, generator):
        z = float(log_rank_z(theta, d["n_toci"], d["n_control"], generator))
        return d | {"p": print_p(erfc(abs(z) / sqrt(2)), d["p"])}

    return say


def _log_rank_histories(report: Used, review: Review) -> Printer:
    d = report.data
    share = d["counted"][0] / d["counted"][1] if d["counted"] else 1.0

    def say(theta, generator):
        n_toci, n_control = (int(generator.binomial(d[n], share)) for n in ("n_toci", "n_control"))
        difference, variance = (
            history(theta, n_toci, n_control, generator) if n_toci and n_control else (0.0, 0.0)
        )
        return (
            d | {"p": print_p(erfc(abs(difference) / sqrt(2 * variance)), d["p"])} if variance > 0 else None
        )

    return say


def history(log_hr: float, n_toci: int, n_control: int, generator) -> tuple[float, float]:
    """O - E for tocilizumab and its variance, of patients who leave one by one as
    `models.likelihood.log_rank_exact` says.
    """
    at_risk, share = [n_toci, n_control], draw_from(EVENT_SHARE, generator)
    times: list[tuple[list[int], list[int]]] = []  # patients at risk before each event time, and its events
    after_event = False
    for _ in range(n_toci + n_control):
        event = generator.uniform() < share
        weight = at_risk[0] * (np.exp(log_hr) if event else 1.0)
        arm = int(generator.uniform() * (weight + at_risk[1]) >= weight)
        if event:
            if not (after_event and generator.uniform() < TIE_SHARE):
                times.append((at_risk.copy(), [0, 0]))
            times[-1][1][arm] += 1
        at_risk[arm] -= 1
        after_event = event
    return log_rank(times)


def log_rank(times: list[tuple[list[int], list[int]]]) -> tuple[float, float]:
    """O - E for the first arm and its hypergeometric variance, from (at risk, events) of both arms at each
    time.
    """
    difference, variance = 0.0, 0.0
    for (toci, control), events in times:
        n, d = toci + control, sum(events)
        difference += events[0] - d * toci / n
        variance += d * toci * control * (n - d) / (n**2 * (n - 1)) if n > 1 else 0.0
    return difference, variance


def log_rank_z(log_hr, n_toci: int, n_control: int, generator) -> np.ndarray:
    """Simulated z of a log-rank test, one for each log hazard ratio; events are uniform from 1 to all
    patients, as in the likelihood.
    """
    total = n_toci + n_control
    events = generator.integers(1, total + 1, size=np.shape(log_hr))
    return generator.normal(np.asarray(log_hr) * np.sqrt(events * n_toci * n_control) / total)


def decimals(number: float) -> int:
    """Decimals of a number as printed; 2.0 is a printed 2."""
    return max(-int(Decimal(f"{number:g}").as_tuple().exponent), 0)


PRINTERS: dict[str, Callable[[Used, Review], Printer]] = {
    "table": _table,
    "table_set": _table_set,
    "ratio": _ratio,
    "log_rank": _log_rank,
    "log_rank_histories": _log_rank_histories,
}

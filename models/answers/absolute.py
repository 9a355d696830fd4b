"""Absolute effects: patients per 1,000 with the event, without tocilizumab and with it, at stated baseline
risks.
"""

from dataclasses import dataclass

import numpy as np

from extraction.records import Review
from models.answers.summary import summarise
from models.endpoints import ENDPOINTS, evidence_of
from models.runs import store

EXTERNAL = {"severe_infection": ("baseline_severe_infection",)}
"""Numbers of the register that are a baseline risk of an endpoint."""


@dataclass(frozen=True)
class AbsoluteEffect:
    """Patients per 1,000; `risk` is taken as known, so the intervals are those of the odds ratio alone."""

    source: str
    events: int
    n: int
    risk: float
    with_toci: dict
    difference: dict
    next_study: dict


def absolute_effects(key: str, review: Review) -> list[AbsoluteEffect]:
    """At the outside baseline risk, where the register holds one, and at each study's own control risk.

    A control group without events gives no baseline risk and is left out.  Empty for endpoints that are not
    odds ratios.
    """
    endpoint = ENDPOINTS[key]
    if endpoint.effect != "log_or":
        return []
    draws = store.read(key, review).draws
    mu, new = draws["mu"].values.ravel(), draws["prediction"].values.ravel()
    return [
        AbsoluteEffect(
            source,
            events,
            n,
            events / n,
            per_1000(risk_with(events / n, mu)),
            per_1000(risk_with(events / n, mu) - events / n),
            per_1000(risk_with(events / n, new) - events / n),
        )
        for source, events, n in baselines(key, review)
        if events
    ]


def baselines(key: str, review: Review) -> list[tuple[str, int, int]]:
    """Events and patients behind each baseline risk of an endpoint, with where it stands: outside numbers
    first, then the control group of each study.
    """
    outside = {number.id: number for number in review.register.external}
    rows = [
        (outside[name].meaning.split(",")[0], outside[name].events, outside[name].n)
        for name in EXTERNAL.get(key, ())
        if name in outside
    ]
    return rows + [
        (f"{review.studies[r.study].label}, no tocilizumab", *r.only_table[2:])
        for r in evidence_of(key, review).used
        if r.only_table
    ]


def risk_with(risk: float, log_or):
    """Risk with the drug at a baseline risk and a log odds ratio."""
    return 1 / (1 + (1 / risk - 1) * np.exp(-np.asarray(log_or)))


def per_1000(risks) -> dict:
    """Median and 95 % limits in patients per 1,000."""
    return dict(zip(("median", "lower", "upper"), map(float, 1000 * np.quantile(risks, [0.5, 0.025, 0.975]))))


def summary_for_words(key: str, review: Review) -> dict:
    """The summary with the absolute effect at the first baseline risk, where there is one."""
    found, effects = summarise(key, review), absolute_effects(key, review)
    return found | ({"absolute": for_words(effects[0], found)} if effects else {})


def for_words(effect: AbsoluteEffect, summary: dict) -> dict:
    """The `absolute` part of a summary that models.words reads; in tens where Monte Carlo error reaches half
    a patient in 1,000.
    """
    with_toci = effect.with_toci
    # a small error of the log odds ratio moves a risk r by r (1 - r) times as much
    error = max(
        with_toci[name] * (1 - with_toci[name] / 1000) * summary["mcse"][name] / summary[name]
        for name in with_toci
    )
    rounded = {name: round(value, 0 if error < 0.5 else -1) for name, value in with_toci.items()}
    return {
        "without": 1000 * effect.risk,
        "with": rounded["median"],
        "lower": rounded["lower"],
        "upper": rounded["upper"],
        "source": f"{effect.source}, {effect.events}/{effect.n}",
    }

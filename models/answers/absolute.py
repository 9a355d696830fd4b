"""Absolute effects: patients per 1,000 with the event, without the treatment and with it, at stated baseline
risks.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from extraction.records import Review
from models.answers.answer import answer_of
from models.answers.bias import adjusted
from models.answers.summary import summarise
from models.endpoint import Scale
from models.endpoints import ENDPOINTS, evidence_of
from models.words import listed

NAMED_STUDIES = 6
"""So many studies are named one by one."""


@dataclass(frozen=True)
class Baseline:
    """Patients with the event without the treatment, and whose they are."""

    source: str
    events: int
    n: int

    @property
    def risk(self) -> float:
        return self.events / self.n


@dataclass(frozen=True)
class AbsoluteEffect:
    """Patients per 1,000; the baseline risk is taken as known, so the intervals are those of the odds ratio
    alone.
    """

    baseline: Baseline
    with_treated: dict
    adjusted: dict
    """As `with_treated`, adjusted for the bias of the studies."""
    difference: dict
    next_study: dict


def baselines(key: str, review: Review) -> list[Baseline]:
    """The baseline risks of an endpoint, the one that is said first at the head: the untreated of the studies
    that enter with counts, together, then the outside number of the register; none without events.
    """
    outside = [number for number in review.register.external if number.id in ENDPOINTS[key].baseline_risks]
    found = [Baseline(x.meaning, x.events, x.n) for x in outside if x.events and x.n]
    tables = {r.study: r.report.only_table for r in evidence_of(key, review).used if r.report.only_table}
    events, n = (sum(table[place] for table in tables.values()) for place in (2, 3))
    if not events:
        return found
    whom = "untreated" if ENDPOINTS[key].contrast.comparator == "none" else ENDPOINTS[key].contrast.comparator
    return [Baseline(f"{whom} in {named(list(tables), review)}", events, n), *found]


def named(studies: Sequence[str], review: Review) -> str:
    """Studies by their names, or, where they are many, how many they are."""
    names = [review.studies[study].label for study in studies]
    return listed(names) if len(names) <= NAMED_STUDIES else f"{len(names)} studies"


def absolute_effects(key: str, review: Review) -> list[AbsoluteEffect]:
    """At each baseline risk of an endpoint; empty where there is none, or where the effect is no odds
    ratio.
    """
    if ENDPOINTS[key].scale is not Scale.ODDS_RATIO or not (at := baselines(key, review)):
        return []
    answer, behind_bias = answer_of(key, review), adjusted(key, review).mu.limits()
    return [
        AbsoluteEffect(
            baseline,
            per_1000(baseline, answer.mu.limits),
            per_1000(baseline, behind_bias),
            difference_per_1000(baseline, answer.mu.limits),
            difference_per_1000(baseline, answer.prediction.limits),
        )
        for baseline in at
    ]


def risk_with(risk: float, log_or):
    """Risk with the treatment at a baseline risk and a log odds ratio."""
    return 1 / (1 + (1 / risk - 1) * np.exp(-np.asarray(log_or)))


def per_1000(baseline: Baseline, limits: Mapping[str, float]) -> dict[str, float]:
    """Limits of a log odds ratio as patients per 1,000 with the event."""
    return {name: float(1000 * risk_with(baseline.risk, value)) for name, value in limits.items()}


def difference_per_1000(baseline: Baseline, limits: Mapping[str, float]) -> dict[str, float]:
    """The same less those at the baseline risk."""
    return {name: n - 1000 * baseline.risk for name, n in per_1000(baseline, limits).items()}


def summary_for_words(key: str, review: Review) -> dict:
    """The summary with the absolute effect at the first baseline risk, where there is one."""
    found, effects = summarise(key, review), absolute_effects(key, review)
    return found | ({"absolute": for_words(effects[0])} if effects else {})


def for_words(effect: AbsoluteEffect) -> dict:
    """The `absolute` part of a summary that models.words reads, in patients per 1,000."""
    return {
        "without": 1000 * effect.baseline.risk,
        "unadjusted": effect.with_treated,
        "adjusted": effect.adjusted,
        "source": f"{effect.baseline.source}, {effect.baseline.events}/{effect.baseline.n}",
    }

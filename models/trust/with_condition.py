"""The narrower question: patients with the condition alone, since who never had it could not be treated for
it.

How many of each arm had the condition is known; how many of those with the event had it is mostly not.  So
each table of the whole arms becomes a set: every way in which its events may be split between patients with
and without the condition.  No chances are given to the splits.  What is asked is how low and how high each
limit of the mean effect can be, whatever those chances are.

Tests within grades that a paper reports in words narrow no split, as they narrow no table of the whole arms.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from math import prod

import numpy as np

from extraction.derived.candidates import tables_of
from extraction.derived.groups import both_sizes, grade_counts
from extraction.question import ANY_GRADE, GRADES, QUESTION
from extraction.records import Review
from extraction.recover import TooLarge, Unusable
from extraction.schema import Counts as CountsEntry
from extraction.schema import Record
from extraction.vocabulary import BOTH_ARMS
from models.endpoints import ENDPOINTS, evidence_of
from models.engines.posterior import LIMITS, cumulative
from models.engines.smoothing import log_smooth
from models.evidence.report import Used
from models.likelihood.report import Counts
from models.likelihood.risk_report import RiskReport
from models.likelihood.two_arms import two_arm_log_likelihood
from models.priors import MIDWAY, Prior
from models.trust.multiverse import GRID, TAU, THETA, log_prior

type Sizes = tuple[int, int]
"""Patients with the treatment, then without."""
type Study = list[list[Counts]]
"""For each table of the whole arms, the tables of those with the condition that it can hold."""

MOST = 5000
"""Combinations of the studies' tables that are computed, about a second."""


@dataclass(frozen=True)
class Bounds:
    """Median and 95 % limits of the mean ratio, each as low and as high as any split makes it."""

    low: dict[str, float]
    high: dict[str, float]


@lru_cache
def answer_with_condition(key: str, review: Review) -> Bounds | None:
    """The answer among patients with the condition; None where a paper does not tell how many had it, where
    no study enters, and where the splits are too many to be tried.
    """
    studies = [splits_of(used, key, review) for used in evidence_of(key, review).used]
    if not studies or not all(study and all(study) for study in studies):
        return None
    if prod(len(_distinct(study)) for study in studies) > MOST:
        return None
    return bounds(studies, ENDPOINTS[key].mu_prior, ENDPOINTS[key].tau_prior)


# who had the condition


def never_had_it(review: Review, studies: Sequence[str]) -> Sizes | None:
    """Untreated patients of these studies who never had the condition, and all their untreated, each cohort
    counted once; None where a paper leaves either open.
    """
    never = untreated = 0
    for study in {review.studies[study].cohort: study for study in studies}.values():
        whole, having = both_sizes(review.records[study]), had_it(study, review)
        if whole is None or len({control for _, control in having}) != 1:
            return None
        untreated += whole[1]
        never += whole[1] - next(iter(having))[1]
    return never, untreated


def had_it(study: str, review: Review) -> set[Sizes]:
    """How many of each arm had the condition, every number that the papers on these patients allow; empty
    where none tells.
    """
    return next(filter(None, map(_had_it, _records_of(study, review))), set())


def _had_it(record: Record) -> set[Sizes]:
    grades = grade_counts(record)
    if grades.keys() >= set(GRADES):
        treated, control = (sum(grades[grade][arm] for grade in GRADES) for arm in BOTH_ARMS)
        return {(treated, control)}
    try:
        found = tables_of(record, ANY_GRADE) if ANY_GRADE else None
    except (TooLarge, Unusable):
        return set()
    return {(a, b) for a, _, b, _ in found.tables} if found else set()


def _records_of(study: str, review: Review) -> Iterator[Record]:
    """The study's record, then those of its cohort with arms of the same size: the same patients."""
    own, cohort = review.records[study], review.studies[study].cohort
    yield own
    for other, record in review.included().items():
        if (
            other != study
            and review.studies[other].cohort == cohort
            and both_sizes(record) == both_sizes(own)
        ):
            yield record


# how the events may be split


def splits_of(used: Used, key: str, review: Review) -> Study:
    """Of each table that a report of whole arms allows, the tables of patients with the condition; empty
    where it is no such report.
    """
    if used.stratum != "all" or not isinstance(used.report, RiskReport):
        return []
    having = {sizes for sizes in had_it(used.study, review) if all(sizes)}
    found = []
    for table in used.report.tables:
        told = _events_with_it(used.study, ENDPOINTS[key].evidence, table, review)
        every = (split for sizes in sorted(having) for split in splits(table, sizes))
        found.append([(a, n, b, m) for a, n, b, m in every if told in (None, a + b)])
    return found


def splits(table: Counts, having: Sizes) -> Iterator[Counts]:
    """Every table of patients with the condition: nobody has more events than patients."""
    a, n, b, m = table
    of_treated, of_control = having
    for treated, control in product(_part(a, n, of_treated), _part(b, m, of_control)):
        yield treated, of_treated, control, of_control


def _part(events: int, patients: int, part: int) -> range:
    """Events that a part of the patients can have."""
    return range(max(0, events - (patients - part)), min(events, part) + 1)


def _events_with_it(study: str, field: str, table: Counts, review: Review) -> int | None:
    """Patients of both arms with the event and the condition, where a paper on these patients counts them and
    has the same number with the event.
    """
    for record in _records_of(study, review):
        printed = {e.category: e.events for e in record.find(CountsEntry, field, stratum="all", arm="total")}
        if QUESTION.categories.with_condition in printed and printed.get(None) == table[0] + table[2]:
            return printed[QUESTION.categories.with_condition]
    return None


# the answer under every split


def bounds(studies: Sequence[Study], mu_prior: Prior, tau_prior: Prior) -> Bounds:
    """How low and how high each limit of the mean effect can be.

    A study with one table has one split, whichever; one with several has some split for each of them, and the
    chances of each are open as well.
    """
    below = _masses(studies, log_prior(mu_prior, tau_prior))
    worlds = [[_rows(below, choices) for choices in world] for world in _worlds(studies)]

    def outermost(best, side) -> dict[str, float]:
        log_limits = {q: best(_quantile(world, q, side) for world in worlds) for q in LIMITS.values()}
        return {name: float(np.exp(log_limits[q])) for name, q in LIMITS.items()}

    return Bounds(outermost(min, np.max), outermost(max, np.min))


def _rows[Key](of: Mapping[Key, np.ndarray], keys: Iterable[Key]) -> np.ndarray:
    return np.array([of[key] for key in keys])


def _worlds(studies: Sequence[Study]) -> Iterator[list[list[tuple[Counts, ...]]]]:
    """Each choice of a split in every study of one table; in it, for each choice of a table in every other
    study, the choices of their splits.
    """
    options = [[[[split]] for split in study[0]] if len(study) == 1 else [study] for study in studies]
    for world in product(*options):
        yield [list(product(*tables)) for tables in product(*world)]


def _quantile(world: list[np.ndarray], q: float, side) -> float:
    """The lowest quantile q of mu (highest, where side is `np.min`) over all splits of a world; each array
    holds the unnormalised mass below each point, shape (split, mu).

    With splits s(t) the share below x is the sum of F_t,s(t)(x) over that of F_t,s(t)(all).  It can be q or
    more exactly where the sum over t of max_s (F_t,s(x) - q F_t,s(all)) is 0 or more: a term for each table,
    so no combination of their splits need be tried, and mixing splits gains nothing.
    """
    excess = sum(side(mass - q * mass[:, -1:], axis=0) for mass in world)
    return float(np.interp(0.0, excess, THETA))


def _masses(studies: Sequence[Study], log_prior_mu_tau: np.ndarray) -> dict[tuple[Counts, ...], np.ndarray]:
    """For each combination of the studies' tables among those with the condition, the posterior mass of mu
    below each point of the grid, up to one constant for all.
    """
    terms = [_smoothed(_distinct(study)) for study in studies]
    return {
        tables: cumulative(
            np.exp(
                log_prior_mu_tau + sum(term[table] for term, table in zip(terms, tables, strict=True))
            ).sum(0)
        )
        for tables in product(*terms)
    }


def _smoothed(tables: Sequence[Counts]) -> dict[Counts, np.ndarray]:
    """Log likelihood of (tau, mu) of each table, up to one constant for all of them."""
    log_l = np.array([two_arm_log_likelihood(*table, MIDWAY)(THETA) for table in tables])
    likelihood = np.exp(log_l - log_l.max())
    log_m = np.stack([log_smooth(likelihood, GRID, tau, slice(0, len(THETA))) for tau in TAU], axis=1)
    return dict(zip(tables, log_m, strict=True))


def _distinct(study: Study) -> list[Counts]:
    return sorted({split for table in study for split in table})

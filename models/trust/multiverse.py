"""The multiverse: the mean effect under every combination of the choices that could have been made.

For endpoints with one effect per study each likelihood is smoothed by every tau once, on one grid; a universe
is then a sum of arrays.  Durations are sampled (duration_universes.py).  Effects are on the log scale within,
ratios in the table.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import product

import numpy as np
import pandas as pd

from extraction.records import Review
from models.answers.answer import answer_of, as_row
from models.answers.bias import adjusted, bias_priors, through_bias
from models.endpoints import ENDPOINTS
from models.engines import frequentist
from models.engines.effects import study_likelihoods
from models.engines.posterior import LIMITS, cumulative
from models.engines.smoothing import Grid, log_smooth, log_smooth_at
from models.evidence.report import Evidence
from models.likelihood.interpolation import between
from models.likelihood.report import EffectReport, LogLikelihood
from models.priors import AT_CONTROL, MIDWAY, NARROW, BaselinePrior, Prior
from models.runs.shared import shared
from models.trust import duration_universes
from models.trust.universe import (
    EXACT,
    FACTORS,
    MANY_STUDIES,
    Universe,
    is_primary,
    is_primary_through_bias,
    mean_factors,
    priors,
    readings,
    scaled,
    subsets,
)

GRID = Grid.even(-9.0, 9.0, 721)
THETA = GRID.x
WIDE_GRID = Grid.even(-16.0, 16.0, 1281)
WIDE = WIDE_GRID.x
"""Effects at which a likelihood is tabulated: as far as a bias can carry it."""
TAU = np.exp(np.linspace(np.log(0.004), np.log(4.0), 40))
"""Effects, and between-study SDs even in their logarithm, at which a universe is computed."""
EVERY, DEPTH = 8, 60.0
"""Of many studies: steps of TAU and THETA at which the likely part is sought, and log likelihood below the
peak at which it ends.
"""


def universes(key: str, review: Review) -> pd.DataFrame:
    """Every universe of an endpoint: its choices, median and limits as ratios, probability that the treatment
    is the better side, whether primary.
    """
    return _with_the_answer(as_computed(key, review).copy(), key, review)


@lru_cache(maxsize=16)
def as_computed(key: str, review: Review) -> pd.DataFrame:
    """The same as the grid or the short chains give them."""
    rows = ENDPOINTS[key].engine.way(_integrated, _sampled)(key, review)
    frame = pd.DataFrame(rows)
    frame["p_favours"] = frame.pop("below").map(ENDPOINTS[key].favours)
    for name in ("median", "lower", "upper"):
        frame[name] = np.exp(frame[name])
    frame["primary"] = is_primary(frame, key)
    return frame


def _with_the_answer(frame: pd.DataFrame, key: str, review: Review) -> pd.DataFrame:
    """The same with the numbers that the review gives in the places of the universes that are its answer, so
    that no page shows them by another engine.
    """
    answer = answer_of(key, review)
    behind = ENDPOINTS[key].engine.way(_behind_bias, _as_sampled)
    rows = [(frame["primary"], as_row(key, answer.mu.limits, answer.below)), *behind(frame, key, review)]
    for chosen, row in rows:
        frame.loc[chosen, list(row)] = list(row.values())
    return frame


type Rows = list[tuple[pd.Series, dict[str, float]]]
"""Which universes have which numbers."""


def _behind_bias(frame: pd.DataFrame, key: str, review: Review) -> Rows:
    behind = adjusted(key, review)
    row = as_row(key, behind.mu.limits(), behind.probability_below())
    return [(is_primary_through_bias(frame, key), row)]


def _as_sampled(*_) -> Rows:
    """None: the universe is itself the answer behind the bias."""
    return []


def _sampled(key: str, review: Review) -> dict[str, list]:
    return _by_column(duration_universes.summaries(key, review))


@shared
def _integrated(key: str, review: Review) -> dict[str, list]:
    return _by_column(_by_quadrature(key, review))


def _by_column(found: Iterable[tuple[Universe, dict]]) -> dict[str, list]:
    """Choices and limits (log scale) of each universe, by column."""
    rows = pd.DataFrame([vars(universe) | result for universe, result in found])
    return {str(name): column.tolist() for name, column in rows.items()}


def _by_quadrature(key: str, review: Review) -> Iterator[tuple[Universe, dict]]:
    mu, tau = priors(key)
    labels = {study.id: study.label for study in review.register.studies}
    of_mu = np.array([np.exp(p.log_density(THETA)) for p in mu.values()])
    of_tau = np.array([TAU * np.exp(p.log_density(TAU)) for p in tau.values()])
    read = readings(key, review)
    of_subsets = {reading: subsets(evidence, labels) for reading, evidence in read.items()}
    for (reading, form, mean, sd), of_study, part in _behind_each_bias(key, review, read):
        whole = sum(of_study.values(), np.zeros((len(TAU), len(THETA[part]))))
        for subset, studies in of_subsets[reading].items():
            added = _sum_of(of_study, studies, whole)
            # so that the exponential is taken once for all priors
            without_mu = of_tau @ np.exp(added - added.max())
            densities = np.zeros((len(mu), len(tau), len(THETA)))
            densities[..., part] = of_mu[:, None, part] * without_mu
            limits = _limits_of(densities.reshape(-1, len(THETA)))
            for (m, t), found in zip(product(mu, tau), limits, strict=True):
                yield Universe(reading, subset, form, mean, sd, m, t), found


type Behind = tuple[str, Evidence, tuple[float, float]]
"""A study's likelihood behind a bias: its form, the study's evidence, mean and SD of the bias.  Most readings
leave most studies as they are, so it is met in many universes.
"""
type Smoothed = tuple[tuple[str, str, str, str], dict[str, np.ndarray], slice]
"""Reading, form of the likelihood, factors on mean and SD of the bias; the log likelihood of each study,
shape (tau, mu); and the part of THETA that its mu are.
"""


def _behind_each_bias(key: str, review: Review, read: dict[str, Evidence]) -> Iterator[Smoothed]:
    biases = {reading: bias_priors(key, review, evidence) for reading, evidence in read.items()}
    seen = {(reading, form): terms for reading in read for form, terms in forms(read[reading]).items()}
    many = min(len(evidence.studies) for evidence in read.values()) > MANY_STUDIES
    factors = list(product(FACTORS, FACTORS))  # of many studies the arrays behind all of them are too large
    for some in [[one] for one in factors] if many else [factors]:
        behind = {
            (reading, form, mean, sd): {
                study: (form, _alone(read[reading], study), scaled(biases[reading][study], mean, sd))
                for study in terms
            }
            for (reading, form), terms in seen.items()
            for mean, sd in some
            if mean in mean_factors(biases[reading])
        }
        terms = {
            one: seen[chosen[:2]][study] for chosen, ones in behind.items() for study, one in ones.items()
        }
        known, part = (_of_many if many else _of_few)(terms, behind.values())
        for chosen, ones in behind.items():
            yield chosen, {study: known[one] for study, one in ones.items()}, part


type Terms = Mapping[Behind, LogLikelihood]
type Together = Iterable[Mapping[str, Behind]]
"""The studies of each universe."""


def _of_few(terms: Terms, _: Together) -> tuple[dict[Behind, np.ndarray], slice]:
    return smooth({one: through(term, *one[-1]) for one, term in terms.items()}), slice(0, len(THETA))


def _of_many(terms: Terms, together: Together) -> tuple[dict[Behind, np.ndarray], slice]:
    """The same where mu is likely, in a small part of THETA."""
    values = {one: term(WIDE) for one, term in terms.items()}
    biases = {one: one[-1] for one in terms}
    known = smooth_at_once(values, biases, TAU[::EVERY], THETA[::EVERY])
    likely = np.zeros(len(THETA[::EVERY]), bool)
    for ones in together:
        log_l = np.array([known[one] for one in ones.values()]).sum(axis=0).max(axis=0)
        likely |= log_l > log_l.max() - DEPTH
    first, last = np.flatnonzero(likely)[[0, -1]]
    part = slice(EVERY * max(first - 1, 0), EVERY * (last + 1) + 1)
    return smooth_at_once(values, biases, TAU, THETA[part]), part


def smooth_at_once[K](
    terms: Mapping[K, np.ndarray], biases: Mapping[K, tuple[float, float]], tau: np.ndarray, mu: np.ndarray
) -> dict[K, np.ndarray]:
    """Log likelihood of (tau, mu) behind each term, given at WIDE: shape (tau, mu); biases: mean and SD.

    A bias and the spread between studies are both normal, and so is their sum: the terms of one bias, where
    these are many, are smoothed at once by the SD of both, and read higher by the mean of the bias.
    """
    found: dict[K, np.ndarray] = {}
    by_bias: dict[tuple[float, float], list[K]] = {}
    for one in terms:
        by_bias.setdefault(biases[one], []).append(one)
    for (mean, sd), alike in by_bias.items():
        log_l = np.array([terms[one] for one in alike])
        likelihood = np.exp(log_l - log_l.max(axis=1, keepdims=True))
        log_m = [log_smooth_at(likelihood, WIDE_GRID, np.hypot(one, sd), mu + mean) for one in tau]
        found |= zip(alike, np.stack(log_m, axis=1), strict=True)
    return found


def _alone(evidence: Evidence, study: str) -> Evidence:
    """What enters of one study."""
    return Evidence(evidence.endpoint, tuple(evidence.of(study)))


def _sum_of(terms: dict[str, np.ndarray], studies: list[str], whole: np.ndarray) -> np.ndarray:
    """The log likelihoods of a subset added up; where most are in it, the whole less the others, so that
    leaving out one of many costs one step.
    """
    others = terms.keys() - set(studies)
    if len(studies) <= len(others) or not np.isfinite(whole).all():
        return sum((terms[study] for study in studies), np.zeros_like(whole))
    return whole - sum(terms[study] for study in others)


def forms(evidence: Evidence) -> dict[str, dict]:
    """Each study's likelihood: exact, by the usual normal approximation where a report has one, and exact
    under other priors of the level of risk where a report has a level.
    """
    exact = _tabulated(evidence, MIDWAY)
    found = {EXACT: exact}
    if any(used.report.only_table for used in evidence.used):
        found["normal"] = {
            study: normal_term([used.report for used in evidence.of(study)]) or exact[study]
            for study in exact
        }
    if any(EffectReport.expected(used.report).needs_baseline for used in evidence.used):
        found |= {words: _tabulated(evidence, baseline) for words, baseline in OTHER_BASELINES.items()}
    return found


OTHER_BASELINES = {
    "exact, risk level of the untreated": AT_CONTROL,
    "exact, narrower prior of the risk level": NARROW,
}


def _tabulated(evidence: Evidence, baseline: BaselinePrior) -> dict:
    return {study: _of_study(_alone(evidence, study), baseline) for study in evidence.studies}


@lru_cache(maxsize=2048)
def _of_study(evidence: Evidence, baseline: BaselinePrior) -> LogLikelihood:
    (term,) = study_likelihoods(evidence, baseline).values()
    return tabulated(term)


def tabulated(term):
    """A log likelihood by a cubic through its values, so that a sum over many tables is taken once and not
    for every bias.
    """
    values = term(WIDE)
    return lambda theta: between(theta, WIDE[0], WIDE[1] - WIDE[0], values)


def normal_term(reports: list):
    """Normal likelihood of a study's log odds ratio by Wald's standard error, 0.5 added where a cell is
    empty; None where it has no counts.
    """
    if len(reports) != 1 or not reports[0].only_table:
        return None
    estimate = frequentist.log_odds_ratio(*reports[0].only_table)
    if estimate.se is None:
        return None
    return lambda theta: -(((np.asarray(theta) - estimate.estimate) / estimate.se) ** 2) / 2


def through(term, mean: float, sd: float):
    """The likelihood behind a bias of that mean and SD, which may be 0: then it is known."""
    return (
        through_bias(term, Prior("bias", "normal", (mean, sd), "", ""))
        if sd
        else lambda theta: term(np.asarray(theta) + mean)
    )


def smooth(terms: dict) -> dict:
    """Log likelihood of (tau, mu) behind each term, shape (tau, mu): the more terms at once, the fewer the
    kernels.
    """
    if not terms:
        return {}
    log_l = np.array([term(THETA) for term in terms.values()])
    log_l -= log_l.max(axis=1, keepdims=True)
    log_m = np.stack([log_smooth(np.exp(log_l), GRID, tau, slice(0, len(THETA))) for tau in TAU])
    return {name: log_m[:, i] for i, name in enumerate(terms)}


def log_prior(mu_prior: Prior, tau_prior: Prior) -> np.ndarray:
    """Log density of (log tau, mu) on the grid, shape (tau, mu)."""
    return mu_prior.log_density(THETA) + (tau_prior.log_density(TAU) + np.log(TAU))[:, None]


def summary(log_joint: np.ndarray) -> dict:
    """Median and 95 % limits of mu, and P(mu < 0), from the log posterior of (log tau, mu) on the grid."""
    return _limits_of(np.exp(log_joint - log_joint.max()).sum(axis=0)[None])[0]


def _limits_of(densities: np.ndarray) -> list[dict]:
    """The same from each density of mu on the grid, up to a constant; shape (density, mu)."""
    cdfs = cumulative(densities)
    cdfs /= cdfs[:, -1:]
    rows = np.arange(len(cdfs))
    found = {"below": cdfs[:, len(THETA) // 2]}
    for name, q in LIMITS.items():
        last = np.minimum((cdfs <= q).sum(axis=1), len(THETA) - 1)
        low, high = cdfs[rows, last - 1], cdfs[rows, last]
        found[name] = THETA[last - 1] + (q - low) / (high - low) * (THETA[last] - THETA[last - 1])
    return [dict(zip(found, map(float, row), strict=True)) for row in zip(*found.values(), strict=True)]

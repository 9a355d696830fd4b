"""The answer that is shown, computed once: by quadrature where the engine can, else from stored draws.

NUTS stands beside every quadrature as its check; it is not what is printed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from extraction.records import Review
from models.endpoints import ENDPOINTS, evidence_of, quadrature
from models.engines.posterior import LIMITS
from models.runs import store

if TYPE_CHECKING:
    from models.engines.posterior import Effect, Marginal


def as_ratios(limits: Mapping[str, float]) -> dict[str, float]:
    """Limits of a log ratio, as ratios."""
    return {name: float(np.exp(value)) for name, value in limits.items()}


def as_row(key: str, limits: Mapping[str, float], below: float) -> dict[str, float]:
    """The mean effect of an endpoint in a table: limits as ratios, and the probability that the treatment is
    the better side, from P(mu < 0).
    """
    return as_ratios(limits) | {"p_favours": ENDPOINTS[key].favours(below)}


@dataclass(frozen=True)
class Quantity:
    """One unknown on the scale of the likelihood: its limits, and equally probable values of it."""

    limits: Mapping[str, float]
    points: NDArray[np.float64]

    @property
    def ratio(self) -> dict[str, float]:
        """The limits of a log ratio, as ratios."""
        return as_ratios(self.limits)


@dataclass(frozen=True)
class Answer:
    """The posterior of an endpoint; below: P(mu < 0); mcse: Monte Carlo error of each limit of mu, 0 where
    nothing is drawn at random; draws: how many independent ones mu is worth, None where none is drawn.
    """

    mu: Quantity
    tau: Quantity
    prediction: Quantity
    theta: Mapping[str, Quantity]
    below: float
    mcse: Mapping[str, float]
    draws: float | None = None


type Way = Callable[[str, Review], Answer]


def answer_of(key: str, review: Review) -> Answer:
    """The answer of an endpoint; raise store.NotFitted where it is sampled and not fitted."""
    ways: tuple[Way, Way] = _integrated, _drawn
    return ENDPOINTS[key].engine.way(*ways)(key, review)


def _drawn(key: str, review: Review) -> Answer:
    stored, studies = store.read(key, review), evidence_of(key, review).studies
    draws = stored.draws
    return Answer(
        _of_draws(draws["mu"].values),
        _of_draws(draws["tau"].values),
        _of_draws(draws["prediction"].values),
        {study: _of_draws(draws["theta"].sel(study=study).values) for study in studies},
        float(np.mean(draws["mu"].values < 0)),
        stored.info["mcse"],
        stored.info["diagnostics"]["ess_bulk"],
    )


@lru_cache(maxsize=64)
def _integrated(key: str, review: Review) -> Answer:
    found = quadrature(key, review)
    return Answer(
        of_posterior(found.mu),
        of_posterior(found.tau),
        of_posterior(found.prediction),
        {study: of_posterior(theta) for study, theta in found.theta.items()},
        found.probability_below(),
        dict.fromkeys(LIMITS, 0.0),
    )


def of_posterior(part: Effect | Marginal) -> Quantity:
    """A part of a posterior by quadrature."""
    return Quantity(part.limits(), part.points())


def _of_draws(values: ArrayLike) -> Quantity:
    return Quantity(limits(values, ratio=False), np.ravel(values))


def limits(draws: ArrayLike, ratio: bool = True) -> dict[str, float]:
    """Median and 95 % interval of draws on the log scale, as ratios unless `ratio` is false."""
    values = np.quantile(np.ravel(draws), list(LIMITS.values()))
    return dict(zip(LIMITS, map(float, np.exp(values) if ratio else values), strict=True))

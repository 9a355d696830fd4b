"""Pooled studies whose means differ by a moderator, or whose effects scatter as a t."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from models.engines.design import Design, Scatter, Study
from models.engines.posterior import Posterior
from models.engines.quadrature_design import DesignPosterior
from models.pool.moderators import Covariate, Subgroups

if TYPE_CHECKING:
    from models.engines.posterior import Marginal
    from models.pool.fit import Pooled


def designed(pooled: Pooled) -> DesignPosterior:
    """Posterior of all coefficients. Raises ValueError where studies and priors cannot be reconciled."""
    priors, moderator = pooled.priors, pooled.moderator
    studies = [
        Study(row.study, row.log_likelihood(pooled.measure, priors.baseline), row.normal(pooled.measure))
        for row in pooled.rows
    ]
    columns = np.ones((len(studies), 1)) if moderator is None else moderator.columns
    if isinstance(moderator, Covariate):
        if priors.slope is None:
            raise ValueError("a covariate needs a prior of the slope")
        coefficients = (priors.mu, priors.slope)
    else:
        coefficients = (priors.mu,) * columns.shape[1]
    return DesignPosterior(studies, Design(columns, coefficients), priors.tau, Scatter(pooled.df))


def posterior_of(pooled: Pooled) -> Posterior:
    """Of one mean effect, that at the centre of a covariate where there is one."""
    found = pooled.design
    return Posterior(pooled.mu, found.tau, found.prediction(_first(pooled)), _effects(pooled))


def mean_of(pooled: Pooled) -> Marginal:
    """Of that mean effect alone."""
    return pooled.design.line(_first(pooled))


def _first(pooled: Pooled) -> np.ndarray:
    return np.eye(len(pooled.design.design.priors))[0]


def summary_of_groups(pooled: Pooled, groups: Subgroups) -> dict:
    """tau, studies, and under groups each group's mu, prediction and probability_mu_below_none, under
    differences each group's against the first: limits, and probability_below_zero.
    """
    found = pooled.design
    each = {}
    means = means_of_groups(pooled, groups)
    for name, (mu, prediction) in means.items():
        each[name] = {
            "mu": mu.limits(),
            "prediction": prediction.limits(),
            "probability_mu_below_none": _below_none(pooled, mu),
        }
    first, *others = np.eye(len(groups.names))
    differences = {}
    for name, one in zip(groups.names[1:], others, strict=True):
        marginal = found.line(one - first)
        differences[name] = {**marginal.limits(), "probability_below_zero": float(marginal.cdf(0.0))}
    return {
        "tau": found.tau.limits(),
        "studies": {name: effect.limits() for name, effect in _effects(pooled).items()},
        "groups": each,
        "differences": differences,
    }


def means_of_groups(pooled: Pooled, groups: Subgroups) -> dict[str, tuple[Marginal, Marginal]]:
    """Mean effect and effect in a new study, by group."""
    found = pooled.design
    return {
        name: (found.line(one), found.prediction(one))
        for name, one in zip(groups.names, np.eye(len(groups.names)), strict=True)
    }


def regression(pooled: Pooled, covariate: Covariate) -> dict:
    """covariate, at (its centre), slope and intercept (at 0 of the covariate), and
    probability_slope_below_zero.
    """
    found = pooled.design
    slope = found.line(np.array([0.0, 1.0]))
    return {
        "covariate": covariate.column,
        "at": covariate.centre,
        "slope": slope.limits(),
        "intercept": found.line(np.array([1.0, -covariate.centre])).limits(),
        "probability_slope_below_zero": float(slope.cdf(0.0)),
    }


def _effects(pooled: Pooled) -> dict[str, Marginal]:
    return {row.study: pooled.design.effect(i) for i, row in enumerate(pooled.rows)}


def _below_none(pooled: Pooled, mu: Marginal) -> float | None:
    none = pooled.measure.none
    return None if none is None else float(mu.cdf(pooled.measure.scale.of(none)))

"""The same model sampled by NUTS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from models.engines import hierarchy
from models.engines.acceptance import Rejected
from models.engines.posterior import LIMITS
from models.engines.sampling import monte_carlo_errors, sample
from models.pool.rows.counts import Counts
from models.pool.study_table import BadTable

if TYPE_CHECKING:
    from pymc import Model
    from xarray import DataTree

    from models.pool.fit import Pooled

REACH, POINTS = 12.0, 1201
"""How far a likelihood that is no binomial and no normal is tabulated, and at how many effects."""


def sample_rows(pooled: Pooled) -> DataTree:
    """Draws, as ArviZ data. Raises Rejected."""
    try:
        return sample(_model(pooled), name="pool", seed=pooled.seed)
    except Rejected as rejected:
        raise Rejected(f"{rejected}. Quadrature needs no convergence: leave out --engine nuts") from None


def summary_of(pooled: Pooled) -> dict:
    """As `Pooled.summary`, with the Monte Carlo standard errors of the limits of mu."""
    draws = pooled.draws
    posterior, none = draws.posterior.to_dataset(), pooled.measure.none

    def limits(values) -> dict[str, float]:
        return dict(zip(LIMITS, np.quantile(values.values, list(LIMITS.values())).tolist(), strict=True))

    at = None if none is None else pooled.measure.scale.of(none)
    return {
        **{name: limits(posterior[name]) for name in ("mu", "tau", "prediction")},
        "studies": {row.study: limits(posterior["theta"].sel(study=row.study)) for row in pooled.rows},
        "probability_mu_below_none": None if at is None else float((posterior["mu"].values < at).mean()),
        "monte_carlo_error_of_mu": monte_carlo_errors(draws),
    }


def _model(pooled: Pooled) -> Model:
    measure, priors = pooled.measure, pooled.priors
    names = [row.study for row in pooled.rows]
    counts = [row for row in pooled.rows if isinstance(row, Counts)]
    normals = [pair for row in pooled.rows if (pair := row.normal(measure)) is not None]
    if measure.key == "or" and len(counts) == len(names):
        return hierarchy.binomial_normal(
            np.array([row.events_treated for row in counts]),
            np.array([row.n_treated for row in counts]),
            np.array([row.events_control for row in counts]),
            np.array([row.n_control for row in counts]),
            names,
            priors.mu,
            priors.tau,
            priors.baseline,
        )
    if len(normals) == len(names):
        estimate, se = (np.array(part) for part in zip(*normals, strict=True))
        return hierarchy.normal_normal(estimate, se, names, priors.mu, priors.tau)
    return _tabulated(pooled, names)


def _tabulated(pooled: Pooled, names: list[str]) -> Model:
    """Each likelihood as cubics between effects on either side of the posterior."""
    import pymc as pm

    from models.likelihood.interpolation import between

    if pooled.priors.mu.is_flat:
        raise BadTable("--engine nuts needs a normal or t prior of the mean effect for these rows")
    centre, spread = pooled.priors.mu.quantile(0.5), pooled.priors.mu.quantile(0.84)
    step = 2 * REACH * max(abs(spread - centre), 1e-9) / (POINTS - 1)
    places = centre + step * (np.arange(POINTS) - (POINTS - 1) / 2)
    with pm.Model(coords={"study": names}) as model:
        theta: Any = hierarchy.exchangeable(names, pooled.priors.mu, pooled.priors.tau)
        for i, row in enumerate(pooled.rows):
            values = row.log_likelihood(pooled.measure, pooled.priors.baseline)(places)
            pm.Potential(f"row_{i}", between(theta[i], places[0], step, values))
    return model

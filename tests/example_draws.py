"""Draws that no fit made."""

import numpy as np
import xarray as xr

from extraction.records import Review
from models.endpoints import evidence_of
from models.engines.acceptance import by_element
from models.runs import store

EFFECTS = ["mu", "tau", "prediction", "theta"]
"""Variables of a posterior of effects by study."""


def invented(key: str, review: Review) -> store.Stored:
    """A posterior of an endpoint: mean effect Normal(-0.3, 0.2), the first study, if there is one,
    Normal(3, 0.2), beyond any axis.
    """
    generator, shape = np.random.default_rng(1), (4, 500)
    studies = evidence_of(key, review).studies
    sample = ("chain", "draw")
    mu = generator.normal(-0.3, 0.2, shape)
    theta = generator.normal(-0.3, 0.3, (*shape, len(studies)))
    theta[..., :1] += 3.3
    variables = {
        "mu": (sample, mu),
        "tau": (sample, np.abs(generator.normal(0, 0.3, shape))),
        "prediction": (sample, generator.normal(-0.3, 0.5, shape)),
        "theta": ((*sample, "study"), theta),
        "mean_by_grade": ((*sample, "grade"), np.repeat(mu[..., None], 3, axis=-1)),
        "delta": ((*sample, "study", "grade"), np.repeat(theta[..., None], 3, axis=-1)),
        "step_1_to_2": (sample, 0 * mu),
        "step_2_to_3": (sample, 0 * mu),
        "level": ((*sample, "study"), 0 * theta + 1.8),
        "sigma": ((*sample, "study"), 0 * theta + 0.5),
        "alpha": ((*sample, "table"), 0 * theta - 0.5),
    }
    draws = xr.Dataset(
        variables,
        {"chain": range(4), "draw": range(500), "study": studies, "table": studies, "grade": [1, 2, 3]},
    )
    info = {
        "hash": "0" * 16,
        "mcse": {"median": 0.002, "lower": 0.004, "upper": 0.004},
        "diagnostics": {
            "r_hat": 1.001,
            "ess_bulk": 4000.0,
            "ess_tail": 3000.0,
            "divergences": 0,
            "e_bfmi": 0.9,
        },
        "verdict": "accepted",
        "seconds": 1.0,
        "graph": {
            "nodes": ["mu", "tau", "theta", "z", *(f"ratio[{study}]" for study in studies[:1])],
            "edges": [
                *(["mu", "theta"], ["tau", "theta"], ["z", "theta"]),
                *(["theta", f"ratio[{study}]"] for study in studies[:1]),
            ],
        },
    }
    return store.Stored(draws, info)


def hand_over(key: str, review: Review) -> None:
    """Store the invented posterior of an endpoint of effects where a fit would be stored."""
    stored, identity = invented(key, review), store.identity(key, review)
    draws = stored.draws[EFFECTS]
    draws["alpha"] = draws["theta"].rename(study="table")  # which vary, as measures of convergence ask
    store.write(key, identity, draws, {**stored.info, **identity, "parameters": by_element(draws)})

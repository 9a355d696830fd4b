"""Durations in short chains, under any reports, biases and priors: one compiled model, into which the data
are swapped.

It is sampled under wide priors of mu and tau; the draws are then weighted to the priors asked for, and a
narrower prior bounds the weights.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from extraction.said import said
from models.engines import durations, reweight
from models.engines.acceptance import diagnose
from models.engines.durations import layout
from models.engines.sampling import compile_model
from models.engines.settings import SAMPLER
from models.likelihood.grades import Graded
from models.likelihood.kernels import KINDS
from models.priors import Prior, parse

if TYPE_CHECKING:
    from nutpie.compile_pymc import CompiledPyMCModel

    from models.evidence.report import Evidence, Used

ARRAYS = ("layout", "integers", "reals")
WIDE_MU, WIDE_TAU = parse("normal:0:1"), parse("half-normal:1")
"""Priors sampled under: at least as wide as any asked for."""
DRAWS, TUNE, CHAINS = 900, 400, 2
LONGER = 12
"""Times as many draws of what is printed as an answer: some 5,000 effective ones, where a comparison of
choices takes some 400.
"""
POINTS = 200


@dataclass(frozen=True)
class Sampled:
    """Draws of mu, tau and the prediction under the wide priors, shape (draw,), and their diagnostics."""

    mu: np.ndarray
    tau: np.ndarray
    diagnostics: dict

    def under(self, mu_prior: Prior, tau_prior: Prior) -> dict | None:
        """Median, 95 % limits (log scale), P(mu < 0) and equally probable values of mu under narrower priors;
        None where too few draws count.
        """
        weight = weights(self.mu, self.tau, mu_prior, tau_prior)
        if weight is None:
            return None
        median, lower, upper, *points = reweight.quantiles(
            self.mu, weight, [0.5, 0.025, 0.975, *(np.arange(POINTS) + 0.5) / POINTS]
        )
        return {
            "median": median,
            "lower": lower,
            "upper": upper,
            "below": float(weight[self.mu < 0].sum()),
            "points": np.round(points, 4).tolist(),
        }


def weights(mu: np.ndarray, tau: np.ndarray, mu_prior: Prior, tau_prior: Prior) -> np.ndarray | None:
    """Weights of draws made under the wide priors for narrower ones, adding to one; None where too few draws
    count.
    """
    weight = reweight.weights(mu, WIDE_MU, mu_prior) * reweight.weights(tau, WIDE_TAU, tau_prior)
    weight /= weight.sum()
    return weight if reweight.effective_size(weight) >= reweight.SMALLEST_SAMPLE else None


@lru_cache(maxsize=1)
def compiled(
    graded: Graded, studies: tuple[str, ...], shapes: tuple[tuple[int, ...], ...]
) -> CompiledPyMCModel:
    """The nutpie model of reports of these shapes, whose biases and reports are data; each process compiles
    it once.
    """
    import pymc as pm
    import pytensor.tensor as pt

    with pm.Model(coords={"study": studies, "grade": list(graded.grades)}) as model:
        # data are read-only and their integers of 32 bits: the kernels want neither
        arrays = [
            pt.cast(pm.Data(name, np.zeros(shape, kind)), kind) + 0
            for name, shape, kind in zip(ARRAYS, shapes, ("int64", "int64", "float64"), strict=True)
        ]
        bias_mean, bias_sd = (
            pm.Data(name, np.zeros(len(studies)), dims="study") for name in ("bias_mean", "bias_sd")
        )
        mean_by_grade, tau = durations.over_studies(
            pm.Normal("mu", *WIDE_MU.parameters), pm.HalfNormal("tau", *WIDE_TAU.parameters), graded
        )
        bias = bias_mean + bias_sd * pm.Normal("z_bias", dims="study")
        durations.in_studies(mean_by_grade, tau, graded, tuple(arrays), bias)
    return compile_model(model)


@said("Draws of the model with the bias in it")
def draw(
    graded: dict,
    studies: list[str],
    arrays: list,
    bias_mean: list[float],
    bias_sd: list[float],
    seed: int,
    draws: int = DRAWS,
) -> dict:
    """Draws of mu and tau in one universe under the wide priors, as JSON; arrays as
    `models.engines.durations.layout` gives them, draws of each chain.
    """
    import nutpie

    data = dict(
        zip(
            ARRAYS,
            (
                np.array(array, kind)
                for array, kind in zip(arrays, ("int64", "int64", "float64"), strict=True)
            ),
            strict=True,
        )
    )
    model = compiled(Graded.of(graded), tuple(studies), tuple(array.shape for array in data.values()))
    tree = nutpie.sample(
        model.with_data(**data, bias_mean=np.array(bias_mean), bias_sd=np.array(bias_sd)),
        draws=draws,
        tune=TUNE,
        chains=CHAINS,
        cores=1,
        seed=seed,
        progress_bar=False,
        target_accept=SAMPLER["target_accept"],
    )
    return {
        "mu": tree.posterior["mu"].values.ravel().tolist(),
        "tau": tree.posterior["tau"].values.ravel().tolist(),
        "diagnostics": diagnose(tree),
    }


def of_the_priors() -> dict:
    """What `draw` gives where no report enters: equally probable values of the wide priors, tau in another
    order than mu, so that neither tells of the other.
    """
    n = CHAINS * DRAWS
    share = (np.arange(n) + 0.5) / n
    order = np.random.default_rng(int(SAMPLER["seed"])).permutation(n)
    independent = {"r_hat": 1.0, "ess_bulk": float(n), "ess_tail": float(n), "divergences": 0, "e_bfmi": 1.0}
    return {
        "mu": WIDE_MU.quantile(share).tolist(),
        "tau": WIDE_TAU.quantile(share)[order].tolist(),
        "diagnostics": independent,
    }


def task(
    evidence: Evidence, left_out: Callable[[Used], bool], biases: Mapping[str, tuple[float, ...]]
) -> dict:
    """What `draw` takes: all reports of the evidence but those for which `left_out` holds, and mean and SD of
    the bias of each study, 0 where none is given.
    """
    mean, sd = ([biases.get(study, (0.0, 0.0))[i] for study in evidence.studies] for i in (0, 1))
    return {
        "graded": evidence.graded.data,
        "studies": evidence.studies,
        "arrays": [array.tolist() for array in without(evidence, left_out)],
        "bias_mean": mean,
        "bias_sd": sd,
        "seed": SAMPLER["seed"],
    }


def without(
    evidence: Evidence, left_out: Callable[[Used], bool]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The arrays of all reports, with those for which `left_out` holds made silent: their term is 0 whatever
    the effect.
    """
    rows, integers, reals = (array.copy() for array in layout(evidence))
    start = 0
    for row, report in zip(rows, evidence.used, strict=True):
        if left_out(report):
            row[0], row[4], row[5] = KINDS["curve"], 2, 1
            reals[start : row[3]] = 0.0
            reals[start + 1] = 1.0  # step of the flat curve
        start = row[3]
    return rows, integers, reals

"""Durations: log-normal patients behind medians, ranges and the outcomes of tests.

    log T = level[study] + step[grade] -/+ delta[study, grade] / 2 + sigma[study] * e,   e ~ N(0, 1)
    delta[study, grade] = mu - trend * (estimand - grade) + tau * z[study, grade]

Without the treatment half the effect is taken off, with it added. `mu` is the effect at the grade that is
the estimand, the log ratio of median durations with the treatment over without; `trend` lets other grades
differ from it and lend it only what they share. `step` counts from the reference grade. The question names
both; where it has no grades all patients are of one, without steps or trend.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from extraction.said import said
from models.engines.engine import Engine
from models.likelihood.duration_report import DurationReport
from models.likelihood.kernels import KINDS
from models.priors import (
    MU_LOG_DURATION,
    SIGMA_LOG_DURATION,
    STEP_LOG_DURATION,
    TAU_DURATION,
    TREND_LOG_DURATION,
    Prior,
)

if TYPE_CHECKING:
    from pymc import Model
    from pytensor.tensor.variable import TensorVariable

    from models.engines.posterior import Posterior
    from models.evidence.report import Evidence
    from models.likelihood.grades import Graded


@said("The joint model of all reports of durations")
def build(evidence: Evidence, mu_prior: Prior = MU_LOG_DURATION, tau_prior: Prior = TAU_DURATION) -> Model:
    """The joint pymc model of all duration reports."""
    import pymc as pm

    graded = evidence.graded
    with pm.Model(coords={"study": evidence.studies, "grade": list(graded.grades)}) as model:
        mean_by_grade, tau = over_studies(mu_prior.to_pymc("mu"), tau_prior.to_pymc("tau"), graded)
        if evidence.studies:
            in_studies(mean_by_grade, tau, graded, layout(evidence), np.zeros(len(evidence.studies)))
    return model


def over_studies(
    mu: TensorVariable, tau: TensorVariable, graded: Graded
) -> tuple[TensorVariable, TensorVariable]:
    """Mean effect at each grade and between-study SD, with the effect in a next study, in the open model."""
    import pymc as pm

    pm.Deterministic("prediction", mu + tau * pm.Normal("z_new"))
    trend = TREND_LOG_DURATION.to_pymc("trend") if graded.steps else 0.0
    return pm.Deterministic("mean_by_grade", mu - trend * np.array(graded.distances), dims="grade"), tau


def in_studies(
    mean_by_grade: TensorVariable,
    tau: TensorVariable,
    graded: Graded,
    arrays: Iterable[TensorVariable | np.ndarray],
    bias: TensorVariable | np.ndarray,
) -> None:
    """Effects, durations and reports of each study; the bias, shape (study,), is added to its effect in
    every grade before it is seen.
    """
    import pymc as pm
    import pytensor.tensor as pt

    from models.likelihood.graph_op import DurationReports

    level = graded.level.to_pymc("level", dims="study")
    step = pt.stack(graded.from_reference([STEP_LOG_DURATION.to_pymc(name) for name in graded.steps]))
    sigma = SIGMA_LOG_DURATION.to_pymc("sigma", dims="study")
    z = pm.Normal("z", dims=("study", "grade"))
    delta = pm.Deterministic("delta", mean_by_grade[None, :] + tau * z, dims=("study", "grade"))
    pm.Deterministic("theta", delta[:, graded.grades.index(graded.estimand)], dims="study")
    reports = DurationReports().make_node(mean_by_grade, tau, z, bias, level, step, sigma, *arrays)
    pm.Potential("reports", reports.outputs[0])


def layout(evidence: Evidence) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """All reports as the arrays that `models.likelihood.kernels.joint` reads; means in the order study,
    grade, arm (control first).  Without reports they are empty.
    """
    if not evidence.used:
        return np.zeros((0, 6), np.int64), np.zeros(0, np.int64), np.zeros(0)
    reports = [DurationReport.expected(used.report) for used in evidence.used]
    everything = [report.packed() for report in reports]
    widest = max(2, *(len(report.cells) for report in reports))  # a report that is silenced compares two
    rows, i, r, grades = [], 0, 0, evidence.graded.grades
    for used, report, packed in zip(evidence.used, reports, everything, strict=True):
        s, cells = evidence.studies.index(used.study), report.cells
        i, r = i + len(packed.integers), r + len(packed.reals)
        means = [(s * len(grades) + grades.index(grade)) * 2 + (arm == "treated") for grade, arm, _ in cells]
        compares = int(packed.kind == "curve")
        rows.append([KINDS[packed.kind], s, i, r, len(cells), compares, *means, *[0] * (widest - len(means))])
    return (
        np.array(rows, np.int64),
        np.concatenate([packed.integers for packed in everything]),
        np.concatenate([packed.reals for packed in everything]),
    )


class Durations(Engine):
    """All durations of a study in one likelihood, with too many parameters to be integrated: sampled."""

    no_effect_alone = "it is sampled, and has no likelihood of one effect per study that could be integrated"
    build = staticmethod(build)

    @staticmethod
    def way[T](by_quadrature: T, by_draws: T) -> T:
        return by_draws

    @staticmethod
    def quadrature(evidence: Evidence, mu_prior: Prior, tau_prior: Prior) -> Posterior:
        raise ValueError("an endpoint of durations has too many parameters for quadrature: it is sampled")

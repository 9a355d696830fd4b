"""Duration of CRS: log-normal patients behind medians, ranges and the outcomes of tests.

    log T = level[study] + step[grade] + delta[study, grade] * toci + sigma[study] * e,   e ~ N(0, 1)
    delta[study, grade] = mu - trend * (3 - grade) + tau * z[study, grade]

`mu` is the effect at grade 3 or above, the log ratio of median durations with tocilizumab over without;
`trend` lets grades 1 and 2 differ from it and lend it only what they share.  Grade 2 is the reference for
`step`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from models.endpoint import Endpoint
from models.likelihood import reports
from models.likelihood.kernels import KINDS, Report
from models.likelihood.order_statistics import median_with_quartiles, median_with_range
from models.priors import (
    LEVEL_LOG_DAYS,
    MU_LOG_DURATION,
    SIGMA_LOG_DURATION,
    STEP_LOG_DURATION,
    TAU_DURATION,
    TAU_PRIMARY,
    TREND_LOG_DURATION,
    Prior,
)

if TYPE_CHECKING:
    from models.evidence.report import Evidence, Used

GRADES = [1, 2, 3]
"""CRS grades of the model; 3 stands for 3 and above."""


def build(evidence: Evidence, mu_prior: Prior = MU_LOG_DURATION, tau_prior: Prior = TAU_DURATION):
    """The joint pymc model of all duration reports."""
    import pymc as pm

    with pm.Model(coords={"study": evidence.studies, "grade": GRADES}) as model:
        mean_by_grade, tau = over_studies(mu_prior.to_pymc("mu"), tau_prior.to_pymc("tau"))
        if evidence.studies:
            in_studies(mean_by_grade, tau, layout(evidence), np.zeros(len(evidence.studies)))
    return model


def over_studies(mu, tau):
    """Mean effect at each grade and between-study SD, with the effect in a next study, in the open model."""
    import pymc as pm

    pm.Deterministic("prediction", mu + tau * pm.Normal("z_new"))
    trend = TREND_LOG_DURATION.to_pymc("trend")
    return pm.Deterministic("mean_by_grade", mu - trend * (3 - np.array(GRADES)), dims="grade"), tau


def in_studies(mean_by_grade, tau, arrays, bias):
    """Effects, durations and reports of each study; the bias, shape (study,), is added to its effect in
    every grade before it is seen.
    """
    import pymc as pm

    from models.likelihood.graph_op import DurationReports

    level = LEVEL_LOG_DAYS.to_pymc("level", dims="study")
    steps = STEP_LOG_DURATION.to_pymc("step_1_to_2"), STEP_LOG_DURATION.to_pymc("step_2_to_3")
    sigma = SIGMA_LOG_DURATION.to_pymc("sigma", dims="study")
    z = pm.Normal("z", dims=("study", "grade"))
    delta = pm.Deterministic("delta", mean_by_grade[None, :] + tau * z, dims=("study", "grade"))
    pm.Deterministic("theta", delta[:, -1], dims="study")
    pm.Potential("reports", DurationReports()(mean_by_grade, tau, z, bias, level, *steps, sigma, *arrays)[0])


def packed(report: Used) -> tuple[Report, list[tuple[int, str, int]]]:
    """One duration report for its kernel, with the cells (grade, arm, patients) whose means it reads, in
    their order.
    """
    data = report.data
    cells = data.get("cells") or {arm: data[arm] for arm in ("toci", "control")}
    flat = [(grade, arm, n) for arm, grades in cells.items() for grade, n in grades]
    if report.term == "median_range":
        # the largest group last, where the least of its product is wanted
        flat.sort(key=lambda cell: cell[2])
    sizes = [n for _, _, n in flat]
    if report.term == "test_outcome":
        outcome = data["significant"], data["direction"], data["alpha"]
        if len(flat) == 2:
            return reports.test_outcome(tuple(data["tests"]), *sizes, *outcome), flat
        split = len(data["toci"])
        return reports.mixed_test_outcome(sizes[:split], sizes[split:], *outcome), flat
    if report.term == "median_quartiles":
        return (
            median_with_quartiles(sizes, data["lower_quartile"], data["median"], data["upper_quartile"]),
            flat,
        )
    # both arms together: printed sizes that may be out by one, so patients are draws from the mixture
    return (
        median_with_range(
            sizes,
            data["median"],
            data["minimum"] or None,
            data["maximum"],
            data["zeros"],
            exchangeable=len(cells) > 1,
        ),
        flat,
    )


def layout(evidence: Evidence) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """All reports as the arrays that `models.likelihood.kernels.joint` reads; means in the order study,
    grade, arm (control first).
    """
    everything = [packed(report) for report in evidence.used]
    widest = max(len(cells) for _, cells in everything)
    rows, i, r = [], 0, 0
    for used, (report, cells) in zip(evidence.used, everything, strict=True):
        s = evidence.studies.index(used.study)
        i, r = i + len(report.integers), r + len(report.reals)
        means = [(s * len(GRADES) + GRADES.index(grade)) * 2 + (arm == "toci") for grade, arm, _ in cells]
        compares = int(report.kind == "curve")
        rows.append([KINDS[report.kind], s, i, r, len(cells), compares, *means, *[0] * (widest - len(means))])
    return (
        np.array(rows, np.int64),
        np.concatenate([p.integers for p, _ in everything]),
        np.concatenate([p.reals for p, _ in everything]),
    )


CRS_DURATION = Endpoint(
    key="crs_duration_grade3",
    evidence="crs_duration",
    title="Duration of CRS, grade 3 or above",
    scale="ratio of median durations",
    effect="log_duration_ratio",
    benefit="below",
    role="primary",
    mu_prior=MU_LOG_DURATION,
    tau_prior=TAU_DURATION,
    tau_alternatives=(TAU_PRIMARY,),
    build=build,
    draws=1000,
)

"""The joint likelihood of the duration reports, its gradient, and its model, on the real evidence."""

from dataclasses import replace

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from scipy import stats

from extraction.question import GRADES
from models.engines import durations, short_chains
from models.engines.durations import layout
from models.evidence import collect
from models.evidence.report import Evidence, Used
from models.likelihood import kernels
from models.likelihood.graph_op import DurationReports
from models.likelihood.kinds.median_range import MedianRange
from models.likelihood.kinds.test_outcome import OutcomeOfTest
from models.likelihood.registry import KINDS

ARMS = ["control", "treated"]


@pytest.fixture(scope="module")
def real(review) -> Evidence:
    return collect.collect(review, "crs_duration")


def points(n_studies, seed, number, spread=0.3):
    """Plausible means by study, grade and arm, and SDs by study."""
    rng = np.random.default_rng(seed)
    for _ in range(number):
        yield (
            1.8 + spread * rng.standard_normal((n_studies, 3, 2)),
            np.exp(-0.7 + 0.35 * rng.standard_normal(n_studies)),
        )


def extreme(n_studies):
    """Corners no posterior visits, but a sampler's first steps may."""
    shape = (n_studies, 3, 2)
    for mean in (-6.0, 1.8, 9.0):
        for sigma in (0.03, 0.5, 6.0):
            yield np.full(shape, mean), np.full(n_studies, sigma)
    for effect in (-8.0, 8.0):
        yield np.full(shape, 1.8) + np.array([0.0, effect]), np.full(n_studies, 0.2)


def joint(means, sigmas, arrays):
    """Value of the joint log likelihood."""
    return kernels.joint(np.ravel(means), sigmas, *arrays)[0]


def gradient(means, sigmas, arrays):
    """Its derivatives, by each mean, then by each sigma."""
    return kernels.joint(np.ravel(means), sigmas, *arrays)[1]


def by_hand(found: Evidence, means, sigmas):
    """Sum of the reports' own log likelihoods, each given the means of the cells it names."""
    total = 0.0
    for used in found.used:
        report, cells = used.report.packed(), used.report.cells
        s = found.studies.index(used.study)
        picked = [means[s, GRADES.index(grade), ARMS.index(arm)] for grade, arm, _ in cells]
        if report.kind == "curve":  # a test of two homogeneous groups reads their difference
            arms = dict(zip((arm for _, arm, _ in cells), picked, strict=True))
            picked = [arms["treated"] - arms["control"]]
        total += report.log_likelihood(picked, sigmas[s])
    return total


def differences(arrays, means, sigmas, step):
    """Fourth-order central differences of the joint log likelihood, by each mean, then each sigma."""
    at = np.concatenate([means.ravel(), sigmas])
    scale = np.concatenate([np.repeat(sigmas, means[0].size), sigmas])

    slopes = []
    for i, h in enumerate(step * scale):
        moved = [at + k * h * (np.arange(len(at)) == i) for k in (-2, -1, 1, 2)]
        slopes.append(
            np.dot([1, -8, 8, -1], [joint(x[: means.size], x[means.size :], arrays) for x in moved])
            / (12 * h)
        )
    return np.array(slopes)


def test_every_used_report_is_packed_with_the_patients_it_counts(real):
    assert real.used
    for used in real.used:
        named = {arm: getattr(used.report, arm) or () for arm in ("treated", "control")}
        assert sorted(used.report.cells) == sorted(
            (grade, arm, n) for arm, grades in named.items() for grade, n in grades
        )
        assert used.report.packed().kind in kernels.KINDS


def test_joint_is_the_sum_of_the_reports(real):
    arrays = layout(real)
    for means, sigmas in [*points(len(real.studies), 1, 20), *extreme(len(real.studies))]:
        found = joint(means, sigmas, arrays)
        assert np.isfinite(found)
        assert found == pytest.approx(by_hand(real, means, sigmas), rel=1e-12)  # order of a sum


def test_each_report_alone_is_the_joint_of_that_report(real):
    means, sigmas = next(points(len(real.studies), 2, 1))
    for used in real.used:
        alone = Evidence(real.endpoint, (used,))
        s = real.studies.index(used.study)
        assert joint(means[s], sigmas[[s]], layout(alone)) == pytest.approx(
            by_hand(alone, means[[s]], sigmas[[s]]), rel=1e-12
        )


def test_gradient_is_that_of_central_differences(real):
    arrays = layout(real)
    for means, sigmas in [*points(len(real.studies), 3, 12), *points(len(real.studies), 8, 12, spread=1.0)]:
        # a step short of most grid points of the power curves, where their second derivative jumps
        expected = differences(arrays, means, sigmas, 2e-5)
        # the differences' own error: what halving their step changes
        error = np.abs(expected - differences(arrays, means, sigmas, 1e-5)).max()
        assert error < 1e-4 * np.abs(expected).max()
        found = gradient(means, sigmas, arrays)
        np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6 + 4 * error)


def mixed(significant, direction):
    grades = {"treated": [[1, 3], [2, 5]], "control": [[1, 6], [2, 4], [3, 2]]}
    return "test_outcome", grades | {
        "tests": ["mann_whitney"],
        "significant": significant,
        "direction": direction,
        "alpha": 0.05,
    }


@pytest.mark.parametrize(
    ("term", "data"),
    [
        mixed(False, None),
        mixed(True, None),
        mixed(True, "lower"),
        mixed(True, "higher"),
        (
            "median_quartiles",
            {
                "cells": {"treated": [[1, 5], [2, 4]]},
                "lower_quartile": 3.5,
                "median": 5.0,
                "upper_quartile": 8.0,
            },
        ),
        (
            "median_range",
            {
                "cells": {"treated": [[1, 3], [2, 1], [3, 2]]},
                "median": 5.5,
                "minimum": 2.0,
                "maximum": 14.0,
                "zeros": 0,
            },
        ),
        (
            "median_range",
            {"cells": {"treated": [[2, 1]]}, "median": 5.5, "minimum": 0.0, "maximum": None, "zeros": 0},
        ),
    ],
)
def test_gradient_of_each_kind_of_report_alone_is_that_of_central_differences(term, data):
    arrays = layout(Evidence("crs_duration", (Used("x", KINDS[term].of(data), ("x",)),)))
    for means, sigmas in points(1, 9, 8, spread=0.6):
        expected = differences(arrays, means, sigmas, 2e-4)
        np.testing.assert_allclose(
            gradient(means, sigmas, arrays), expected, rtol=1e-7, atol=1e-8
        )  # the step's error


def test_gradient_is_finite_at_the_extremes_and_drawn_back_from_them(real):
    arrays = layout(real)
    for means, sigmas in extreme(len(real.studies)):
        assert np.isfinite(gradient(means, sigmas, arrays)).all()
    for shift in (-1.5, 1.5):  # all durations far too short, or far too long
        means, sigmas = np.full((len(real.studies), 3, 2), 1.8 + shift), np.full(len(real.studies), 0.5)
        slopes = gradient(means, sigmas, arrays)[: means.size].reshape(means.shape)
        assert (np.sign(slopes.sum(axis=(1, 2))) == -np.sign(shift)).all()


def test_mean_of_a_cell_without_patients_has_no_slope(real):
    arrays = layout(real)
    named = {
        (real.studies.index(u.study), GRADES.index(grade), ARMS.index(arm))
        for u in real.used
        for grade, arm, _ in u.report.cells
    }
    means, sigmas = next(points(len(real.studies), 4, 1))
    slopes = gradient(means, sigmas, arrays)[: means.size].reshape(means.shape)
    for cell in np.ndindex(means.shape):
        assert (slopes[cell] != 0) == (cell in named)


def test_gradient_vanishes_at_the_median_of_a_known_cohort():
    """One group of odd size without limits, printed median = exp(mean): by symmetry on the log scale only the
    Jacobian remains.
    """
    report = MedianRange(treated=((2, 9),), control=None, median=6.0, minimum=0.0, maximum=13.0)
    used = Used("x", report, ("x",))
    arrays = layout(Evidence("crs_duration", (used,)))
    means, sigma = np.full(6, np.log(6.0)), 0.5
    # d/dmean of log f(max) and of the four above the median, below the maximum: hand calculation
    z = (np.log(13.0) - np.log(6.0)) / sigma
    between = stats.norm.cdf(z) - 0.5
    by_mean = (
        z / sigma
        + 3 * (stats.norm.pdf(0) - stats.norm.pdf(z)) / between / sigma
        - 4 * stats.norm.pdf(0) / 0.5 / sigma
    )
    slopes = gradient(means, np.array([sigma]), arrays)
    assert slopes[3] == pytest.approx(by_mean, rel=1e-6)  # central differences of 1e-5
    assert not slopes[[0, 1, 2, 4, 5]].any()


def test_a_report_of_no_information_changes_nothing(real):
    """Five against one: no outcome of the rank test is significant, so `not significant` was certain."""
    outcome = {"tests": ("mann_whitney",), "significant": False, "direction": None}
    certain = OutcomeOfTest(treated=((3, 5),), control=((3, 1),), **outcome)
    empty = Used(real.studies[0], certain, ("nothing",))
    more = replace(real, used=(*real.used, empty))
    for means, sigmas in [*points(len(real.studies), 5, 5), *extreme(len(real.studies))]:
        with_it = joint(means, sigmas, layout(more))
        assert with_it == pytest.approx(joint(means, sigmas, layout(real)), rel=1e-12)
        np.testing.assert_allclose(
            gradient(means, sigmas, layout(more)), gradient(means, sigmas, layout(real)), rtol=1e-9, atol=1e-9
        )


def test_a_report_of_one_group_can_be_silenced():
    """It then reads the difference of two means, whose places stand in its row after six numbers."""
    report = MedianRange(treated=((2, 9),), control=None, median=6.0, minimum=2.0, maximum=13.0)
    evidence = Evidence("crs_duration", (Used("x", report, ("x",)),))
    rows, integers, reals = short_chains.without(evidence, lambda report: True)
    assert rows.shape == (1, 6 + 2)
    assert joint(np.full(6, 1.8), np.array([0.5]), (rows, integers, reals)) == 0


def test_order_of_the_reports_does_not_matter(real):
    turned = replace(
        real,
        used=tuple(
            sorted(real.used, key=lambda u: (real.studies.index(u.study), u.entries[::-1], u.stratum))
        ),
    )
    assert turned.studies == real.studies
    means, sigmas = next(points(len(real.studies), 6, 1))
    # order of a sum
    assert joint(means, sigmas, layout(turned)) == pytest.approx(
        joint(means, sigmas, layout(real)), rel=1e-12
    )


def parameters(n_studies, seed, number):
    """Parameters of the model in the order that the graph node takes them."""
    rng = np.random.default_rng(seed)
    shapes = (3,), (), (n_studies, 3), (n_studies,), (n_studies,), (3,)
    for spread in np.linspace(0.2, 3.0, number):
        around = [spread * rng.standard_normal(shape) for shape in shapes]
        yield [
            *around[:4],
            1.8 + around[4],
            *around[5:],
            np.exp(-0.7 + 0.35 * rng.standard_normal(n_studies)),
        ]


def means_at(mean_by_grade, tau, z, bias, level, step):
    """The model's means by study, grade and arm, as its docstring has them."""
    midway = level[:, None] + step
    effect = mean_by_grade + tau * z + bias[:, None]
    return np.stack([midway - effect / 2, midway + effect / 2], axis=2)


def test_the_graph_node_has_the_value_and_gradient_of_the_kernels(real):
    arrays, n_studies = layout(real), len(real.studies)
    variables = [pt.as_tensor(np.asarray(value)).type() for value in next(parameters(n_studies, 7, 1))]
    value = DurationReports()(*variables, *arrays)[0]
    compiled = pytensor.function(variables, [value, *pytensor.grad(3.0 * value, variables)])
    for at in parameters(n_studies, 7, 6):
        found, *slopes = compiled(*at)
        *linear, sigmas = at
        means = means_at(*linear)
        # sums in another order
        assert found == pytest.approx(joint(means, sigmas, arrays), rel=1e-12)
        by_means, by_sigma = np.split(3.0 * gradient(means, sigmas, arrays), [means.size])
        for i, parameter in enumerate(linear):
            for place in np.ndindex(np.shape(parameter)):
                one = np.zeros(np.shape(parameter))
                one[place] = 1.0  # the means are linear in each number, so that a whole step gives its slope
                moved = means_at(*linear[:i], parameter + one, *linear[i + 1 :]) - means
                expected, scale = by_means @ moved.ravel(), np.abs(by_means) @ np.abs(moved.ravel())
                assert slopes[i][place] == pytest.approx(expected, abs=1e-9 * scale)
        np.testing.assert_allclose(slopes[-1], by_sigma, rtol=1e-9)


def test_without_reports_the_model_is_its_prior():
    model = durations.build(Evidence("crs_duration", ()))
    assert model.potentials == [] and model.observed_RVs == []
    assert {variable.name for variable in model.free_RVs} == {"mu", "tau", "trend", "z_new"}


def test_with_reports_they_enter_once_and_everything_else_is_prior(real):
    model = durations.build(real)
    assert [variable.name for variable in model.potentials] == ["reports"]
    assert model.observed_RVs == []
    assert model["delta"].eval().shape == (len(real.studies), 3)


def test_model_effect_falls_on_each_arm_by_half(real):
    """Potential of the model at a hand-set point is the sum of the reports at hand-computed means."""
    model = durations.build(real)
    n = len(real.studies)
    z = np.arange(3.0 * n).reshape(n, 3) / 10 - 0.3
    point = {
        "mu": -0.3,
        "tau": 0.2,
        "trend": 0.1,
        "level": 1.7 + 0.1 * np.arange(n),
        "step_1_to_2": 0.15,
        "step_2_to_3": 0.25,
        "sigma": 0.5 + 0.1 * np.arange(n),
        "z": z,
    }
    midway = point["level"][:, None] + np.array([-0.15, 0.0, 0.25])
    delta = -0.3 - 0.1 * np.array([2, 1, 0]) + 0.2 * z
    expected = by_hand(real, np.stack([midway - delta / 2, midway + delta / 2], axis=2), point["sigma"])
    given = {model[name]: np.asarray(value) for name, value in point.items()}
    potential = pytensor.function(
        [], model.potentials[0], givens=given, mode="FAST_COMPILE", on_unused_input="ignore"
    )
    assert float(potential()) == pytest.approx(expected, rel=1e-12)  # order of a sum

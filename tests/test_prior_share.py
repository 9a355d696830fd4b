"""The prior's share against conjugate formulas, ArviZ and limiting cases."""

import matplotlib

matplotlib.use("Agg")

import arviz as az
import numpy as np
import pytest
import xarray as xr
from matplotlib import pyplot as plt
from scipy import integrate, stats
from scipy.interpolate import CubicSpline

from book.shown import prior_share as shown
from models.endpoints import ENDPOINTS
from models.evidence.report import Evidence, Used
from models.likelihood.kinds.test_outcome import OutcomeOfTest
from models.likelihood.power import GRID, outcome_curve
from models.priors import MU_LOG_RATIO, TAU_PRIMARY, TAU_TURNER_INFECTION, parse
from models.runs import store
from models.trust import prior_share as share

NO_TAU = parse("half-normal:0.0005")


def normal(estimate: float, se: float):
    return lambda theta: -(((estimate - theta) / se) ** 2) / 2


def conjugate(estimate: float, se: float, prior: float = 1.0, likelihood: float = 1.0):
    """Posterior from a N(0, 1) prior and one normal estimate, each raised to a power: precisions are
    multiplied by it.
    """
    precision = prior + likelihood / se**2
    return stats.norm(likelihood * estimate / se**2 / precision, precision**-0.5)


def distance(p, q, ends) -> float:
    """Cumulative Jensen-Shannon distance as in print, by adaptive integration of both directions with their
    correction terms.
    """

    def part(x, f, g):
        return f(x) * np.log2(2 * f(x) / (f(x) + g(x)))

    def one(p, q):
        area = {f: integrate.quad(f, *ends, limit=200)[0] for f in (p, q)}
        total = 0.0
        for f, g in ((p, q), (q, p)):
            total += integrate.quad(part, *ends, args=(f, g), limit=200)[0]
            total += (area[g] - area[f]) / (2 * np.log(2))
        return np.sqrt(total / (area[p] + area[q]))

    return max(one(p.cdf, q.cdf), one(p.sf, q.sf))


@pytest.mark.parametrize(("estimate", "se"), [(-0.5, 0.5), (0.0, 1.0), (2.5, 0.4)])
def test_power_scaling_of_a_conjugate_normal_is_its_closed_form(estimate, se):
    found = share.power_scaled([normal(estimate, se)], MU_LOG_RATIO, NO_TAU)
    for part in ("prior", "likelihood"):
        for alpha, posterior in zip(share.ALPHAS, found[part], strict=True):
            exact = conjugate(estimate, se, **{part: alpha})
            np.testing.assert_allclose(
                posterior.mu.quantile([0.025, 0.5, 0.975]), exact.ppf([0.025, 0.5, 0.975]), atol=1e-3
            )
        base = conjugate(estimate, se)
        exact = [
            distance(base, conjugate(estimate, se, **{part: a}), base.ppf([share.SPAN, 1 - share.SPAN]))
            / abs(np.log2(a))
            for a in share.ALPHAS
        ]
        # posteriors exact to 1e-4 of their SD, summed at 2,001 points
        assert share.sensitivity(found["base"].mu, *(p.mu for p in found[part])) == pytest.approx(
            np.mean(exact), abs=1e-3
        )


def test_exact_sensitivity_is_what_arviz_estimates_from_draws():
    estimate, se = 1.2, 0.6
    found = share.power_scaled([normal(estimate, se)], MU_LOG_RATIO, NO_TAU)
    estimates = {"prior": [], "likelihood": []}
    for seed in range(10):
        mu = conjugate(estimate, se).rvs((4, 1000), random_state=np.random.default_rng(seed))
        tree = az.from_dict(
            {
                "posterior": {"mu": mu},
                "log_prior": {"mu": stats.norm.logpdf(mu)},
                "log_likelihood": {"y": normal(estimate, se)(mu)},
            }
        )
        for part, values in estimates.items():
            values.append(float(az.psense(tree, group=part, alphas=share.ALPHAS)["mu"]))
    for part, values in estimates.items():
        # ten sets of 4,000 draws: three standard errors, and 2 % because the largest draw lies a little
        # beyond its quantile
        tolerance = 3 * np.std(values) / np.sqrt(10) + 0.02 * np.mean(values)
        assert share.sensitivity(found["base"].mu, *(p.mu for p in found[part])) == pytest.approx(
            np.mean(values), abs=tolerance
        )


def test_contraction_is_the_datas_share_of_the_precision():
    base = share.power_scaled([normal(-0.5, 0.5)], MU_LOG_RATIO, NO_TAU)["base"].mu
    found = share.Share("icans", "mu", share._prior_sd(MU_LOG_RATIO), share._sd(base), 0.0, 0.1)
    assert found.contraction == pytest.approx(4 / 5, abs=1e-3)  # precision 1 of the prior, 4 of the data


def test_the_sd_of_the_half_normal_prior_is_that_of_its_formula():
    assert share._prior_sd(TAU_PRIMARY) == pytest.approx(0.5 * np.sqrt(1 - 2 / np.pi))


def test_without_data_the_posterior_is_the_prior_and_only_the_prior_moves_it():
    found = share.power_scaled([lambda theta: np.zeros_like(theta)], MU_LOG_RATIO, TAU_PRIMARY)
    for name, prior in (("mu", MU_LOG_RATIO), ("tau", TAU_PRIMARY)):
        of = {
            part: share.sensitivity(getattr(found["base"], name), *(getattr(p, name) for p in found[part]))
            for part in ("prior", "likelihood")
        }
        summary = share.Share(
            "icans",
            name,
            share._prior_sd(prior),
            share._sd(getattr(found["base"], name)),
            of["prior"],
            of["likelihood"],
        )
        assert of["likelihood"] == pytest.approx(0, abs=1e-6) and of["prior"] > 0.05
        assert summary.contraction == pytest.approx(0, abs=2e-3) and summary.verdict == share.PRIOR


def test_many_precise_studies_leave_nothing_to_the_prior():
    likelihoods = [normal(estimate, 0.05) for estimate in np.random.default_rng(2).normal(-0.3, 0.2, 60)]
    found = share.power_scaled(likelihoods, MU_LOG_RATIO, TAU_PRIMARY)
    for name, prior in (("mu", MU_LOG_RATIO), ("tau", TAU_PRIMARY)):
        of = {
            part: share.sensitivity(getattr(found["base"], name), *(getattr(p, name) for p in found[part]))
            for part in ("prior", "likelihood")
        }
        assert (
            share.Share(
                "icans",
                name,
                share._prior_sd(prior),
                share._sd(getattr(found["base"], name)),
                of["prior"],
                of["likelihood"],
            ).verdict
            == share.DATA
        )


@pytest.mark.parametrize("prior", [MU_LOG_RATIO, TAU_PRIMARY])
def test_a_scaled_prior_is_the_prior_to_that_power_up_to_a_constant(prior):
    x = np.array([0.1, 0.7, 2.0])
    np.testing.assert_allclose(
        np.diff(share.scaled(prior, 0.8).log_density(x)), 0.8 * np.diff(prior.log_density(x))
    )


def test_a_prior_of_another_family_is_refused_by_name():
    with pytest.raises(ValueError, match="turner_infection"):
        share.scaled(TAU_TURNER_INFECTION, 0.8)


@pytest.mark.parametrize(
    ("posterior_sd", "to_prior", "to_likelihood", "verdict"),
    [
        (0.9, 0.01, 0.20, share.PRIOR),  # contraction 0.19
        (0.5, 0.10, 0.01, share.PRIOR),  # moved by the prior and not by the data
        (0.5, 0.10, 0.10, share.BOTH),
        (0.5, 0.01, 0.10, share.BOTH),
        (0.3, 0.10, 0.10, share.BOTH),  # contraction 0.91, yet the prior still moves it
        (0.3, 0.01, 0.10, share.DATA),
    ],
)
def test_the_verdict_follows_its_rule(posterior_sd, to_prior, to_likelihood, verdict):
    assert share.Share("icans", "mu", 1.0, posterior_sd, to_prior, to_likelihood).verdict == verdict


def test_the_distance_of_a_distribution_from_itself_is_zero_and_is_the_same_both_ways():
    x = np.linspace(-3, 3, 501)
    p, q = stats.norm.cdf(x), stats.norm.cdf(x, 0.4, 1.3)
    assert share.cumulative_jensen_shannon(p, p) == 0
    assert (
        share.cumulative_jensen_shannon(p, q)
        == share.cumulative_jensen_shannon(q, p)
        == share.cumulative_jensen_shannon(1 - p, 1 - q)
        > 0
    )


# CRS duration


def duration_draws() -> xr.Dataset:
    """Two studies whose effects and SDs differ in every grade."""
    generator, sample = np.random.default_rng(5), ("chain", "draw")
    shape = (2, 50)
    return xr.Dataset(
        {
            "mu": (sample, generator.normal(-0.3, 0.2, shape)),
            "tau": (sample, np.abs(generator.normal(0, 0.3, shape))),
            "step_1_to_2": (sample, generator.normal(0.2, 0.3, shape)),
            "step_2_to_3": (sample, generator.normal(0.2, 0.3, shape)),
            "level": ((*sample, "study"), generator.normal(1.8, 0.3, (*shape, 2))),
            "sigma": ((*sample, "study"), generator.uniform(0.5, 0.8, (*shape, 2))),
            "delta": ((*sample, "study", "grade"), generator.normal(-0.3, 0.2, (*shape, 2, 3))),
        },
        {"study": ["zhou2025", "zhang2022"], "grade": [1, 2, 3]},
    )


def outcome(study: str, grade: int, treated: int, control: int) -> Used:
    report = OutcomeOfTest(
        treated=((grade, treated),),
        control=((grade, control),),
        tests=("mann_whitney",),
        significant=True,
        direction="lower",
    )
    return Used(study, report, ("invented",), f"grade_{grade}")


def test_the_log_likelihood_of_stored_draws_is_the_power_of_each_test_at_its_own_effect():
    draws = duration_draws()
    evidence = Evidence("crs_duration", (outcome("zhou2025", 3, 9, 6), outcome("zhang2022", 1, 7, 8)))
    found = share.duration_log_likelihood(draws, evidence)
    expected = 0.0
    for study, grade, sizes in (("zhou2025", 3, (9, 6)), ("zhang2022", 1, (7, 8))):
        effect = (draws["delta"].sel(study=study, grade=grade) / draws["sigma"].sel(study=study)).values
        curve = outcome_curve(("mann_whitney",), *sizes, True, "lower", 0.05)
        expected = expected + CubicSpline(GRID[curve > 1e-9], np.log(curve[curve > 1e-9]))(effect)
    # two cubics through the same points, a spline and the kernel's
    np.testing.assert_allclose(found, expected, atol=2e-3)


# the figure and the words


@pytest.fixture
def invented_duration(monkeypatch):
    monkeypatch.setattr(store, "read", lambda key, review: store.Stored(duration_draws(), {}))
    yield
    plt.close("all")


def test_every_endpoint_has_both_parameters_in_table_picture_and_finding(invented_duration, review):
    found = share.shares(review)
    frame, (figure, text, *_) = shown.table(found).frame, shown.picture(found)
    assert len(found) == len(frame) == 2 * len(ENDPOINTS)
    assert all(
        title in text and (frame["endpoint"] == title).sum() == 2
        for title in (e.title for e in ENDPOINTS.values())
    )
    assert len(figure.axes[0].patches) == 2 * len(ENDPOINTS)
    assert (
        shown.finding(found).startswith(f"Of {len(ENDPOINTS)} mean effects")
        and shown.finding(found).count(". ") == 1
    )


def test_the_finding_counts_verdicts_and_names_what_is_mostly_the_priors():
    found = [
        share.Share("icans", "mu", 1, 0.9, 0.1, 0.1),
        share.Share("severe_infection", "mu", 1, 0.5, 0.1, 0.1),
        share.Share("icans", "tau", 1, 1.1, 0.1, 0.1),
        share.Share("severe_infection", "tau", 1, 0.5, 0.1, 0.1),
    ]
    text = shown.finding(found)
    assert (
        "Of 2 mean effects, 1 rest mostly on the prior (ICANS), 1 on prior and data both, and 0 on the data"
        " alone" in text
    )
    assert "mostly the prior's in 1 of 2 endpoints" in text and "25 % to 121 %" in text

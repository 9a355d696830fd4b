"""The deterministic engines against other software, brute force, closed forms and limiting cases."""

import subprocess
import sys

import numpy as np
import pytest
from reference import counts, effects, published
from scipy import integrate, special, stats

from models.engines.mixture import NormalMixture
from models.engines.posterior import Marginal
from models.engines.quadrature import (
    binomial_normal,
    from_study_likelihoods,
    normal_normal,
    normal_normal_many,
)
from models.engines.quadrature_general import Joint
from models.likelihood.two_arms import two_arm_log_likelihood
from models.priors import (
    AT_CONTROL,
    MIDWAY,
    MU_LOG_RATIO,
    TAU_BARTOS_LOG_HR,
    TAU_PRIMARY,
    TAU_TURNER_INFECTION,
    TAU_TURNER_MORTALITY,
    parse,
)

REFERENCE_PRIORS = parse("normal:0:4"), parse("half-normal:0.5")
SCHOOLS_PRIORS = parse("normal:0:50"), parse("half-normal:25")
TAU_PRIORS = [TAU_PRIMARY, TAU_TURNER_INFECTION, TAU_TURNER_MORTALITY, TAU_BARTOS_LOG_HR]
LIMITS = [0.025, 0.5, 0.975]


def normal_log_likelihoods(estimate, se):
    return [lambda theta, y=y, s=s: -0.5 * ((theta - y) / s) ** 2 for y, s in zip(estimate, se, strict=True)]


WIDE = np.linspace(-4.5, 4.5, 361), (np.arange(300) + 0.5) / 100, np.linspace(-9, 9, 1801)


def cdf_by_brute_force(log_likelihoods, mu_prior, tau_prior, posterior, grids=WIDE):
    """CDF of mu, tau and prediction at the posterior's own LIMITS, by plain sums over even grids; every mu is
    a theta.
    """
    mu, tau, theta = grids
    likelihoods = np.exp([log_likelihood(theta) for log_likelihood in log_likelihoods])
    likelihoods /= likelihoods.max(axis=1, keepdims=True)
    log_weight = np.zeros((len(tau), len(mu)))
    for row, t in zip(log_weight, tau, strict=True):
        normal = np.exp(-0.5 * ((theta - mu[:, None]) / t) ** 2)
        normal /= normal.sum(axis=1, keepdims=True)
        row[:] = np.log(normal @ likelihoods.T).sum(axis=1)
    log_weight += mu_prior.log_density(mu) + tau_prior.log_density(tau)[:, None]
    weight = np.exp(log_weight - log_weight.max())
    weight /= weight.sum()
    mu_mass, tau_mass = weight.sum(axis=0), weight.sum(axis=1)
    return (
        np.interp(posterior.mu.quantile(LIMITS), mu, np.cumsum(mu_mass) - 0.5 * mu_mass),
        np.interp(posterior.tau.quantile(LIMITS), tau + (tau[1] - tau[0]) / 2, np.cumsum(tau_mass)),
        [np.sum(weight * stats.norm.cdf(x, mu, tau[:, None])) for x in posterior.prediction.quantile(LIMITS)],
    )


# Published results of other software


@pytest.mark.parametrize("dataset", ["bcg", "crins", "hackshaw", "nielweise", "schools", "yusuf6"])
def test_normal_normal_reproduces_bayesmeta(dataset):
    reference = published(dataset, "nn", "bayesmeta")
    priors = SCHOOLS_PRIORS if dataset == "schools" else REFERENCE_PRIORS
    summary = normal_normal(*effects(dataset), *priors).summary()
    mu, prediction = summary["mu"], summary["prediction"]
    mu_sd = (mu["upper"] - mu["lower"]) / 3.92
    prediction_sd = (prediction["upper"] - prediction["lower"]) / 3.92
    # bayesmeta bins tau until neighbours differ by a divergence of 0.01 and drops 1e-4 of the tails (its
    # arguments
    # delta and epsilon): its limits are off by some thousandths of an SD. The brute force below is good to
    # 1e-5.
    assert mu["median"] == pytest.approx(reference["mu_median"], abs=0.005 * mu_sd)
    assert mu["lower"] == pytest.approx(reference["mu_lower"], abs=0.005 * mu_sd)
    assert mu["upper"] == pytest.approx(reference["mu_upper"], abs=0.005 * mu_sd)
    assert summary["tau"]["median"] == pytest.approx(reference["tau_median"], rel=1e-3)
    assert prediction["lower"] == pytest.approx(reference["prediction_lower"], abs=0.006 * prediction_sd)
    assert prediction["upper"] == pytest.approx(reference["prediction_upper"], abs=0.006 * prediction_sd)


@pytest.mark.parametrize("software", ["jags", "brms", "pystan-ncp"])
@pytest.mark.parametrize("dataset", ["bcg", "crins"])
def test_binomial_normal_agrees_with_samplers_within_their_monte_carlo_error(dataset, software):
    reference = published(dataset, "bn", software)
    posterior = binomial_normal(*counts(dataset), *REFERENCE_PRIORS, AT_CONTROL)
    checks = [
        ("mu_median", posterior.mu, 0.5, reference["ess_mu"]),
        ("mu_lower", posterior.mu, 0.025, reference["ess_mu"]),
        ("mu_upper", posterior.mu, 0.975, reference["ess_mu"]),
        ("tau_median", posterior.tau, 0.5, reference["ess_tau"]),
        # The ESS of the prediction was not published; it depends on both parameters, so the smaller one.
        ("prediction_lower", posterior.prediction, 0.025, min(reference["ess_mu"], reference["ess_tau"])),
        ("prediction_upper", posterior.prediction, 0.975, min(reference["ess_mu"], reference["ess_tau"])),
    ]
    for name, marginal, q, ess in checks:
        x = marginal.quantile(q)
        monte_carlo_error = np.sqrt(q * (1 - q) / ess) / marginal.density(x)
        # Six quantities of six runs: 3.5 standard errors are passed by chance once in 60 runs of the
        # samplers.
        assert reference[name] == pytest.approx(float(x), abs=3.5 * float(monte_carlo_error)), name


# Brute force


def test_normal_normal_agrees_with_a_dense_sum():
    estimate, se = np.array([-0.9, 0.2, -0.4]), np.array([0.4, 0.3, 0.6])
    mu, tau = np.linspace(-4, 4, 1601), (np.arange(1500) + 0.5) / 500
    density = MU_LOG_RATIO.distribution().pdf(mu) * TAU_PRIMARY.distribution().pdf(tau)[:, None]
    for y, s in zip(estimate, se, strict=True):
        density = density * stats.norm.pdf(y, mu, np.hypot(s, tau)[:, None])
    density /= density.sum()
    posterior = normal_normal(estimate, se, MU_LOG_RATIO, TAU_PRIMARY)
    for q in LIMITS:
        # Midpoint sums of a smooth function are accurate far beyond 1e-5; the step in mu is halved at its
        # end.
        x = posterior.mu.quantile(q)
        cdf = np.interp(x, mu, np.cumsum(density.sum(axis=0)) - 0.5 * density.sum(axis=0))
        assert cdf == pytest.approx(q, abs=2e-5)
        t = posterior.tau.quantile(q)
        assert np.interp(t, tau + 0.001, np.cumsum(density.sum(axis=1))) == pytest.approx(q, abs=2e-5)
        new = posterior.prediction.quantile(q)
        assert np.sum(density * stats.norm.cdf(new, mu, tau[:, None])) == pytest.approx(q, abs=2e-5)


@pytest.mark.parametrize("study", [(5, 17, 15, 28), (0, 20, 9, 20), (0, 9, 0, 8), (12, 12, 3, 9)])
def test_a_single_study_with_counts_has_its_own_posterior(study):
    # theta | tau ~ N(0, sqrt(1 + tau^2)) and mu | theta, tau is normal: mu is integrated by hand, the control
    # risk
    # and tau by sums, with scipy's binomials.
    events_treated, n_treated, events_control, n_control = study
    alpha, theta, tau = np.linspace(-60, 60, 2401), np.linspace(-14, 14, 1401), (np.arange(600) + 0.5) / 200
    control = stats.binom.pmf(events_control, n_control, special.expit(alpha)) * stats.norm.pdf(alpha, 0, 10)
    likelihood = np.array(
        [
            np.sum(control * stats.binom.pmf(events_treated, n_treated, special.expit(alpha + t)))
            for t in theta
        ]
    )
    shrink = 1 / (1 + tau**2)
    weight = likelihood * stats.norm.pdf(theta, 0, 1 / np.sqrt(shrink)[:, None])
    weight *= stats.halfnorm.pdf(tau, scale=0.5)[:, None]
    weight /= weight.sum()
    posterior = binomial_normal(*([value] for value in study), MU_LOG_RATIO, TAU_PRIMARY, AT_CONTROL)
    for q in LIMITS:
        # The sums are interpolated in lines between points 0.02 apart and good to 3e-5.
        x = posterior.mu.quantile(q)
        cdf = np.sum(weight * stats.norm.cdf(x, shrink[:, None] * theta, (tau * np.sqrt(shrink))[:, None]))
        assert cdf == pytest.approx(q, abs=1e-4)
        x = posterior.theta["1"].quantile(q)
        mass = weight.sum(axis=0)
        assert np.interp(x, theta, np.cumsum(mass) - 0.5 * mass) == pytest.approx(q, abs=1e-4)
        x = posterior.tau.quantile(q)
        assert np.interp(x, tau + 0.0025, np.cumsum(weight.sum(axis=1))) == pytest.approx(q, abs=1e-4)


@pytest.mark.parametrize(
    "study", [(505, 88391, 499, 88391), (0, 50, 3, 34), (0, 9, 0, 8), (29, 7499, 45, 7277), (25, 25, 25, 25)]
)
@pytest.mark.parametrize("baseline", [MIDWAY, AT_CONTROL], ids=["midway", "control"])
def test_the_level_of_risk_is_integrated_exactly_for_any_size_of_study(study, baseline):
    events_treated, n_treated, events_control, n_control = study
    log_likelihood = two_arm_log_likelihood(*study, baseline)
    alpha = np.linspace(-80, 80, 400_001)  # forty points per SD of the largest arm
    share = {MIDWAY: 0.5, AT_CONTROL: 0.0}[baseline]
    for theta in (-8.0, -0.5, 0.0, 3.0):
        control = stats.binom.logpmf(events_control, n_control, special.expit(alpha - share * theta))
        treated = stats.binom.logpmf(events_treated, n_treated, special.expit(alpha + (1 - share) * theta))
        prior = stats.norm.logpdf(alpha, 0, 10)
        brute = special.logsumexp(control + treated + prior) + np.log(alpha[1] - alpha[0])
        assert float(log_likelihood(np.array(theta))) == pytest.approx(brute, abs=1e-4)


def test_alternative_tables_of_one_study_have_probabilities_that_add_to_one():
    theta = np.array([-1.0, 0.7])
    total = sum(
        np.exp(two_arm_log_likelihood(treated, 3, control, 2, AT_CONTROL)(theta))
        for treated in range(4)
        for control in range(3)
    )
    np.testing.assert_allclose(total, 1.0, rtol=1e-4)


def folded(z, root_information):
    """Log density of |Z| = z for Z ~ N(theta * root_information, 1): a log-rank p without its direction."""

    def log_likelihood(theta):
        return np.logaddexp(
            -0.5 * (z - theta * root_information) ** 2, -0.5 * (z + theta * root_information) ** 2
        )

    return log_likelihood


def test_bimodal_and_flat_likelihoods_agree_with_a_dense_sum():
    def flat_to_the_left(theta):
        return special.log_ndtr(-1 - theta)

    studies = [folded(2.3, 2.5), *normal_log_likelihoods([-0.6], [0.5]), flat_to_the_left]
    posterior = from_study_likelihoods(studies, MU_LOG_RATIO, TAU_PRIMARY)
    for cdf in cdf_by_brute_force(studies, MU_LOG_RATIO, TAU_PRIMARY, posterior):
        # The sums are interpolated in lines: step^2 / 8 times the slope of the density, some 5e-5.
        np.testing.assert_allclose(cdf, LIMITS, atol=1e-4)


def test_hundreds_of_studies_with_counts_agree_with_a_dense_sum():
    # mu is then ten times narrower than one study's likelihood; rare events make those skewed, flat where an
    # arm has none
    random = np.random.default_rng(4)
    n = random.integers(20, 60, (2, 200))
    events = random.binomial(n, special.expit(random.normal([[-3.0], [-2.5]], 0.4, (2, 200))))
    studies = [
        two_arm_log_likelihood(*study, AT_CONTROL) for study in np.array([events[0], n[0], events[1], n[1]]).T
    ]
    posterior = from_study_likelihoods(studies, MU_LOG_RATIO, TAU_PRIMARY)
    grids = np.linspace(-1.5, 0.5, 401), (np.arange(90) + 0.5) / 60, np.linspace(-10, 8, 3601)
    for cdf in cdf_by_brute_force(studies, MU_LOG_RATIO, TAU_PRIMARY, posterior, grids):
        # lines between points 0.005 apart, a twentieth of mu's SD
        np.testing.assert_allclose(cdf, LIMITS, atol=3e-4)


def test_a_p_value_without_direction_leaves_two_modes():
    posterior = from_study_likelihoods([folded(3.0, 3.0)], MU_LOG_RATIO, TAU_PRIMARY, ["a"])
    theta = posterior.theta["a"]
    x = np.array([0.3, 0.9, 1.4])
    np.testing.assert_allclose(theta.density(x), theta.density(-x), rtol=1e-6)
    assert theta.density(0.9) > 5 * theta.density(0.0)
    assert posterior.probability_below(0.0) == pytest.approx(0.5, abs=1e-6)


# Limiting cases


@pytest.mark.parametrize("tau_prior", TAU_PRIORS, ids=lambda prior: prior.name)
@pytest.mark.parametrize("engine", ["normal", "general", "many"])
def test_no_studies_return_the_prior(engine, tau_prior):
    if engine == "many":
        fit = normal_normal_many(np.zeros((1, 0)), np.zeros((1, 0)), 0.0, 1.0, tau_prior)
        names, limits = ("mu", "tau", "prediction"), ("lower", "median", "upper")
        mu, tau, prediction = ([fit[name][limit][0] for limit in limits] for name in names)
    else:
        if engine == "normal":
            posterior = normal_normal([], [], MU_LOG_RATIO, tau_prior)
        else:
            posterior = from_study_likelihoods([], MU_LOG_RATIO, tau_prior)
        assert posterior.theta == {}
        marginals = posterior.mu, posterior.tau, posterior.prediction
        mu, tau, prediction = (marginal.quantile(LIMITS) for marginal in marginals)
    np.testing.assert_allclose(mu, stats.norm.ppf(LIMITS), atol=1e-4)
    np.testing.assert_allclose(tau, tau_prior.distribution().ppf(LIMITS), rtol=2e-4)

    def below(log_tau):  # P(new effect < lower limit | tau) times the density of log tau
        t = np.exp(log_tau)
        return tau_prior.distribution().pdf(t) * t * stats.norm.cdf(prediction[0] / np.hypot(1, t))

    assert integrate.quad(below, -15, 12)[0] == pytest.approx(0.025, abs=1e-5)


@pytest.mark.parametrize("engine", ["normal", "general"])
def test_a_between_study_sd_near_zero_gives_the_common_effect(engine):
    estimate, se = effects("crins")
    precision = np.append(1 / se**2, 1.0)  # the prior N(0, 1) counts as one more study
    mean, sd = np.average(np.append(estimate, 0.0), weights=precision), 1 / np.sqrt(precision.sum())
    tau_prior = parse("half-normal:0.0005")  # moves mu by about tau^2 / se^2 SDs, some 1e-6
    if engine == "normal":
        posterior = normal_normal(estimate, se, MU_LOG_RATIO, tau_prior)
    else:
        posterior = from_study_likelihoods(normal_log_likelihoods(estimate, se), MU_LOG_RATIO, tau_prior)
    for marginal in (posterior.mu, posterior.prediction, posterior.theta["3"]):
        np.testing.assert_allclose(
            marginal.quantile(LIMITS), stats.norm.ppf(LIMITS, mean, sd), atol=1e-4 * sd + 1e-5
        )


def test_a_study_so_imprecise_that_it_says_nothing_changes_nothing():
    estimate, se = np.array([-0.9, 0.2]), np.array([0.4, 0.3])
    without = normal_normal(estimate, se, MU_LOG_RATIO, TAU_PRIMARY).summary()["mu"]
    with_it = normal_normal([*estimate, 5.0], [*se, 1e4], MU_LOG_RATIO, TAU_PRIMARY).summary()["mu"]
    assert with_it == pytest.approx(without, abs=1e-5)


# One engine against another


@pytest.mark.parametrize("dataset", ["bcg", "crins", "hackshaw", "schools"])
def test_the_general_engine_given_normal_likelihoods_is_the_normal_one(dataset):
    estimate, se = effects(dataset)
    priors = SCHOOLS_PRIORS if dataset == "schools" else REFERENCE_PRIORS
    normal = normal_normal(estimate, se, *priors)
    general = from_study_likelihoods(normal_log_likelihoods(estimate, se), *priors)
    pairs = [(normal.mu, general.mu), (normal.tau, general.tau), (normal.prediction, general.prediction)]
    pairs += [(normal.theta[name], general.theta[name]) for name in normal.theta]
    for one, other in pairs:
        # Both claim 1e-4 of the posterior SD.
        expected = one.quantile(LIMITS)
        np.testing.assert_allclose(other.quantile(LIMITS), expected, atol=2e-4 * np.ptp(expected) / 3.92)


@pytest.mark.parametrize(("studies", "tau"), [(300, 0.0), (300, 0.3), (3000, 0.0), (3000, 0.3)])
def test_thousands_of_studies_leave_the_general_engine_as_exact_as_the_normal_one(studies, tau):
    # mu is down to a hundredth of the SD of one study, tau down to a tenth of it
    random = np.random.default_rng(studies)
    se = random.uniform(0.15, 0.6, studies)
    estimate = random.normal(-0.5, np.hypot(tau, se))
    normal = normal_normal(estimate, se, MU_LOG_RATIO, TAU_PRIMARY)
    general = from_study_likelihoods(normal_log_likelihoods(estimate, se), MU_LOG_RATIO, TAU_PRIMARY)
    pairs = [(normal.mu, general.mu), (normal.tau, general.tau), (normal.prediction, general.prediction)]
    pairs += [(normal.theta[name], general.theta[name]) for name in list(normal.theta)[:20]]
    for one, other in pairs:
        expected = one.quantile(LIMITS)
        np.testing.assert_allclose(other.quantile(LIMITS), expected, atol=5e-4 * np.ptp(expected) / 3.92)


def test_the_nodes_of_one_posterior_answer_for_other_evidence_as_a_fit_of_it_does():
    random = np.random.default_rng(40)
    se = random.uniform(0.2, 0.6, 40)
    estimate = random.normal(-0.3, np.hypot(0.2, se))
    joint = Joint.of(normal_log_likelihoods(estimate, se), MU_LOG_RATIO, TAU_PRIMARY)

    def agrees(mu, estimate, se):
        expected = normal_normal(estimate, se, MU_LOG_RATIO, TAU_PRIMARY).mu.quantile(LIMITS)
        np.testing.assert_allclose(mu.quantile(LIMITS), expected, atol=5e-4 * np.ptp(expected) / 3.92)

    agrees(joint.of_mu(), estimate, se)
    for study in (0, int(np.argmin(se)), 39):
        agrees(joint.without(study), np.delete(estimate, study), np.delete(se, study))
        agrees(joint.had_seen(study, 0.05), estimate + 0.05 * (np.arange(40) == study), se)
    agrees(joint.behind(0.2, MU_LOG_RATIO), estimate - 0.2, se)


def test_nodes_that_do_not_reach_to_other_evidence_say_so():
    joint = Joint.of(normal_log_likelihoods([-1.5, 1.5], [0.1, 0.1]), MU_LOG_RATIO, TAU_PRIMARY)
    assert joint.without(0) is None and joint.behind(8.0, MU_LOG_RATIO) is None


@pytest.mark.parametrize("tau_prior", TAU_PRIORS, ids=lambda prior: prior.name)
def test_a_batch_is_its_fits_one_by_one(tau_prior):
    random = np.random.default_rng(7)
    estimate, se = random.normal(-0.5, 0.7, (12, 6)), random.uniform(0.1, 1.0, (12, 6))
    mu_mean, mu_sd = random.normal(0, 0.3, 12), random.uniform(0.5, 2, 12)
    many = normal_normal_many(estimate, se, mu_mean, mu_sd, tau_prior)
    for fit in range(12):
        one = normal_normal(estimate[fit], se[fit], parse(f"normal:{mu_mean[fit]}:{mu_sd[fit]}"), tau_prior)
        for name, limits in one.summary().items():
            if name != "studies":
                found = [many[name][limit][fit] for limit in limits]
                spread = limits["upper"] - limits["lower"]
                # The batch joins tau nodes by cubics without midpoints: 2e-4 of the SD.
                np.testing.assert_allclose(found, list(limits.values()), atol=2e-4 * spread / 3.92)
        assert many["probability_mu_below_zero"][fit] == pytest.approx(one.probability_below(0.0), abs=2e-5)


def test_studies_in_conflict_under_a_tight_prior_still_agree_between_engines():
    # two estimates 60 standard errors apart and tau ~ half-normal(0.05): the posterior of tau lies ten prior
    # SDs out
    estimate, se, tau_prior = np.array([4.4, -4.4]), np.array([0.15, 0.15]), parse("half-normal:0.05")
    normal = normal_normal(estimate, se, MU_LOG_RATIO, tau_prior)
    general = from_study_likelihoods(normal_log_likelihoods(estimate, se), MU_LOG_RATIO, tau_prior)
    for one, other in ((normal.mu, general.mu), (normal.prediction, general.prediction)):
        np.testing.assert_allclose(one.quantile(LIMITS), other.quantile(LIMITS), atol=2e-3)


# What a posterior offers


def test_a_marginal_integrates_inverts_and_transforms_itself():
    standard = Marginal.from_normal_mixture(
        np.array([0.25, 0.75]), np.array([-1.0, 2.0]), np.array([1.0, 0.5])
    )
    x = np.linspace(-5, 4, 31)
    exact = 0.25 * stats.norm.cdf(x, -1, 1) + 0.75 * stats.norm.cdf(x, 2, 0.5)
    # 801 points and an error of fourth order in the step, far below 1e-6
    np.testing.assert_allclose(standard.cdf(x), exact, atol=1e-6)
    exact_density = 0.25 * stats.norm.pdf(x, -1, 1) + 0.75 * stats.norm.pdf(x, 2, 0.5)
    np.testing.assert_allclose(standard.density(x), exact_density, atol=1e-5)
    np.testing.assert_allclose(
        standard.cdf(standard.quantile([0.01, 0.4, 0.99])), [0.01, 0.4, 0.99], atol=1e-9
    )
    assert standard.expectation(lambda value: value**2) == pytest.approx(0.25 * 2 + 0.75 * 4.25, rel=1e-6)
    assert standard.cdf(-100.0) == 0 and standard.cdf(100.0) == 1 and standard.density(100.0) == 0


@pytest.mark.parametrize("widest", [1.0, 10.0, 1000.0])
def test_a_mixture_of_normals_inverts_itself_however_unlike_its_parts(widest):
    random = np.random.default_rng(int(widest))
    weight, mean, sd = random.dirichlet(np.ones(9)), random.normal(0, 2, 9), np.geomspace(1.0, widest, 9)
    mixture = NormalMixture(weight, mean, sd)
    q = np.array([1e-5, 0.025, 0.3, 0.5, 0.975, 1 - 1e-5])
    exact = sum(
        w * stats.norm.cdf(mixture.quantile(q), m, s) for w, m, s in zip(weight, mean, sd, strict=True)
    )
    np.testing.assert_allclose(exact, q, rtol=1e-8)
    x = np.linspace(-5, 5, 7)
    np.testing.assert_allclose(
        mixture.density(x),
        sum(w * stats.norm.pdf(x, m, s) for w, m, s in zip(weight, mean, sd, strict=True)),
        rtol=1e-12,
    )
    np.testing.assert_allclose(mixture.grid.cdf(x), mixture.cdf(x), atol=1e-6)
    assert sorted(mixture.limits().values()) == pytest.approx(mixture.quantile(LIMITS).tolist(), abs=1e-9)
    assert mixture.expectation(lambda value: value) == pytest.approx(weight @ mean, abs=1e-6 * widest)


def test_the_limits_of_many_mixtures_are_those_of_each():
    posterior = normal_normal(np.linspace(-1, 1, 150), np.linspace(0.2, 0.9, 150), MU_LOG_RATIO, TAU_PRIMARY)
    studies = posterior.summary()["studies"]
    for name in ("1", "64", "65", "150"):
        assert studies[name] == pytest.approx(posterior.theta[name].limits(), abs=1e-9)


def test_the_absolute_effect_at_a_baseline_risk_follows_from_the_odds_ratio():
    baseline = special.logit(0.3)

    def risk_difference(log_or):
        return special.expit(baseline + log_or) - 0.3

    posterior = normal_normal([-0.5], [0.3], MU_LOG_RATIO, TAU_PRIMARY)
    density = posterior.mu.density
    by_quad = integrate.quad(lambda x: risk_difference(x) * density(x), -6, 6, limit=200)[0]
    assert posterior.mu.expectation(risk_difference) == pytest.approx(by_quad, abs=1e-5)
    # a monotone function maps quantiles; 4000 equally probable points put them to within half a point
    draws = risk_difference(posterior.mu.points())
    assert np.quantile(draws, 0.975) == pytest.approx(risk_difference(posterior.mu.quantile(0.975)), abs=1e-3)


def test_the_summary_names_what_it_holds():
    summary = normal_normal([-0.5, 0.1], [0.3, 0.2], MU_LOG_RATIO, TAU_PRIMARY, ["Ma", "Zhou"]).summary()
    assert list(summary) == ["mu", "tau", "prediction", "studies"]
    assert list(summary["studies"]) == ["Ma", "Zhou"]
    assert list(summary["mu"]) == ["median", "lower", "upper"]


# What is refused


@pytest.mark.parametrize(
    ("estimate", "se"),
    [([0.1], [0.0]), ([0.1], [-1.0]), ([np.nan], [1.0]), ([0.1], [np.inf]), ([0.1, 0.2], [1.0])],
)
def test_impossible_estimates_are_refused(estimate, se):
    with pytest.raises(ValueError, match="must be"):
        normal_normal(estimate, se, MU_LOG_RATIO, TAU_PRIMARY)


@pytest.mark.parametrize("study", [(5, 4, 1, 4), (-1, 4, 1, 4), (0, 0, 1, 4), (0.5, 4, 1, 4)])
def test_impossible_counts_are_refused(study):
    with pytest.raises(ValueError, match="impossible counts"):
        binomial_normal(*([value] for value in study), MU_LOG_RATIO, TAU_PRIMARY, AT_CONTROL)


def test_priors_of_the_wrong_kind_are_refused():
    with pytest.raises(ValueError, match="prior of tau must be one of"):
        normal_normal([0.1], [0.2], MU_LOG_RATIO, parse("beta:1:2"))
    with pytest.raises(ValueError, match="needs a normal or, with studies, a flat prior of mu"):
        normal_normal([0.1], [0.2], TAU_PRIMARY, TAU_PRIMARY)
    with pytest.raises(ValueError, match="lighter tail"):
        from_study_likelihoods([folded(1, 9)], MU_LOG_RATIO, parse("log-normal:0:10"))


@pytest.mark.parametrize(
    "log_likelihood",
    [lambda theta: np.nan * theta, lambda theta: 0.0, lambda theta: np.full_like(theta, -np.inf)],
)
def test_a_likelihood_that_is_no_number_is_refused_by_the_name_of_its_study(log_likelihood):
    with pytest.raises(ValueError, match="study Zhou"):
        from_study_likelihoods([log_likelihood], MU_LOG_RATIO, TAU_PRIMARY, ["Zhou"])


def test_a_likelihood_that_rises_for_ever_is_refused():
    with pytest.raises(ValueError, match="still rises"):
        from_study_likelihoods([lambda theta: 50 * theta], MU_LOG_RATIO, TAU_PRIMARY)


def test_the_engine_imports_nothing_heavy():
    code = (
        "import sys, models.engines.quadrature; print(set(sys.modules) & {'pymc', 'arviz', 'pandas', 'numba',"
        " 'scipy.stats'})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"

"""Every family of priors gives the posterior that integration over a dense grid gives."""

import numpy as np
import pytest
from scipy import stats

from models.engines.quadrature import from_study_likelihoods, normal_normal, normal_normal_many
from models.engines.tau_nodes import scan_places
from models.priors import Prior, parse

ESTIMATE, SE = np.array([-0.9, 0.1, 0.6, -0.2]), np.array([0.3, 0.2, 0.4, 0.25])
TAU = [
    "half-normal:0.5",
    "half-t:3:0.5",
    "half-cauchy:0.5",
    "uniform:0:1",
    "uniform:0:0.3",  # the data want more: the posterior stands at its end
    "uniform:0.5:2",
    "exponential:2",
    "log-normal:-1.245:0.76",
    "log-t:5:-1.5:1.2",
    "inverse-gamma:2.42:0.30",
]
MU = ["normal:0:1", "t:3:0:1", "flat"]
ENDS = np.array([0.025, 0.5, 0.975])


def density(prior):
    """Of scipy where scipy has it, else made from a t that scipy has."""
    if prior.family == "flat":
        return np.ones_like
    if prior.family == "half_t":
        df, scale = prior.parameters
        return lambda x: 2 * stats.t(df, 0, scale).pdf(x)
    if prior.family == "log_t":
        return lambda x: stats.t(*prior.parameters).pdf(np.log(x)) / x
    return prior.distribution().pdf


def by_brute_force(estimate, se, mu_prior, tau_prior, mu_ends, largest_tau):
    """CDFs of mu and tau: sums over midpoints, tau cubed so that small values are seen as well."""
    low = tau_prior.parameters[0] if tau_prior.family == "uniform" else 0.0
    high = tau_prior.parameters[1] if tau_prior.family == "uniform" else largest_tau
    edges = low + (high - low) * np.linspace(0, 1, 1201) ** 3
    tau, mu = (edges[1:] + edges[:-1]) / 2, np.linspace(*mu_ends, 1201)
    log_mass = np.zeros((len(tau), len(mu)))
    for y, s in zip(estimate, se, strict=True):
        log_mass += stats.norm(mu[None], np.hypot(s, tau)[:, None]).logpdf(y)
    mass = np.exp(log_mass - log_mass.max()) * density(mu_prior)(mu)
    mass *= (density(tau_prior)(tau) * np.diff(edges))[:, None]
    by_mu, by_tau = mass.sum(axis=0), mass.sum(axis=1)
    half = (mu[1] - mu[0]) / 2
    return (
        lambda x: np.interp(x, mu + half, np.cumsum(by_mu) / by_mu.sum()),
        lambda x: np.interp(x, edges[1:], np.cumsum(by_tau) / by_tau.sum()),
    )


def normal_likelihoods(estimate, se):
    return [lambda theta, y=y, s=s: stats.norm(theta, s).logpdf(y) for y, s in zip(estimate, se, strict=True)]


@pytest.mark.parametrize("mu", MU)
@pytest.mark.parametrize("tau", TAU)
def test_every_family_gives_what_a_dense_grid_gives(mu, tau):
    mu_prior, tau_prior = parse(mu), parse(tau)
    mu_cdf, tau_cdf = by_brute_force(ESTIMATE, SE, mu_prior, tau_prior, (-12, 12), 60)
    found = {"general": from_study_likelihoods(normal_likelihoods(ESTIMATE, SE), mu_prior, tau_prior)}
    if mu_prior.family != "t":
        found["normal"] = normal_normal(ESTIMATE, SE, mu_prior, tau_prior)
    for engine, posterior in found.items():
        # the grids end where 1e-4 of the heaviest tails are left; both sums are finer than that
        np.testing.assert_allclose(mu_cdf(posterior.mu.quantile(ENDS)), ENDS, atol=3e-4, err_msg=engine)
        np.testing.assert_allclose(tau_cdf(posterior.tau.quantile(ENDS)), ENDS, atol=3e-4, err_msg=engine)


@pytest.mark.parametrize("tau", TAU)
def test_many_fits_at_once_know_every_family_of_tau(tau):
    many = normal_normal_many(ESTIMATE[None], SE[None], 0.0, 1.0, parse(tau))
    mu_cdf, tau_cdf = by_brute_force(ESTIMATE, SE, parse("normal:0:1"), parse(tau), (-12, 12), 60)
    for name, cdf in {"mu": mu_cdf, "tau": tau_cdf}.items():
        limits = [many[name][limit][0] for limit in ("lower", "median", "upper")]
        np.testing.assert_allclose(cdf(limits), ENDS, atol=3e-4)


@pytest.mark.parametrize(
    ("estimate", "se", "mu", "tau"),
    [
        # nothing was left of the prior where the posterior lies: once cut off in silence at four times its
        # last quantile, with an interval of mu of 0.077 instead of 0.122, and tau of 14.3 instead of 25.2
        ([-1, 1], 0.01, "normal:0:1", "log-normal:-5:0.1"),
        ([-900, 900], 1.0, "normal:0:1000", "half-normal:0.5"),
        ([-900, 900], 1.0, "normal:0:1", "exponential:2"),
        ([5.0] * 60, 0.01, "normal:0:10", "log-normal:2:0.1"),  # and below its first
    ],
)
def test_data_that_conflict_with_the_prior_of_tau_are_not_cut_off(estimate, se, mu, tau):
    estimate, se = np.array(estimate, float), np.full(len(estimate), se)
    mu_prior, tau_prior = parse(mu), parse(tau)
    found = normal_normal(estimate, se, mu_prior, tau_prior)
    edges = np.geomspace(1e-4, 1e4, 20_001)  # of steps far finer than log tau's SD
    t = np.sqrt(edges[1:] * edges[:-1])
    prior_mean, prior_sd = mu_prior.parameters
    precision = 1 / prior_sd**2 + len(se) / (se[0] ** 2 + t**2)
    mean = (prior_mean / prior_sd**2 + estimate.sum() / (se[0] ** 2 + t**2)) / precision
    # Bayes' theorem at mu = 0: marginal likelihood = likelihood(0) prior(0) / posterior(0)
    log_mass = (
        stats.norm(0, np.sqrt(se[0] ** 2 + t**2)[:, None]).logpdf(estimate).sum(axis=1)
        - stats.norm(mean, precision**-0.5).logpdf(0)
        + tau_prior.distribution().logpdf(t)
        + np.log(np.diff(edges))
    )
    mass = np.exp(log_mass - log_mass.max())
    tau_cdf = np.cumsum(mass) / mass.sum()
    np.testing.assert_allclose(np.interp(found.tau.quantile(ENDS), edges[1:], tau_cdf), ENDS, atol=1e-3)
    for q, x in zip(ENDS, found.mu.quantile(ENDS), strict=True):
        below = stats.norm(mean, precision**-0.5).cdf(x) @ mass / mass.sum()
        assert below == pytest.approx(q, abs=1e-3)
    many = normal_normal_many(estimate[None], se[None], prior_mean, prior_sd, tau_prior)
    assert many["tau"]["median"][0] == pytest.approx(found.tau.quantile(0.5), rel=1e-3)


def test_the_cases_that_were_cut_off_give_their_right_numbers():
    # as reported with the right values: mu +-0.122, tau 25.2
    first = normal_normal([-1, 1], [0.01, 0.01], parse("normal:0:1"), parse("log-normal:-5:0.1"))
    assert first.mu.quantile(0.975) == pytest.approx(0.122, abs=5e-4)
    second = normal_normal([-900, 900], [1, 1], parse("normal:0:1"), parse("half-normal:0.5"))
    assert second.tau.quantile(0.5) == pytest.approx(25.2, abs=0.05)


def test_a_flat_prior_of_mu_is_the_limit_of_ever_wider_ones():
    flat = normal_normal(ESTIMATE + 1e6, SE, parse("flat"), parse("half-normal:0.5"))
    wide = normal_normal(ESTIMATE, SE, parse("normal:0:1000"), parse("half-normal:0.5"))
    # the wide prior shifts the mean by some 1e-7, 1e6 leaves ten digits
    np.testing.assert_allclose(flat.mu.quantile(ENDS) - 1e6, wide.mu.quantile(ENDS), atol=1e-6)


@pytest.mark.parametrize(
    "likelihoods",
    [[], [lambda theta: -np.logaddexp(0, -theta)]],  # nothing, or no event in one arm
    ids=["no study", "one side open"],
)
def test_a_flat_prior_of_mu_that_no_study_bounds_is_refused(likelihoods):
    with pytest.raises(ValueError, match="flat prior of the mean effect needs studies"):
        from_study_likelihoods(likelihoods, parse("flat"), parse("half-normal:0.5"))
    with pytest.raises(ValueError, match="flat"):
        normal_normal([], [], parse("flat"), parse("half-normal:0.5"))


@pytest.mark.parametrize("text", ["normal:0:1", "uniform:-1:1", "t:3:0:1", "flat", "beta:1:1"])
def test_what_allows_a_negative_tau_is_no_prior_of_it(text):
    with pytest.raises(ValueError, match="prior of tau must be one of half_normal"):
        scan_places(parse(text))


def test_a_uniform_prior_needs_its_ends_in_order():
    with pytest.raises(ValueError, match="low must be below high"):
        Prior("x", "uniform", (1.0, 1.0), "", "")


@pytest.mark.parametrize("text", [*TAU, *MU])
def test_priors_are_sampled_as_they_are_integrated(text):
    pm = pytest.importorskip("pymc")
    prior = parse(text)
    with pm.Model() as model:
        variable = prior.to_pymc("x")
    x = np.array([0.55, 0.8]) if prior.family == "uniform" else np.array([0.2, 0.7, 3.0])
    if prior.family == "uniform" and prior.parameters[1] < 0.55:
        x = np.array([0.1, 0.2])
    if prior.family == "log_t":  # sampled as its logarithm
        found, expected = pm.logp(model["log_x"], np.log(x)).eval(), prior.log_density(x) + np.log(x)
    else:
        found, expected = pm.logp(variable, x).eval(), prior.log_density(x)
    np.testing.assert_allclose(found, expected, rtol=1e-6)

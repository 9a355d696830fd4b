"""Priors say what they claim, in numbers and in words."""

import re

import numpy as np
import pytest
from scipy import integrate

from models import priors
from models.evidence.report import graded_of
from models.priors import Prior, parse

NAMED = [prior for prior in vars(priors).values() if isinstance(prior, Prior)]


@pytest.mark.parametrize("prior", [*NAMED, parse("beta:2:5")], ids=lambda prior: prior.name)
def test_density_and_quantiles_agree_with_scipy(prior):
    scipy_prior = prior.distribution()
    x = scipy_prior.ppf([0.001, 0.2, 0.5, 0.9, 0.999])
    # Same closed forms: only rounding differs.
    np.testing.assert_allclose(prior.log_density(x), scipy_prior.logpdf(x), rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(prior.quantile([0.001, 0.2, 0.5, 0.9, 0.999]), x, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("prior", NAMED, ids=lambda prior: prior.name)
def test_density_is_zero_outside_the_support(prior):
    outside = -1.0 if prior.family != "normal" else np.inf
    assert prior.log_density(outside) == -np.inf


@pytest.mark.parametrize(
    ("prior", "mean_log_tau_squared", "sd_log_tau_squared"),
    [
        (priors.TAU_TURNER_INFECTION, -2.49, 1.52),
        (priors.TAU_TURNER_ADVERSE_EVENTS, -1.87, 1.52),
        (priors.TAU_TURNER_MORTALITY, -3.95, 1.34),
    ],
)
def test_turner_priors_on_tau_have_the_moments_published_for_tau_squared(
    prior, mean_log_tau_squared, sd_log_tau_squared
):
    # Turner 2015, table IV, as held in bayesmeta 3.4: moments of log(tau^2) = 2 log(tau), by integration over
    # tau.
    density = prior.distribution().pdf
    mean = integrate.quad(lambda t: 2 * t * density(np.exp(t)) * np.exp(t), -15, 10)[0]
    square = integrate.quad(lambda t: (2 * t) ** 2 * density(np.exp(t)) * np.exp(t), -15, 10)[0]
    assert mean == pytest.approx(mean_log_tau_squared, abs=1e-6)
    assert np.sqrt(square - mean**2) == pytest.approx(sd_log_tau_squared, abs=1e-6)


def test_the_ratio_prior_covers_what_the_protocol_says():
    # design: 95 % of log ratio N(0, 1) is a ratio of 0.14 to 7.1; of N(0, 0.5) 0.38 to 2.7 (two digits
    # printed)
    np.testing.assert_allclose(np.exp(priors.MU_LOG_RATIO.quantile([0.025, 0.975])), [0.14, 7.1], rtol=0.02)
    np.testing.assert_allclose(
        np.exp(priors.MU_LOG_DURATION.quantile([0.025, 0.975])), [0.38, 2.7], rtol=0.02
    )


TAU = [prior for name, prior in vars(priors).items() if name.startswith("TAU_")]


@pytest.mark.parametrize("prior", TAU, ids=lambda prior: prior.name)
def test_the_plain_sentence_of_a_tau_prior_states_its_true_median_and_95_percent_bound(prior):
    stated = [float(number) for number in re.findall(r"below (\d+\.\d+)", prior.plain)]
    # two digits are printed
    np.testing.assert_allclose(stated, prior.distribution().ppf([0.5, 0.95]), rtol=0.03)


@pytest.mark.parametrize(
    ("prior", "lower", "middle", "upper"),
    [
        (graded_of("crs_duration").level, 2, 6, 16),  # days
        (priors.STEP_LOG_DURATION, 2 / 3, 1.2, 2),  # ratio of a grade to the one below
        (priors.SIGMA_LOG_DURATION, 0.25, 0.5, 1.0),  # SD of log days
        (priors.TREND_LOG_DURATION, -0.5, 0, 0.5),  # change of the log ratio by grade
    ],
)
def test_the_duration_priors_cover_what_their_sentences_say(prior, lower, middle, upper):
    found = prior.quantile([0.025, 0.5, 0.975])
    if prior.name in ("level", "step"):
        found = np.exp(found)
    # the words round to one digit
    np.testing.assert_allclose(found, [lower, middle, upper], rtol=0.15, atol=0.02)


def test_every_prior_has_a_name_of_its_own_words_and_a_source():
    for prior in NAMED:
        assert prior.plain.endswith(".") and prior.source
    assert len({prior.name for prior in NAMED}) == len(NAMED) > 10


@pytest.mark.parametrize(
    ("text", "family", "parameters"),
    [
        ("half-normal:0.5", "half_normal", (0.5,)),
        ("normal:0:2", "normal", (0.0, 2.0)),
        ("log-normal:-1.245:0.76", "log_normal", (-1.245, 0.76)),
        ("inverse-gamma:2.42:0.30", "inverse_gamma", (2.42, 0.30)),
    ],
)
def test_the_command_line_grammar_names_a_prior(text, family, parameters):
    prior = parse(text)
    assert (prior.family, prior.parameters) == (family, parameters)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "half-normal",
        "half-normal:",
        "half-normal:0",
        "half-normal:-1",
        "half-normal:nan",
        "half-normal:inf",
        "half-normal:0.5:1",
        "normal:0",
        "cauchy:1",
        "half-normal:a",
        "normal:inf:1",
    ],
)
def test_an_illegal_prior_is_refused_with_what_is_legal(text):
    with pytest.raises(ValueError, match="half-normal:sd"):
        parse(text)


def test_an_unknown_family_is_refused():
    with pytest.raises(ValueError, match="family 'cauchy'"):
        Prior("x", "cauchy", (1.0,), "", "")


@pytest.mark.parametrize("prior", NAMED, ids=lambda prior: prior.name)
def test_the_sampled_prior_is_the_same_distribution(prior):
    pm = pytest.importorskip("pymc")
    with pm.Model():
        variable = prior.to_pymc("x")
    x = prior.quantile([0.1, 0.5, 0.95])
    np.testing.assert_allclose(pm.logp(variable, x).eval(), prior.log_density(x), rtol=1e-6)

"""Subgroups, a covariate and effects that scatter as a t are pooled to what sums and other software give."""

import json

import numpy as np
import pandas as pd
import pytest
from reference import counts
from scipy import integrate, stats

from models.__main__ import main
from models.engines.design import Scatter
from models.likelihood.two_arms import two_arm_log_likelihood
from models.pool import BadTable, pool
from models.pool.density_file import TabulatedPrior
from models.priors import MIDWAY, parse

ENDS = ("lower", "median", "upper")
PROBABILITIES = (0.025, 0.5, 0.975)
LATITUDE = [44, 55, 42, 52, 13, 44, 19, 13, 27, 42, 18, 33, 33]
"""Of the BCG trials in the order of Colditz 1994 (metafor, dat.bcg)."""
YI, SEI = np.array([-0.9, -0.2, 0.4, -0.5, 1.4]), np.array([0.4, 0.3, 0.5, 0.25, 0.3])
X = np.array([1.0, 4.0, 2.0, 3.0, 9.0])
GROUP = list("aabba")
TABLE = pd.DataFrame({"study": list("pqrst"), "log_or": YI, "se": SEI, "dose": X, "arm": GROUP})
TAU = np.linspace(0.004, 3.2, 300)


def limits(found):
    return [found[end] for end in ENDS]


def quantiles(x, mass):
    cdf = integrate.cumulative_trapezoid(mass, x, initial=0)
    return np.interp(PROBABILITIES, cdf / cdf[-1], x)


def bcg():
    ai, n1i, ci, n2i = (np.asarray(column) for column in counts("bcg"))
    log_rr = np.log(ai / n1i * n2i / ci)
    return pd.DataFrame(
        {
            "study": [f"s{i}" for i in range(13)],
            "log_rr": log_rr,
            "variance": 1 / ai - 1 / n1i + 1 / ci - 1 / n2i,
            "latitude": LATITUDE,
        }
    )


# A line through a covariate


def test_a_line_through_latitude_is_that_of_metafor_at_its_tau():
    """metafor: rma(yi, vi, mods = ~ ablat, data = dat.bcg), REML: tau^2 0.0764, intercept 0.2515 (0.2491),
    slope -0.0291 (0.0072). Under flat priors and tau held there the posterior is that normal.
    """
    tau = np.sqrt(0.0764)
    held = TabulatedPrior("held", "table", (), "", "", (tau - 1e-5, tau, tau + 1e-5), (0.0, 1.0, 0.0))
    found = pool(bcg(), "rr", mu="flat", tau=held, covariate="latitude", slope="flat").summary
    for name, estimate, se in (("intercept", 0.2515, 0.2491), ("slope", -0.0291, 0.0072)):
        one = found["regression"][name]
        # metafor prints four digits of these, and of tau^2, which moves the intercept by 1e-4
        assert one["median"] == pytest.approx(estimate, abs=1.5e-4)
        assert (one["upper"] - one["lower"]) / 3.92 == pytest.approx(se, abs=1e-4)


def test_the_most_likely_tau_beside_latitude_is_that_of_reml():
    """With flat priors of intercept and slope the marginal likelihood of tau is REML's: 0.0764 (metafor)."""
    found = pool(bcg(), "rr", mu="flat", tau="uniform:0:2", covariate="latitude", slope="flat").tau
    tau = np.linspace(0.1, 0.6, 5001)
    assert tau[np.argmax(found.density(tau))] ** 2 == pytest.approx(0.0764, abs=5e-4)


@pytest.fixture(scope="module")
def line_by_brute_force():
    """Joint density of (tau, intercept at the centre, slope) on a grid, for five normal studies."""
    mu, slope = np.linspace(-3, 3, 161), np.linspace(-1.2, 1.2, 161)
    mean = mu[:, None, None] + slope[:, None] * (X - X.mean())
    prior = stats.norm.logpdf(mu)[:, None] + stats.norm.logpdf(slope, 0, 0.3)
    log_mass = []
    for tau in TAU:
        spread = np.hypot(SEI, tau)
        own = -0.5 * np.sum(((YI - mean) / spread) ** 2, axis=-1) - np.log(spread).sum()
        log_mass.append(prior + own + stats.halfnorm(scale=0.5).logpdf(tau))
    log_mass = np.array(log_mass)
    return mu, slope, np.exp(log_mass - log_mass.max())


def test_a_line_is_what_sums_over_tau_intercept_and_slope_give(line_by_brute_force):
    mu, slope, mass = line_by_brute_force
    found = pool(TABLE, "or", mu="normal:0:1", tau="half-normal:0.5", covariate="dose", slope="normal:0:0.3")
    summary = found.summary
    # steps of 0.04 and 0.015 of numbers with SDs of 0.3 and 0.1
    np.testing.assert_allclose(limits(summary["mu"]), quantiles(mu, mass.sum((0, 2))), atol=3e-3)
    slopes = quantiles(slope, mass.sum((0, 1)))
    np.testing.assert_allclose(limits(summary["regression"]["slope"]), slopes, atol=1e-3)
    np.testing.assert_allclose(limits(summary["tau"]), quantiles(TAU, mass.sum((1, 2))), atol=4e-3)
    below = mass.sum((0, 1))[slope <= 0].sum() / mass.sum()
    assert summary["regression"]["probability_slope_below_zero"] == pytest.approx(below, abs=0.02)
    weight = mass.sum(axis=0) / mass.sum()
    intercept = (mu[:, None] - slope * X.mean()).ravel()
    order = np.argsort(intercept)
    cdf = np.cumsum(weight.ravel()[order])
    expected = np.interp(PROBABILITIES, cdf, intercept[order])
    np.testing.assert_allclose(limits(summary["regression"]["intercept"]), expected, atol=0.01)


def test_a_line_through_exact_counts_is_what_sums_over_tau_intercept_and_slope_give():
    tables, dose = [(3, 20, 6, 21), (0, 15, 4, 16), (8, 30, 7, 28), (5, 12, 1, 12)], np.array([1.0, 2, 4, 5])
    frame = pd.DataFrame(tables, columns=["ai", "n1i", "ci", "n2i"]).assign(study=list("abcd"), dose=dose)
    found = pool(frame, "or", covariate="dose", slope="normal:0:0.5").summary
    mu, slope, theta = np.linspace(-4, 4, 121), np.linspace(-1.6, 1.6, 121), np.linspace(-12, 12, 1201)
    likelihoods = [two_arm_log_likelihood(*table, MIDWAY)(theta) for table in tables]
    mean = mu[:, None] + slope * (dose - dose.mean())[:, None, None]
    log_mass = []
    taus = np.linspace(0.03, 2.4, 80)
    for tau in taus:
        total = stats.norm.logpdf(mu)[:, None] + stats.norm.logpdf(slope, 0, 0.5)
        kernel = stats.norm.pdf(theta, theta[:, None], tau) * (theta[1] - theta[0])
        for one, log_l in zip(mean, likelihoods, strict=True):
            total = total + np.interp(one, theta, np.log(kernel @ np.exp(log_l - log_l.max())))
        log_mass.append(total + stats.halfnorm(scale=0.5).logpdf(tau))
    mass = np.exp(np.array(log_mass) - np.max(log_mass))
    # of SDs of 0.5 and 0.3; tau below 0.03 is left out
    np.testing.assert_allclose(limits(found["mu"]), quantiles(mu, mass.sum((0, 2))), atol=0.01)
    np.testing.assert_allclose(
        limits(found["regression"]["slope"]), quantiles(slope, mass.sum((0, 1))), atol=0.01
    )


def test_a_covariate_in_another_unit_changes_its_slope_alone():
    plain = pool(TABLE, "or", covariate="dose").summary
    thousand = pool(TABLE.assign(dose=1000 * X + 5), "or", covariate="dose").summary
    np.testing.assert_allclose(limits(thousand["mu"]), limits(plain["mu"]), atol=1e-4)
    slopes = [found["regression"]["slope"] for found in (thousand, plain)]
    np.testing.assert_allclose(1000 * np.array(limits(slopes[0])), limits(slopes[1]), atol=1e-4)


# Subgroups


def test_subgroups_are_what_sums_over_tau_and_each_mean_give():
    found = pool(TABLE, "or", subgroups="arm").summary
    mu = np.linspace(-4, 4, 801)
    each = {}
    for name in "ab":
        rows = np.array(GROUP) == name
        spread = np.hypot(SEI[rows], TAU[:, None, None])
        log_mass = stats.norm.logpdf(YI[rows], mu[:, None], spread).sum(axis=-1) + stats.norm.logpdf(mu)
        each[name] = np.exp(log_mass)
    prior = stats.halfnorm(scale=0.5).pdf(TAU)
    totals = {name: mass.sum(axis=1) for name, mass in each.items()}
    np.testing.assert_allclose(
        limits(found["tau"]), quantiles(TAU, prior * totals["a"] * totals["b"]), atol=4e-3
    )
    for name, other in (("a", "b"), ("b", "a")):
        mass = (each[name] * (prior * totals[other])[:, None]).sum(axis=0)
        np.testing.assert_allclose(limits(found["groups"][name]["mu"]), quantiles(mu, mass), atol=2e-3)
    # the difference: a convolution given each tau
    difference = 0.01 * np.arange(-800, 801)
    mass = sum(p * np.convolve(b, a[::-1]) for p, a, b in zip(prior, each["a"], each["b"], strict=True))
    np.testing.assert_allclose(limits(found["differences"]["b"]), quantiles(difference, mass), atol=4e-3)


def test_one_group_beside_another_far_away_shares_its_tau():
    """With tau held, each group has the mean that it has alone."""
    held = parse("uniform:0.3:0.3001")
    found = pool(TABLE, "or", tau=held, subgroups="arm").summary
    for name in "ab":
        alone = pool(TABLE[TABLE["arm"] == name], "or", tau=held).summary
        for what in ("mu", "prediction"):
            np.testing.assert_allclose(limits(found["groups"][name][what]), limits(alone[what]), atol=1e-3)


# Effects that scatter as a t


@pytest.mark.parametrize("df", [1.0, 4.0])
def test_robust_effects_are_what_sums_over_the_t_give(df):
    found = pool(TABLE, "or", effects=f"t:{df:g}").summary
    mu, theta, taus = np.linspace(-3, 3, 201), np.linspace(-3.2, 3.6, 681), np.linspace(0.02, 2.6, 173)
    likelihood = stats.norm.pdf(YI[:, None], theta, SEI[:, None])
    constant = stats.t.pdf(0, df)
    log_mass, own = np.empty((len(taus), len(mu))), np.empty((len(taus), len(mu), len(theta)))
    for k, tau in enumerate(taus):
        kernel = constant * (1 + ((theta - mu[:, None]) / tau) ** 2 / df) ** (-(df + 1) / 2) / tau
        prior = stats.norm.logpdf(mu) + stats.halfnorm(scale=0.5).logpdf(tau)
        log_mass[k] = np.log(likelihood @ kernel.T).sum(axis=0) + prior
        own[k] = kernel * likelihood[4] / (kernel @ likelihood[4])[:, None]
    weight = np.exp(log_mass - log_mass.max())
    weight /= weight.sum()
    # steps of 0.03 and 0.015, tau below 0.02 left out
    np.testing.assert_allclose(limits(found["mu"]), quantiles(mu, weight.sum(axis=0)), atol=5e-3)
    np.testing.assert_allclose(limits(found["tau"]), quantiles(taus, weight.sum(axis=1)), atol=0.015)
    of_study = np.einsum("km,kmt->t", weight, own)
    np.testing.assert_allclose(limits(found["studies"]["t"]), quantiles(theta, of_study), atol=5e-3)
    for end, q in zip(ENDS, PROBABILITIES, strict=True):
        at = (found["prediction"][end] - mu) / taus[:, None]
        assert (weight * stats.t.cdf(at, df)).sum() == pytest.approx(q, abs=2e-3)


def test_the_factor_of_a_t_makes_a_normal_a_t():
    for df in (1.0, 3.0, 4.0, 30.0, 200.0):
        factors, log_weights = Scatter(df).factors
        x = np.array([0.0, 1.3, 4.0, 9.0])
        mixed = np.exp(log_weights) @ stats.norm.pdf(x, scale=factors[:, None])
        np.testing.assert_allclose(mixed, stats.t.pdf(x, df), rtol=1e-3)


def test_many_degrees_of_freedom_are_a_normal_and_an_outlier_pulls_less_with_few():
    far = TABLE.assign(log_or=[0.0, 0.1, -0.1, 0.05, 4.0], se=0.15)
    normal, many, few = (pool(far, "or", effects=text).summary["mu"] for text in ("normal", "t:200", "t:2"))
    np.testing.assert_allclose(limits(many), limits(normal), atol=0.02)  # t(200) is not quite a normal
    assert few["median"] < 0.3 < normal["median"]


def test_a_line_with_robust_effects_leaves_out_each_study_in_turn():
    asked = {"measure": "or", "mu": "flat", "effects": "t:4", "covariate": "dose", "slope": "normal:0:0.3"}
    without = pool(TABLE, **asked).leave_one_out()
    rest = pool(TABLE[:4], **asked)
    assert set(without) == set("pqrst")
    # the mean at the centre of all five: the line's value there
    shift = X.mean() - X[:4].mean()
    expected = rest.design.line(np.array([1.0, shift])).limits()
    np.testing.assert_allclose(limits(without["t"]), limits(expected), atol=1e-3)


# What is told and refused


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "studies.csv"
    TABLE.to_csv(path, index=False)
    return str(path)


def test_groups_stand_in_json_csv_text_and_picture(file, tmp_path, capsys):
    figure = tmp_path / "forest.svg"
    asked = ["pool", file, "--measure", "or", "--subgroups", "arm"]
    assert main([*asked, "--beyond", "1.2", "--json", "--figure", str(figure)]) == 0
    result = json.loads(capsys.readouterr().out)
    assert list(result["groups"]) == ["a", "b"] and "mu" not in result
    assert list(result["beyond"]["probability_below"]) == ["mu a", "prediction a", "mu b", "prediction b"]
    assert "Mean effect in b" in figure.read_text()
    assert main([*asked, "--csv"]) == 0
    assert "mu,mean effect in a," in capsys.readouterr().out
    assert main(asked) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "ratio, b to a" in text and "P(mean effect in a < 1)" in text


def test_a_line_stands_in_json_and_text_per_unit_of_its_covariate(file, capsys):
    asked = ["pool", file, "--measure", "or", "--covariate", "dose", "--effects", "t:5"]
    assert main([*asked, "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["regression"]["at"] == pytest.approx(X.mean()) and result["effects"] == "t:5"
    assert main(asked) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert (
        "mean effect at dose 3.8" in text and f"{np.exp(result['regression']['slope']['median']):.3g}" in text
    )


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--slope", "normal:0:1"], "is the prior of a --covariate"),
        (["--covariate", "dose", "--engine", "nuts"], "need quadrature"),
        (["--subgroups", "arm", "--sensitivity"], "not with --subgroups"),
        (["--covariate", "dose", "--mu", "flat"], "needs --slope"),
    ],
)
def test_options_that_do_not_go_together_are_wrong_usage(file, capsys, options, words):
    assert main(["pool", file, "--measure", "or", *options]) == 2
    assert words in capsys.readouterr().err


@pytest.mark.parametrize(
    ("column", "values", "words"),
    [
        ("covariate", ["1", "x", "2", "3", "4"], "line 3, column m: 'x' must be a number"),
        ("covariate", ["1"] * 5, "values that differ"),
        ("subgroups", ["a"] * 5, "2 to 8 groups"),
        ("subgroups", ["a", "", "b", "a", "b"], "line 3, column m: the study must be of a group"),
    ],
)
def test_columns_that_are_no_moderator_are_refused(column, values, words):
    with pytest.raises(BadTable, match=words):
        pool(TABLE.assign(m=values), "or", **{column: "m"})
    with pytest.raises(BadTable, match="column height is missing"):
        pool(TABLE, "or", **{column: "height"})
    with pytest.raises(ValueError, match="t:DF"):
        pool(TABLE, "or", effects="t:0.3")

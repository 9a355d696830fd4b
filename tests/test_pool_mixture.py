"""`pool` reads any mixture of forms, and each has the likelihood that software or sums outside give it."""

import csv
import doctest
import io
import json
import os
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree

import numpy as np
import pandas as pd
import pytest
from reference import counts, effects, published
from scipy import integrate, optimize, special, stats

import models.pool
from models import priors
from models.__main__ import main
from models.engines.quadrature import from_study_likelihoods, normal_normal
from models.engines.quadrature_mixed import from_normals_and_likelihoods
from models.likelihood.kinds.ratio_with_p import RatioWithP
from models.likelihood.kinds.uneven_ratio import UnevenRatio
from models.likelihood.log_rank_of_events import moments
from models.likelihood.two_arms import two_arm_log_likelihood
from models.pool import BadTable, pool
from models.pool.measures import MEASURES
from models.pool.named_priors import prior_of
from models.pool.rows import read_rows
from models.pool.study_table import read
from models.priors import MIDWAY, BaselinePrior, parse

ENDS = ("lower", "median", "upper")


@pytest.fixture
def file(tmp_path):
    """Write text or bytes to a file and return its path as text."""

    def write(content, name="studies.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    return write


def pooled(capsys, *arguments):
    assert main(["pool", *arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def one_row(measure=None, **columns):
    return pool(
        pd.DataFrame([{"study": "A"} | columns]), measure, mu="normal:0:1", tau="half-normal:0.5"
    ).rows[0]


def shape_of(row, measure, theta, baseline=MIDWAY):
    """Log likelihood at each theta, less that at the first."""
    found = row.log_likelihood(MEASURES[measure], baseline)(np.asarray(theta, float))
    return found - found[0]


# Reading


SEVEN = [
    (1.78, 0.84, 3.76), (1.2, 0.37, 3.93), (1.14, 0.3, 4.25), (2.99, 1.66, 5.39), (2.9, 1.39, 6.01),
    (4.64, 1.33, 6.16), (2.75, 1.16, 6.54),
]  # fmt: skip
"""Stack Overflow 63110191. The sixth is uneven: sqrt(1.33 * 6.16) = 2.86, not 4.64. Of the others metafor
3.8 gives by REML 0.8445 (0.5140 to 1.1750) on the log scale.
"""


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_ratios_with_limits_are_read_whatever_separates_them(file, capsys, separator, mark):
    lines = [["study", "HR", "CI lower", "CI upper"], *([f"s{i}", *row] for i, row in enumerate(SEVEN, 1))]
    text = mark + "\n".join(separator.join(str(cell) for cell in line) for line in lines)
    if separator != ",":
        text = text.replace(".", ",")
    result = pooled(capsys, file(text), "--mu", "flat")
    assert result["measure"] == "hr" and len(result["studies"]) == 7
    (note,) = result["notes"]
    assert note.startswith("s6: ") and "not symmetric" in note
    others = separator.join(["study", "HR", "CI lower", "CI upper"]) + "\n"
    others += "\n".join(line for line in text.splitlines()[1:] if not line.startswith("s6"))
    # tau is 0 by REML
    result = pooled(capsys, file(others), "--mu", "flat", "--tau", "half-normal:0.005")
    found = [result["mu"][end] for end in ENDS]
    np.testing.assert_allclose(found, [0.5140, 0.8445, 1.1750], atol=2e-4)


@pytest.mark.parametrize(
    ("measure", "columns", "limits"),
    [
        ("hr", {"hr": "4.64", "lower": "1.33", "upper": "6.16"}, np.log([1.33, 4.64, 6.16])),
        ("md", {"md": "2.0", "lower": "-1.5", "upper": "12.5"}, np.array([-1.5, 2.0, 12.5])),
        (
            "proportion",
            {"proportion": "0.10", "lower": "0.01", "upper": "0.20"},
            special.logit([0.01, 0.1, 0.2]),
        ),
    ],
)
def test_an_uneven_interval_keeps_its_shape_as_that_of_a_record_does(measure, columns, limits):
    """At either limit the log likelihood has fallen by half the 95 % point of chi-squared."""
    shape = shape_of(one_row(measure, **columns), measure, limits)
    np.testing.assert_allclose(shape - shape[1], [-1.9207, 0, -1.9207], atol=1e-4)
    if measure == "hr":
        numbers = [float(number) for number in columns.values()]
        theta = np.linspace(-1, 3, 41)
        np.testing.assert_allclose(
            shape_of(one_row("hr", **columns), "hr", theta),
            (found := UnevenRatio(*numbers).log_likelihood(theta)) - found[0],
            atol=1e-9,
        )


def test_an_estimate_that_is_a_limit_of_its_own_is_refused():
    with pytest.raises(BadTable, match="one of its limits"):
        one_row("hr", hr="2.00", lower="1.00", upper="2.00")


def test_the_p_of_a_ratio_has_its_rounding_summed_out_as_in_a_record():
    """HR 0.74, P = 0.36: z = 0.9154, se = 0.3011 / 0.9154; ratio and p each over all that prints so."""
    theta = np.linspace(-3, 3, 601)
    found = shape_of(one_row("hr", hr="0.74", p="0.36"), "hr", theta)
    within = (np.arange(60) + 0.5) / 6000  # middles of sixty parts of a last digit
    log_ratio = np.log(0.735 + within)[:, None, None]
    z = stats.norm.isf((0.355 + within) / 2)[:, None]
    density = stats.norm.pdf(theta, log_ratio, np.abs(log_ratio) / z)
    expected = np.log(density.mean(axis=(0, 1)))
    np.testing.assert_allclose(found, expected - expected[0], atol=0.01)  # of seven nodes
    of_record = RatioWithP(0.74, 0.735, 0.745, "0.36").log_likelihood(theta)
    np.testing.assert_allclose(found, of_record - of_record[0], atol=1e-12)
    near = np.array([-1.0, -0.3, 0.0, 0.4])
    np.testing.assert_allclose(
        shape_of(one_row("md", md="-0.301", p="0.36"), "md", near),
        shape_of(one_row("hr", hr="0.74", p="0.36"), "hr", near),
        atol=0.02,  # the same but for the rounding of the estimate
    )


@pytest.mark.parametrize(
    ("hr", "p", "words"),
    [("1.1", "0.9", "rounded too far"), ("1.00", "0.97", "too near 1"), ("0.74", "<0.05", "is a bound")],
)
def test_a_p_that_tells_too_little_of_a_ratio_is_refused_for_the_reason_of_a_record(hr, p, words):
    with pytest.raises(BadTable, match=words):
        one_row("hr", hr=hr, p=p)


TRIALS = [(5, 40, 9, 42), (3, 50, 8, 50), (0, 20, 3, 21)]


@pytest.mark.parametrize(
    "header",
    [
        "study,events_treated,n_treated,events_control,n_control",
        "study,ai,n1i,ci,n2i",  # metafor
        "studlab,event.e,n.e,event.c,n.c",  # meta
        "Study,Experimental cases,Experimental N,Control cases,Control N",  # RevMan
        "Study ID,Intervention Events,Intervention Total,Control Events,Control Total",
        "author,Events (treatment),N (treatment),Events (placebo),N (placebo)",
    ],
)
def test_columns_are_known_by_the_names_that_others_give_them(file, capsys, header):
    rows = "\n".join(f"s{i},{','.join(map(str, row))}" for i, row in enumerate(TRIALS))
    plain = "study,events_treated,n_treated,events_control,n_control\n" + rows
    found = pooled(capsys, file(f"{header}\n{rows}"), "--measure", "or")
    assert found == pooled(capsys, file(plain), "--measure", "or")


def test_a_table_of_metafor_with_all_four_cells_and_a_year_is_read(file):
    text = "author,year,ai,bi,ci,di\nFerguson,1949,6,300,29,274\nFerguson,1950,4,119,11,128\n"
    _, rows = read_rows(read(file(text)), "or")
    assert [row.study for row in rows] == ["Ferguson 1949", "Ferguson 1950"]
    assert rows[0].shown == "6/306 v 29/303"


def test_numbers_are_read_as_papers_print_them(file):
    text = "study,md,se,hr,p,log_rank_p,n_treated,n_control,events\nA,−0·15,.1,,,,,,\n"
    (row,) = read_rows(read(file(text)), "md")[1]
    assert row.normal(MEASURES["md"]) == (-0.15, 0.1)
    text = (
        "study,log_rank_p,n_treated,n_control,events\nA,P = .04,50,50,40\nB,ns,50,50,40\nC,≤0.01,50,50,40\n"
    )
    assert [row.p for row in read_rows(read(file(text)), "hr")[1]] == ["0.04", ">0.05", "≤0.01"]


def test_every_bad_row_is_named_at_once(file, capsys):
    lines = [f"s{i},0.1,{0 if i % 3 == 0 else 0.2}" for i in range(1, 22)]
    assert main(["pool", file("study,yi,sei\n" + "\n".join(lines)), "--measure", "or"]) == 1
    messages = capsys.readouterr().err.splitlines()
    assert len(messages) == 7
    for line, message in zip(range(4, 25, 3), messages, strict=True):
        assert f"line {line}, column sei: '0' must be a positive standard error" in message


TWO_MEASURES = "study,ai,n1i,ci,n2i,hr,se\nA,5,40,9,42,,\nB,,,,,0.8,0.2"


@pytest.mark.parametrize(
    ("text", "measure", "words"),
    [
        ("study,ai,n1i,ci,n2i\nA,5,40,9,42", None, ["or, rr, rd", "--measure"]),
        ("study,yi,vi\nA,0.1,0.2", None, ["say which with --measure"]),
        ("study,m1i,sd1i,n1i,m2i,sd2i,n2i\nA,1,1,9,2,1,9", None, ["md, smd"]),
        (TWO_MEASURES, None, ["line 2 (A) gives or", "(B) gives hr"]),
        (TWO_MEASURES, "hr", ["line 2 (A)", "or, rr, rd, not hr"]),
        ("study,ai,n1i,ci,n2i\nA,5,40,9,42", "smd", ["its numbers give or, rr, rd, not smd"]),
        ("study,estimate,lower,upper\nA,0.8,0.5,1.2", "hr", ["or its logarithm", "log_hr"]),
        ("study,hr,lower,upper\nA,1.3,0.5,1.2", None, ["must lie between its limits"]),
        ("study,hr,lower,upper\nA,0.8,1.5,1.2", None, ["must be below the upper limit (1.2)"]),
        ("study,hr,lower,upper\nA,0.8,-0.5,1.2", None, ["column lower: '-0.5' must be above 0"]),
        ("study,hr\nA,0.8", "hr", ["column se is missing"]),
        ("study,hr,p\nA,1,0.5", "hr", ["too near 1"]),
        ("study,hr,p\nA,0.7,<.05", "hr", ["is a bound"]),
        ("study,xi,ni\nA,11,10", None, ["column xi: '11' must not exceed ni (10)"]),
        ("study,x1i,t1i,x2i,t2i\nA,3,0,2,100", None, ["column t1i: '0'", "person-time"]),
        ("study,m1i,sd1i,n1i,m2i,sd2i,n2i\nA,1,0,9,2,1,9", "md", ["column sd1i", "above 0"]),
        ("study,log_rank_p,n_treated,n_control\nA,1.5,20,20", None, ["'1.5' must be a p-value"]),
        ("study,log_rank_p,n_treated,n_control,direction\nA,.05,20,20,left", None, ["lower or higher"]),
        ("study,proportion,se\nA,0.2,0.1", "proportion", ["has no logit"]),
    ],
)  # fmt: skip
def test_what_cannot_be_pooled_is_refused_with_the_reason(file, capsys, text, measure, words):
    asked = ["--measure", measure] if measure else []
    assert main(["pool", file(text), *asked, "--mu-sd", "1"]) == 1
    output = capsys.readouterr()
    assert output.out == ""
    for word in words:
        assert word in output.err


def test_a_thousandth_is_no_sign_of_asymmetry_where_rounding_explains_it():
    # exp(log(0.8) +- 1.96 * 0.5), to one and two digits
    assert pool(pd.DataFrame({"study": ["A"], "hr": ["0.8"], "lower": ["0.3"], "upper": ["2.1"]})).notes == []
    assert (
        pool(pd.DataFrame({"study": ["A"], "hr": ["0.80"], "lower": ["0.30"], "upper": ["2.13"]})).notes == []
    )


# The likelihood of each kind


@pytest.mark.parametrize("counts_", [(5, 17, 15, 28), (0, 9, 4, 10), (3, 3, 1, 4), (60, 1000, 90, 1000)])
@pytest.mark.parametrize("measure", ["rr", "rd"])
def test_counts_give_risk_ratios_and_differences_their_exact_likelihood(counts_, measure):
    a, n, c, m = counts_
    names = ("events_treated", "n_treated", "events_control", "n_control")
    row = one_row(measure, **dict(zip(names, counts_, strict=True)))

    def risks(theta, alpha):
        """Control and treated risk by root finding: the two log odds have the mean alpha."""
        treated = (lambda p: p * np.exp(theta)) if measure == "rr" else (lambda p: p + np.tanh(theta))
        low = max(0.0, -np.tanh(theta)) if measure == "rd" else 0.0
        high = min(1.0, np.exp(-theta)) if measure == "rr" else min(1.0, 1 - np.tanh(theta))

        def off(u):
            p = low + (high - low) / (1 + np.exp(-u))
            q = treated(p)
            odds = np.log(p) - np.log1p(-p) + np.log(q) - np.log1p(-q)
            return odds - 2 * alpha

        p = low + (high - low) / (1 + np.exp(-optimize.brentq(off, -30, 30)))
        return p, treated(p)

    def brute(theta):
        alpha = np.linspace(-12, 12, 481)
        both = np.array([risks(theta, x) for x in alpha])
        mass = (
            stats.binom.pmf(c, m, both[:, 0]) * stats.binom.pmf(a, n, both[:, 1]) * stats.norm.pdf(alpha / 2)
        )
        return np.log(integrate.simpson(mass, x=alpha))

    theta = [-0.6, -0.3, -0.1, 0.2, 0.5] if measure == "rr" else [-0.4, -0.2, -0.05, 0.1, 0.3]
    expected = np.array([brute(value) for value in theta])
    # cubics join the tabulated values
    baseline = BaselinePrior(parse("normal:0:2"))
    found = shape_of(row, measure, theta, baseline)
    np.testing.assert_allclose(found, expected - expected[0], atol=2e-3)


def test_exchanging_the_arms_inverts_a_risk_ratio_and_turns_a_difference_round():
    one = pd.DataFrame(
        [("A", 5, 17, 15, 28), ("B", 0, 20, 3, 21)], columns=["study", "ai", "n1i", "ci", "n2i"]
    )
    other = one.rename(columns={"ai": "ci", "ci": "ai", "n1i": "n2i", "n2i": "n1i"})
    for measure in ("rr", "rd", "or"):
        first, second = (pool(table, measure).summary["mu"] for table in (one, other))
        assert first["lower"] == pytest.approx(-second["upper"], abs=1e-4)
        assert first["median"] == pytest.approx(-second["median"], abs=1e-4)


def test_person_time_gives_the_poisson_likelihood_with_the_rate_integrated_out():
    row = one_row(x1i=3, t1i=120.0, x2i=9, t2i=100.0)

    def brute(theta):  # over the log rate, flat
        return np.log(
            integrate.quad(
                lambda rate: (
                    stats.poisson.pmf(3, 120 * np.exp(rate + theta))
                    * stats.poisson.pmf(9, 100 * np.exp(rate))
                ),
                -12,
                6,
            )[0]
        )

    theta = [-2.0, -1.0, 0.0, 0.5]
    np.testing.assert_allclose(
        shape_of(row, "irr", theta), [brute(value) - brute(-2.0) for value in theta], atol=1e-6
    )


def test_a_single_arm_gives_the_binomial_likelihood_of_its_logit():
    row = one_row(xi=3, ni=20)
    p = np.array([0.05, 0.15, 0.4])
    expected = stats.binom.logpmf(3, 20, p)
    np.testing.assert_allclose(shape_of(row, "proportion", np.log(p / (1 - p))), expected - expected[0])


def test_single_arms_pool_to_what_a_grid_gives():
    """4/10, 3/20, 2/30, 1/40 (metafor issue 100): sums over mu, tau and each study's logit, a
    binomial being p^x (1 - p)^(n - x) but for a constant.
    """
    arms = [(4, 10), (3, 20), (2, 30), (1, 40)]
    table = pd.DataFrame([(f"s{i}", *arm) for i, arm in enumerate(arms)], columns=["study", "xi", "ni"])
    found = pool(table).summary["mu"]
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    mu, tau = np.linspace(-8, 4, 481), np.linspace(0.005, 6, 300)
    log_mass = np.zeros((len(tau), len(mu)))
    for events, n in arms:
        logit = mu[None, :, None] + tau[:, None, None] * nodes
        log_mass += np.log(np.exp(events * logit - n * np.logaddexp(0, logit)) @ weights)
    log_mass += stats.norm(0, 2).logpdf(mu) + stats.halfnorm(scale=1).logpdf(tau)[:, None]
    cdf = np.cumsum(np.exp(log_mass - log_mass.max()).sum(axis=0))
    expected = np.interp([0.025, 0.5, 0.975], cdf / cdf[-1], mu + 0.0125)
    np.testing.assert_allclose([found[end] for end in ENDS], expected, atol=0.01)  # a step is 0.025


MEANS = {"m1i": 55.0, "sd1i": 47.0, "n1i": 15, "m2i": 75.0, "sd2i": 64.0, "n2i": 9}


def test_means_give_a_difference_its_t_with_the_degrees_of_freedom_of_welch():
    test = stats.ttest_ind_from_stats(55, 47, 15, 75, 64, 9, equal_var=False)
    parts = 47**2 / 15, 64**2 / 9
    df = sum(parts) ** 2 / (parts[0] ** 2 / 14 + parts[1] ** 2 / 8)
    theta = np.array([-60.0, -20.0, 0.0, 30.0])
    # scipy's own statistic and p tell standard error and degrees of freedom
    assert 2 * stats.t.sf(abs(test.statistic), df) == pytest.approx(test.pvalue, rel=1e-12)
    expected = stats.t.logpdf((-20 - theta) / (-20 / test.statistic), df)
    np.testing.assert_allclose(
        shape_of(one_row("md", **MEANS), "md", theta), expected - expected[0], atol=1e-9
    )


def test_means_give_a_standardised_difference_its_noncentral_t():
    test = stats.ttest_ind_from_stats(55, 47, 15, 75, 64, 9, equal_var=True)
    theta = np.array([-2.0, -0.4, 0.0, 0.7])
    expected = stats.nct.logpdf(test.statistic, 22, theta * np.sqrt(15 * 9 / 24))
    np.testing.assert_allclose(
        shape_of(one_row("smd", **MEANS), "smd", theta), expected - expected[0], atol=1e-5
    )


@pytest.mark.parametrize("measure", ["rr", "rd"])
@pytest.mark.parametrize("counts_", [(1, 30, 1, 30), (10, 30, 10, 30)])
def test_arms_with_the_same_events_have_no_spike_where_nothing_differs(measure, counts_):
    columns = dict(zip(("ai", "n1i", "ci", "n2i"), counts_, strict=True))
    shape = shape_of(one_row(measure, **columns), measure, [-1e-3, -1e-9, 0.0, 1e-9, 1e-3])
    np.testing.assert_allclose(shape, 0, atol=1e-3)


def test_a_log_rank_p_with_deaths_gives_the_hazard_ratio_of_tierney():
    """491 v 485 patients, 485 deaths, p = 0.075: 0.85 (0.71 to 1.02) (Tierney 2007)."""
    row = one_row(log_rank_p=".075", n_treated=491, n_control=485, deaths=485, direction="lower")
    log_hr, (low, high) = np.linspace(-1, 1, 20_001), np.log([0.71, 1.02])
    shape = shape_of(row, "hr", log_hr)
    best = np.argmax(shape)
    assert np.exp(log_hr[best]) == pytest.approx(0.85, abs=0.005)  # as printed
    fallen = np.interp([low, high], log_hr, shape - shape[best])
    np.testing.assert_allclose(fallen, -(stats.norm.isf(0.025) ** 2) / 2, atol=0.15)  # as rounded


@pytest.mark.parametrize(("n", "m", "events"), [(20, 20, 30), (60, 60, 90), (40, 90, 100), (120, 60, 60)])
@pytest.mark.parametrize("log_hr", [-1.5, 0.0, 0.7, 1.5])
def test_z_of_a_log_rank_test_has_its_simulated_mean_and_sd_where_the_events_are_told(n, m, events, log_hr):
    """Patients leave one by one, events among the exits by chance; 4,000 trials, so that the mean is known to
    0.016. At a log hazard ratio of 1.5 Schoenfeld's mean is off by 0.3 to 1.2.
    """
    random, trials = np.random.default_rng(20310702), 4000
    order = random.permuted(np.tile(np.arange(n + m), (trials, 1)), axis=1)
    treated, control = np.full(trials, float(n)), np.full(trials, float(m))
    difference, variance = np.zeros(trials), np.zeros(trials)
    for i in range(n + m):
        event, share = order[:, i] < events, treated / (treated + control)
        weight = treated * np.where(event, np.exp(log_hr), 1.0)
        leaves = random.random(trials) * (weight + control) < weight
        difference += event * (leaves - share)
        variance += event * share * (1 - share)
        treated, control = treated - leaves, control - ~leaves
    z = difference / np.sqrt(variance)
    mean, sd = moments(np.array([log_hr, -log_hr]), n, m, events)
    assert mean[0] == pytest.approx(z.mean(), abs=0.08)
    assert sd[0] == pytest.approx(z.std(), rel=0.06)
    exchanged = moments(np.array([-log_hr, log_hr]), m, n, events)
    np.testing.assert_allclose([mean, sd], [-exchanged[0], exchanged[1]], atol=1e-9)


def test_a_log_rank_p_without_direction_or_as_a_bound_gives_the_probability_of_the_region():
    sizes = {"n_treated": 50, "n_control": 50, "events": 40}
    theta = np.array([-1.0, 0.0, 0.4, 1.0])
    mean, sd = moments(theta, 50, 50, 40)
    np.testing.assert_allclose(mean[1:3], [0, 0.4 * np.sqrt(10)], atol=0.02)  # V = 40 / 4, near no effect
    z = stats.norm.isf(0.025)
    for p, direction, expected in (
        ("0.05", None, stats.norm.pdf(z, mean, sd) + stats.norm.pdf(-z, mean, sd)),
        ("<0.05", None, stats.norm.sf(z, mean, sd) + stats.norm.cdf(-z, mean, sd)),
        (">0.05", None, stats.norm.cdf(z, mean, sd) - stats.norm.cdf(-z, mean, sd)),
        ("<0.05", "higher", stats.norm.sf(z, mean, sd)),
    ):
        columns = {"log_rank_p": p, **sizes} | ({"direction": direction} if direction else {})
        found = shape_of(one_row(**columns), "hr", theta)
        # cubics join the tabulated values
        np.testing.assert_allclose(found, np.log(expected / expected[0]), atol=1e-3)


def test_effects_of_every_form_give_the_same_normal():
    """0.8 with a standard error of 0.25 of its logarithm, told in six ways."""
    half = stats.norm.isf(0.05) * 0.25
    told = [
        {"hr": 0.8, "se": 0.25},
        {"log_hr": np.log(0.8), "se": 0.25},
        {"log_hr": np.log(0.8), "variance": 0.0625},
        {"hr": 0.8, "lower": 0.8 * np.exp(-half), "upper": 0.8 * np.exp(half), "level": 90},
        {"hr": "0.80000000000", "p": f"{2 * stats.norm.sf(abs(np.log(0.8)) / 0.25):.12f}"},
        {"o_minus_e": np.log(0.8) / 0.0625, "variance": 1 / 0.0625},
    ]
    for columns in told:
        np.testing.assert_allclose(
            one_row("hr", **columns).normal(MEASURES["hr"]),
            [np.log(0.8), 0.25],
            rtol=1e-9,
            err_msg=str(columns),
        )


def test_a_risk_difference_with_limits_is_normal_as_a_difference():
    """-0.15 (-0.37 to 0.07): RoBMA issue 8."""
    row = one_row(rd=-0.15, lower=-0.37, upper=0.07)
    se = 0.44 / (2 * stats.norm.isf(0.025))
    difference = np.array([-0.4, -0.15, 0.2])
    expected = stats.norm.logpdf(-0.15, difference, se)
    np.testing.assert_allclose(shape_of(row, "rd", np.arctanh(difference)), expected - expected[0], atol=1e-9)


# Pooling


def test_a_mixture_of_normal_rows_pools_as_its_estimates_do():
    table = pd.DataFrame(
        [
            {"study": "limits", "hr": 0.8, "lower": 0.5, "upper": 1.28},
            {"study": "logs", "log_hr": 0.1, "se": 0.3},
            {"study": "peto", "o_minus_e": -4.0, "variance": 16.0},
            {"study": "p", "log_rank_p": "0.075", "direction": "lower", "events": 48500}
            | {"n_treated": 49100, "n_control": 48500},
        ]
    )
    root_v = np.sqrt(48500 * 49100 * 48500) / 97600
    estimate = [np.log(0.8), 0.1, -0.25, stats.norm.ppf(0.0375) / root_v]
    se = [np.log(1.28 / 0.5) / (2 * stats.norm.isf(0.025)), 0.3, 0.25, 1 / root_v]
    expected = normal_normal(estimate, se, parse("normal:0:1"), parse("half-normal:0.5")).summary()
    assert pool(table).summary["mu"]["upper"] == pytest.approx(
        expected["mu"]["upper"], abs=1e-5
    )  # Schoenfeld, to first order


def test_counts_and_ratios_pool_together():
    """Fifty times the counts say what their odds ratio with its interval says."""
    a, n, c, m = 400, 1000, 500, 1000
    log_or = np.log(a * (m - c) / (c * (n - a)))
    se = np.sqrt(1 / a + 1 / (n - a) + 1 / c + 1 / (m - c))
    both = {"study": ["B"], "log_or": [-0.1], "se": [0.2]}
    mixed = pd.concat(
        [pd.DataFrame({"study": ["A"], "ai": [a], "n1i": [n], "ci": [c], "n2i": [m]}), pd.DataFrame(both)]
    )
    plain = pd.concat([pd.DataFrame({"study": ["A"], "log_or": [log_or], "se": [se]}), pd.DataFrame(both)])
    found, expected = pool(mixed, "or").summary, pool(plain, "or").summary
    # of 400 events the log odds ratio is normal to a few hundredths of its SD
    for end in ENDS:
        assert found["mu"][end] == pytest.approx(expected["mu"][end], abs=0.003)


@pytest.mark.parametrize("measure", ["or", "rr", "rd"])
def test_very_large_arms_are_pooled(measure):
    n, risks = 1_000_000, np.array([[0.2, 0.4], [0.3, 0.31]])  # treated, control
    rows = [(f"s{i}", int(p * n), n, int(q * n), n) for i, (p, q) in enumerate(risks)]
    (p, q), variance = risks.T, risks * (1 - risks) / n
    # the delta method
    estimate, slopes = {
        "or": (np.log(p / (1 - p) * (1 - q) / q), 1 / (risks * (1 - risks))),
        "rr": (np.log(p / q), 1 / risks),
        "rd": (np.arctanh(p - q), (1 / (1 - (p - q) ** 2))[:, None]),
    }[measure]
    se = np.sqrt((variance * slopes**2).sum(axis=1))
    expected = normal_normal(estimate, se, parse("normal:0:1"), parse("half-normal:0.5")).summary()
    table = pd.DataFrame(rows, columns=["study", "ai", "n1i", "ci", "n2i"])
    found = pool(table, measure, mu="normal:0:1", tau="half-normal:0.5").summary
    for end in ENDS:
        assert found["mu"][end] == pytest.approx(expected["mu"][end], abs=1e-9)


def test_arms_of_a_million_and_of_ten_pool_to_what_a_grid_gives():
    rows = [
        ("A", 200_000, 10**6, 400_000, 10**6),
        ("B", 100_000, 10**6, 500_000, 10**6),
        ("C", 30, 100, 5, 12),
    ]
    found = pool(pd.DataFrame(rows, columns=["study", "ai", "n1i", "ci", "n2i"]), "or").summary
    # A and B differ by 1.2, so that tau is far above 0.1 and a grid of its steps holds everything
    tau, mu, theta = np.linspace(0.1, 4, 131), np.linspace(-5, 3, 201), np.linspace(-12, 12, 601)
    small = two_arm_log_likelihood(30, 100, 5, 12, MIDWAY)(theta)
    log_mass = np.zeros((len(tau), len(mu)))
    for k, one in enumerate(tau):
        kernel = np.exp(-0.5 * ((theta - mu[:, None]) / one) ** 2) / one
        log_mass[k] = np.log(kernel @ np.exp(small - small.max()))
        for p, q in ((0.2, 0.4), (0.1, 0.5)):
            se = np.sqrt((1 / p + 1 / (1 - p) + 1 / q + 1 / (1 - q)) / 1e6)
            log_mass[k] += stats.norm.logpdf(np.log(p / (1 - p) / (q / (1 - q))), mu, np.hypot(one, se))
    log_mass += stats.norm.logpdf(mu) + stats.halfnorm(scale=0.5).logpdf(tau)[:, None]
    mass = np.exp(log_mass - log_mass.max())
    for name, by, step, x in (
        ("mu", mass.sum(axis=0), 0.04, mu),
        ("tau", mass.sum(axis=1), tau[1] - tau[0], tau),
    ):
        cdf = np.cumsum(by) / by.sum()
        for end, q in zip(ENDS, (0.025, 0.5, 0.975), strict=True):
            assert found[name][end] == pytest.approx(
                np.interp(q, cdf, x + step / 2), abs=0.005
            )  # steps of 0.02
    assert found["studies"]["A"]["median"] == pytest.approx(np.log(0.25 / (2 / 3)), abs=1e-4)


@pytest.mark.parametrize("mu", ["normal:0:1", "t:3:0:1", "flat"])
@pytest.mark.parametrize("tau", ["half-normal:0.5", "uniform:0:2", "half-cauchy:0.5"])
def test_exact_normals_beside_a_grid_give_what_one_grid_of_all_gives(mu, tau):
    others = [two_arm_log_likelihood(*table, MIDWAY) for table in ((3, 10, 5, 12), (0, 10, 5, 12))]
    estimate, se, priors = [-0.5, 0.2], [0.2, 0.3], (parse(mu), parse(tau))
    found, of_normals, of_others = from_normals_and_likelihoods(estimate, se, others, *priors)
    normals = [
        lambda theta, y=y, s=s: -0.5 * ((y - theta) / s) ** 2 for y, s in zip(estimate, se, strict=True)
    ]
    expected = from_study_likelihoods([*normals, *others], *priors)
    pairs = [(found.mu, expected.mu), (found.tau, expected.tau), (found.prediction, expected.prediction)]
    for one, other in [*pairs, *zip([*of_normals, *of_others], expected.theta.values(), strict=True)]:
        low, middle, high = other.quantile([0.025, 0.5, 0.975])
        # either engine keeps to 1e-3 of an SD, heavy tails to a few
        np.testing.assert_allclose(
            one.quantile([0.025, 0.5, 0.975]), [low, middle, high], atol=(high - low) / 800
        )


@pytest.mark.parametrize("dataset", ["bcg", "hackshaw", "nielweise", "yusuf6"])
def test_published_meta_analyses_are_met_through_the_library(dataset):
    yi, sei = effects(dataset)
    table = pd.DataFrame({"study": [f"s{i}" for i in range(len(yi))], "yi": yi, "sei": sei})
    found = pool(table, "or", mu="normal:0:4", tau="half-normal:0.5").summary
    reference = published(dataset, "nn", "bayesmeta")
    sd = (reference["mu_upper"] - reference["mu_lower"]) / 3.92
    for end in ENDS:
        assert found["mu"][end] == pytest.approx(reference[f"mu_{end}"], abs=0.005 * sd)


def test_a_published_meta_analysis_of_rare_events_is_met_from_counts():
    columns = dict(zip(("ai", "n1i", "ci", "n2i"), counts("crins"), strict=True))
    table = pd.DataFrame({"study": list("abcdef"), **columns})
    found = pool(table, "or", mu="normal:0:4", tau="half-normal:0.5", baseline_at="control").summary
    reference = published("crins", "bn", "jags")
    # 2207 effective draws of mu with an SD of 0.35: three standard errors of a median, of a limit
    assert found["mu"]["median"] == pytest.approx(reference["mu_median"], abs=0.03)
    assert found["mu"]["lower"] == pytest.approx(reference["mu_lower"], abs=0.06)


def test_sampling_agrees_with_quadrature_on_rows_that_are_no_binomial_and_no_normal():
    table = pd.DataFrame(
        [(f"s{i}", *row) for i, row in enumerate(TRIALS)], columns=["study", "ai", "n1i", "ci", "n2i"]
    )
    exact, drawn = (pool(table, "rr", engine=engine).summary for engine in ("quadrature", "nuts"))
    sd = (exact["mu"]["upper"] - exact["mu"]["lower"]) / 3.92
    for end, spread in (("median", 1.25), ("lower", 2.7), ("upper", 2.7)):
        # four standard errors of a quantile of a normal, of 16,000 draws some 4,000 count
        assert drawn["mu"][end] == pytest.approx(exact["mu"][end], abs=4 * spread * sd / np.sqrt(4000))
    assert 0 < drawn["monte_carlo_error_of_mu"]["median"] < 0.05 * sd


# What is told


@pytest.fixture
def ratios(file):
    lines = [f"s{i},{hr},{low},{high}" for i, (hr, low, high) in enumerate(SEVEN, 1)]
    return file("study,hr,lower,upper\n" + "\n".join(lines))


def test_each_study_is_left_out_in_turn(ratios, file, capsys):
    result = pooled(capsys, ratios, "--leave-one-out")
    lines = [f"s{i},{hr},{low},{high}" for i, (hr, low, high) in enumerate(SEVEN, 1) if i != 4]
    without = pooled(capsys, file("study,hr,lower,upper\n" + "\n".join(lines), "six.csv"))
    assert result["leave_one_out"]["s4"] == without["mu"] and len(result["leave_one_out"]) == 7


def test_other_priors_of_tau_are_tried(ratios, capsys):
    result = pooled(capsys, ratios, "--sensitivity", "--tau", "half-cauchy:0.5")
    wide = pooled(capsys, ratios, "--tau", "uniform:0:2")
    found = result["sensitivity"]["uniform with low 0, high 2"]["mu"]
    assert found == pytest.approx(wide["mu"], rel=1e-12)  # limits found together round in another order
    assert len(result["sensitivity"]) == 6


def test_the_probability_beyond_an_effect_is_that_of_the_posterior(ratios, capsys):
    upper = pooled(capsys, ratios)["natural"]["mu"]["upper"]
    result = pooled(capsys, ratios, "--beyond", str(upper))
    assert result["beyond"]["probability_above"]["mu"] == pytest.approx(0.025, abs=1e-6)
    assert result["beyond"]["probability_below"]["prediction"] < 0.975


def test_an_effect_that_the_measure_cannot_be_is_wrong_usage(ratios, capsys):
    assert main(["pool", ratios, "--beyond", "-1"]) == 2
    assert "is no hazard ratio: it must be above 0" in capsys.readouterr().err


def test_json_has_a_schema_and_csv_the_same_numbers(ratios, capsys):
    result = pooled(capsys, ratios)
    assert result["schema"] == 1 and result["natural"]["mu"]["median"] == pytest.approx(
        np.exp(result["mu"]["median"])
    )
    assert main(["pool", ratios, "--csv"]) == 0
    rows = {row["what"]: row for row in csv.DictReader(io.StringIO(capsys.readouterr().out))}
    assert float(rows["mu"]["median"]) == pytest.approx(result["natural"]["mu"]["median"], rel=1e-5)
    assert float(rows["tau"]["upper"]) == pytest.approx(result["tau"]["upper"], rel=1e-5)


def test_a_forest_plot_shows_every_study_where_its_interval_lies(ratios, tmp_path, capsys):
    figure = tmp_path / "forest.svg"
    result = pooled(capsys, ratios, "--figure", str(figure))
    tree = ElementTree.parse(figure)
    space = "{http://www.w3.org/2000/svg}"
    texts = [element.text for element in tree.iter(f"{space}text")]
    assert {f"s{i}" for i in range(1, 8)} <= set(texts) and "Mean effect" in texts
    anchored = [t for t in tree.iter(f"{space}text") if t.get("text-anchor") and t.text[0].isdigit()]
    ticks = {float(t.text): float(t.get("x")) for t in anchored}
    (one, at_one), (other, at_other) = sorted(ticks.items())[:2]
    per_log = (at_other - at_one) / np.log(other / one)
    squares = [float(r.get("x")) + 3.5 for r in tree.iter(f"{space}rect") if r.get("width") == "7"]
    expected = [at_one + per_log * (study["median"] - np.log(one)) for study in result["studies"]]
    np.testing.assert_allclose(squares[:7], expected, atol=0.2)  # a tenth of a pixel is written
    first = figure.read_bytes()
    pooled(capsys, ratios, "--figure", str(figure))
    assert figure.read_bytes() == first


def test_no_text_of_a_forest_plot_runs_into_another_or_out_of_the_picture(tmp_path, capsys, file):
    """Measured in DejaVu Sans, wider than most fonts."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextPath

    names = ["Frimodt-Moller and others 1973", "A study whose name is far too long for any column to hold it"]
    figure = tmp_path / "forest.svg"
    text = "study,ai,n1i,ci,n2i,where\n" + "".join(
        f"{name} {i},{i},5069,9,5808,{'far <north>' if i % 2 else 'south'}\n"
        for i, name in enumerate(names * 2)
    )
    pooled(capsys, file(text), "--measure", "rd", "--subgroups", "where", "--figure", str(figure))
    tree = ElementTree.parse(figure)
    space = "{http://www.w3.org/2000/svg}"
    rows = {}
    for one in tree.iter(f"{space}text"):
        if not one.get("text-anchor"):
            font = FontProperties(family="DejaVu Sans", size=13, weight=one.get("font-weight") or "normal")
            end = float(one.get("x")) + TextPath((0, 0), one.text or ".", prop=font).get_extents().x1
            rows.setdefault(one.get("y"), []).append((float(one.get("x")), end))
    assert len(rows) == 1 + 4 + 4
    for spans in rows.values():
        ends = [end for _, end in sorted(spans)]
        starts = [start for start, _ in sorted(spans)][1:]
        assert all(
            end < start
            for end, start in zip(ends, [*starts, float(tree.getroot().get("width"))], strict=True)
        )
    described = tree.find(f"{space}desc").text
    assert (
        described.startswith("Forest plot of 4 studies. Mean effect in south: ")
        and "far <north>" in described
    )


@pytest.mark.parametrize(
    "machine",
    [
        {"OPENBLAS_CORETYPE": "Prescott"},
        {"NPY_DISABLE_CPU_FEATURES": "AVX2 FMA3 AVX512F AVX512CD AVX512_SKX"},
    ],
)
def test_every_digit_is_the_same_on_a_processor_that_can_do_less(file, machine):
    path = file(
        "study,ai,n1i,ci,n2i,or,lower,upper\nA,5,40,9,42,,,\nB,,,,,0.8,0.4,1.6\nC,0,20,3,21,,,\nD,9,40,9,42,,,\n"
    )
    printed = []
    for added in ({}, machine):
        command = [sys.executable, "-W", "ignore", "-m", "models", "pool", path, "--measure", "or", "--json"]
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ | added)
        printed.append(done.stdout)
    assert printed[0] == printed[1]


# Priors by name


@pytest.mark.parametrize(
    ("text", "prior"),
    [
        ("turner:infection", priors.TAU_TURNER_INFECTION),
        ("turner:adverse-events", priors.TAU_TURNER_ADVERSE_EVENTS),
        ("turner:mortality", priors.TAU_TURNER_MORTALITY),
    ],
)
def test_turners_table_holds_what_the_review_uses(text, prior):
    assert prior_of(text).parameters == prior.parameters


def test_turners_table_is_complete_and_its_last_entry_is_in_its_place():
    # table IV: subjective outcomes, other v other: tau squared log-normal(-2.26, 1.45)
    assert prior_of("turner:subjective:other-other").parameters == (-1.13, 0.725)
    with pytest.raises(ValueError, match="is not in Turner's table"):
        prior_of("turner:height")


def test_rhodess_prior_is_a_t_of_log_tau_squared_and_a_doubtful_cell_is_refused():
    """In general t(5, -3.44, 2.59): its quantiles are half of those (log-t of tau)."""
    prior = prior_of("rhodes")
    for q in (0.025, 0.5, 0.975):
        log_tau_squared = -3.44 + 2.59 * stats.t.ppf(q, 5)
        assert prior.quantile(q) == pytest.approx(np.exp(log_tau_squared / 2), rel=1e-9)
    assert prior_of("rhodes:pain:drug-drug").parameters == (5.0, -1.72, 1.22)
    with pytest.raises(ValueError, match="misprint"):
        prior_of("rhodes:mental-health:other")
    with pytest.raises(ValueError, match="is not in Rhodes's table"):
        prior_of("rhodes:height")


@pytest.mark.parametrize(
    "options",
    [["--mu", "log-normal:0:1"], ["--mu", "x"], ["--tau", "turner:x"], ["--mu", "flat", "--mu-sd", "1"]],
)
def test_a_prior_that_cannot_be_is_wrong_usage(ratios, options):
    try:
        assert main(["pool", ratios, *options]) == 2
    except SystemExit as done:
        assert done.code == 2


def test_a_mean_difference_needs_a_prior(file, capsys):
    path = file("study,md,se\nA,-3,1")
    assert main(["pool", path]) == 2 and "needs --mu-sd or --mu" in capsys.readouterr().err
    assert main(["pool", path, "--mu", "flat"]) == 2 and "needs --tau" in capsys.readouterr().err
    assert main(["pool", path, "--mu", "flat", "--tau", "half-normal:2"]) == 0


# As a library, and as a process


def test_the_example_in_the_library_is_true():
    found = doctest.testmod(models.pool, raise_on_error=False)
    assert found.attempted and not found.failed


def test_a_data_frame_with_empty_cells_is_pooled_as_its_csv(file, capsys):
    table = pd.DataFrame(
        {
            "study": ["A", "B"],
            "hr": [0.8, np.nan],
            "se": [0.2, 0.3],
            "log_hr": [None, -0.1],
            "colour": ["red", None],
        }
    )
    path = file(table.to_csv(index=False))
    found = pooled(capsys, path, "--measure", "hr")["mu"]
    assert pool(table, "hr").summary["mu"] == pytest.approx(found, rel=1e-8)  # of nine digits


def test_a_bad_cell_of_a_data_frame_is_named():
    with pytest.raises(BadTable, match="line 3, column se: '-1'"):
        pool(pd.DataFrame({"study": ["A", "B"], "hr": [0.8, 0.9], "se": [0.2, -1.0]}))


def test_thirty_rows_of_any_mixture_need_no_heavy_import(file):
    lines = ["study,ai,n1i,ci,n2i,or,lower,upper"]
    lines += [f"c{i},{5 + i},{60 + i},{9 + i},{62 + i},,," for i in range(15)]
    lines += [f"r{i},,,,,0.{5 + i % 5},0.3,1.6" for i in range(15)]
    code = (
        "import sys; from models.__main__ import main; code = main(sys.argv[1:]);"
        "print(code, set(sys.modules) & {'pymc', 'arviz', 'pandas', 'numba', 'scipy.stats'}, file=sys.stderr)"
    )
    arguments = ["pool", file("\n".join(lines)), "--measure", "or", "--json"]
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True
    )
    assert done.stderr.strip() == "0 set()" and len(json.loads(done.stdout)["studies"]) == 30
    assert time.perf_counter() - started < 20  # a second on an idle machine, which `make bench` times

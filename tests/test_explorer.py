"""The explorer's answer, as Chromium computes it, against Python's, brute force and scipy."""

import base64
import itertools
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from example_explorer import at, text
from scipy import integrate, stats
from scipy.special import logsumexp

from book.shown import explorer_data
from extraction.question import GRADES
from extraction.records import Review
from models import fit
from models.answers import duration_tables as kept_tables
from models.answers import summary
from models.answers.bias import bias_prior, bias_priors, through_bias
from models.endpoints import ENDPOINTS, evidence_of
from models.engines import duration_tables
from models.engines.durations import layout
from models.engines.effects import study_likelihoods
from models.engines.quadrature_general import from_study_likelihoods
from models.evidence.collect import alternatives, collect
from models.evidence.report import ALTERNATIVES, PRIMARY
from models.likelihood import kernels
from models.likelihood.kinds.ratio import Ratio
from models.likelihood.two_arms import two_arm_log_likelihood
from models.pool import pool
from models.priors import MIDWAY, SIGMA_LOG_DURATION, STEP_LOG_DURATION, TREND_LOG_DURATION, Prior, parse
from models.trust import duration_universes

WITHIN = 0.005  # log scale
PRINTED = "printed numbers only"
browser = pytest.mark.browser


# the posterior against Python's

TAU = {"half_normal": (0.1, 0.5, 1.5), "log_normal": (0.29, 0.8), "inverse_gamma": (0.14, 0.8)}


def settings(review: Review) -> list[dict]:
    """Choices by endpoint: every prior of tau, with the other choices going round."""
    others = itertools.cycle(
        itertools.product((1.0, 0.3, 2.0), ("none", "judged", "0.4:0.6"), ("used", "printed"))
    )
    found = []
    for key, endpoint in explorer_data.EFFECTS.items():
        held = {"used"} | ({"printed"} if PRINTED in alternatives(review, endpoint.evidence) else set())
        for prior in explorer_data.tau_families(endpoint):
            for scale in TAU[prior.family]:
                mu, bias, data = next(choice for choice in others if choice[-1] in held)
                tau = f"{prior.family}:{scale}"
                found.append({"endpoint": key, "tau": tau, "mu": mu, "bias": bias, "data": data})
    return found


def by_python(
    review: Review,
    endpoint: str,
    tau: str,
    mu: float,
    bias: str = "judged",
    data: str = "used",
    without: str = "",
    own=None,
    own_bias: Prior | None = None,
):
    """The same posterior from likelihoods as the book has them; `own` is a further log likelihood."""
    family, scale = tau.split(":")
    shape = next(
        explorer_data._tau(p)["shape"]
        for p in explorer_data.tau_families(ENDPOINTS[endpoint])
        if p.family == family
    )
    evidence = collect(
        review, ENDPOINTS[endpoint].evidence, PRIMARY if data == "used" else ALTERNATIVES[PRINTED]
    )
    terms = {
        review.studies[study].label: (term, bias_priors(endpoint, review, evidence)[study])
        for study, term in study_likelihoods(evidence).items()
        if study not in without.split(",")
    }
    if own:
        terms["Your study"] = own, own_bias or bias_prior(endpoint, "critical")
    if bias not in ("judged", "none"):
        same = Prior("same", "normal", tuple(map(float, bias.split(":"))), "", "")
        terms = {study: (term, same) for study, (term, _) in terms.items()}
    likelihoods = [term if bias == "none" else through_bias(term, prior) for term, prior in terms.values()]
    return from_study_likelihoods(
        likelihoods,
        parse(f"normal:0:{mu}"),
        explorer_data.tau_prior(family, float(scale), shape),
        list(terms),
    )


def limits(marginal) -> list[float]:
    return list(marginal.limits().values())


@browser
def test_the_answer_is_python_s_over_a_grid_of_choices(page, review):
    worst = {"mean": 0.0, "prediction": 0.0, "study": 0.0}
    for choices in settings(review):
        expected, found = (
            by_python(review, **choices),
            at(page, **{k: v for k, v in choices.items() if v not in ("none", "used")}),
        )
        distances = {
            "mean": found["Mean effect"] - limits(expected.mu),
            "prediction": found["In a new study"] - limits(expected.prediction),
            "study": np.array([found[study] - limits(theta) for study, theta in expected.theta.items()]),
        }
        assert np.abs(distances["mean"]).max() < WITHIN, choices
        below = expected.probability_below()
        favours = below if ENDPOINTS[choices["endpoint"]].benefit == "below" else 1 - below
        assert found["Probability that tocilizumab is the better side"][0] == pytest.approx(
            favours, abs=0.002
        )
        tau = found["Differences between studies, τ (log scale)"]
        assert tau[0] == pytest.approx(expected.tau.limits()["median"], abs=0.02)
        worst = {name: max(worst[name], float(np.abs(distances[name]).max())) for name in worst}
    print("furthest from Python, log scale:", worst)
    # the heaviest tails of tau leave the page's grid
    assert worst["prediction"] < 0.05 and worst["study"] < 0.05, worst


@browser
@pytest.mark.parametrize(
    "key, also", [*((key, 0.002) for key in explorer_data.EFFECTS), ("crs_duration_grade3", 0.02)]
)
def test_it_opens_with_the_book_s_answer(page, key, also, review):
    """Within four Monte Carlo errors of the sampler, and what the tables of durations leave open: their 35
    nodes of trend and steps.
    """
    fit.fit([key], review)
    book, found = summary.summarise(key, review), at(page, endpoint=key)
    expected = np.log([book[name] for name in ("median", "lower", "upper")])
    errors = [book["mcse"][name] / book[name] for name in ("median", "lower", "upper")]
    assert (np.abs(found["Mean effect"] - expected) < 4 * np.array(errors) + also).all()


@browser
@pytest.mark.parametrize(
    "judgement, prior",
    [
        ("trial-low", {"judgement": "low", "randomised": True}),
        ("trial-high", {"judgement": "high", "randomised": True}),
        ("serious", {"judgement": "serious"}),
    ],
)
def test_a_study_of_one_s_own_has_the_bias_of_its_judgement(page, judgement, prior, review):
    counts = two_arm_log_likelihood(12, 40, 3, 37, MIDWAY)
    choices = {"endpoint": "severe_infection", "tau": "half_normal:0.5", "mu": 1.0, "bias": "judged"}
    bias = bias_prior("severe_infection", **prior)
    expected = by_python(review, **choices, own=counts, own_bias=bias)
    found = at(page, **choices, counts="12:40:3:37", judgement=judgement)
    assert np.abs(found["Mean effect"] - limits(expected.mu)).max() < WITHIN


ROWS = {
    "ratio": ("0.5:0.1:0.9", "hr", {"hr": "0.5", "lower": "0.1", "upper": "0.9"}),
    "withp": ("0.50:0.03", "hr", {"hr": "0.50", "p": "0.03"}),
    "time": (
        "10:100:20:110",
        "irr",
        {"events_treated": 10, "time_treated": 100, "events_control": 20, "time_control": 110},
    ),
    "logrank": (
        "0.034:lower:45:40:41",
        "hr",
        {"log_rank_p": "0.034", "direction": "lower", "events": 45, "n_treated": 40, "n_control": 41},
    ),
    "medians": (
        "4:2:9:12:6:3:14:11",
        "ratio-of-medians",
        {
            **{"median_treated": 4, "min_treated": 2, "max_treated": 9, "n_treated": 12},
            **{"median_control": 6, "min_control": 3, "max_control": 14, "n_control": 11},
        },
    ),
}
"""By form: as an address has it, and as a table that is pooled."""


@browser
@pytest.mark.parametrize("kind", ROWS)
def test_each_form_of_one_s_own_study_has_the_likelihood_of_its_row_in_a_pooled_table(page, kind):
    typed, measure, cells = ROWS[kind]
    pooled = pool(pd.DataFrame([{"study": "A"} | cells]), measure)
    (row,) = pooled.rows
    found = np.array(
        page.evaluate(
            f"ExplorerReports.tabulated(EXPLORER_DATA.grid, ExplorerKinds.KINDS.{kind}"
            f".likelihood('{typed}'.split(':')))"
        )
    )
    expected = np.asarray(row.log_likelihood(pooled.measure, pooled.priors.baseline)(explorer_data.GRID))
    expected, near = expected - expected.max(), found > -20
    assert near.sum() > 8 and found[near] == pytest.approx(expected[near], abs=0.01)


@browser
def test_a_study_of_one_s_own_enters_as_python_has_it(page, review):
    counts = two_arm_log_likelihood(12, 40, 3, 37, MIDWAY)
    choices = {"endpoint": "severe_infection", "tau": "half_normal:0.5", "mu": 1.0, "bias": "judged"}
    expected, found = by_python(review, **choices, own=counts), at(page, **choices, counts="12:40:3:37")
    assert np.abs(found["Mean effect"] - limits(expected.mu)).max() < WITHIN
    assert np.abs(found["Your study"] - limits(expected.theta["Your study"])).max() < WITHIN
    ratio = Ratio(0.8, 0.5, 1.28).log_likelihood
    choices = {
        "endpoint": "overall_survival",
        "tau": "inverse_gamma:0.3",
        "mu": 0.5,
        "without": "zhou2025,ma2024",
    }
    expected, found = (
        by_python(review, **choices, bias="none", own=ratio),
        at(page, **choices, ratio="0.8:0.5:1.28"),
    )
    assert np.abs(found["Mean effect"] - limits(expected.mu)).max() < WITHIN


@browser
@pytest.mark.parametrize("bias", ["none", "1.5:0.05"])
def test_a_study_as_far_out_as_the_page_allows_is_still_computed_as_python_does(page, bias, review):
    """The narrowest priors, a hundred SDs from what the study says."""
    choices = {"endpoint": "overall_survival", "tau": "half_normal:0.1", "mu": 0.1}
    expected = by_python(review, **choices, bias=bias, own=Ratio(0.0201, 0.019, 0.02126).log_likelihood)
    found = at(page, **choices, ratio="0.0201:0.019:0.02126", **({} if bias == "none" else {"bias": bias}))
    assert np.abs(found["Mean effect"] - limits(expected.mu)).max() < WITHIN


@browser
def test_one_ratio_alone_is_the_integral_over_tau(page):
    """mu given one normal report: its density is the prior times the report's normal, averaged over the
    half-normal of tau (scipy alone).
    """
    found = at(
        page,
        endpoint="overall_survival",
        without="zhou2025,zhang2022,ma2024",
        ratio="0.5:0.3:0.83",
        tau="half_normal:0.6",
        mu=0.7,
    )
    y, se = np.log(0.5), np.log(0.83 / 0.3) / (2 * stats.norm.ppf(0.975))
    mu = np.linspace(-4, 3, 3501)
    density = [
        stats.norm.pdf(m, 0, 0.7)
        * integrate.quad(
            lambda t, m: stats.norm.pdf(y, m, np.hypot(se, t)) * stats.halfnorm.pdf(t, scale=0.6), 0, 6, (m,)
        )[0]
        for m in mu[::10]
    ]
    cdf = integrate.cumulative_trapezoid(np.interp(mu, mu[::10], density), mu, initial=0)
    assert found["Mean effect"] == pytest.approx(
        np.interp([0.5, 0.025, 0.975], cdf / cdf[-1], mu), abs=WITHIN
    )


@browser
@pytest.mark.parametrize(
    "table", [(9, 17, 10, 28), (0, 12, 5, 14), (3, 20, 0, 25), (7, 7, 9, 9), (900, 2000, 700, 1900)]
)
def test_counts_are_exact_binomials_with_the_level_of_risk_summed_out(page, table):
    """Brute force: the two binomials and the prior of the logit midway between them on a fine even grid."""
    found = page.evaluate(
        f"ExplorerReports.tabulated(EXPLORER_DATA.grid, ExplorerReports.counts({', '.join(map(str, table))}))"
    )
    treated, n_treated, control, n_control = table
    alpha, theta = (
        np.linspace(-60, 60, 240_001),
        np.array([-3.0, -1.0, 0.0, 0.5, 1.0, 3.0]) if n_treated < 100 else np.array([-0.2, 0.0, 0.1, 0.4]),
    )
    prior = stats.norm.logpdf(alpha, 0, 10)

    def at(t):
        without, with_it = (1 / (1 + np.exp(-alpha - half)) for half in (-t / 2, t / 2))
        return (
            stats.binom.logpmf(control, n_control, without)
            + stats.binom.logpmf(treated, n_treated, with_it)
            + prior
        )

    expected = np.array([logsumexp(at(t)) for t in theta])
    values = np.interp(theta, explorer_data.GRID, found)
    assert values - values[1] == pytest.approx(expected - expected[1], abs=1e-3)


@browser
def test_without_any_study_the_prior_stands(page):
    found = at(page, endpoint="severe_infection", without="zhou2025,zhang2022", mu=0.8)
    assert found["Mean effect"] == pytest.approx(stats.norm.ppf([0.5, 0.025, 0.975], 0, 0.8), abs=WITHIN)
    assert "what you see is the prior" in text(page, "book")


@browser
@pytest.mark.parametrize(
    "tau, expected",
    [
        ("half_normal:0.1", stats.halfnorm(scale=0.1)),
        ("half_normal:1.5", stats.halfnorm(scale=1.5)),
        ("log_normal:0.3", stats.lognorm(1.52 / 2, scale=0.3)),
    ],
)
def test_without_any_study_tau_has_its_prior_too(page, tau, expected):
    found = at(page, endpoint="severe_infection", without="zhou2025,zhang2022", tau=tau)[
        "Differences between studies, τ (log scale)"
    ]
    assert found == pytest.approx(expected.ppf([0.5, 0.025, 0.975]), rel=0.05)


@browser
def test_a_study_that_says_nothing_changes_nothing(page):
    worst = page.evaluate("""() => {
        const grid = EXPLORER_DATA.grid;
        const flat = Explorer.throughBias(Array(grid.size).fill(0), grid, { mean: 0.5, sd: 1 });
        return Math.max(...Explorer.smoothed(flat).flatMap(row => [...row]).map(Math.abs));
    }""")
    assert worst < 1e-4


def test_tables_join_to_the_likelihood_between_their_points(review):
    for key in explorer_data.EFFECTS:
        for study, term in study_likelihoods(collect(review, ENDPOINTS[key].evidence)).items():
            middle = explorer_data.GRID[:-1] + 0.025
            table, exact = (
                np.array(explorer_data.tabulated(term)),
                np.asarray(term(middle)) - np.max(term(explorer_data.GRID)),
            )
            joined = (9 * (table[1:-2] + table[2:-1]) - table[:-3] - table[3:]) / 16
            near = exact[1:-1] > -30
            assert joined[near] == pytest.approx(exact[1:-1][near], abs=2e-3), (key, study)


# durations


def test_the_nodes_of_the_steps_have_the_moments_of_a_normal_to_the_fifth_degree():
    """Of a standard normal E x^2k = 1, 1, 3 for k = 0, 1, 2; odd ones are 0.  Of no step, one and two."""
    moments = {0: 1, 2: 1, 4: 3}
    for steps, (nodes, weights) in enumerate(duration_tables.NODES_OF_STEPS):
        for powers in itertools.product(range(6), repeat=steps):
            if sum(powers) <= 5:
                found = np.sum(weights * np.prod(nodes ** np.array(powers), axis=1))
                expected = np.prod([moments.get(power, 0) for power in powers])
                assert found == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("study", ["zhou2025", "zhang2022"])
def test_tables_of_durations_are_the_mean_likelihood_of_draws_from_the_priors(review, study):
    """Brute force: everything but mu and tau drawn from its prior, the likelihood averaged."""
    evidence, draws, rng = evidence_of("crs_duration_grade3", review), 12_000, np.random.default_rng(1)
    arrays = layout(replace(evidence, used=tuple(evidence.of(study))))
    rows, columns = [3, 5], [18, 21]
    taus, effects = kept_tables.TAU[rows], kept_tables.MU[columns]

    def drawn(prior, *shape):
        return prior.quantile(rng.random((draws, *shape)))

    level, sigma, trend = (drawn(evidence.graded.level), drawn(SIGMA_LOG_DURATION), drawn(TREND_LOG_DURATION))
    down, up = drawn(STEP_LOG_DURATION), drawn(STEP_LOG_DURATION)
    z, centre = rng.standard_normal((draws, 3)), np.stack([level - down, level, level + up], axis=1)

    def likelihoods(mu, tau):
        halves = (mu - trend[:, None] * (3 - np.array(GRADES)) + tau * z) / 2
        means = np.stack([centre - halves, centre + halves], axis=2).reshape(draws, 6)
        return np.exp(
            [kernels.joint(m, np.array([s]), *arrays)[0] for m, s in zip(means, sigma, strict=True)]
        )

    packed = kept_tables.tables("crs_duration_grade3", evidence)[study]["log_likelihood"]
    table = np.frombuffer(base64.b64decode(packed), "<i2").reshape(
        -1, len(kept_tables.TAU), len(kept_tables.MU)
    )
    _, weights = duration_tables.shared(evidence.graded)
    at_these = table[:, rows][:, :, columns] * kept_tables.UNITS["log_likelihood"]
    found = np.log(np.tensordot(weights, np.exp(at_these), 1))
    brute = [[likelihoods(mu, tau) for mu in effects] for tau in taus]
    for t, m in [(0, 1), (1, 0), (1, 1)]:
        ratio = brute[t][m].mean() / brute[0][0].mean()
        off = brute[t][m] / brute[t][m].mean() - brute[0][0] / brute[0][0].mean()
        error = off.std() / np.sqrt(draws)
        assert error < 0.15 and abs(found[t, m] - found[0, 0] - np.log(ratio)) < 4 * error + 0.02


BIASES = {("none", "none"): {}, ("none", "as judged"): {"bias": "judged"}}
"""Mean and SD of the bias of a universe, in an address."""


@browser
def test_choices_move_durations_as_they_move_the_sampler(page, review):
    """Chains of some 5,000 effective draws of all studies have Monte Carlo errors of 0.005 in the median and
    0.01 in the limits; the short ones without a study, of an SD up to 0.5 and some 300, of 0.03 and 0.06.
    """
    wanted = {"reading": "as used", "likelihood": "exact", "mu_prior": "normal(0, 0.5)"}
    compared = 0
    for universe, expected in duration_universes.summaries("crs_duration_grade3", review):
        choices = vars(universe)
        biased = (choices["bias_mean"], choices["bias_sd"])
        if any(choices[name] != value for name, value in wanted.items()) or biased not in BIASES:
            continue
        scale = choices["tau_prior"].removeprefix("half-normal(").removesuffix(")")
        found = at(
            page,
            endpoint="crs_duration_grade3",
            tau=f"half_normal:{scale}",
            **BIASES[biased],
            **({"without": _left_out(choices["studies"], review)} if choices["studies"] != "all" else {}),
        )["Mean effect"]
        off = found - [expected[name] for name in ("median", "lower", "upper")]
        median, limit = (0.03, 0.06) if choices["studies"] == "all" else (0.1, 0.2)
        assert np.abs(off)[0] < median and np.abs(off).max() < limit, (choices, off)
        compared += 1
    assert compared >= 6


def _left_out(words: str, review: Review) -> str:
    """Of `without Zhou 2025`, zhou2025."""
    return next(key for key, study in review.studies.items() if words == f"without {study.label}")


# absolute effects and speed


@browser
def test_absolute_effects_follow_the_odds_ratio(page):
    found = at(page, endpoint="severe_infection", risk="300")
    having = [round(1000 / (1 + (1 / 0.3 - 1) / odds_ratio)) for odds_ratio in np.exp(found["Mean effect"])]
    assert re.search(
        r"of whom 300 .*, (\d+) would have it with tocilizumab \(95 % interval (\d+) to (\d+)\)",
        text(page, "absolute-words"),
    ).groups() == tuple(map(str, having))


@browser
def test_every_slider_is_followed_quickly(page):
    """50 ms is the aim on a laptop; ten times that is enough of one step in two dozen, however busy the
    machine.
    """
    at(page, endpoint="overall_survival", bias="0.1:0.3")
    taken = []
    for slider in ("scale", "mu", "bias-mean", "bias-sd"):
        for _ in range(6):
            before = text(page, "table")
            page.locator(f"[name={slider}]").press("ArrowRight")
            page.wait_for_function(
                "before => document.querySelector('[data-part=table]').innerText !== before", arg=before
            )
            taken.append(float(page.locator("#explorer").get_attribute("data-milliseconds")))
    print(f"a step of a slider takes {np.median(taken):.0f} ms, at most {max(taken):.0f} ms")
    assert min(taken) < 500

"""Endpoints together: a bias common to all answers of the same patients, and what the page says of it."""

from dataclasses import replace

import matplotlib

matplotlib.use("Agg")

import numpy as np
import pytest
from matplotlib import pyplot as plt
from scipy import stats

from book.shown import shared_bias as shown
from book.shown import shared_bias_words as words
from models.answers.bias import adjusted
from models.endpoints import ENDPOINTS
from models.engines.posterior import LIMITS, Marginal
from models.priors import Prior, parse
from models.trust import shared_bias as joined
from models.trust.joint_bias import COMMON_BIAS, Carried, Joint, Part, joint, tell
from models.trust.shared_bias import may_be_said, shared_bias
from models.words import compact, number

CORRELATIONS = [choice.correlation for choice in COMMON_BIAS]
HARDLY = parse("half-normal:0.01")
"""Of tau: studies hardly differ, so that normal likelihoods leave a normal posterior."""
GRID_ERROR = 1e-3
"""Of a limit on the log scale, as of the multiverse's grid."""


def bias(mean: float, sd: float) -> Prior:
    return Prior("bias", "normal", (mean, sd), "", "")


def seen(estimate: float, se: float):
    return lambda theta: -(((np.asarray(theta) - estimate) / se) ** 2) / 2


def together(endpoints: dict[str, Carried], correlation: float) -> Joint:
    return joint(endpoints, {key: tell(endpoint, correlation) for key, endpoint in endpoints.items()})


# normal likelihoods: the joint posterior is a multivariate normal

RESULTS = {
    "worse if larger": (
        1,
        {"a": (1.4, 0.5, 0.6, 1.0), "b": (-0.3, 0.4, 1.3, 1.4), "c": (0.5, 0.7, 0.2, 0.6)},
    ),
    "better if larger": (-1, {"a": (-0.9, 0.3, -0.3, 0.5), "c": (0.4, 0.6, -0.6, 0.75)}),
    "of one cohort": (1, {"b": (0.8, 0.3, 0.3, 0.9)}),
}
"""By endpoint, its side, and by cohort: log ratio seen, its standard error, mean and SD of the bias."""


def carried(results) -> dict[str, Carried]:
    return {
        key: Carried(
            {cohort: Part(seen(y, se), bias(m, sd)) for cohort, (y, se, m, sd) in cohorts.items()},
            side,
            ENDPOINTS["icans"].mu_prior,
            HARDLY,
        )
        for key, (side, cohorts) in results.items()
    }


def by_linear_algebra(results, correlation: float):
    """Mean and SD of each unknown, endpoints' mu before cohorts' f, all N(0, 1) before the data, and the log
    density of the data: y = m + A x + noise, by the formulas of the multivariate normal.
    """
    cohorts = sorted({cohort for _, seen_in in results.values() for cohort in seen_in})
    names = [*results, *cohorts]
    rows, away, noise = [], [], []
    for key, (side, seen_in) in results.items():
        for cohort, (y, se, m, sd) in seen_in.items():
            row = np.zeros(len(names))
            row[names.index(key)], row[names.index(cohort)] = 1, side * sd * np.sqrt(correlation)
            rows.append(row)
            away.append(y - m)
            noise.append(se**2 + sd**2 * (1 - correlation))
    a, away, noise = np.array(rows), np.array(away), np.diag(noise)
    covariance = np.linalg.inv(np.eye(len(names)) + a.T @ np.linalg.inv(noise) @ a)
    mean = covariance @ a.T @ np.linalg.inv(noise) @ away
    log_density = stats.multivariate_normal(np.zeros(len(away)), a @ a.T + noise).logpdf(away)
    return dict(zip(names, zip(mean, np.sqrt(np.diag(covariance)), strict=True), strict=True)), log_density


@pytest.mark.parametrize("correlation", CORRELATIONS)
@pytest.mark.parametrize("chosen", [["worse if larger", "better if larger"], list(RESULTS)])
def test_normal_results_leave_the_multivariate_normal_of_linear_algebra(chosen, correlation):
    results = {key: RESULTS[key] for key in chosen}
    found, (expected, _) = together(carried(results), correlation), by_linear_algebra(results, correlation)
    assert {*found.mu, *found.common} == expected.keys()
    for name, one in {**found.mu, **found.common}.items():
        limits = stats.norm(*expected[name]).ppf(list(LIMITS.values()))
        assert list(one.limits().values()) == pytest.approx(limits, abs=GRID_ERROR), name


def test_two_results_of_one_cohort_by_linear_algebra():
    results = {key: (side, {"a": of["a"]}) for key, (side, of) in RESULTS.items() if "a" in of}
    found, (expected, _) = together(carried(results), 0.9), by_linear_algebra(results, 0.9)
    assert len(found.mu) == 2 and list(found.common) == ["a"]
    for name, one in {**found.mu, **found.common}.items():
        limits = stats.norm(*expected[name]).ppf(list(LIMITS.values()))
        assert list(one.limits().values()) == pytest.approx(limits, abs=GRID_ERROR), name


def test_how_probable_the_data_are_at_each_correlation_by_linear_algebra():
    found = [together(carried(RESULTS), correlation).log_evidence for correlation in CORRELATIONS]
    expected = [by_linear_algebra(RESULTS, correlation)[1] for correlation in CORRELATIONS]
    # differences alone: normal likelihoods are given without their constant
    assert np.diff(found) == pytest.approx(np.diff(expected), abs=GRID_ERROR)


# any likelihoods


def binomial(events: int, patients: int):
    """Of events of which half are to be expected: no normal, and steep on one side."""
    return lambda theta: events * np.asarray(theta) - patients * np.logaddexp(0.0, theta)


SKEWED = {
    "one": Carried(
        {"a": Part(binomial(9, 10), bias(0.6, 1.0)), "b": Part(binomial(3, 4), bias(1.3, 1.4))},
        1,
        parse("normal:0:1"),
        parse("half-normal:0.5"),
    ),
    "other": Carried(
        {"a": Part(binomial(1, 8), bias(-0.3, 0.5)), "b": Part(binomial(4, 12), bias(-0.6, 0.75))},
        -1,
        parse("normal:0:1"),
        parse("half-normal:1"),
    ),
}


def test_a_monte_carlo_of_the_model_as_written_agrees():
    """Draws from the priors, each weighted by the likelihood of the effects seen: no grid, no smoothing."""
    correlation, draws = 0.6, 400_000
    generator = np.random.default_rng(20310501)
    common = {cohort: generator.normal(size=draws) for cohort in "ab"}
    mu, log_weight = {}, np.zeros(draws)
    for key, endpoint in SKEWED.items():
        mu[key] = generator.normal(*endpoint.mu_prior.parameters, draws)
        tau = np.abs(generator.normal(0, endpoint.tau_prior.parameters[0], draws))
        for cohort, part in endpoint.parts.items():
            mean, sd = part.bias.parameters
            own = generator.normal(size=draws)
            shared = np.sqrt(correlation) * common[cohort] + np.sqrt(1 - correlation) * own
            effect = generator.normal(mu[key], tau)
            log_weight += part.seen(effect + mean + sd * endpoint.side * shared)
    weight = np.exp(log_weight - log_weight.max())
    weight /= weight.sum()
    found = together(SKEWED, correlation)
    for one, values in [(found.mu[key], mu[key]) for key in mu] + [
        (found.common[cohort], common[cohort]) for cohort in common
    ]:
        for function in (lambda x: x, lambda x: x**2):
            drawn = function(values)
            mean = weight @ drawn
            error = np.sqrt(weight**2 @ (drawn - mean) ** 2)  # of a self-normalised importance sample
            assert one.expectation(function) == pytest.approx(mean, abs=4 * error)
            assert error < 0.02


@pytest.mark.parametrize("correlation", CORRELATIONS)
def test_an_endpoint_alone_does_not_ask_what_is_common(correlation):
    """With one endpoint, common and own bias add up to the same bias in each cohort, whatever the share."""
    for key, endpoint in SKEWED.items():
        none, some = together({key: endpoint}, 0.0).mu[key], together({key: endpoint}, correlation).mu[key]
        assert some.limits() == pytest.approx(none.limits(), abs=GRID_ERROR)


def test_the_order_of_endpoints_and_cohorts_changes_nothing():
    other_way = {
        key: replace(endpoint, parts=dict(reversed(endpoint.parts.items())))
        for key, endpoint in reversed(SKEWED.items())
    }
    one, other = together(SKEWED, 0.9), together(other_way, 0.9)
    for key in SKEWED:
        assert one.mu[key].limits() == pytest.approx(other.mu[key].limits(), abs=1e-9)
    for cohort in one.common:
        assert one.common[cohort].limits() == pytest.approx(other.common[cohort].limits(), abs=1e-9)


def test_exchanged_arms_mirror_the_effects_and_leave_the_common_bias():
    def turned(endpoint: Carried) -> Carried:
        parts = {
            cohort: Part(
                lambda theta, of=part.seen: of(-np.asarray(theta)),
                bias(-part.bias.parameters[0], part.bias.parameters[1]),
            )
            for cohort, part in endpoint.parts.items()
        }
        return replace(endpoint, parts=parts, side=-endpoint.side)

    one = together(SKEWED, 0.6)
    other = together({key: turned(endpoint) for key, endpoint in SKEWED.items()}, 0.6)
    for key in SKEWED:
        here, there = one.mu[key].limits(), other.mu[key].limits()
        assert [here["median"], here["lower"], here["upper"]] == pytest.approx(
            [-there["median"], -there["upper"], -there["lower"]], abs=1e-6
        )
    for cohort in one.common:
        assert one.common[cohort].limits() == pytest.approx(other.common[cohort].limits(), abs=1e-6)


# the review


def test_with_nothing_in_common_stand_the_adjusted_answers(review):
    found = shared_bias(review)
    for key in found.endpoints:
        alone, joined_at_0 = adjusted(key, review), found.together[0.0].mu[key]
        assert joined_at_0.limits() == pytest.approx(alone.mu.limits(), abs=GRID_ERROR)
        assert float(joined_at_0.cdf(0.0)) == pytest.approx(alone.probability_below(), abs=GRID_ERROR)


def test_two_papers_on_the_same_patients_have_one_common_bias(review):
    """Ma 2024 enters survival and Wang 2024 ICANS, of the same 93 patients."""
    found, cohort = shared_bias(review), review.studies["ma2024"].cohort
    assert cohort in found.endpoints["icans"].parts and cohort in found.endpoints["overall_survival"].parts
    assert len(found.together[0.9].common) == 3


def test_sicker_patients_make_harm_look_larger_and_benefit_smaller(review):
    found = shared_bias(review).endpoints
    assert {key: endpoint.side for key, endpoint in found.items()} == {
        "severe_infection": 1,
        "overall_survival": 1,
        "progression_free_survival": 1,
        "complete_response": -1,
        "icans": 1,
    }
    for key, endpoint in found.items():
        for cohort in endpoint.parts:
            more, less = (endpoint.seen_over_true(cohort, common, 0.6) for common in (1.0, -1.0))
            assert (more > less) == (key != "complete_response")


def test_the_ratio_seen_over_the_true_one_by_hand():
    """Mean 0.6, SD 1, common bias of half an SD at correlation 0.64: exp(0.6 + 0.8 * 0.5)."""
    assert SKEWED["one"].seen_over_true("a", 0.5, 0.64) == pytest.approx(np.exp(1.0))
    assert SKEWED["other"].seen_over_true("a", 0.5, 0.64) == pytest.approx(np.exp(-0.3 - 0.5 * 0.4))


def test_endpoints_that_stand_apart_say_why(review):
    assert "sampled" in joined.why_apart("crs_duration_grade3", review)
    assert "standard management" in joined.why_apart("severe_crs", review)


def test_too_many_cohorts_are_not_computed(review, monkeypatch):
    monkeypatch.setattr(joined, "MOST", 2)
    assert shared_bias.__wrapped__(review) is None


@pytest.mark.parametrize(
    ("lower", "upper", "p_favours", "expected"),
    [
        (0.5, 2.0, 0.5, (0, 0, False)),
        (1.1, 2.0, 0.02, (1, -1, True)),
        (0.3, 0.9, 0.98, (-1, 1, True)),
        (0.5, 1.3, 0.8, (0, 1, False)),
        (0.8, 2.5, 0.2, (0, -1, False)),
        (0.8, 2.5, 0.3, (0, 0, False)),
    ],
)
def test_what_may_be_said_follows_interval_and_probability(lower, upper, p_favours, expected):
    """Thresholds of the words on every page: 75 % leans, 90 % without "slightly"."""
    assert may_be_said({"median": 1.0, "lower": lower, "upper": upper, "p_favours": p_favours}) == expected


def test_every_correlation_says_what_it_claims():
    for choice in COMMON_BIAS:
        assert f" {choice.correlation:.0%} ".replace("%", " %") in choice.plain and choice.source
    assert CORRELATIONS[0] == 0 and all(0 <= correlation < 1 for correlation in CORRELATIONS)


# what the page says


def as_if(review, p_favours: float = 0.5, common: float = 0.0):
    """The review's result with one endpoint's joint answers, and the first cohort's common bias, made up."""
    found = shared_bias(review)
    key, cohort = "icans", next(iter(found.together[0.9].common))
    mean = -stats.norm.ppf(p_favours)  # of a normal of SD 1
    made = {
        at: replace(
            one,
            mu=one.mu | ({key: normal(mean, 1.0)} if at > 0.5 else {}),
            common=one.common | {cohort: normal(common, 0.2)},
        )
        for at, one in found.together.items()
    }
    return replace(found, together=made)


def normal(mean: float, sd: float) -> Marginal:
    return Marginal.from_normal_mixture(np.array([1.0]), np.array([mean]), np.array([sd]))


def test_an_answer_that_turns_is_named_with_the_least_correlation(review, monkeypatch):
    made = as_if(review, p_favours=0.97)
    assert made.turned() == {"icans": 0.6} and shared_bias(review).turned() == {}
    monkeypatch.setattr(words, "shared_bias", lambda review: made)
    said = words.finding(review)
    assert "changes what may be said of ICANS (from a correlation of 0.6 on)" in said
    assert "read beside each other" in said and "stay" not in said


def test_no_answer_of_the_review_turns_and_the_sentence_says_which_moves_farthest(review):
    found = shared_bias(review)
    assert "turns none of them, so those adjusted one by one stay" in words.finding(review)
    said = words.farthest(found)
    moved = {
        key: abs(np.log(found.row(key, 0.9)["median"] / found.alone[key]["median"]))
        for key in found.endpoints
    }
    key = max(moved, key=moved.__getitem__)
    assert key == "severe_infection" and "of severe infection: odds ratio" in said
    assert f"{number(found.alone[key]['median'])} alone, {number(found.row(key, 0.9)['median'])} at" in said
    assert (found.alone[key]["median"] > 1 > found.row(key, 0.9)["median"]) == ("other side" in said)


def test_a_common_bias_beyond_what_is_judged_is_told(review):
    first, *_ = words.common(as_if(review, common=-1.0), review)
    assert "1.0 below (95 % interval −1.4 to −0.6)" in first  # a normal of SD 0.2
    said = " ".join(words.common(as_if(review, common=-1.0), review))
    assert "lies beyond what is judged" in said
    assert "holds what is judged" in " ".join(words.common(shared_bias(review), review))


def test_two_papers_on_the_same_patients_are_named_together(review):
    assert "in Ma 2024 and Wang 2024" in next(words.common(shared_bias(review), review))


def test_what_stands_apart_is_named(review):
    assert "Duration of CRS" in words.apart(review) and "Severe CRS" in words.apart(review)


def test_the_picture_is_legible_and_its_words_hold_every_answer(review):
    found, picture = shared_bias(review), shown.picture(review)
    text = [t for t in picture.figure.findobj(plt.Text) if t.get_text().strip() and t.get_visible()]
    assert min(t.get_fontsize() for t in text) >= 10 and picture.figure.get_figwidth() <= 7
    for key in found.endpoints:
        for limits in (found.alone[key], *(found.row(key, at) for at in CORRELATIONS if at)):
            assert compact(limits) in picture.alt
            assert limits["median"] in list(picture.numbers["median"])
    plt.close(picture.figure)


def test_the_table_holds_every_answer_and_leaves_out_the_overlapping_one(review):
    found, frame = shared_bias(review), shown.table(review).frame
    for (_, row), key in zip(frame.iterrows(), found.endpoints, strict=True):
        assert row["alone"] == compact(found.alone[key])
        assert row["correlation 0.6"] == compact(found.row(key, 0.6))
        without = row["0.9, without progression-free survival"]
        left_out = key == "progression_free_survival"
        assert without == ("left out" if left_out else compact(found.row(key, 0.9, fewer=True)))


def test_a_page_without_such_answers_says_so(review, monkeypatch):
    for module in (words, shown):
        monkeypatch.setattr(module, "shared_bias", lambda review: None)
    assert words.finding(review) == words.NOT_COMPUTED and list(words.sentences(review)) == [
        words.apart(review)
    ]
    assert shown.picture(review) is None and shown.table(review) is None

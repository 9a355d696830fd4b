"""The words are never stronger than the posterior."""

from dataclasses import replace

import pytest

from extraction.records import Review
from models import words
from models.endpoints import ENDPOINTS

DURATION, RESPONSE, INFECTION = (
    ENDPOINTS[key] for key in ("crs_duration_grade3", "complete_response", "severe_infection")
)


def summary(p_favours: float, **changes) -> dict:
    return {
        "median": 0.74,
        "lower": 0.48,
        "upper": 1.18,
        "digits": 2,
        "p_favours_toci": p_favours,
        "n_studies": 2,
        "n_reports": 7,
        "prediction": {"median": 0.74, "lower": 0.3, "upper": 1.9},
    } | changes


def conclusion(found: dict, endpoint, review: Review) -> str:
    """All that a page says at its top."""
    return f"{words.headline(found, endpoint)}. {words.details(found, endpoint, review)}"


@pytest.mark.parametrize("p_favours", [0.0, 0.02, 0.11, 0.5, 0.74, 0.8, 0.899])
def test_shorter_is_not_said_below_a_probability_of_0_9(p_favours, review):
    assert "shorter" not in conclusion(summary(p_favours), DURATION, review)


@pytest.mark.parametrize("p_favours", [0.101, 0.2, 0.5, 0.95, 1.0])
def test_longer_is_not_said_unless_its_probability_is_0_9(p_favours, review):
    assert "longer" not in conclusion(summary(p_favours), DURATION, review)


def test_may_is_left_out_only_from_0_975_on():
    assert (
        words.headline(summary(0.97), DURATION)
        == "Patients given tocilizumab may have had shorter CRS of grade 3 or above"
    )
    assert (
        words.headline(summary(0.98), DURATION)
        == "Patients given tocilizumab had shorter CRS of grade 3 or above"
    )
    assert (
        words.headline(summary(0.03), DURATION)
        == "Patients given tocilizumab may have had longer CRS of grade 3 or above"
    )


@pytest.mark.parametrize("p_favours", [0.3, 0.47, 0.5, 0.7])
def test_near_one_half_the_data_do_not_tell(p_favours, review):
    assert "do not tell" in conclusion(summary(p_favours), DURATION, review)


@pytest.mark.parametrize("p_favours", [0.0, 0.23, 0.5, 0.8, 1.0])
@pytest.mark.parametrize("key", ENDPOINTS)
def test_every_conclusion_gives_very_low_certainty_with_its_reason(key, p_favours, review):
    said = conclusion(summary(p_favours), ENDPOINTS[key], review)
    assert "certainty is very low" in said
    assert words.REASONS.get(key, words.CONFOUNDED) in said


@pytest.mark.parametrize("key", ENDPOINTS)
def test_no_conclusion_speaks_of_what_the_drug_does(key, review):
    for p_favours in (0.01, 0.5, 0.99):
        said = conclusion(summary(p_favours), ENDPOINTS[key], review).lower()
        assert not any(
            word in said
            for word in ("reduces", "increases", "causes", "improves", "prevents", "proves", "effective")
        )


def test_more_responses_are_the_better_side_although_their_ratio_is_above_1(review):
    said = conclusion(summary(0.98, median=3.0, lower=1.1, upper=9.0), RESPONSE, review)
    assert said.startswith("Patients given tocilizumab had more complete responses")


def test_the_size_stands_in_the_sentence(review):
    assert "0.74 (95 % interval 0.48 to 1.18)" in conclusion(summary(0.91), DURATION, review)


def test_digits_beyond_monte_carlo_error_are_not_shown(review):
    assert "0.7 (95 % interval 0.5 to 1.2)" in conclusion(summary(0.91, digits=1), DURATION, review)


@pytest.mark.parametrize(
    ("lower", "error", "digits", "shown"),
    [
        (1.185, 0.021, 0, "1.2"),
        (0.954, 0.015, 1, "0.95"),
        (0.954, 0.03, 1, "1.0"),
        (1.003, 0.001, 0, "1"),
        (0.48, 0.01, 1, "0.5"),
    ],
)
def test_a_limit_shows_on_which_side_of_no_difference_it_lies_where_that_is_sure(lower, error, digits, shown):
    """1.003 is sure to be above 1, and no two decimals show it."""
    limits = {"median": 2.6, "lower": lower, "upper": 20.4, "mcse": {"lower": error, "upper": 0.4}}
    assert words.compact(limits, digits) == f"{2.6:.{digits}f} ({shown} to {20.4:.{min(digits, 1)}f})"
    assert (
        words.compact({name: limits[name] for name in ("median", "lower", "upper")}, 1)
        == f"2.6 ({lower:.1f} to 20.4)"
    )


def test_one_study_is_called_one_small_study(review):
    assert "one small study" in conclusion(summary(0.4, n_studies=1), INFECTION, review)
    assert "one small study" not in conclusion(summary(0.4), INFECTION, review)


def test_no_study_is_called_the_prior(review):
    assert "prior alone" in conclusion(summary(0.5, n_studies=0, n_reports=0), INFECTION, review)


def test_natural_frequencies_are_given_where_a_baseline_risk_is(review):
    absolute = {
        "without": 225.7,
        "with": 316.2,
        "lower": 120.4,
        "upper": 598.9,
        "source": "outside cohort, 79/350",
    }
    said = conclusion(summary(0.23, absolute=absolute), INFECTION, review)
    assert (
        "Of 1,000 patients of whom 226 have a severe infection without tocilizumab (outside cohort, 79/350),"
        " 316 would" in said
    )
    assert "120 to 599" in said
    assert "1,000" not in conclusion(summary(0.23), INFECTION, review)


def test_probabilities_are_never_printed_as_0_or_100():
    assert words.percent(0.9999) == "more than 99 %"
    assert words.percent(0.0001) == "less than 1 %"


def test_the_short_line_names_endpoint_size_probability_and_certainty(review):
    said = words.short(summary(0.47), replace(INFECTION, title="Severe infection"), review)
    assert said.startswith("Severe infection: odds ratio 0.74") and "47 %" in said and "very low" in said
    assert "\n" not in said


def test_a_direction_that_another_seed_might_not_state_is_not_stated():
    # at 0.905 from 900 draws two standard errors are 0.02, from 90,000 they are 0.002
    assert "shorter" not in words.headline(summary(0.905, diagnostics={"ess_bulk": 900}), DURATION)
    assert "shorter" in words.headline(summary(0.905, diagnostics={"ess_bulk": 90_000}), DURATION)
    assert "longer" not in words.headline(summary(0.095, diagnostics={"ess_bulk": 900}), DURATION)

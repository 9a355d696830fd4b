"""The words are never stronger than the posterior."""

from dataclasses import replace

import pytest

from extraction.question import QUESTION
from models import words
from models.endpoints import ENDPOINTS

DURATION, INFECTION = (ENDPOINTS[key] for key in ("crs_duration_grade3", "severe_infection"))


def summary(p_favours: float, **changes) -> dict:
    return {
        "median": 0.74,
        "lower": 0.48,
        "upper": 1.18,
        "digits": 2,
        "p_favours_treated": p_favours,
        "draws": None,
        "n_studies": 2,
        "n_reports": 7,
        "prediction": {"median": 0.74, "lower": 0.3, "upper": 1.9},
    } | changes


def told(
    unadjusted: float, adjusted: float | None = None, key="crs_duration_grade3", leads=True, **changes
) -> words.Told:
    """An endpoint of which the probabilities are given; the choices favour what the unadjusted does."""
    rest = {"certainty": "very low", "favouring": None, "favouring_unadjusted": None} | changes
    rest |= {n: float(unadjusted > 0.5) if rest[n] is None else rest[n] for n in rest if n != "certainty"}
    behind = summary(unadjusted if adjusted is None else adjusted, median=0.9, lower=0.4, upper=2.2)
    return words.Told(key, summary(unadjusted), behind, adjusted_leads=leads, **rest)


def conclusion(found: words.Told) -> str:
    """All that a page says at its top."""
    return f"{words.headline(found)}. {words.details(found, ENDPOINTS[found.key])}"


SHOWN = ENDPOINTS["crs_duration_grade3"].shown
SHORTER, LONGER = SHOWN.better, SHOWN.worse
LEAN, SLIGHT = "the data lean to", "the data lean slightly to"
GIVEN = "patients given tocilizumab"


@pytest.mark.parametrize(
    ("certainty", "p_favours", "favouring", "said"),
    [
        ("very low", 0.999, 1.0, f"{LEAN} {SHORTER} with tocilizumab"),
        ("very low", 0.001, 0.0, f"{LEAN} {LONGER} with tocilizumab"),
        ("very low", 0.89, 1.0, f"{SLIGHT} {SHORTER} with tocilizumab"),
        ("very low", 0.11, 0.0, f"{SLIGHT} {LONGER} with tocilizumab"),
        ("very low", 0.74, 1.0, words.UNSETTLED),
        ("very low", 0.26, 0.0, words.UNSETTLED),
        ("very low", 0.999, 0.74, words.UNSETTLED),
        ("very low", 0.001, 0.26, words.UNSETTLED),
        ("not rated", 0.999, 1.0, f"{LEAN} {SHORTER} with tocilizumab"),
        ("low", 0.95, 1.0, f"{GIVEN} may have had {SHORTER}"),
        ("low", 0.8, 1.0, f"{SLIGHT} {SHORTER} with tocilizumab"),
        ("moderate", 0.95, 1.0, f"{GIVEN} probably had {SHORTER}"),
        ("high", 0.95, 1.0, f"{GIVEN} had {SHORTER}"),
        ("high", 0.05, 0.0, f"{GIVEN} had {LONGER}"),
        ("high", 0.95, 0.5, words.UNSETTLED),
        ("high", 0.5, 0.5, words.UNSETTLED),
    ],
)
def test_words_follow_certainty_probability_and_the_choices_that_agree(certainty, p_favours, favouring, said):
    assert words.direction(p_favours, "crs_duration_grade3", certainty, favouring) == said


@pytest.mark.parametrize("key", ENDPOINTS)
@pytest.mark.parametrize("p_favours", [0.0, 0.01, 0.3, 0.5, 0.9, 0.99, 1.0])
def test_at_very_low_certainty_nothing_is_said_to_have_been_so(key, p_favours):
    said = words.headline(told(p_favours, key=key))
    assert said.startswith("Very uncertain; ") and " had " not in said


def test_a_certainty_that_nobody_rated_is_not_called_low():
    assert words.headline(told(0.999, certainty="not rated")) == (
        f"Certainty not rated; adjusted for bias or not, the data lean to {SHORTER} with tocilizumab"
    )


def test_the_adjusted_answer_is_said_first_where_the_bias_is_grave():
    said = words.headline(told(0.97, 0.5))
    assert said == (
        "Very uncertain; adjusted for bias the data do not tell which side is better; not adjusted, they lean"
        f" to {SHORTER} with tocilizumab"
    )
    assert words.headline(told(0.97, 0.5, leads=False)).startswith(
        f"Very uncertain; not adjusted for bias the data lean to {SHORTER} with tocilizumab; adjusted, "
    )
    assert words.headline(told(0.97, 0.96)) == (
        f"Very uncertain; adjusted for bias or not, the data lean to {SHORTER} with tocilizumab"
    )


def test_both_sizes_stand_in_one_sentence_the_leading_one_first():
    assert words.sizes(told(0.97, 0.5), DURATION) == (
        "Ratio of median durations adjusted for bias 0.90 (95 % interval 0.40 to 2.20), not adjusted 0.74"
        " (95 % interval 0.48 to 1.18); probability that tocilizumab is the better side 50 % and 97 %"
    )
    assert "not adjusted 0.74 (95 % interval 0.48 to 1.18), adjusted" in words.sizes(
        told(0.97, 0.5, leads=False), DURATION
    )


def test_the_share_of_choices_is_that_of_the_unadjusted_direction():
    assert words.survives(told(0.97, favouring=0.7)) == (
        "This direction survives in 70 of 100 of our own choices"
    )
    assert "in 30 of 100" in words.survives(told(0.03, favouring=0.7))
    assert words.survives(told(0.55, favouring=0.7)) == (
        "The better side is the same in 70 of 100 of our own choices"
    )


@pytest.mark.parametrize("rated", ["very low", "low", "not rated"])
@pytest.mark.parametrize("key", ENDPOINTS)
def test_every_conclusion_gives_its_certainty_with_its_reason(key, rated):
    said = conclusion(told(0.8, key=key, certainty=rated))
    assert (
        f"certainty is {rated}" in said
        and (ENDPOINTS[key].shown.uncertain_since or QUESTION.uncertain_since) in said
    )


@pytest.mark.parametrize("key", ENDPOINTS)
def test_no_conclusion_speaks_of_what_the_drug_does(key):
    for p_favours in (0.01, 0.5, 0.99):
        said = conclusion(told(p_favours, key=key)).lower()
        assert not any(
            word in said
            for word in ("reduces", "increases", "causes", "improves", "prevents", "proves", "effective")
        )


def test_more_responses_are_the_better_side_although_their_ratio_is_above_1():
    assert "lean to more complete responses" in words.headline(told(0.98, key="complete_response"))


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


def with_summary(found: words.Told, **changes) -> words.Told:
    return replace(found, unadjusted=found.unadjusted | changes)


def test_one_study_is_called_one_small_study():
    assert "one small study" in conclusion(with_summary(told(0.4), n_studies=1))
    assert "one small study" not in conclusion(told(0.4))


def test_no_study_is_called_the_prior():
    found = with_summary(told(0.5), n_studies=0, n_reports=0)
    assert "prior alone" in conclusion(found) and words.headline(found) == words.NO_STUDY


def test_natural_frequencies_are_given_where_a_baseline_risk_is():
    absolute = {
        "without": 225.7,
        "unadjusted": {"median": 316.2, "lower": 120.4, "upper": 598.9},
        "adjusted": {"median": 230.4, "lower": 90.1, "upper": 500.2},
        "source": "untreated in Example, 79/350",
    }
    said = conclusion(with_summary(told(0.23, key="severe_infection"), absolute=absolute))
    assert (
        "Of 1,000 patients of whom 226 have a severe infection without tocilizumab (untreated in Example,"
        " 79/350), adjusted for bias 230 (90 to 500) would have it with tocilizumab, not adjusted 316 (120 to"
        " 599), if the difference were the drug's doing." in said
    )
    assert "1,000" not in conclusion(told(0.23, key="severe_infection"))


def test_probabilities_are_never_printed_as_0_or_100():
    assert words.percent(0.9999) == "more than 99 %"
    assert words.percent(0.0001) == "less than 1 %"


def test_the_short_line_names_endpoint_sizes_probabilities_and_certainty():
    said = words.short(told(0.47, 0.3, key="severe_infection", certainty="low"), INFECTION)
    assert said.startswith("Severe infection: odds ratio adjusted for bias 0.90") and said.endswith(
        "30 % and 47 %; certainty low."
    )
    assert "\n" not in said


def test_a_direction_that_another_seed_might_not_state_is_not_stated():
    # at 0.905 from 900 draws two standard errors are 0.02, from 90,000 they are 0.002
    few, many = (with_summary(told(0.905), draws=draws) for draws in (900, 90_000))
    assert SLIGHT.removeprefix("the data") in few.directions[1] and LEAN in many.directions[1]


def test_the_headline_names_the_single_choices_it_hangs_on_most():
    found = replace(told(0.03), otherwise=(("a", 0.22), ("b", 0.15), ("c", 0.09), ("d", 0.031)))
    assert words.hangs_on(found) == (
        "Of single choices made otherwise, the 3 % not adjusted would be 22 % (a) or 15 % (b)"
    )
    assert words.hangs_on(replace(found, otherwise=(("d", 0.031),))) == ""

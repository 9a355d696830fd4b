"""Printed numbers against each other: each rule finds its planted fault and leaves correct numbers alone."""

from decimal import Decimal
from fractions import Fraction

import pytest
from example_review import RECORD, REGISTER, Review, review  # noqa: F401  (a fixture)

from extraction.checks import check, group_size, rounded
from extraction.fragment import numbers, states_p
from extraction.records import load

TOCI = "id: severe_infection.toci"


def plant_all(review: Review, after: str, *changes: tuple[str, str]) -> int:
    """Several replacements in one entry, for a fault that a paper printed; the line the entry starts on."""
    for old, new in changes:
        review.plant(RECORD, after, old, new)
    return review.plant(RECORD, after, after, after)


PRINTED_FAULTS = {
    "events beyond the arm": (TOCI, [("events: 5", "events: 13"), ("\n    percent: 41.7", ""), ("41.7%(n=5)", "n=13")],
                              "13 events exceed the group of 12 patients", "at most 12"),
    "events beyond their denominator": (
        "id: severe_infection.control", [("events: 4", "events: 5"), ("n: 18", "n: 4"), ("\n    percent: 22.2", ""),
                                         ("4/18 (22.2%)", "5/4")],
        "5 events exceed the group of 4 patients", "at most 4"),
    "a bound beyond the arm": ("id: icans.toci.severe", [("at_most: 2", "at_most: 20")],
                               "20 events exceed the group of 12 patients", "at most 12"),
    "a percentage of another group": (TOCI, [("percent: 41.7", "percent: 27.8"), ("41.7%", "27.8%")],
                                      "the percentage is 5 of 12", "41.7%"),
    "a percentage of another denominator": (
        "id: severe_infection.control", [("percent: 22.2", "percent: 33.3"), ("22.2%", "33.3%")],
        "the percentage is 4 of 18", "22.2%"),
    "a share beyond the whole": ("id: complete_response.total", [("percent: 90", "percent: 190"), ("90%", "190%")],
                                 "a share of a whole is at most 100%", "at most 100%"),
    "an interval without its estimate": ("id: overall_survival.ratio", [("0.80\n", "1.90\n"), ('"0.80', '"1.90')],
                                         "an estimate lies in its interval, but estimate 1.90 is above upper 1.83",
                                         "estimate ≤ upper"),
    "an estimate below its interval": ("id: overall_survival.ratio", [("0.80\n", "0.30\n"), ('"0.80', '"0.30')],
                                       "an estimate lies in its interval, but lower 0.35 is above estimate 0.30",
                                       "lower ≤ estimate"),
    "a range without its median": ("id: crs_duration.toci", [("maximum: 11", "maximum: 4"), ("2–11", "2–4")],
                                   "a median lies in its range, but median 5.0 is above maximum 4", "median ≤ maximum"),
    "quartiles without their median": ("id: crs_duration.control", [("lower_quartile: 4", "lower_quartile: 7"), ("4 to", "7 to")],
                                       "a median lies between its quartiles, but lower_quartile 7 is above median 6",
                                       "lower_quartile ≤ median"),
    "a range upside down": ("id: toci_courses.toci", [("lower: 1", "lower: 5"), ("One", "Five")],
                            "a value lies in its range, but lower 5 is above upper 4", "lower ≤ upper"),
    "bounds upside down": ("id: icans.toci.severe", [("at_least: 1", "at_least: 3")],
                           "at_least is not above at_most, but at_least 3 is above at_most 2", "at_least ≤ at_most"),
    "a p-value above 1": ("id: severe_infection.p", [("p: 0.410", "p: 4.10"), ("p=0.410", "p=4.10")],
                          "a p-value is at most 1", "at most 1"),
    "arms that miss the total": ("id: group_size.total", [("n: 30", "n: 31"), ("Thirty", "Thirty-one")],
                                 "the arms add to the total", "30"),
}


@pytest.mark.parametrize("name", PRINTED_FAULTS)
def test_a_printed_fault_is_an_error_with_its_place(review, name):
    entry, changes, rule, expected = PRINTED_FAULTS[name]
    line = plant_all(review, entry, *changes)
    code, printed = review.check()
    assert code == 1 and not printed["problems"], printed["problems"]
    found = [f for f in printed["findings"] if f["severity"] == "error"]
    assert [f["rule"] for f in found] == [rule]
    assert found[0]["expected"] == expected and found[0]["verdict"] == "differs"
    assert (found[0]["study"], found[0]["entry"], found[0]["line"]) == ("example2020", entry.removeprefix("id: "), line)
    assert found[0]["file"].endswith(RECORD) and found[0]["address"]


def test_two_printed_sizes_of_one_arm_are_an_error(review):
    review.plant(RECORD, "id: group_size.control", "arm: control", "arm: toci")
    assert {f["rule"] for f in review.findings("group_size.toci")} == {"the arm toci in stratum all has several sizes"}
    assert review.check()[0] == 1


def test_a_contradiction_that_the_record_acknowledges_is_no_error(review):
    plant_all(review, TOCI, ("percent: 41.7", "percent: 27.8"), ("41.7%", "27.8%"))
    assert review.check()[0] == 1
    review.plant(RECORD, "contradictions:", "entries: [icans.total]", "entries: [icans.total, severe_infection.toci]")
    review.plant(RECORD, "contradictions:", "used: events", "used: all")
    assert [f["severity"] for f in review.findings("severe_infection.toci")] == ["acknowledged"]
    assert review.check()[0] == 0


def test_an_acknowledged_percentage_is_reported_and_passes(review):
    (found,) = review.findings("icans.total")
    assert (found["severity"], found["printed"], found["expected"]) == ("acknowledged", "3 (12.0%)", "10.0%")


def test_a_slip_of_the_extractor_cannot_be_acknowledged(review):
    review.plant(RECORD, "id: icans.total", "events: 3", "events: 4")
    assert review.problem()["field"] == "entries[icans.total].events"


def test_a_percentage_off_in_the_last_digit_is_mild(review):
    plant_all(review, TOCI, ("percent: 41.7", "percent: 41.6"), ("41.7%", "41.6%"))
    assert [f["severity"] for f in review.findings("severe_infection.toci")] == ["last_digit"]
    assert review.check()[0] == 0


@pytest.mark.parametrize(("percent", "verdict"), [("12.5", "agrees"), ("12", "agrees"), ("13", "agrees"), ("12.50", "agrees"),
                                                  ("11", "differs"), ("14", "differs"), ("12.4", "differs")])
def test_a_half_may_be_rounded_up_or_to_even(review, percent, verdict):
    """1 of 8 is 12.5 %: papers print 13 (half up) or 12 (half even)."""
    review.plant(RECORD, TOCI, "events: 5\n    percent: 41.7", f"events: 1\n    n: 8\n    percent: {percent}")
    review.plant(RECORD, TOCI, '"41.7%(n=5)"', f'"1/8 ({percent}%)"')
    _, printed = review.check()
    assert [f["verdict"] for f in printed["findings"] if f["entry"] == "severe_infection.toci"] == [verdict]


def test_a_percentage_of_an_unprinted_group_cannot_be_checked(review):
    _, printed = review.check()
    assert [(f["verdict"], f["severity"]) for f in printed["findings"] if f["study"] == "sample2021"] == [
        ("cannot_be_checked", None)]


def test_an_adjusted_p_value_above_1_is_told_but_no_error(review):
    (found,) = review.findings("age.p")
    assert (found["severity"], found["expected"]) == ("acknowledged", "at most 1")


def test_an_arm_without_a_printed_size_is_the_total_less_the_other(review):
    record = load(review.root).records["example2020"]
    assert group_size(record, "control") == 18
    left = record.model_copy(update={"entries": [e for e in record.entries if e.id != "group_size.control"]})
    assert (group_size(left, "control"), group_size(left, "total"), group_size(left, "toci")) == (18, 30, 12)
    alone = record.model_copy(update={"entries": [e for e in record.entries if e.id == "group_size.toci"]})
    assert group_size(alone, "control") is None and group_size(alone, "total") is None
    assert group_size(record, "toci", "grade_3") is None and group_size(record, "comparison") is None


def test_a_reading_set_aside_gives_no_group_size(review):
    review.plant(RECORD, "id: group_size.control", "id: group_size.control", "id: group_size.toci.text")
    review.plant(RECORD, "id: group_size.toci.text", "arm: control", "arm: toci")
    review.plant(RECORD, "contradictions:", "contradictions:",
                 "contradictions:\n  - about: Two sizes.\n    entries: [group_size.toci, group_size.toci.text]\n"
                 "    used: group_size.toci\n    reason: The table's head.")
    checked = check(load(review.root))
    assert not checked.errors
    assert [f.severity for f in checked.findings if f.entry == "group_size.toci.text"] == ["acknowledged"]


def test_a_finding_reads_as_one_line(review):
    line = plant_all(review, TOCI, ("percent: 41.7", "percent: 27.8"), ("41.7%", "27.8%"))
    (error,) = check(load(review.root)).errors
    assert str(error) == (f"review/records/example2020.yml:{line}: example2020: severe_infection (severe_infection.toci): "
                          "found '27.8%(n=5)': the percentage is 5 of 12; expected 41.7%")


def test_the_readable_report_names_counts_contradictions_and_errors(review):
    code, printed = review.run("check")
    assert code == 0 and "0 errors" in printed and "Contradictions acknowledged (2)" in printed
    assert "Without a record: waiting2022 (awaiting_data)." in printed
    line = review.plant(REGISTER, "id: example2020", "included", "perhaps")
    code, printed = review.run("check")
    assert code == 1 and f"register.yml:{line}: example2020" in printed and "1 error." in printed


def test_the_json_counts_entries_by_kind_for_each_study(review):
    studies = review.check()[1]["studies"]
    assert studies["example2020"]["entries"]["counts"] == 3
    assert studies["waiting2022"] == {"decision": "awaiting_data", "entries": {}, "verdicts": {}, "problems": 0}


@pytest.mark.parametrize(("fragment", "held"), [
    ("52.9%(n=9)", {"52.9", "9"}),
    ("Forty-five (48.3%)", {"45", "48.3"}),
    ("80–1,280 mg", {"80", "1280"}),
    ("less than fourfold", {"4"}),
    ("no cases", {"0"}),
    ("42 (14-67)", {"42", "14", "67"}),
])
def test_numbers_of_a_fragment_include_those_in_words(fragment, held):
    assert numbers(fragment) == held


@pytest.mark.parametrize(("fragment", "p", "stated"), [
    ("p=0.353", "0.353", True), ("$p=0.0125$", "0.0125", True), ("p > 0.9999", ">0.9999", True), ("p<0.05", "< 0.05", True),
    ("p<0.05", "0.05", False), ("p=0.353", "0.35", False), ("p=0.353", "353", False), ("p=10.35", "0.35", False),
    ("0.350", "0.35", False), ("1", "1", True), ("(p=0.35).", "0.35", True),
])
def test_a_p_value_stands_with_its_digits_and_sign(fragment, p, stated):
    assert states_p(fragment, p) is stated


def test_rounding_keeps_the_printed_digits():
    assert rounded(Fraction(25, 2), 0) == Decimal(13) and str(rounded(Fraction(20), 1)) == "20.0"

"""What cannot mean anything is refused; a contradiction excuses from the checks that it names."""

from datetime import date, timedelta
from typing import get_args

import pytest
from example_review import RECORD, REGISTER
from pydantic import TypeAdapter, ValidationError

from extraction.checks import structure
from extraction.schema import AnyEntry
from extraction.typed import Day, Month

PLACE = {"source": "example2020.xml", "section": "Results"}


def entry(kind: str, **fields: object) -> dict:
    told = {
        "id": "x",
        "field": "icans",
        "arm": "comparison",
        "unit": "ratio",
        "printed": "?",
        "address": PLACE,
    }
    return told | {"kind": kind} | fields


@pytest.mark.parametrize(
    ("told", "rule"),
    [
        (entry("quantity", arm="treated", unit="days"), "a quantity has its value"),
        (entry("bound", arm="treated", unit="patients"), "how many at least"),
        (entry("odds_ratio", estimate="1.0", lower="1.0", upper="1.0", adjusted_for=[]), "no width"),
        (entry("mean_difference", estimate="2", lower="2.00", upper="2.0"), "no width"),
    ],
)
def test_an_entry_that_cannot_mean_anything_is_refused(told, rule):
    with pytest.raises(ValidationError, match=rule):
        TypeAdapter(AnyEntry).validate_python(told)


@pytest.mark.parametrize(
    ("after", "arm", "rule"),
    [
        ("id: severe_infection.treated", "comparison", "is of patients"),
        ("id: severe_infection.p", "treated", "is of their comparison"),
        ("id: crs_duration.grade_3.test", "control", "is of their comparison"),
        ("id: crs_duration.treated", "comparison", "is of patients"),
    ],
)
def test_a_kind_of_report_describes_whom_it_can(invented, after, arm, rule):
    line = invented.plant(RECORD, after, "arm: ", f"arm: {arm} #")
    found = invented.problem()
    assert (found["line"], found["value"]) == (line, arm) and rule in found["rule"]


def test_every_kind_is_of_patients_of_a_contrast_or_of_either():
    kinds = get_args(get_args(AnyEntry)[0])
    groups = [structure.OF_PATIENTS, structure.OF_A_CONTRAST, structure.OF_EITHER]
    assert all(sum(issubclass(kind, group) for group in groups) == 1 for kind in kinds)


@pytest.mark.parametrize(
    "typed", ["86400", "+86400", "9999-12-31", "0201-01-01", "2024-13-01", "2024-02-30", "20240131", "now"]
)
def test_a_day_is_a_date_that_was(typed):
    with pytest.raises(ValidationError):
        TypeAdapter(Day).validate_python(typed)


def test_today_is_a_day_and_tomorrow_is_not_yet():
    today = date.today()
    assert TypeAdapter(Day).validate_python(today.isoformat()) == today
    with pytest.raises(ValidationError, match="not to come"):
        TypeAdapter(Day).validate_python((today + timedelta(days=1)).isoformat())


@pytest.mark.parametrize("typed", ["2018-99", "0201-05", "9999-01", "2018", "May 2018", "2018-5", "2018-00"])
def test_a_month_is_one_that_was(typed):
    with pytest.raises(ValidationError):
        TypeAdapter(Month).validate_python(typed)


def test_enrolment_begins_before_it_ends(invented):
    invented.plant(RECORD, "design:", "last_patient: 2019-12", "last_patient: 2017-12")
    assert "ends before it begins" in invented.problem()["rule"]


def test_enrolment_begins_before_the_study_is_published(invented):
    invented.plant(RECORD, "design:", "first_patient: 2018-01", "first_patient: 2021-01")
    invented.plant(RECORD, "design:", "last_patient: 2019-12", "last_patient: 2022-12")
    assert "after the study was published, 2020" in invented.problem()["rule"]


def test_the_year_of_a_study_is_that_of_its_name(invented):
    invented.plant(REGISTER, "id: waiting2022", "year: 2022", "year: 2021")
    assert invented.problem()["rule"] == "is not the year of waiting2022"


def test_a_contradiction_excuses_from_the_checks_it_names_alone(invented):
    invented.plant(
        RECORD, "contradictions:", "excuses: [percentage_is_events_over_n]", "excuses: [p_value_within_1]"
    )
    code, found = invented.check()
    (stops,) = [f for f in found["findings"] if f["severity"] == "error" and not f["acknowledged"]]
    assert code == 1 and (stops["entry"], stops["check"]) == ("icans.total", "percentage_is_events_over_n")


def test_a_contradiction_that_excuses_from_no_check_is_refused(invented):
    invented.plant(RECORD, "contradictions:", "percentage_is_events_over_n", "percentage_is_event_over_n")
    rule = invented.problem()["rule"]
    assert rule == "is not the name of a check; nearest: percentage_is_events_over_n"

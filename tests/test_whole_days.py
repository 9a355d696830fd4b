"""Durations in whole days: medians that they cannot have, and what is made of them."""

from decimal import Decimal

import pytest

from book.shown import register, study_page
from extraction.checks.ranges import whole_days_have_such_a_median
from extraction.checks.structure import integrity_names_entries
from extraction.derived.whole_days import is_no_median_of_whole_days, sums_of_such_a_mean
from models.evidence.collect import collect
from models.evidence.report import Reading

TOCI = "crs_duration.treated"


def with_entry(record, name: str, **changes):
    """The record with one entry changed."""
    entries = [e.model_copy(update=changes) if e.id == name else e for e in record.entries]
    return record.model_copy(update={"entries": entries})


def judged(record, name: str = TOCI):
    (entry,) = [e for e in record.entries if e.id == name]
    return list(whole_days_have_such_a_median(record, entry))


def test_the_only_median_in_days_that_differs_is_the_one_of_zhou(review):
    found = [
        (record.study, entry.id)
        for record in review.records.values()
        for entry in record.entries
        if is_no_median_of_whole_days(record, entry)
    ]
    assert found == [("zhou2025", TOCI)]


def test_the_sentence_names_the_assumption_and_the_means(review):
    (said,) = judged(review.records["zhou2025"])
    assert said.verdict == "differs"
    assert "taken as whole days" in said.rule and "103/17 or 104/17" in said.rule


@pytest.mark.parametrize("median", ["6", "6.0", "6.5", "5.5"])
def test_a_whole_or_a_half_day_is_no_fault(review, median):
    assert judged(with_entry(review.records["zhou2025"], TOCI, median=Decimal(median))) == []


@pytest.mark.parametrize(
    ("name", "end"),
    [(TOCI, {"minimum": Decimal("2.4")}), ("crs_duration.control", {"maximum": Decimal("12.5")})],
)
def test_nothing_is_said_where_the_paper_records_finer(review, name, end):
    assert judged(with_entry(review.records["zhou2025"], name, **end)) == []


def test_another_unit_is_not_judged(review):
    assert judged(with_entry(review.records["zhou2025"], TOCI, unit="months")) == []


def test_sums_of_a_mean():
    assert sums_of_such_a_mean(Decimal("5.5"), 28) == [153, 154, 155]
    assert sums_of_such_a_mean(Decimal("6.13"), 17) == []


def test_read_as_means_the_medians_of_both_arms_enter_nothing(review):
    primary, means = (
        collect(review, "crs_duration", Reading(medians_at_their_word=word)) for word in (True, False)
    )
    gone = {e for u in primary.used for e in u.entries} - {e for u in means.used for e in u.entries}
    assert gone == {TOCI, "crs_duration.control"}
    reasons = {u.reason for u in means.unused if set(u.entries) & gone}
    assert reasons == {"read as a mean: no whole days have such medians"}


# research integrity


def test_integrity_stands_on_the_page_with_the_numbers_it_speaks_of(review):
    record = review.records["zhou2025"]
    page = study_page._integrity(record)
    assert "## Research integrity" in page and "480 (range, 160–800) mg" in page
    assert study_page._integrity(review.records["ma2024"]) == ""
    assert list(register.integrity(review)["study_id"]) == ["zhang2022", "zhou2025"]


def test_numbers_said_to_agree_are_the_same_in_both_records(review):
    def numbers(study: str, name: str) -> list:
        (entry,) = [e for e in review.records[study].entries if e.id == name]
        ends = ("lower", "upper", "median", "minimum", "maximum")
        return [getattr(entry, end, None) for end in ends]

    for name in ("toci_dose.treated", "toci_interval.treated"):
        assert numbers("zhou2025", name) == numbers("zhang2022", name)
    assert (
        numbers("zhou2025", "steroid_dose.users.text")[-2:] == numbers("zhang2022", "steroid_dose.total")[-2:]
    )


def test_integrity_names_entries_of_its_record(review):
    record, source = review.records["zhou2025"], review.sources["zhou2025"]
    wrong = record.model_copy(
        update={"integrity": record.integrity.model_copy(update={"entries": ["no.such"]})}
    )
    assert not list(integrity_names_entries(record, source))
    (problem,) = integrity_names_entries(wrong, source)
    assert "is not an entry of this record" in str(problem)

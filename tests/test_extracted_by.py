"""Who extracted a paper, and whether by one, by two who agreed, or by two and settled: told by the record,
invented here, and never typed in.
"""

import pytest
from example_review import RECORD

from book.shown import extracted_by
from extraction.records import load

SECOND = """extractor: nobody
second_extraction:
  extractor: somebody else; invented
  extracted: 2024-02-01
  compared: 200
  differed: 0
"""


def second(invented, more: str = "", differed: int = 0):
    """A second extraction in the invented record; `more` are further lines of it."""
    text = SECOND.replace("differed: 0", f"differed: {differed}") + more
    invented.plant(RECORD, "study:", "extractor: nobody\n", text)


def test_a_record_of_one_extractor_is_single_and_names_no_other(review, invented):
    record = load(invented.root).records["example2020"]
    assert record.extraction_status == "single" and record.extracted_twice() == []
    assert extracted_by.status(record) == "2024-01-31, nobody; single: no second extraction is recorded"
    assert {record.extraction_status for record in review.records.values()} == {"single"}
    assert extracted_by.of_all(review).endswith(": extracted once, no second extraction is recorded.")


def test_two_who_agree_are_double(invented):
    second(invented, "  not_read: [age, toci_courses]\n")
    review = load(invented.root)
    record = review.records["example2020"]
    assert record.extraction_status == "double"
    # 18 entries, of which two are of age and one of courses
    assert len(record.entries) == 18 and len(record.extracted_twice()) == 15
    assert "double: 15 of 18 numbers by both, 0 of 200 fields differed" in extracted_by.status(record)
    assert extracted_by.of_all(review) == (
        "Extraction. Sample 2021: extracted once, no second extraction is recorded; Example 2020: extracted"
        " by two who agreed."
    )


def test_what_differed_and_was_settled_is_reconciled(invented):
    more = "  second_alone: [age.p]\n  reconciled_by: a third; invented\n  reconciled: 2024-02-02\n"
    second(invented, more, differed=3)
    record = load(invented.root).records["example2020"]
    assert record.extraction_status == "reconciled" and len(record.extracted_twice()) == 17
    assert extracted_by.status(record).endswith(
        "reconciled: 17 of 18 numbers by both, 3 of 200 fields differed, 1 number found by one alone;"
        " settled 2024-02-02, a third; invented"
    )


@pytest.mark.parametrize(
    ("more", "differed", "rule"),
    [
        ("", 1, "reconciled_by says who settled it"),
        ("  first_alone: [age.p]\n", 0, "reconciled_by says who settled it"),
        ("  reconciled_by: a third\n", 1, "stand together"),
        ("  reconciled_by: a third\n  reconciled: 2024-01-31\n", 1, "before it was extracted"),
        ("", 201, "cannot differ"),
        ("  second_alone: [no.such]\n  reconciled_by: x\n  reconciled: 2024-02-02\n", 0, "no entry of"),
        ("  reconciled_by: FILL_IN\n  reconciled: FILL_IN\n", 1, "left to fill in"),
    ],
)
def test_what_is_not_settled_is_refused(invented, more, differed, rule):
    second(invented, more, differed)
    code, printed = invented.check()
    assert code == 1 and rule in printed["problems"][0]["rule"]


def test_the_second_extraction_is_by_another_person(invented):
    second(invented)
    invented.plant(RECORD, "second_extraction", "somebody else; invented", "nobody")
    assert "another person" in invented.problem()["rule"]

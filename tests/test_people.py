"""Who made the review is said in one file, and what that file leaves out is not stated."""

import pytest
import yaml

from book.shown import people_page
from extraction import people
from extraction.people import People
from extraction.source import BadRecords
from extraction.tree import ROOT

CITED = "The tocilizumab after CAR-T living review contributors"


def test_whoever_is_named_is_an_author_in_the_citation_file():
    held = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))["authors"]
    named = [person.name for person in people.read().people]
    cited = [author.get("name") or f"{author['family-names']}, {author['given-names']}" for author in held]
    assert set(named) <= set(cited)


def test_what_nobody_has_said_is_not_stated(review):
    assert people_page.in_short(People(), review) == (
        f"By {CITED}. Roles, competing interests and funding: not stated."
    )
    rows = people_page.table(People(), review).frame.values.tolist()
    assert rows == [[CITED, "not stated", "not stated"], ["Funding", "not stated", ""]]


def test_what_is_said_is_shown_and_only_the_rest_is_not_stated(review, tmp_path):
    (tmp_path / "people.yml").write_text(
        "people:\n"
        "  - {name: 'Doe, Jane', roles: [Software], interests: None.}\n"
        "  - {name: 'Roe, Richard', roles: [Supervision]}\n"
        "funding: A foundation.\n"
    )
    told = people.read(tmp_path)
    assert people_page.in_short(told, review) == (
        "By Doe, Jane; Roe, Richard. Funding: A foundation. Competing interests: not stated."
    )
    assert people_page.table(told, review).frame.values.tolist() == [
        ["Doe, Jane", "Software", "None."],
        ["Roe, Richard", "Supervision", "not stated"],
        ["Funding", "A foundation.", ""],
    ]


def test_a_field_that_the_file_does_not_have_is_named(tmp_path):
    (tmp_path / "people.yml").write_text("people: []\nsponsor: somebody\n")
    with pytest.raises(BadRecords, match="sponsor"):
        people.read(tmp_path)

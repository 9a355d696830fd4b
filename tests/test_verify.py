"""Every printed fragment stands in its source text; type-setting is folded, digits never are."""

import json

import pytest
from example_review import EXAMPLE, RECORD

from extraction.fragment import fold, stands_in
from extraction.records import ROOT
from extraction.verify import verify

SOURCES = ROOT.parent.parent / "shared" / "sources"


@pytest.mark.skipif(
    not SOURCES.is_dir(), reason="the papers' texts are not held beside this copy (../shared/sources)"
)
def test_every_fragment_of_the_review_stands_in_its_paper(review):
    result = verify(review, SOURCES)
    assert not result.missing, "\n".join(map(str, result.missing))
    assert result.confirmed > 300  # the three papers alone print more numbers than that
    assert {fragment.source for fragment in result.unchecked} <= {None}


def test_the_invented_fragments_are_confirmed(invented):
    code, printed = invented.run("verify", str(EXAMPLE / "texts"))
    assert code == 0 and "16 fragments confirmed, 0 missing, 2 without a text." in printed


def test_a_fragment_that_does_not_stand_there_is_listed_with_its_place(invented):
    line = invented.plant(RECORD, "id: severe_infection.control", '"4/18 (22.2%)"', '"4 / 18 (22.2 %) of"')
    assert invented.run("verify", str(EXAMPLE / "texts"))[0] == 0  # spaces are free
    invented.plant(RECORD, "id: severe_infection.control", "(22.2 %)", "(22.3 %)")
    code, printed = invented.run("verify", str(EXAMPLE / "texts"), "--json")
    (missing,) = json.loads(printed)["missing"]
    assert code == 1
    assert (missing["study"], missing["entry"], missing["printed"], missing["line"]) == (
        "example2020",
        "severe_infection.control",
        "4 / 18 (22.3 %) of",
        line,
    )
    assert missing["file"].endswith(RECORD) and missing["source"] == "example2020.xml"


def test_a_folder_without_the_texts_confirms_nothing_and_fails(invented, tmp_path):
    (tmp_path / "empty").mkdir()
    code, printed = invented.run("verify", str(tmp_path / "empty"))
    assert code == 1 and "0 fragments confirmed, 0 missing, 18 without a text." in printed


def test_broken_records_are_told_instead_of_verified(invented):
    invented.plant(RECORD, "entries:", "kind: group_size", "kind: group")
    code, printed = invented.run("verify", str(EXAMPLE / "texts"))
    assert code == 1 and "is not one of the" in printed


def test_a_missing_folder_is_said_in_one_line(invented):
    code, printed = invented.run("verify", "/no/such/folder")
    said = "python -m extraction verify: argument DIR: there is no folder /no/such/folder"
    assert code == 2 and printed.splitlines() == [said]


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("<td>0 (0)</td><td>4 (14.3)</td>", "0 (0) 4 (14.3)"),
        ("range, 2&#x2013;14", "range, 2-14"),
        ("3–5, 3—5, 3−5, 3‐5, 3‑5", "3-5, 3-5, 3-5, 3-5, 3-5"),
        (r"$p=0.0125$ and $\geq 20\%$", "p=0.0125 and ≥ 20 %"),
        ("**10**<sup>6</sup>/kg", "10 6 /kg"),
        ("p < 0.025). Then p > 0.05", "p < 0.025). Then p > 0.05"),
        ("p&lt;0.05", "p<0.05"),
        ("a&#xa0;b\n\tc", "a b c"),
    ],
)
def test_typesetting_is_folded(text, folded):
    assert fold(text) == folded


@pytest.mark.parametrize("fragment", ["9", "2.9", "52.9", "0.35", "52"])
def test_a_number_is_never_found_inside_another(fragment):
    assert not stands_in(fragment, fold("152.95 and 0.353, 19 and 10.35"))


@pytest.mark.parametrize("fragment", ["52.9%(n=9)", "52.9 % ( n = 9 )", "52.9%"])
def test_spaces_between_parts_are_free(fragment):
    assert stands_in(fragment, fold("There were 52.9%(n=9)of patients"))

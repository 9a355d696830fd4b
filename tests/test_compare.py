"""Two extractions of one paper, invented: what is counted follows by hand from what was changed, and the
merged record is refused until it is settled.
"""

import io
import json

import pytest
from example_review import EXAMPLE, RECORD
from statsmodels.stats.inter_rater import cohens_kappa

from extraction.__main__ import main
from extraction.schema import Record
from extraction.source import parse
from extraction.twice.compare import Extraction, NotOfOnePaper, compare, meaningful_kappa
from extraction.twice.merge import _round_trip
from extraction.typed import validate

ADA = (
    (EXAMPLE / RECORD).read_text(encoding="utf-8").replace("extractor: nobody", "extractor: Ada, invented", 1)
)
BEN = ADA.replace("Ada, invented", "Ben, invented", 1).replace(
    "extracted: 2024-01-31", "extracted: 2024-02-03"
)
NEW = """  - id: icans.control
    kind: counts
    field: icans
    arm: control
    unit: patients
    events: 2
    printed: "2 of the others"
    address: {source: example2020.xml, section: Results, paragraph: 2}
"""


def changed(text: str, *changes: tuple[str, str]) -> str:
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def without(text: str, first: str, after: str) -> str:
    """The record without the entries from one to the one before another."""
    return text[: text.index(f"  - id: {first}\n")] + text[text.index(f"  - id: {after}\n") :]


@pytest.fixture
def both(tmp_path):
    """Writes two records, and compares them."""

    def compared(one: str, other: str):
        sides = []
        for name, text in (("a", one), ("b", other)):
            path = tmp_path / f"{name}.yml"
            path.write_text(text, encoding="utf-8")
            source = parse(path)
            sides.append(Extraction(validate(source, Record), source))
        return compare(*sides)

    return compared


def merge(tmp_path, capsys) -> tuple[int, str]:
    """Exit code of the command on the records of `both`, and the merged record."""
    out = tmp_path / "merged.yml"
    code = main(["compare", str(tmp_path / "a.yml"), str(tmp_path / "b.yml"), "--merged", str(out)])
    capsys.readouterr()
    return code, out.read_text(encoding="utf-8")


def test_two_alike_agree_in_every_field(both):
    found = both(ADA, BEN)
    assert found.settled and found.differences == [] and found.not_read == []
    of = found.agreement()
    assert of.share == 1 and len(found.partner) == 18
    # numbers typed in entries of the example, counted in the file by eye: n 3; counts 2, 3 and 2; p 1;
    # bound 2; per cent 1; medians 3 and 3; mean and SD 2; quantity 2; ratio 4; log-rank p 1; p 1
    assert found.agreement("numbers").compared == 30


def test_digits_are_compared_as_printed_and_a_form_is_not(both):
    found = both(ADA, changed(BEN, ("percent: 22.2\n", "percent: 22.20\n"), ("p: 0.418", 'p: "p = .418"')))
    (difference,) = found.conflicts
    assert (difference.where, difference.field) == ("severe_infection.control", "percent")
    assert (difference.first, difference.second) == ("22.2", "22.20")
    line = ADA[: ADA.index("percent: 22.2\n")].count("\n") + 1
    assert (difference.first_line, difference.second_line) == (line, line)
    of = found.agreement("numbers")
    assert (of.compared, of.agreed) == (30, 29) and of.share == pytest.approx(29 / 30)


def test_an_entry_is_found_under_another_name_and_an_address_is_its_own_group(both):
    other = changed(
        BEN,
        ("- id: severe_infection.treated\n", "- id: infection_grade_3.treated\n"),
        ('"31.5 (10.2)"\n    address: {source: example2020.xml, table: "1"',
         '"31.5 (10.2)"\n    address: {source: example2020.xml, table: "2"'),
    )  # fmt: skip
    found = both(ADA, other)
    assert found.partner["severe_infection.treated"] == "infection_grade_3.treated"
    assert [(d.where, d.field, d.group) for d in found.differences] == [
        ("age.total", "address.table", "places")
    ]


def test_words_of_their_own_are_shown_and_not_counted(both):
    before = both(ADA, BEN).agreement()
    found = both(ADA, changed(BEN, ("definition: All patients.", "definition: Everybody.")))
    assert found.settled and found.agreement() == before
    assert [(d.where, d.first, d.second) for d in found.differences] == [
        ("strata all", "All patients.", "Everybody.")
    ]


def test_a_field_that_one_leaves_at_its_default_is_compared_and_two_silences_are_not(both):
    of = both(ADA, BEN).agreement("meanings").compared
    found = both(ADA, changed(BEN, ("adjusted_for: [age]", "adjusted_for: [age]\n    estimator: matched")))
    assert found.agreement("meanings").compared == of + 1
    (difference,) = found.conflicts
    assert (difference.field, difference.first, difference.second) == ("estimator", None, "matched")


def test_what_one_alone_has_is_told_from_what_the_other_did_not_read(both):
    other = without(BEN, "age.total", "toci_courses.treated")
    other = other[: other.index("  - id: age.p\n")]
    other = without(other, "group_size.total", "group_size.treated")
    found = both(
        ADA, changed(other, ("  - id: icans.treated.severe\n", NEW + "  - id: icans.treated.severe\n"))
    )
    assert found.not_read == ["age"]  # the second holds no number of it
    assert found.first_alone == ["group_size.total"] and found.second_alone == ["icans.control"]


@pytest.mark.parametrize(
    ("other", "said"),
    [(BEN.replace("study: example2020", "study: another2020"), "two papers"), (ADA, "name two people")],
)
def test_two_papers_and_one_person_are_refused(both, other, said):
    with pytest.raises(NotOfOnePaper, match=said):
        both(ADA, other)


def test_kappa_is_that_of_hand_calculation():
    # 50 pairs: observed 35/50 = 0.7; by chance 0.5 × 0.6 + 0.5 × 0.4 = 0.5; (0.7 − 0.5)/(1 − 0.5) = 0.4
    pairs = [("yes", "yes")] * 20 + [("yes", "no")] * 5 + [("no", "yes")] * 10 + [("no", "no")] * 15
    assert meaningful_kappa(pairs) == pytest.approx(0.4)
    assert cohens_kappa([[15, 10], [5, 20]], return_results=False) == pytest.approx(0.4)  # other software


@pytest.mark.parametrize("pairs", [[("yes", "yes")] * 50, [("yes", "no"), ("no", "no")] * 4])
def test_kappa_of_one_word_or_of_few_pairs_is_not_given(pairs):
    assert meaningful_kappa(pairs) is None


def test_the_merged_record_keeps_order_and_comments_and_names_who_read_what(both, tmp_path, capsys):
    first = changed(
        ADA,
        ("    n: 18\n    printed: \"Control", "    n: 18  # counted twice\n    printed: \"Control"),
        ("  - id: icans.total", "  # of all patients\n  - id: icans.total"),
    )  # fmt: skip
    second = changed(
        without(BEN, "group_size.total", "group_size.treated"),
        ("  - id: icans.treated.severe\n", NEW + "  - id: icans.treated.severe\n"),
        ("percent: 22.2\n", "percent: 22.20\n"),
    )
    compared = both(first, second).agreement().compared
    code, merged = merge(tmp_path, capsys)
    assert code == 1
    added = [line for line in merged.splitlines() if line not in first.splitlines()]
    assert [line.strip() for line in added] == [
        "second_extraction:",
        "extractor: Ben, invented",
        "extracted: 2024-02-03",
        f"compared: {compared}",
        "differed: 1",
        "first_alone: [group_size.total]",
        "second_alone: [icans.control]",
        "reconciled_by: FILL_IN",
        "reconciled: FILL_IN",
        "# Ada, invented alone",
        "# percent: Ada, invented: 22.2 | Ben, invented: 22.20",
        "percent: FILL_IN",
        "# Ben, invented alone",
        *(line.strip() for line in NEW.splitlines() if line not in first.splitlines()),
    ]
    assert [line for line in first.splitlines() if line not in merged.splitlines()] == ["    percent: 22.2"]
    assert (
        merged.index("id: icans.total")
        < merged.index("id: icans.control")
        < merged.index("id: icans.treated")
    )


def test_check_refuses_the_merged_record_until_it_is_settled(both, tmp_path, capsys, invented):
    second = changed(BEN, ("percent: 22.2\n", "percent: 22.20\n"))
    both(ADA, second)
    _, merged = merge(tmp_path, capsys)
    record = invented.root / RECORD
    record.write_text(merged, encoding="utf-8")
    code, printed = invented.check()
    assert code == 1
    assert {problem["field"] for problem in printed["problems"]} == {
        "entries[severe_infection.control].percent",
        "second_extraction.reconciled_by",
        "second_extraction.reconciled",
    }
    settled = merged.replace("percent: FILL_IN", "percent: 22.2")
    settled = settled.replace("reconciled_by: FILL_IN", "reconciled_by: Cy, invented")
    record.write_text(settled.replace("reconciled: FILL_IN", "reconciled: 2024-02-04"), encoding="utf-8")
    code, printed = invented.check()
    assert code == 0 and printed["problems"] == []


def test_two_who_agree_merge_to_a_record_that_passes(both, tmp_path, capsys, invented):
    both(ADA, BEN)
    code, merged = merge(tmp_path, capsys)
    assert code == 0 and "FILL_IN" not in merged
    (invented.root / RECORD).write_text(merged, encoding="utf-8")
    assert invented.check()[0] == 0


@pytest.mark.parametrize("typed", ["+30", "030", "3_0", '"30"', "4.780e1", "47.80", ".50", "5.", "~", "yes"])
def test_a_scalar_stays_as_it_is_typed(typed):
    text = f"a: {typed}  # kept\nb: {{c: {typed}, d: null}}\ne: [{typed}, 2024-01-31]\n"
    yaml, out = _round_trip(), io.StringIO()
    yaml.dump(yaml.load(text), out)
    assert out.getvalue() == text


def test_kinds_that_differ_leave_only_what_both_have_to_settle(both):
    other = changed(BEN, ("kind: percentage\n", "kind: counts\n"), ("    percent: 90\n", "    events: 27\n"))
    assert [d.field for d in both(ADA, other).conflicts] == ["kind", "percent"]


def test_a_record_is_not_overwritten_and_machines_are_told_the_same(both, tmp_path, capsys):
    both(ADA, changed(BEN, ("adjusted_for: [age]", "adjusted_for: [age, sex]")))
    (tmp_path / "out.yml").write_text("kept", encoding="utf-8")
    files = [str(tmp_path / "a.yml"), str(tmp_path / "b.yml")]
    assert main(["compare", *files, "--merged", str(tmp_path / "out.yml")]) == 1
    assert "exists already" in capsys.readouterr().err
    assert (tmp_path / "out.yml").read_text(encoding="utf-8") == "kept"
    assert main(["compare", *files, "--json"]) == 1
    (difference,) = json.loads(capsys.readouterr().out)["differences"]
    assert (difference["first"], difference["second"]) == ("age", "age, sex")
    assert main(["compare", *files]) == 1
    assert "To settle (1)" in capsys.readouterr().out


@pytest.mark.parametrize("study", ["kadauke2021", "ma2024", "wang2024", "zhang2022", "zhou2025"])
def test_the_reviews_own_records_merge_with_themselves_word_for_word(both, tmp_path, capsys, review, study):
    """Read by an invented second person who differs in nothing: every value and comment is as it was."""
    text = (EXAMPLE.parent.parent / "extraction" / "records" / f"{study}.yml").read_text(encoding="utf-8")
    both(text, text.replace(f"extractor: {review.records[study].extractor}", "extractor: invented", 1))
    code, merged = merge(tmp_path, capsys)
    assert code == 0
    start, end = merged.index("second_extraction:\n"), merged.index("texts:")
    kept = merged[:start] + merged[end:]
    assert "".join(kept.split()) == "".join(text.split())

"""A new study as a stranger would add it: the sheet to fill in, its row, and CONTRIBUTING's example run as it
stands.
"""

import os
import re
import stat
import subprocess
import sys
from difflib import ndiff
from pathlib import Path

import example_tree
import pytest
import yaml
from example_review import REGISTER, Invented
from example_tree import run, walkthrough

from extraction import dictionary, new, schema
from extraction.listed import with_item
from extraction.records import ROOT, load
from extraction.source import FILL_IN, parse
from models.evidence.collect import collect

STUDY = ("new", "lee2031", "--doi", "10.1234/invented.2031")
RECORD = "records/lee2031.yml"


def tree_of(invented: Invented) -> dict[str, bytes]:
    return {
        path.relative_to(invented.root).as_posix(): path.read_bytes()
        for path in invented.root.rglob("*")
        if path.is_file()
    }


# the sheet


def test_the_check_names_each_place_to_fill_in_and_nothing_else(invented):
    assert invented.run(*STUDY)[0] == 0
    code, printed = invented.check()
    lines = (
        (invented.root / REGISTER).read_text().splitlines(),
        (invented.root / RECORD).read_text().splitlines(),
    )
    assert code == 1
    for problem in printed["problems"]:
        text = lines[problem["file"].endswith(RECORD)][problem["line"] - 1]
        assert (
            problem["study"] == "lee2031"
            and problem["rule"] == "is left to fill in"
            and FILL_IN in text.split("#")[0]
        )
    fields = [problem["field"] for problem in printed["problems"]]
    assert {
        "studies[lee2031].reason",
        "design.product",
        "arms.treated.definition",
        "entries[group_size.treated].n",
        "entries[severe_infection].kind",
        "entries[overall_survival].kind",
    } <= set(fields)
    assert len(fields) == len(set(fields)) and "entries[severe_infection].unit" not in fields


def test_a_word_left_to_fill_in_is_never_taken_for_words_of_the_paper(invented):
    invented.plant("records/example2020.yml", "design:", "type: invented cohort", f"type: {FILL_IN}")
    assert (invented.problem()["field"], invented.problem()["rule"]) == ("design.type", "is left to fill in")


def test_a_kind_once_chosen_asks_for_its_own_fields(invented):
    invented.run(*STUDY)
    invented.plant(RECORD, "id: severe_infection", f"kind: {FILL_IN}", "kind: counts")
    found = {p["field"]: p["rule"] for p in invented.check()[1]["problems"]}
    assert (
        found["entries[severe_infection].events"] == "is required"
        and found["entries[severe_infection].unit"] == "is left to fill in"
    )


def test_the_sheet_holds_every_field_of_every_block_with_its_meaning_from_the_schema(invented):
    invented.run(*STUDY)
    sheet = (invented.root / RECORD).read_text() + (invented.root / REGISTER).read_text()
    for model in (*dictionary.BLOCKS, schema.Registration, *dictionary.REPORTS):
        if model not in (schema.Certainty, schema.Rating, schema.Lowering, schema.SecondExtraction):
            for row in dictionary.fields(model):
                assert re.search(rf"\b{row.field}:", sheet)
                known = model is schema.Registration and row.field in {
                    "id",
                    "title",
                    "authors",
                    "year",
                    "doi",
                    "decision",
                    "decided",
                    "text_held",
                }
                assert known or row.meaning in sheet, row


def test_a_changed_meaning_in_the_schema_changes_the_sheet(monkeypatch):
    monkeypatch.setattr(schema.Design.model_fields["product"], "description", "What was infused into whom.")
    assert "# What was infused into whom. (text)\n  product: FILL_IN" in new.record(
        "lee2031", None, "10.1234/x"
    )


def test_optional_lines_can_be_used_by_taking_the_sign_away(invented):
    invented.run(*STUDY)
    path = invented.root / RECORD
    head, blocks, entries = re.split(r"^(?=# The paper's endpoint|entries:)", path.read_text(), flags=re.M)
    path.write_text(head + re.sub("^# (?=[ a-z])", "", blocks, flags=re.M) + entries)
    data = parse(path).data
    (told,) = data["definitions"].values()
    assert set(told) == {"definition", "address"}
    assert data["contradictions"] == [
        {"about": FILL_IN, "entries": [FILL_IN], "used": FILL_IN, "reason": FILL_IN}
    ]
    assert set(data["risk_of_bias"][0]) == set(schema.BiasJudgement.model_fields)


# the row


def test_the_row_stands_after_the_last_study_and_nothing_else_changes(invented):
    before = (invented.root / REGISTER).read_text()
    said = {"--title": "A: 'title' #1, \"quoted\" \\ – né", "--journal": "null", "--year": "2030"}
    assert (
        invented.run(
            *STUDY, "--authors", "O'Neil B", "Li, Wei", *(word for pair in said.items() for word in pair)
        )[0]
        == 0
    )
    after = (invented.root / REGISTER).read_text()
    assert not [line for line in ndiff(before.splitlines(), after.splitlines()) if line.startswith("- ")]
    *others, added = parse(invented.root / REGISTER).data["studies"]
    assert [row["id"] for row in others] == ["example2020", "sample2021", "waiting2022"]
    assert (added["title"], added["journal"], added["year"]) == (said["--title"], "null", "2030")
    assert added["authors"] == ["O'Neil B", "Li, Wei"] and added["cohort"] == "lee2031"
    assert after.index("external: []") > after.index("lee2031")


@pytest.mark.parametrize("decision", ["awaiting_data", "excluded"])
def test_a_study_not_included_gets_its_row_and_no_record(invented, decision):
    assert invented.run(*STUDY, "--decision", decision)[0] == 0
    assert not (invented.root / RECORD).exists()
    assert parse(invented.root / REGISTER).data["studies"][-1]["decision"] == decision


@pytest.mark.parametrize(
    "register",
    [
        "# top\nstudies:\n  - id: a\n\n# about the outside\nexternal: []\n",
        "external: []\nstudies:\n  - id: a",
        "studies:\n  - id: a\n    x: >-\n      words\n# the end\n",
    ],
)
def test_the_row_finds_its_place_wherever_the_studies_stand(tmp_path, register):
    (tmp_path / "register.yml").write_text(register)
    (tmp_path / "other.yml").write_text(
        with_item(register, parse(tmp_path / "register.yml"), "studies", "\n  - id: b\n")
    )
    data = parse(tmp_path / "other.yml").data
    assert (
        [row["id"] for row in data["studies"]] == ["a", "b"] and "external" in data
    ) or "external" not in register
    assert set(register.splitlines()) <= set((tmp_path / "other.yml").read_text().splitlines())


def test_several_studies_can_be_begun_before_one_is_filled_in(invented):
    assert invented.run(*STUDY)[0] == 0
    assert invented.run("new", "kim2032", "--doi", "10.1234/invented.2032")[0] == 0
    assert [row["id"] for row in parse(invented.root / REGISTER).data["studies"]][-2:] == [
        "lee2031",
        "kim2032",
    ]


def test_a_registered_study_gets_the_record_alone(invented):
    before = tree_of(invented)
    assert invented.run("new", "waiting2022")[0] == 0
    after = tree_of(invented)
    assert after.keys() - before.keys() == {"records/waiting2022.yml"} and all(
        after[name] == before[name] for name in before
    )
    assert "10.1234/invented.2022.3" in (invented.root / "records/waiting2022.yml").read_text()


# refusals


REFUSED = {
    "a known study": ("example2020", "10.1234/other", "example2020: is in the register already (included)"),
    "a known DOI": (
        "lee2031",
        "10.1234/INVENTED.2020.1",
        "doi: found '10.1234/INVENTED.2020.1': is registered already, for example2020",
    ),
    "an id without a year": (
        "lee",
        "10.1234/other",
        "id: found 'lee': must be lower-case letters, digits and _",
    ),
    "a path for an id": ("../lee2031", "10.1234/other", "id: found '../lee2031': must be"),
    "a known DOI as a link": (
        "lee2031",
        "https://doi.org/10.1234/invented.2020.1",
        "is registered already, for example2020",
    ),
    "a DOI without suffix": ("lee2031", "10.1234", "is not a DOI"),
    "a year beyond reason": (
        "lee1066",
        "10.1234/other",
        "year: found '1066': must be greater than or equal to 1900",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_bad_study_is_refused_in_one_line_and_nothing_is_written(invented, name):
    study, doi, rule = REFUSED[name]
    before = tree_of(invented)
    code, said = invented.run("new", study, "--doi", doi)
    assert (code, len(said.splitlines())) == (1, 1) and rule in said and study in said
    assert tree_of(invented) == before


def test_a_paper_without_doi_is_registered_by_another_name(invented):
    assert invented.run("new", "lee2031", "--identifier", "Blood 146 Suppl 1: 712")[0] == 0
    register = (invented.root / "register.yml").read_text()
    assert 'identifier: "Blood 146 Suppl 1: 712"' in register
    row = register[register.index("id: lee2031") :]
    assert not re.search(r"^ +doi:", row, re.MULTILINE)
    code, said = invented.run("new", "kim2032", "--identifier", "blood 146 suppl 1: 712")
    assert code == 1 and "is registered already, for lee2031" in said


def test_a_study_without_row_and_doi_and_a_second_record_are_refused(invented):
    before = tree_of(invented)
    assert "needs its DOI" in invented.run("new", "lee2031")[1]
    assert "exists already" in invented.run("new", "example2020")[1]
    assert tree_of(invented) == before


def test_a_record_written_by_hand_is_never_overwritten(invented):
    (invented.root / RECORD).write_text("study: lee2031\n")
    before = tree_of(invented)
    assert invented.run(*STUDY)[0] == 1
    assert tree_of(invented) == before


@pytest.mark.parametrize("at", [1, 2])
def test_both_files_or_neither(invented, monkeypatch, at):
    before, calls, real = tree_of(invented), [], os.replace

    def fails(*paths):
        calls.append(paths)
        if len(calls) == at:
            raise OSError("no space left on device")
        real(*paths)

    monkeypatch.setattr(os, "replace", fails)
    assert invented.run(*STUDY)[0] == 1
    assert tree_of(invented) == before


def test_what_a_killed_run_leaves_is_finished_by_the_next(invented):
    invented.run(*STUDY)
    whole = tree_of(invented)
    # killed after the record
    (invented.root / REGISTER).write_text((Path(__file__).parent / "example" / REGISTER).read_text())
    assert invented.run(*STUDY)[0] == 0
    assert tree_of(invented) == whole


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_tree_that_cannot_be_written_is_said_in_one_line(invented):
    invented.root.chmod(stat.S_IRUSR | stat.S_IXUSR)
    code, said = invented.run(*STUDY)
    invented.root.chmod(stat.S_IRWXU)
    assert code == 1 and len(said.splitlines()) == 1


def test_bytes_that_are_no_text_are_refused(invented):
    done = subprocess.run(
        [
            sys.executable.encode(),
            b"-m",
            b"extraction",
            *(word.encode() for word in STUDY),
            b"--title",
            b"\xff",
            b"--root",
            str(invented.root).encode(),
        ],
        cwd=ROOT.parent,
        capture_output=True,
    )
    assert done.returncode == 1 and len(done.stderr.splitlines()) == 1 and b"not UTF-8" in done.stderr


# CONTRIBUTING's worked example


@pytest.fixture
def clone(tmp_path) -> Path:
    return example_tree.clone(tmp_path / "a clone")


def test_the_worked_example_goes_from_paper_to_commit_as_written(clone):
    [paper], (row, record), (begin, finish, last) = (
        walkthrough("text"),
        walkthrough("yaml"),
        walkthrough("sh"),
    )
    (clone / "papers").mkdir()
    (clone / "papers/example2031.txt").write_text(paper)
    begun = run(begin, clone)
    assert (
        begun.returncode == 1
        and "entries[severe_infection].kind: found 'FILL_IN': is left to fill in" in begun.stdout
    ), begun.stdout + begun.stderr

    assert parse(clone / "extraction/records/example2031.yml").data.keys() == yaml.safe_load(record).keys()
    example_tree.fill_in(clone, "example2031", row, record)
    finished = run(finish, clone)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    changed = run("git show --stat --format=%s", clone).stdout
    assert changed.startswith("Example 2031: severe infection and overall survival")
    assert "register.yml" in changed and "records/example2031.yml" in changed
    assert last.split("\n")[0] == "make book"

    read = load(clone / "extraction")
    used = {
        endpoint: [r for r in collect(read, endpoint).used if r.study == "example2031"]
        for endpoint in ("severe_infection", "overall_survival")
    }
    assert used["severe_infection"][0].report.only_table == (7, 18, 4, 22)
    assert used["overall_survival"][0].entries == ("overall_survival.hazard_ratio",)
    assert "example2031" not in collect(read, "crs_duration").studies

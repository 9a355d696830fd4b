"""Register and records: every rule of form refuses its planted fault by file, line, study, field, value and
rule.
"""

import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from example_review import RECORD, REGISTER, Invented

from extraction.__main__ import main
from extraction.records import ROOT, BadRecords, Problem, load, parse


class Fault(NamedTuple):
    """One replacement in one file, and the message it earns."""

    file: str
    after: str
    old: str
    new: str
    field: str
    value: str
    rule: str
    study: str = "example2020"
    below: int = 0


INFECTION = "id: severe_infection.treated"
ENTRY = "entries[severe_infection.treated]"
WAITING = "id: waiting2022"

FAULTS = {
    "unknown arm": Fault(
        RECORD,
        INFECTION,
        "arm: treated",
        "arm: drug",
        f"{ENTRY}.arm",
        "drug",
        "must be one of treated, control, total, comparison",
    ),
    "unknown stratum": Fault(
        RECORD,
        "id: crs_duration.grade_3",
        "stratum: grade_3",
        "stratum: grade_4",
        "entries[crs_duration.grade_3.test].stratum",
        "grade_4",
        "is not defined under strata",
    ),
    "unknown unit": Fault(
        RECORD, INFECTION, "unit: patients", "unit: patient", f"{ENTRY}.unit", "patient", "nearest: patients"
    ),
    "unit of another variable": Fault(
        RECORD,
        "id: crs_duration.treated",
        "unit: days",
        "unit: years",
        "entries[crs_duration.treated].unit",
        "years",
        "the unit of a median_range of crs_duration is days",
    ),
    "unit of another kind": Fault(
        RECORD,
        "id: severe_infection.p",
        "unit: probability",
        "unit: patients",
        "entries[severe_infection.p].unit",
        "patients",
        "is probability",
    ),
    "unknown variable": Fault(
        RECORD,
        INFECTION,
        "field: severe_infection",
        "field: sever_infection",
        f"{ENTRY}.field",
        "sever_infection",
        "nearest: severe_infection",
    ),
    "unknown field": Fault(
        RECORD,
        INFECTION,
        "events: 5",
        "events: 5\n    patients: 5",
        f"{ENTRY}.patients",
        "5",
        "is not a field of the schema",
        below=1,
    ),
    "unknown kind": Fault(
        RECORD, INFECTION, "kind: counts", "kind: count", f"{ENTRY}.kind", "count", "nearest: counts"
    ),
    "unknown test": Fault(
        RECORD,
        "id: severe_infection.p",
        "fisher, ",
        "fishing, ",
        "entries[severe_infection.p].tests[0]",
        "fishing",
        "nearest: fisher",
    ),
    "no kind": Fault(
        RECORD, INFECTION, "\n    kind: counts", "", f"{ENTRY}.kind", "nothing", "an entry needs a kind"
    ),
    "no address": Fault(
        RECORD,
        INFECTION,
        "\n    address: {source: example2020.xml, section: Results, paragraph: 2}",
        "",
        f"{ENTRY}.address",
        "nothing",
        "is required",
        below=-7,
    ),
    "an address nowhere": Fault(
        RECORD,
        INFECTION,
        "section: Results, paragraph: 2",
        "paragraph: 2",
        f"{ENTRY}.address",
        "a block",
        "names a section, a table or a figure",
    ),
    "an unlisted source": Fault(
        RECORD,
        INFECTION,
        "example2020.xml",
        "other.xml",
        f"{ENTRY}.address.source",
        "other.xml",
        "is not listed under texts (example2020.xml)",
    ),
    "no source though a text is held": Fault(
        RECORD,
        INFECTION,
        "example2020.xml",
        "null",
        f"{ENTRY}.address.source",
        "nothing",
        "is not listed under texts",
    ),
    "a source though no text is held": Fault(
        "records/sample2021.yml",
        "id: icans.control",
        "source: null",
        "source: sample2021.xml",
        "entries[icans.control].address.source",
        "sample2021.xml",
        "so the source is null",
        study="sample2021",
    ),
    "no fragment": Fault(
        RECORD,
        INFECTION,
        '"41.7%(n=5)"',
        "null",
        f"{ENTRY}.printed",
        "nothing",
        "an entry of kind counts needs its fragment as printed",
    ),
    "a number in words": Fault(
        RECORD, INFECTION, "events: 5", "events: many", f"{ENTRY}.events", "many", "must be a whole number"
    ),
    "a slip in a count": Fault(
        RECORD,
        INFECTION,
        "events: 5",
        "events: 6",
        f"{ENTRY}.events",
        "6",
        "does not stand so in its fragment “41.7%(n=5)”",
    ),
    "a lost digit": Fault(
        RECORD,
        "id: severe_infection.p",
        "p: 0.418",
        "p: 0.42",
        "entries[severe_infection.p].p",
        "0.42",
        "does not stand so in its fragment",
    ),
    "a lost sign": Fault(
        RECORD,
        "id: progression_free",
        'p: ">0.9999"',
        "p: 0.9999",
        "entries[progression_free_survival.p].p",
        "0.9999",
        "does not stand so in its fragment",
    ),
    "a p-value in words": Fault(
        RECORD,
        "id: severe_infection.p",
        "p: 0.418",
        "p: ns",
        "entries[severe_infection.p].p",
        "ns",
        "an outcome in words is an entry of kind test_outcome",
    ),
    "a p-value with two signs": Fault(
        RECORD,
        "id: severe_infection.p",
        "p: 0.418",
        'p: "=<0.418"',
        "entries[severe_infection.p].p",
        "=<0.418",
        "which may mean either",
    ),
    "an id twice": Fault(
        RECORD,
        "id: severe_infection.control",
        "id: severe_infection.control",
        "id: severe_infection.treated",
        f"{ENTRY}.id",
        "severe_infection.treated",
        "stands once in a record",
    ),
    "an empty word": Fault(
        RECORD, "design:", "type: invented cohort", 'type: " "', "design.type", " ", "not empty"
    ),
    "strata without all": Fault(
        RECORD, "strata:", "all:", "everyone:", "strata.all", "nothing", "strata must define all", below=-1
    ),
    "one arm": Fault(
        "records/sample2021.yml",
        "arms:",
        "\n  control: {definition: Not given the drug.}",
        "",
        "arms.control",
        "nothing",
        "a record defines both arms",
        study="sample2021",
        below=-1,
    ),
    "an unknown arm defined": Fault(
        RECORD,
        "arms:",
        "  control:",
        "  placebo:",
        "arms.placebo",
        "placebo",
        "must be one of treated, control",
    ),
    "sizes neither printed nor missed": Fault(
        "records/sample2021.yml",
        "id: group_size.control",
        "field: group_size",
        "field: age",
        "entries",
        "treated",
        "two of treated, control and total is needed",
        study="sample2021",
        below=-11,
    ),
    "a contradiction about nothing": Fault(
        RECORD,
        "contradictions:",
        "[icans.total]",
        "[icans.totl]",
        "contradictions[0].entries[0]",
        "icans.totl",
        "is not an entry of this record",
    ),
    "a contradiction settled by nothing": Fault(
        RECORD,
        "contradictions:",
        "used: events",
        "used: icans.treated",
        "contradictions[0].used",
        "icans.treated",
        "must be one of icans.total, all, neither, events, percent",
    ),
    "file name and study differ": Fault(
        RECORD,
        "study:",
        "study: example2020",
        "study: sample2021",
        "study",
        "sample2021",
        "must be the file's name, example2020",
        study="sample2021",
    ),
    "study in the register twice": Fault(
        REGISTER,
        WAITING,
        "waiting2022",
        "sample2021",
        "studies[sample2021].id",
        "sample2021",
        "stands twice in the register, first for sample2021",
        study="sample2021",
    ),
    "DOI in the register twice": Fault(
        REGISTER,
        WAITING,
        "10.1234/invented.2022.3",
        "10.1234/INVENTED.2020.1",
        "studies[waiting2022].doi",
        "10.1234/INVENTED.2020.1",
        "stands twice in the register, first for example2020",
        study="waiting2022",
    ),
    "DOI in the place of another address": Fault(
        REGISTER,
        WAITING,
        "10.1234",
        "https://example.org/10.1234",
        "studies[waiting2022].doi",
        "https://example.org/10.1234/invented.2022.3",
        "is not a DOI",
        study="waiting2022",
    ),
    "DOI without suffix": Fault(
        REGISTER,
        WAITING,
        "10.1234/invented.2022.3",
        "10.1234",
        "studies[waiting2022].doi",
        "10.1234",
        "is not a DOI",
        study="waiting2022",
    ),
    "included without record": Fault(
        REGISTER,
        "id: example2020",
        "id: example2020",
        "id: absent2020",
        "studies[absent2020].decision",
        "included",
        "an included study needs records/absent2020.yml",
        study="absent2020",
        below=9,
    ),
    "no decision": Fault(
        REGISTER,
        WAITING,
        "decision: awaiting_data",
        "decision: perhaps",
        "studies[waiting2022].decision",
        "perhaps",
        "must be one of included, awaiting_data, excluded",
        study="waiting2022",
    ),
    "no date": Fault(
        REGISTER,
        WAITING,
        "2024-01-31",
        "2024-13-01",
        "studies[waiting2022].decided",
        "2024-13-01",
        "YYYY-MM-DD",
        study="waiting2022",
    ),
    "a key twice": Fault(
        RECORD,
        INFECTION,
        "events: 5",
        "events: 5\n    events: 6",
        "file",
        "events",
        "a key may stand only once",
        below=1,
    ),
    "a tag": Fault(
        RECORD, INFECTION, "events: 5", "events: !!int 5", "file", "tag:yaml.org,2002:int", "are not allowed"
    ),
    "an anchor": Fault(RECORD, INFECTION, "events: 5", "events: &five 5", "file", "five", "are not allowed"),
    "an alias": Fault(RECORD, INFECTION, "events: 5", "events: *five", "file", "five", "are not allowed"),
    "a merge": Fault(
        RECORD, INFECTION, "events: 5", "<<: {events: 5}", "file", "a key that is not a word", "plain words"
    ),
    "a second document": Fault(
        RECORD,
        "contradictions:",
        "entries:\n",
        "---\nentries:\n",
        "file",
        "a second document",
        "one document",
    ),
    "broken YAML": Fault(
        RECORD,
        INFECTION,
        "events: 5",
        "events: [5",
        "file",
        "did not find expected ',' or ']'",
        "not valid YAML",
        below=1,
    ),
    "a control character": Fault(
        RECORD,
        INFECTION,
        "events: 5",
        "events: \x07",
        "file",
        "control characters are not allowed",
        "not valid YAML",
    ),
}

SECONDARY = {
    "study in the register twice",
    "included without record",
    "file name and study differ",
    "a contradiction about nothing",
}
"""Faults that break a second rule as well."""


@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_is_refused_by_name(invented: Invented, name: str):
    fault = FAULTS[name]
    line = invented.plant(fault.file, fault.after, fault.old, fault.new)
    code, printed = invented.check()
    assert code == 1
    found = [p for p in printed["problems"] if p["field"] == fault.field]
    assert len(printed["problems"]) == 1 or name in SECONDARY, printed["problems"]
    problem = found[0]
    assert problem["file"].endswith(f"review/{fault.file}")
    assert problem["study"] == fault.study
    assert problem["value"] == fault.value
    assert fault.rule in problem["rule"]
    if name != "a control character":  # the reader of YAML gives no line for it
        assert problem["line"] == line + fault.below


def test_the_invented_review_is_sound(invented):
    code, printed = invented.check()
    assert (code, printed["problems"]) == (0, [])


def test_a_record_outside_the_register_is_refused(invented):
    text = (invented.root / RECORD).read_text().replace("study: example2020", "study: stray2020")
    (invented.root / "records/stray2020.yml").write_text(text)
    problem = invented.problem()
    assert (problem["study"], problem["line"], problem["rule"]) == (
        "stray2020",
        1,
        "the study is not in register.yml",
    )


def test_a_copied_record_is_refused_as_a_second_of_its_study(invented):
    (invented.root / "records/copy2020.yml").write_text((invented.root / RECORD).read_text())
    assert invented.problem()["rule"] == "must be the file's name, copy2020"


def test_a_record_with_the_wrong_ending_is_not_passed_over(invented):
    (invented.root / "records/sample2021.yml").rename(invented.root / "records/sample2021.yaml")
    rules = {problem["rule"] for problem in invented.check()[1]["problems"]}
    assert "the name of a record ends in .yml" in rules


def test_two_studies_of_one_cohort_never_meet_in_an_endpoint(invented):
    line = invented.plant(REGISTER, "id: sample2021", "cohort: second_invented", "cohort: first_invented")
    problem = invented.problem()
    assert (problem["line"], problem["study"], problem["value"]) == (line, "sample2021", "first_invented")
    assert (
        problem["rule"]
        == "example2020 and sample2021 may share patients and both may enter severe_infection, icans; "
        "choose one: exclude the other, or limit its endpoints"
    )


def test_two_studies_of_one_cohort_may_serve_different_endpoints(invented):
    invented.plant(REGISTER, "id: sample2021", "cohort: second_invented", "cohort: first_invented")
    invented.plant(REGISTER, "id: example2020", "endpoints: null", "endpoints: [overall_survival]")
    assert invented.check()[0] == 0


def test_overlap_is_told_even_while_the_second_record_is_missing(invented):
    invented.plant(REGISTER, WAITING, "decision: awaiting_data", "decision: included")
    rules = " ".join(problem["rule"] for problem in invented.check()[1]["problems"])
    assert "example2020 and waiting2022 may share patients and both may enter every endpoint" in rules
    assert "needs records/waiting2022.yml" in rules


@pytest.mark.parametrize("decision", ["awaiting_data", "excluded"])
def test_a_record_of_a_study_not_included_is_kept_and_enters_nothing(invented, decision):
    invented.plant(REGISTER, "id: sample2021", "decision: included", f"decision: {decision}")
    assert invented.check()[0] == 0
    read = load(invented.root)
    assert "sample2021" in read.records and list(read.included()) == ["example2020"]


def test_every_fault_is_listed_at_once(invented):
    invented.plant(RECORD, INFECTION, "arm: treated", "arm: drug")
    invented.plant(RECORD, INFECTION, "events: 5", "events: many")
    invented.plant(REGISTER, WAITING, "10.1234", "no DOI: 10.1234")
    with pytest.raises(BadRecords) as refused:
        load(invented.root)
    assert len(refused.value.problems) == 3 and all(
        str(p) in str(refused.value) for p in refused.value.problems
    )


@pytest.mark.parametrize(
    "nest",
    ["a: " + "[" * 500_000, "a: " + "{b: " * 400_000, "\n".join(" " * i + "a:" for i in range(1000))],
    ids=["lists", "mappings", "blocks"],
)
def test_deep_nesting_is_refused_before_it_is_built(invented, nest):
    (invented.root / RECORD).write_text(nest)
    assert (invented.problem()["field"], invented.problem()["rule"]) == (
        "file",
        "the file is nested too deeply",
    )


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"", "the file must hold keys and values"),
        (b"# nothing\n", "the file must hold keys and values"),
        (b"- a list\n", "the file must hold keys and values"),
        (b"only words", "the file must hold keys and values"),
        (b"\xff\xfe\x00", "cannot be read as UTF-8"),
        (b"# " + b"x" * 3_000_000, "a file may have 2000000 bytes"),
    ],
    ids=["empty", "comment", "list", "words", "bytes", "huge"],
)
def test_a_file_that_is_no_record_is_refused_whole(invented, content, rule):
    (invented.root / RECORD).write_bytes(content)
    assert rule in invented.problem()["rule"]


@pytest.mark.parametrize(
    "register", ["studies: 3\n", "studies: [3]\n", "studies: []\n", "studies: {a: b}\n", "other: 1\n"]
)
def test_a_register_of_another_shape_is_refused_without_a_traceback(invented, register):
    (invented.root / REGISTER).write_text(register)
    assert invented.check()[0] == 1


@pytest.mark.parametrize(
    "entries",
    [
        "entries: 3\n",
        "entries: [3]\n",
        "entries: []\n",
        "entries: [{kind: [counts]}]\n",
        "entries: [{kind: counts, id: {a: b}}]\n",
    ],
)
def test_entries_of_another_shape_are_refused_without_a_traceback(invented, entries):
    text = (invented.root / RECORD).read_text()
    (invented.root / RECORD).write_text(text[: text.index("entries:\n")] + entries)
    assert invented.check()[0] == 1


def test_scalars_keep_their_digits_and_their_lines(tmp_path):
    (tmp_path / "some.yml").write_text(
        "percent: 47.80\nanswer: no\nnone: ~\nquoted: 'null'\nlist:\n  - 007\n"
    )
    source = parse(tmp_path / "some.yml")
    assert source.data == {
        "percent": "47.80",
        "answer": "no",
        "none": None,
        "quoted": "null",
        "list": ["007"],
    }
    assert source.line(("list", 0)) == 6 and source.line(("list", 0, "absent")) == 6


def test_a_problem_reads_as_one_line_that_editors_can_follow():
    problem = Problem(
        "records/example2020.yml", 7, "example2020", "entries[x].arm", "treated", "must be an arm"
    )
    assert (
        str(problem)
        == "records/example2020.yml:7: example2020: entries[x].arm: found 'treated': must be an arm"
    )


def test_a_missing_register_is_said(invented):
    (invented.root / REGISTER).unlink()
    problem = invented.problem()
    assert (problem["value"], problem["rule"]) == ("no file", "the file is required")


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["chekc"],
        ["check", "--wrong"],
        ["verify"],
        ["check", "--root", "/no/such/folder"],
        ["verify", "/no/such/folder"],
    ],
    ids=" ".join,
)
def test_wrong_usage_gets_one_line_and_exit_code_2(arguments, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    printed = capsys.readouterr()
    assert stopped.value.code == 2 and not printed.out
    assert len(printed.err.splitlines()) == 1


def test_the_command_itself_ends_with_the_code_and_the_line_of_wrong_usage():
    done = subprocess.run(
        [sys.executable, "-m", "extraction", "chekc"], cwd=ROOT.parent, capture_output=True, text=True
    )
    assert done.returncode == 2 and not done.stdout
    assert len(done.stderr.splitlines()) == 1


def test_check_loads_no_library_of_the_models():
    code = (
        "import sys, extraction.__main__; print({'pandas', 'pymc', 'arviz', 'matplotlib'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT.parent, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"


def test_the_records_of_the_review_are_sound(review, capsys):
    assert main(["check"]) == 0, capsys.readouterr()
    assert {path.stem for path in Path(ROOT, "records").glob("*.yml")} == set(review.records)


@pytest.mark.parametrize(
    ("study", "author", "label"),
    [
        ("mcmurray2019", "John J V McMurray", "McMurray 2019"),
        ("vanderberg2019", "van der Berg JH", "van der Berg 2019"),
        ("muller2019a", "K. Müller-Ångström", "Muller 2019"),
        ("mullerangstrom2019", "K. Müller-Ångström", "Müller-Ångström 2019"),
        ("oconnor2019", "O’Connor, Ann", "O’Connor 2019"),
        ("wang2019", "WANG X", "Wang 2019"),
        ("smith2019", "and others", "Smith 2019"),
    ],
)
def test_a_study_is_labelled_as_its_first_author_is_spelt(review, study, author, label):
    row = next(iter(review.register.studies))
    assert row.model_copy(update={"id": study, "authors": [author], "year": 2019}).label == label

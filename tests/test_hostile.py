"""Records as an attacker would write them: each refused in one message, at once, and nothing is run."""

import json
import os
import re

import pytest
from example_markup import Tags, plant_markup
from example_review import RECORD, REGISTER, Invented

from book.make import pages
from extraction.records import load

# of patience on a busy machine; each refusal takes a fraction of a second
pytestmark = pytest.mark.timeout(60)
INFECTION = "id: severe_infection.treated"
LAUGHS = "a: &a [ha]\n" + "".join(
    f"{c}: &{c} [{', '.join(['*' + p] * 9)}]\n" for p, c in zip("abcdefgh", "bcdefghi", strict=True)
)

WHOLE_FILES = {
    "a call of the system": (
        "study: !!python/object/apply:os.system ['touch {made}']\n",
        "anchors, aliases and tags are not allowed",
    ),
    "a Python object": ("study: !!python/object/new:type [x]\n", "anchors, aliases and tags are not allowed"),
    "a local tag": ("study: !run x\n", "anchors, aliases and tags are not allowed"),
    "a billion laughs": (LAUGHS, "anchors, aliases and tags are not allowed"),
    "ten megabytes of nested lists": (
        "a: " + "[" * 5_000_000 + "]" * 5_000_000,
        "a file may have 2000000 bytes",
    ),
    "lists in lists": ("a: " + "[" * 900_000 + "]" * 900_000, "the file is nested too deeply"),
    "a wide list of lists": ("a: [" + "[]," * 600_000 + "]", "too many values"),
    "a long list of words": ("a:\n" + "- x\n" * 450_000, "too many values"),
    "many keys": ("".join(f"k{i}: 1\n" for i in range(100_000)), "too many values"),
    "a text without end": (f"a: {'x' * 1_900_000}", "a value may have 4000 characters"),
    "a key without end": (f"? {'x' * 5000}\n: 1", "a value may have 4000 characters"),
    "a NUL": ("a: b\0c", "not valid YAML"),
    "a NUL in disguise": (r'a: "b\0c"', "without control characters"),
    "an escape to the terminal": (r'a: "\e[2J\e]0;owned\a"', "without control characters"),
    "an escape in a key": (r'"\e[2J": b', "without control characters"),
    "text that runs backwards": ('a: "abc\u202etxt.exe"', "U+202E"),
    "a letter that cannot be seen": ("a: to\u200bci", "U+200B"),
    "half a character": (r'a: "\ud800"', "not valid YAML"),
}


def refusal(invented: Invented) -> dict:
    """The one problem of the review, found at once."""
    return invented.problem()


@pytest.mark.parametrize("name", WHOLE_FILES)
@pytest.mark.parametrize("file", [RECORD, REGISTER])
def test_a_hostile_file_is_refused_at_once_and_nothing_runs(invented, tmp_path, file, name):
    content, rule = WHOLE_FILES[name]
    made = tmp_path / "made"
    (invented.root / file).write_text(content.replace("{made}", str(made)), encoding="utf-8")
    found = refusal(invented)
    assert rule in found["rule"] or rule in found["value"]
    assert found["file"].endswith(file) and found["field"] == "file" and len(found["value"]) <= 80
    assert not made.exists()


NUMBERS = {
    "beyond all bounds": ("1e999999", "has more digits than any paper prints"),
    "below all bounds": ("1e-999999", "has more digits than any paper prints"),
    "of a million digits": ("9" * 3999, "has more digits than any paper prints"),
    "no number": ("NaN", "must be a finite number"),
    "no end": ("Infinity", "must be a finite number"),
}


@pytest.mark.parametrize("name", NUMBERS)
def test_a_number_that_no_paper_prints_is_refused(invented, name):
    value, rule = NUMBERS[name]
    invented.plant(RECORD, "id: crs_duration.treated", "median: ", f"median: {value} # ")
    found = refusal(invented)
    assert found["field"] == "entries[crs_duration.treated].median" and found["rule"] == rule


@pytest.mark.parametrize("value", ["20001", "9" * 300, "9" * 3999, "1e400", "-1"])
def test_a_count_that_no_paper_prints_is_refused(invented, value):
    invented.plant(RECORD, INFECTION, "events: 5", f"events: {value}")
    assert refusal(invented)["field"] == "entries[severe_infection.treated].events"


def test_groups_of_the_largest_size_end_in_a_verdict_not_in_a_search_without_end(invented):
    text = re.sub(
        r'n: \d+\n( +)printed: ".*"', r'n: 20000\n\1printed: "20000"', (invented.root / RECORD).read_text()
    )
    (invented.root / RECORD).write_text(text)
    code, printed = invented.check()
    assert code == 1 and printed["findings"]


def test_an_arm_larger_than_both_arms_is_named_and_leaves_no_negative_group(invented):
    invented.plant(RECORD, "id: group_size.total", "n: 30", "n: 7")
    invented.plant(RECORD, "id: group_size.total", '"Thirty patients"', '"7"')
    code, printed = invented.check()
    assert code == 1 and "the arm treated in stratum all is no larger than both arms together" in [
        f["rule"] for f in printed["findings"]
    ]


@pytest.mark.parametrize(
    ("p", "rule"),
    [
        ("3.5", "a p-value is at most 1"),
        ("100", "a p-value is at most 1"),
        ("0", "no test gives a p of 0"),
        ("<0", "no test gives a p of 0"),
        ("<0.00", "no test gives a p of 0"),
        ("0.000000000001", "no test gives this p for 5/12 v 4/18"),
    ],
)
def test_a_p_value_that_no_test_gives_is_an_error(invented, p, rule):
    invented.plant(RECORD, "id: severe_infection.p", "p: 0.418", f'p: "{p}"')
    invented.plant(RECORD, "id: severe_infection.p", 'printed: "', f'printed: "{p} ')
    code, printed = invented.check()
    found = [
        f["rule"]
        for f in printed["findings"]
        if f["entry"] == "severe_infection.p" and f["verdict"] == "differs"
    ]
    assert code == 1 and any(rule in told for told in found), found


@pytest.mark.parametrize(
    "curve",
    [
        "../../../etc/passwd",
        "/etc/passwd",
        "a/b.csv",
        "..csv",
        ".csv",
        "a.csv\\..\\b.csv",
        "C:a.csv",
        "a.CSV",
        "a.csv.exe",
        "https://example.org/a.csv",
        "a b.csv",
        "~root.csv",
        "-rf.csv",
        "$HOME.csv",
        f"{'a' * 200}.csv",
    ],
)
def test_a_curve_is_a_plain_file_name(invented, curve):
    (invented.root / RECORD).write_text(
        (invented.root / RECORD).read_text()
        + f"""  - id: overall_survival.curve
    kind: survival_curve
    field: overall_survival
    arm: comparison
    unit: none
    curve: {json.dumps(curve)}
    printed: null
    address: {{source: example2020.xml, figure: "1"}}
"""
    )
    assert refusal(invented)["field"] == "entries[overall_survival.curve].curve"


# files that are none


@pytest.mark.parametrize("target", ["/etc/passwd", "/dev/zero", "/no/such/file", "register.yml"])
@pytest.mark.parametrize("file", [RECORD, REGISTER])
def test_a_link_is_not_followed(invented, file, target):
    path = invented.root / file
    path.unlink()
    path.symlink_to(target)
    assert (
        refusal(invented)["rule"]
        == "a file of the review stands in the tree itself, it is not a link to another"
    )


def test_a_folder_of_records_elsewhere_is_not_followed(invented, tmp_path):
    (invented.root / "records").rename(tmp_path / "elsewhere")
    (invented.root / "records").symlink_to(tmp_path / "elsewhere")
    code, printed = invented.check()
    assert code == 1 and {p["value"] for p in printed["problems"]} == {"a link"}


def test_a_pipe_is_not_waited_for(invented):
    (invented.root / RECORD).unlink()
    os.mkfifo(invented.root / RECORD)
    assert refusal(invented)["rule"] == "it must be a plain file"


def test_a_folder_is_no_record(invented):
    (invented.root / RECORD).unlink()
    (invented.root / RECORD).mkdir()
    assert refusal(invented)["rule"] == "it must be a plain file"


def test_faults_without_end_are_told_up_to_a_number(invented):
    text = (invented.root / RECORD).read_text()
    (invented.root / RECORD).write_text(text[: text.index("entries:\n")] + "entries: [" + "1," * 900 + "]")
    code, printed = invented.check()
    assert code == 1 and len(printed["problems"]) == 201
    assert (printed["problems"][-1]["value"], printed["problems"][-1]["rule"]) == (
        "900 faults",
        "the first 200 are told",
    )


def test_what_is_found_never_commands_the_terminal(invented):
    invented.plant(RECORD, INFECTION, "arm: treated", "arm: '[red]to]ci[/] \u009b2J'")
    code, said = invented.run("check")
    assert code == 1 and "\x1b" not in said and "\x9b" not in said


# mark-up


def test_markup_in_any_text_reaches_the_pages_of_studies_as_text(invented):
    assert plant_markup(invented.root) > 40
    assert invented.check()[0] == 0
    for name, page in pages.generated(load(invented.root)).items():
        blocks = re.findall(r"^```\{raw\} html\n(.*?)^```$", page, re.M | re.S)
        outside = re.sub(r"^```\{raw\} html\n.*?^```$", "", page, flags=re.M | re.S)
        found = Tags("\n".join(blocks))
        assert not found.runs and not {"script", "img", "iframe"} & found.tags, name
        assert not [
            value for value in found.loads if not re.match(r"#entry-|(\.\./)+numbers/[a-z0-9-]+\.csv$", value)
        ]
        assert "<script" not in outside and "<img" not in outside and "](javascript" not in outside

"""What a file may hold is checked in seconds; what is beyond is refused at once, with the limit named."""

import time

import example_yaml
import pytest
from example_review import RECORD, REGISTER

from extraction import limits
from models.__main__ import main as models
from review.__main__ import main

AT_ONCE = 3.0
"""CPU seconds, of which a refusal takes a small part."""
SECONDS = 20.0
"""CPU seconds for the most that is allowed, on a machine whose cores are shared."""
AXES = """kind,arm,time_months,survival,n,pixel_x,pixel_y
calibration,,0,0,,50,450
calibration,,10,0,,650,450
calibration,,0,1,,50,50
"""
FALL = "".join(
    f"point,{arm},{t},{s},,,\n"
    for arm in ("treated", "control")
    for t, s in ((0, 1), (2, 1), (2, 0.8), (9, 0.8))
)
COUNTS = "study,events_treated,n_treated,events_control,n_control\n"


def at_risk(n: int) -> str:
    return "".join(f"at_risk,{arm},0,,{n},,\n" for arm in ("treated", "control"))


@pytest.fixture
def told(tmp_path, capsys):
    """What a command says of a file with this content, which it refuses at once."""

    def run(content: str, *words: str) -> str:
        (tmp_path / "given.csv").write_text(content)
        begun = time.process_time()
        assert main([word.replace("FILE", str(tmp_path / "given.csv")) for word in words]) == 1
        assert time.process_time() - begun < AT_ONCE
        said = capsys.readouterr().err
        assert "Traceback" not in said
        return said

    return run


CURVES = {
    "patients at risk": (FALL + at_risk(limits.MOST_AT_RISK + 1), f"up to {limits.MOST_AT_RISK:,} patients"),
    "all people at risk": (FALL + at_risk(9_999_999), f"up to {limits.MOST_AT_RISK:,} patients"),
    "points that repeat themselves": (
        FALL + "point,treated,9,0.8,,,\n" * limits.MOST_POINTS,
        f"up to {limits.MOST_POINTS:,} lines",
    ),
    "a cell without end": (FALL + f"point,treated,9,{'8' * 200_000},,,\n", "field larger than field limit"),
    "many bytes": (FALL + "# " + "x" * limits.LARGEST_CURVE, f"up to {limits.LARGEST_CURVE:,} bytes"),
}


@pytest.mark.parametrize("name", CURVES)
def test_a_curve_beyond_a_limit_is_refused(told, name):
    content, words = CURVES[name]
    assert words in told(AXES + content, "recover", "curve", "FILE")


@pytest.mark.parametrize("kind", ["FILE", "--svg", "--pdf"])
def test_a_figure_without_end_is_none(told, kind):
    assert (
        "/dev/zero" in told("", "recover", "curve", *([kind] if kind[0] == "-" else []), "/dev/zero")
        or kind == "FILE"
    )


TABLES = {
    "studies": (
        COUNTS + "".join(f"S{i},3,20,5,22\n" for i in range(limits.MOST_ROWS + 1)),
        f"may have {limits.MOST_ROWS:,} studies",
    ),
    "a cell without end": (COUNTS + "A" * 200_000 + ",3,20,5,22\n", "field larger than field limit"),
    "bytes": (COUNTS + "A" * limits.LARGEST_TABLE, f"larger than {limits.LARGEST_TABLE:,} bytes"),
}


@pytest.mark.parametrize("name", TABLES)
def test_a_table_beyond_a_limit_is_refused(told, name):
    content, words = TABLES[name]
    assert words in told(content, "pool", "FILE", "--measure", "or")


def test_the_longest_table_is_pooled_in_seconds(tmp_path, capsys):
    (tmp_path / "long.csv").write_text(
        COUNTS + "".join(f"S{i},{i % 7},20,{i % 5},22\n" for i in range(limits.MOST_ROWS))
    )
    begun = time.process_time()
    assert models(["pool", str(tmp_path / "long.csv"), "--measure", "or", "--csv"]) == 0
    assert time.process_time() - begun < SECONDS


# records


def fill(invented, entries: int = 0, rows: int = 0) -> None:
    """Give the review many printed p-values, all alike, and many papers that have nothing in common."""
    record = example_yaml.read(invented.root / RECORD)
    like = next(entry for entry in record["entries"] if entry["id"] == "severe_infection.p")
    many = [like | {"id": f"severe_infection.p{i}", "address": dict(like["address"])} for i in range(entries)]
    record["entries"] += many
    example_yaml.write(invented.root / RECORD, record)
    register = example_yaml.read(invented.root / REGISTER)
    register["studies"] += [
        {
            "id": f"{word_of(i)}2031",
            "title": f"Invented {word_of(i)}",
            "authors": [f"{word_of(i)} {word_of(i + 7)}"],
            "journal": "Journal of Invented Results",
            "year": "2031",
            "doi": f"10.1234/invented.{i}",
            "contrast": "therapeutic",
            "decision": "awaiting_data",
            "reason": "Invented.",
            "decided": "2026-05-01",
            "cohort": f"cohort_{i}",
            "text_held": "false",
        }
        for i in range(rows)
    ]
    example_yaml.write(invented.root / REGISTER, register)


def word_of(i: int) -> str:
    """A word of five letters, another one for each number."""
    return "".join(chr(97 + i // 26**place % 26) for place in range(5))


@pytest.mark.parametrize(
    ("many", "words"),
    [
        ({"entries": limits.MOST_ENTRIES}, f"may hold {limits.MOST_ENTRIES:,}"),
        ({"rows": limits.MOST_STUDIES}, f"may hold {limits.MOST_STUDIES:,}"),
    ],
)
def test_a_record_or_register_beyond_a_limit_is_refused(invented, many, words):
    fill(invented, **many)
    begun = time.process_time()
    assert words in " ".join(problem["rule"] for problem in invented.check()[1]["problems"])
    assert time.process_time() - begun < AT_ONCE


@pytest.mark.parametrize("many", [{"entries": limits.MOST_ENTRIES - 50}, {"rows": limits.MOST_STUDIES - 10}])
def test_the_most_that_is_allowed_is_checked_in_seconds(invented, many):
    fill(invented, **many)
    begun = time.process_time()
    _, printed = invented.check()
    assert time.process_time() - begun < SECONDS
    assert not printed["problems"], printed["problems"][:3]


def test_pairs_that_look_alike_are_told_up_to_a_number(invented):
    fill(invented, rows=30)
    register = example_yaml.read(invented.root / REGISTER)
    for row in register["studies"][2:]:
        row["authors"] = [f"Quentin Unusualname{chr(97 + i)}" for i in range(8)]
    example_yaml.write(invented.root / REGISTER, register)
    told = [p for p in invented.check()[1]["problems"] if "may share patients" in p["rule"]]
    assert len(told) == limits.MOST_PROBLEMS

"""Files of a review changed at random, from a seed: what must be refused is, what means the same says the
same, and nothing ends in a traceback or takes long.
"""

import json
import random
import time
from collections.abc import Callable, Iterator
from copy import deepcopy
from functools import partial
from pathlib import Path

import example_yaml
import numpy as np
import pytest
from example_curves import clicked, curve_of, simulated, text_of
from example_review import EXAMPLE, RECORD, REGISTER

from extraction import question
from extraction.__main__ import main
from extraction.digitised import read as curves
from extraction.fault import Fault
from extraction.records import ROOT
from models.__main__ import main as models

LONGEST = 10.0
"""CPU seconds of one mutant."""
SEED = 17
type Change = Callable[[dict, random.Random], bool]
"""Changes plain data in place; False where it holds nothing to change so."""


# changes


def mappings(data: object) -> Iterator[dict]:
    """Mappings that stand in lists: entries, rows, searches. Each has keys of its own and no others."""
    if isinstance(data, dict):
        for value in data.values():
            yield from mappings(value)
    elif isinstance(data, list):
        for item in data:
            if isinstance(item, dict):
                yield item
            yield from mappings(item)


def leaves(data: object) -> Iterator[tuple[dict | list, object]]:
    """Where each text stands: its parent and its key."""
    for key, value in data.items() if isinstance(data, dict) else enumerate(data):
        if isinstance(value, (dict, list)):
            yield from leaves(value)
        elif isinstance(value, str):
            yield data, key


def chosen(places: list, rng: random.Random):
    return rng.choice(places) if places else None


def a_key_that_is_none(data: dict, rng: random.Random) -> bool:
    rng.choice([data, *mappings(data)])["nonsense"] = "1"
    return True


NEEDED = (
    "id",
    "kind",
    "field",
    "arm",
    "unit",
    "address",
    "decision",
    "reason",
    "title",
    "searched",
    "source",
)


def a_key_less(data: dict, rng: random.Random) -> bool:
    place = chosen([(m, k) for m in mappings(data) for k in NEEDED if k in m], rng)
    if place:
        del place[0][place[1]]
    return bool(place)


def a_word_that_is_none(data: dict, rng: random.Random) -> bool:
    words = ("kind", "arm", "unit", "decision", "field")
    place = chosen([(m, k) for m in mappings(data) for k in words if isinstance(m.get(k), str)], rng)
    if place:
        place[0][place[1]] = rng.choice(["nonsense", "", "0", "True", "treated; DROP", "тreated"])
    return bool(place)


COUNTS = ("events", "n", "year", "found", "new", "every_months")
NO_NUMBERS = [
    "1_0",
    "٣",
    "-1",
    "1e999999",
    "NaN",
    "Infinity",
    "9" * 400,
    "5.5",
    "five",
    "0x5",
    "1 0",
    "5e0",
    "[]",
    "++1",
]


def a_count_that_is_none(data: dict, rng: random.Random) -> bool:
    place = chosen([(m, k) for m in mappings(data) for k in COUNTS if isinstance(m.get(k), str)], rng)
    if place:
        place[0][place[1]] = rng.choice(NO_NUMBERS)
    return bool(place)


DIGITS = ("percent", "estimate", "lower", "upper", "median", "mean", "sd", "value", "level", "p")


def a_number_that_is_none(data: dict, rng: random.Random) -> bool:
    place = chosen([(m, k) for m in mappings(data) for k in DIGITS if isinstance(m.get(k), str)], rng)
    if place:
        place[0][place[1]] = rng.choice(
            ["1_0.5", "٣", "NaN", "-Infinity", "1e999999", "9" * 400, "about 5", "0..5", "5,5,5.5"]
        )
    return bool(place)


def an_item_twice(data: dict, rng: random.Random) -> bool:
    items = data.get("entries") or data.get("studies")
    if items:
        items.insert(rng.randrange(len(items) + 1), dict(rng.choice(items)))
    return bool(items)


def what_nobody_sees(data: dict, rng: random.Random) -> bool:
    parent, key = rng.choice(list(leaves(data)))
    at = rng.randrange(len(parent[key]) + 1)
    parent[key] = parent[key][:at] + rng.choice("\u200b\u202e\u2800\u3164\ufe0f\u034f\x07") + parent[key][at:]
    return True


def a_day_that_is_none(data: dict, rng: random.Random) -> bool:
    keys = ("extracted", "decided", "searched")
    place = chosen([(m, k) for m in [data, *mappings(data)] for k in keys if isinstance(m.get(k), str)], rng)
    if place:
        place[0][place[1]] = rng.choice(
            [
                "9999-12-31",
                "2020-13-01",
                "2020-02-30",
                "20200101",
                "+86400",
                "0201-01-01",
                "2020-01-01T00:00",
                "٢٠٢٠-٠١-٠١",
            ]
        )
    return bool(place)


def an_interval_backwards(data: dict, rng: random.Random) -> bool:
    held = [m for m in mappings(data) if {"lower", "upper"} <= m.keys() and m["lower"] and m["upper"]]
    place = chosen([m for m in held if m["lower"] != m["upper"]], rng)
    if place:
        place["lower"], place["upper"] = place["upper"], place["lower"]
    return bool(place)


def more_events_than_patients(data: dict, rng: random.Random) -> bool:
    place = chosen([m for m in mappings(data) if m.get("kind") == "counts" and m.get("n")], rng)
    if place:
        place["events"] = str(int(place["n"]) + 1)
    return bool(place)


def a_number_that_its_fragment_lacks(data: dict, rng: random.Random) -> bool:
    held = [m for m in mappings(data) if m.get("kind") in ("counts", "group_size") and m.get("printed")]
    place = chosen(held, rng)
    if place:
        key = "events" if "events" in place else "n"
        place[key] = str(int(place[key]) + 7919)
    return bool(place)


def a_number_more_as_list(data: dict, rng: random.Random) -> bool:
    place = chosen(
        [(m, k) for m in mappings(data) for k in (*COUNTS, *DIGITS) if isinstance(m.get(k), str)], rng
    )
    if place:
        place[0][place[1]] = [place[0][place[1]]]
    return bool(place)


REFUSED: tuple[Change, ...] = (
    a_key_that_is_none,
    a_key_less,
    a_word_that_is_none,
    a_count_that_is_none,
    a_number_that_is_none,
    an_item_twice,
    what_nobody_sees,
    a_day_that_is_none,
    an_interval_backwards,
    more_events_than_patients,
    a_number_that_its_fragment_lacks,
    a_number_more_as_list,
)


def a_text_lost(data: dict, rng: random.Random) -> bool:
    parent, key = rng.choice(list(leaves(data)))
    parent.pop(key)
    return True


def a_text_of_another_place(data: dict, rng: random.Random) -> bool:
    (parent, key), (other, at) = rng.choice(list(leaves(data))), rng.choice(list(leaves(data)))
    parent[key] = other[at]
    return True


ODD = [
    "",
    " ",
    "null",
    "no",
    "$x$ and $y$",
    "{{7*7}}",
    "<script>",
    "=1+1",
    "../x",
    "a" * 3999,
    "0",
    "-0",
    "1e-12",
    "🙂",
    "שלום",
    "%s",
    "\\",
    "`",
    "|",
    "[x](y)",
]


def an_odd_text(data: dict, rng: random.Random) -> bool:
    parent, key = rng.choice(list(leaves(data)))
    parent[key] = rng.choice(ODD)
    return True


def nothing_in_its_place(data: dict, rng: random.Random) -> bool:
    parent, key = rng.choice(list(leaves(data)))
    parent[key] = rng.choice([None, [], {}])
    return True


def an_item_less(data: dict, rng: random.Random) -> bool:
    held = [value for value in data.values() if isinstance(value, list) and value]
    if held:
        items = rng.choice(held)
        items.pop(rng.randrange(len(items)))
    return bool(held)


EITHER: tuple[Change, ...] = (
    a_text_lost,
    a_text_of_another_place,
    an_odd_text,
    nothing_in_its_place,
    an_item_less,
)


def cut(text: str, rng: random.Random) -> str:
    return text[: rng.randrange(len(text))]


def a_line_less(text: str, rng: random.Random) -> str:
    lines = text.splitlines(True)
    lines.pop(rng.randrange(len(lines)))
    return "".join(lines)


def a_line_twice(text: str, rng: random.Random) -> str:
    lines = text.splitlines(True)
    at = rng.randrange(len(lines))
    return "".join([*lines[: at + 1], *lines[at:]])


def a_letter_changed(text: str, rng: random.Random) -> str:
    at = rng.randrange(len(text))
    return text[:at] + rng.choice("\0\t\n:-[]{}#&*!|>'\"%@`,? 09aé\ufeff") + text[at + 1 :]


BROKEN = (cut, a_line_less, a_line_twice, a_letter_changed)


# files


def one_study(folder: Path, study: str) -> Path:
    """A review of one of the real records alone."""
    (folder / "records").mkdir(parents=True)
    rows = example_yaml.read(ROOT / REGISTER)["studies"]
    example_yaml.write(folder / REGISTER, {"studies": [row for row in rows if row["id"] == study]})
    (folder / f"records/{study}.yml").write_text((ROOT / f"records/{study}.yml").read_text())
    return folder


STUDIES = sorted(path.stem for path in (ROOT / "records").glob("*.yml"))
FILES = {
    "a record": (None, RECORD, 160),
    "a register": (None, REGISTER, 60),
    "a living review": (None, "living.yml", 50),
    **{f"the record of {study}": (study, f"records/{study}.yml", 24) for study in STUDIES},
}
"""The study whose record alone is the review, or none for the invented one; the changed file; how often."""


@pytest.fixture
def checked(tmp_path, capsys):
    """Exit code and what is said of a review with this text in the place of a file's."""
    review = tmp_path / "review"

    def run(study: str | None, file: str, text: str) -> tuple[int, dict]:
        if not review.exists():
            example_tree(review) if study is None else one_study(review, study)
        kept = (review / file).read_bytes()
        (review / file).write_text(text, encoding="utf-8", newline="")
        begun = time.process_time()
        try:
            code = main(["check", "--json", "--root", str(review)])
        finally:
            (review / file).write_bytes(kept)
        assert time.process_time() - begun < LONGEST
        return code, json.loads(capsys.readouterr().out)

    return run


def example_tree(folder: Path) -> None:
    for path in EXAMPLE.rglob("*"):
        if path.is_file():
            (folder / path.relative_to(EXAMPLE)).parent.mkdir(parents=True, exist_ok=True)
            (folder / path.relative_to(EXAMPLE)).write_bytes(path.read_bytes())


def mutants(text_of_file: str, count: int) -> Iterator[tuple[str, bool, str]]:
    """Name of the change, whether it must be refused, and the text: the kinds in turn, at random places."""
    sound, kinds = example_yaml.load(text_of_file), [*REFUSED, *EITHER, *BROKEN]
    made, turn = 0, 0
    while made < count:
        kind, rng = kinds[turn % len(kinds)], random.Random(SEED * 10_000 + turn)
        turn += 1
        if kind in BROKEN:
            yield kind.__name__, False, kind(text_of_file, rng)
        else:
            data = deepcopy(sound)
            if not kind(data, rng):
                continue
            yield kind.__name__, kind in REFUSED, example_yaml.text_of(data)
        made += 1


@pytest.mark.parametrize("name", FILES)
def test_a_changed_file_is_refused_where_it_must_be(checked, name):
    study, file, count = FILES[name]
    text = ((EXAMPLE if study is None else ROOT) / file).read_text(encoding="utf-8")
    code, _ = checked(study, file, text)
    assert code == 0
    let_in = []
    for kind, refused, mutant in mutants(text, count):
        code, told = checked(study, file, mutant)
        assert code == (1 if told["problems"] or errors(told) else 0), (kind, code)
        if refused and not code:
            let_in.append((kind, differences(text, mutant)))
    assert not let_in


def errors(told: dict) -> list[dict]:
    return [f for f in told["findings"] if f["severity"] == "error" and not f["acknowledged"]]


def differences(text: str, mutant: str) -> list[str]:
    """Lines of the mutant that the file, written in the same way, does not have."""
    before = example_yaml.text_of(example_yaml.load(text)).splitlines()
    return [line for line in mutant.splitlines() if line not in before][:3]


def sorted_keys(text: str) -> str:
    return example_yaml.text_of(example_yaml.sorted_of(example_yaml.load(text)))


def on_lines_of_windows(text: str) -> str:
    return text.replace("\n", "\r\n")


def with_remarks(text: str) -> str:
    return "# a remark\n" + text.replace("\n", "\n# another\n", 1) + "# the last\n"


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("form", [sorted_keys, on_lines_of_windows, with_remarks])
def test_another_form_of_the_same_says_the_same(checked, name, form):
    study, file, _ = FILES[name]
    text = ((EXAMPLE if study is None else ROOT) / file).read_text(encoding="utf-8")
    said = [checked(study, file, one) for one in (text, form(text))]
    for _, told in said:
        for finding in told["findings"]:
            del finding["line"]
    assert said[0] == said[1]


# what is read elsewhere


def outcome(read: Callable[[], object]) -> bool:
    """Whether a reader takes a file; a fault is told in words."""
    begun = time.process_time()
    try:
        read()
    except Fault as fault:
        assert str(fault)
        taken = False
    else:
        taken = True
    assert time.process_time() - begun < LONGEST
    return taken


def test_a_changed_question_is_read_or_refused(tmp_path):
    text = question.FILE.read_text(encoding="utf-8")
    path = tmp_path / "question.yml"
    sound, kinds = example_yaml.load(text), (a_key_that_is_none, what_nobody_sees)
    for turn in range(60):
        rng = random.Random(SEED * 1000 + turn)
        kind = (*kinds, *EITHER, *BROKEN)[turn % (len(kinds) + len(EITHER) + len(BROKEN))]
        if kind in BROKEN:
            path.write_text(kind(text, rng), encoding="utf-8")
        else:
            data = deepcopy(sound)
            kind(data, rng)
            example_yaml.write(path, data)
        taken = outcome(partial(question.read, path))
        assert not (taken and kind in kinds), kind.__name__


def cell_changed(text: str, rng: random.Random) -> str:
    lines = text.splitlines()
    at = rng.randrange(1, len(lines))
    cells = lines[at].split(",")
    cells[rng.randrange(len(cells))] = rng.choice([*NO_NUMBERS, *ODD, "1e400", "-5", "treated", "1e-320"])
    return "\n".join([*lines[:at], ",".join(cells), *lines[at + 1 :]]) + "\n"


def a_number_of_no_reader(text: str, rng: random.Random) -> str:
    """A number that is none in the place of one."""
    lines = text.splitlines()
    places = [
        (i, k)
        for i, line in enumerate(lines[1:], start=1)
        for k, cell in enumerate(line.split(","))
        if cell and cell.replace(".", "").isdecimal()
    ]
    at, k = rng.choice(places)
    cells = lines[at].split(",")
    cells[k] = rng.choice(["1_0", "٣", "NaN", "1e400", "9" * 400, "five", "0x5", "--1"])
    return "\n".join([*lines[:at], ",".join(cells), *lines[at + 1 :]]) + "\n"


def test_a_changed_curve_is_read_or_refused(tmp_path):
    made = [clicked(simulated(np.random.default_rng(seed), 40, 3.0), events=True) for seed in (1, 2)]
    text, path = text_of(curve_of(*made)), tmp_path / "invented2031-overall_survival.csv"
    for turn in range(80):
        kind = (cell_changed, a_number_of_no_reader, *BROKEN)[turn % (2 + len(BROKEN))]
        path.write_text(kind(text, random.Random(SEED * 1000 + turn)), encoding="utf-8")
        taken = outcome(partial(curves.read, path))
        assert not (taken and kind is a_number_of_no_reader), path.read_text()


TABLES = {
    "or": "study,events_treated,n_treated,events_control,n_control\nAda,3,20,5,22\nBen,4,30,2,28\n",
    "hr": "study,hr,lower,upper\nAda,0.86,0.41,1.80\nBen,1.20,0.60,2.40\nCy,0.70,0.30,1.63\n",
    "md": "study,mean_treated,sd_treated,n_treated,mean_control,sd_control,n_control\n"
    "Ada,5.1,1.2,20,4.9,1.1,22\nBen,6.3,2.1,15,5.5,2.2,14\n",
}


@pytest.mark.parametrize("measure", TABLES)
def test_a_changed_table_is_pooled_or_refused(measure, tmp_path, capsys):
    path = tmp_path / "table.csv"
    for turn in range(48):
        kind = (cell_changed, a_number_of_no_reader, *BROKEN)[turn % (2 + len(BROKEN))]
        path.write_text(kind(TABLES[measure], random.Random(SEED * 1000 + turn)), encoding="utf-8")
        begun = time.process_time()
        code = models(["pool", str(path), "--measure", measure, "--mu-sd", "2", "--csv"])
        assert time.process_time() - begun < LONGEST
        said = capsys.readouterr()
        assert code in (0, 1) and bool(said.err) == bool(code) and bool(said.out) == (not code), (
            path.read_text()
        )
        assert not (kind is a_number_of_no_reader and not code), path.read_text()

"""A review of many invented studies: what check, fits and book cost when the field has grown.

python -m benchmarks.many_studies 200    # writes it below _build/many_studies; times check, fits and book
"""

import argparse
import json
import shutil
import sys
from datetime import date
from itertools import cycle
from pathlib import Path

import numpy as np

from benchmarks.measure import PYTHON, run, say
from extraction.question import HIGHEST_GRADE, QUESTION
from extraction.tree import ROOT

LETTERS = "abcdefghijklmnopqrstuvwxyz"
PLACE = {"source": None, "section": "Abstract"}
DAY = date(2026, 1, 1).isoformat()
GRADES = {0: 0.15, 1: 0.35, 2: 0.3, 3: 0.2}
"""Share of each grade, 3 standing for 3 to 5, as in no study in particular."""
DURATIONS = 10
"""Studies that print a test of the durations: few papers do, and its model is sampled for every study
left out.
"""
SHARES = (0.2, 0.8, 0.25)
"""Shares of the controls with the event, of one endpoint after the other."""
LEAVE = shutil.ignore_patterns(".venv", "_build", "__pycache__", ".git", "releases")


def tree(folder: Path, studies: int, seed: int = 1) -> Path:
    """A copy of the review whose register and records are so many invented studies, unrelated and unlike, by
    a seed.
    """
    shutil.copytree(ROOT, folder, symlinks=True, ignore=LEAVE)
    (folder / ".venv").symlink_to(sys.prefix)
    write(folder / "extraction", studies, seed)
    return folder


def write(root: Path, studies: int, seed: int = 1) -> None:
    """Replace register and records below `root`."""
    rng = np.random.default_rng(seed)
    shutil.rmtree(root / "records")
    (root / "records").mkdir()
    (root / "certainty.yml").unlink(missing_ok=True)
    rows = []
    for i in range(studies):
        stem, n = f"{_word(i)}{2000 + i % 40}", rng.integers(12, 60, 2)
        rows.append(_row(stem, i, int(n.sum())))
        # JSON is YAML
        (root / f"records/{stem}.yml").write_text(
            json.dumps(_record(stem, i, n, rng), indent=1) + "\n", encoding="utf-8"
        )
    (root / "register.yml").write_text(
        json.dumps({"studies": rows, "external": []}, indent=1) + "\n", encoding="utf-8"
    )


def _word(i: int) -> str:
    """The i-th of the words that letters make, no two of them alike."""
    return "q" + "".join(LETTERS[i // 26**k % 26] for k in (2, 1, 0))


def _row(stem: str, i: int, patients: int) -> dict:
    word = stem.rstrip("0123456789").capitalize()
    return {
        "id": stem,
        "title": f"Invented study {i}",
        "authors": [f"{word} {word}", f"{word}o {word}i", "and others"],
        "journal": "Journal of Invented Results",
        "year": int(stem[-4:]),
        "doi": f"10.1234/invented.{i}",
        "patients": patients,
        "contrast": QUESTION.contrast,
        "decision": "included",
        "endpoints": None,
        "reason": "Invented, to see what many studies cost.",
        "decided": DAY,
        "cohort": f"group_{i}",
        "text_held": False,
    }


def _record(stem: str, i: int, n: np.ndarray, rng: np.random.Generator) -> dict:
    definition = {"definition": "Invented."}
    design = {
        "type": "invented cohort",
        "centres": [f"Hospital {_word(i)} of {_word(i)}ville"],
        "first_patient": None,
        "last_patient": None,
        **dict.fromkeys(QUESTION.design, "invented"),
        "address": PLACE,
    }
    strata = {
        "all": definition,
        "grade_1_2": definition | {"grades": [1, 2]},
        "grade_3": definition | {"grades": [3]},
    }
    return {
        "study": stem,
        "extracted": DAY,
        "extractor": "nobody; invented",
        "texts": [],
        "design": design,
        "arms": {"treated": definition, "control": definition},
        "strata": strata,
        "entries": _entries(n, rng, duration=i < DURATIONS),
    }


def _variables(kind: str) -> list[str]:
    """Variables of the endpoints of a kind under the review's own contrast."""
    return [one.variable for one in QUESTION.endpoints if one.kind == kind and one.contrast is None]


def _graded(field: str, arms: dict[str, int], rng: np.random.Generator) -> list[dict]:
    """Patients of each arm by grade."""
    entries = []
    for arm, size in arms.items():
        for grade, events in zip(GRADES, rng.multinomial(size, list(GRADES.values())).tolist(), strict=True):
            category, name = "3-5" if grade == 3 else str(grade), f"{field}.{grade}.{arm}"
            told = {"printed": events, "events": events, "category": category}
            entries.append(_entry(name, "counts", field, arm, **told))
    return entries


def _entries(n: np.ndarray, rng: np.random.Generator, duration: bool) -> list[dict]:
    """Sizes, grades, perhaps a test of durations, counts of binary endpoints and hazard ratios of survival,
    true log ratios varying between studies.
    """
    arms = dict(zip(("treated", "control"), map(int, n), strict=True))
    entries = [
        _entry(f"group_size.{arm}", "group_size", "group_size", arm, printed=size, n=size)
        for arm, size in arms.items()
    ]
    if HIGHEST_GRADE:
        entries += _graded(HIGHEST_GRADE, arms, rng)
    for field in _variables("durations") if duration else ():
        entries.append(
            _entry(
                f"{field}.grade_3",
                "test_outcome",
                field,
                "comparison",
                "none",
                stratum="grade_3",
                significant=bool(rng.random() < 0.1),
                direction=None,
                tests=["mann_whitney"],
            )
        )
    for field, share in zip(_variables("binary"), cycle(SHARES), strict=False):
        odds = share / (1 - share) * np.exp(rng.normal(0, 0.4))
        for arm, size in arms.items():
            events = int(rng.binomial(size, share if arm == "control" else odds / (1 + odds)))
            entries.append(_entry(f"{field}.{arm}", "counts", field, arm, printed=events, events=events))
    for field in _variables("survival"):
        se = float(np.sqrt(4 / (0.4 * n.sum())))
        ratio = np.exp(rng.normal(0, np.hypot(0.3, se)))
        values = dict(
            zip(
                ("estimate", "lower", "upper"),
                (f"{ratio * np.exp(z * se):.2f}" for z in (0, -1.96, 1.96)),
                strict=True,
            )
        )
        entries.append(
            _entry(
                f"{field}.hazard_ratio",
                "hazard_ratio",
                field,
                "comparison",
                "ratio",
                " ".join(values.values()),
                adjusted_for=[],
                **values,
            )
        )
    return entries


def _entry(
    name: str, kind: str, field: str, arm: str, unit: str = "patients", printed: object = None, **values
) -> dict:
    return {
        "id": name,
        "kind": kind,
        "field": field,
        "arm": arm,
        "unit": unit,
        "printed": None if printed is None else str(printed),
        "address": PLACE,
        **values,
    }


def rows(studies: int = 200, folder: Path = ROOT / "_build/many_studies") -> list[dict]:
    """Seconds and GiB of check, fits and book of so many studies: dicts of name, value, unit and target."""
    shutil.rmtree(folder, ignore_errors=True)
    measured = []
    for name, command, target in (
        ("extraction check", "extraction check", "≤ 3"),
        ("models fit", "models fit", "≤ 240 with the book"),
        ("book", "book", "≤ 240 with the fits"),
    ):
        if not folder.exists():
            tree(folder, studies)
        seconds, memory = run((PYTHON, "-m", *command.split()), folder)
        measured += [
            {"name": f"{name}, {studies} invented studies", "value": seconds, "unit": "s", "target": target},
            {
                "name": f"{name}, {studies} invented studies: peak memory",
                "value": memory,
                "unit": "GiB",
                "target": "≤ 2",
            },
        ]
        print(f"{name}: {seconds:.1f} s, {memory:.2f} GiB", file=sys.stderr, flush=True)
    return measured


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.many_studies",
        description="Time check, fits and book of many invented studies.",
    )
    parser.add_argument("studies", type=int, nargs="?", default=200)
    say(rows(parser.parse_args().studies))


if __name__ == "__main__":
    main()

"""`python -m benchmarks [--quick]`: medians of repeats beside their targets; nothing is asserted.

The steps run in temporary copies of the tree, so nothing built here is touched.
Quick ones borrow this `.venv`, the others make their own.
"""

import argparse
import re
import shutil
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks import engines, growth, many_studies, parity, scaling
from benchmarks.measure import PYTHON, machine, repeat, run
from extraction.tree import ROOT

WIDTH = 120
"""Characters of the table where the terminal is narrower, or is a file."""
ENV, FIT, BOOK = [("make", "-s", step) for step in ("env", "fit", "book")]
SMALL_TABLE = """study,events_treated,n_treated,events_control,n_control
Aronson 1948,4,123,11,139
Ferguson 1949,6,306,29,303
Rosenthal 1960,3,231,11,220
Hart 1977,62,13598,248,12867
Frimodt-Moller 1973,33,5069,47,5808
Stein 1953,180,1541,372,1451
"""
"""The first six trials of BCG vaccine in Colditz 1994, JAMA 271:698."""


def change_a_record(folder: Path) -> None:
    """Lengthen the first one-line note of the longest record by a word."""
    record = max((folder / "extraction/records").glob("*.yml"), key=lambda path: path.stat().st_size)
    text, changed = re.subn(
        r'^( +note: "?)(?=\w)', r"\1Again, ", record.read_text(encoding="utf-8"), count=1, flags=re.M
    )
    if not changed:
        sys.exit(f"{record.name} has no one-line note to change")
    record.write_text(text, encoding="utf-8")


def quick_steps(folder: Path) -> list[tuple]:
    """The steps of a few seconds."""
    (folder / "six.csv").write_text(SMALL_TABLE)
    check, _ = repeat((PYTHON, "-m", "extraction", "check"), folder, 5)
    pool, _ = repeat((PYTHON, "-m", "models", "pool", "six.csv", "--measure", "or", "--json"), folder, 5)
    return [("extraction check", check, "s", "≤ 2"), ("models pool, six trials", pool, "s", "≤ 1")]


def long_steps(folder: Path) -> list[tuple]:
    """From a fresh clone to the opened book, as somebody new goes; then what one change costs, and none."""
    fresh = {
        name: str(folder.parent / name)
        for name in ("UV_CACHE_DIR", "PIP_CACHE_DIR", "XDG_CACHE_HOME", "NUMBA_CACHE_DIR")
    }
    fresh["PYTENSOR_FLAGS"] = f"base_compiledir={folder.parent / 'pytensor'}"
    (env, _), (fit, fit_memory), (pages, pages_memory) = [
        run(command, folder, fresh) for command in (ENV, FIT, BOOK)
    ]
    changed, _ = repeat(BOOK, folder, 3, before=lambda: change_a_record(folder), environment=fresh)
    unchanged, _ = repeat(BOOK, folder, 3, environment=fresh)
    return [
        ("fresh clone to the opened book, with nothing in any cache", env + fit + pages, "s", "≤ 180"),
        ("of it: environment", env, "s", ""),
        ("of it: every endpoint fitted, with nothing compiled", fit, "s", "≤ 60"),
        ("of it: pages from nothing", pages, "s", "≤ 60"),
        ("book after one record changed", changed, "s", "≤ 40"),
        ("book with nothing changed", unchanged, "s", "≤ 4"),
        ("make test on two idle cores, which is not run here", float("nan"), "s", "≤ 300"),
        ("peak memory, largest process of the book", pages_memory, "GiB", "≤ 2"),
        ("peak memory, largest process of the fits", fit_memory, "GiB", "≤ 2"),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="Time the steps beside their targets."
    )
    parser.add_argument("--quick", action="store_true", help="only the steps of a few seconds")
    quick = parser.parse_args().quick

    with tempfile.TemporaryDirectory() as scratch:
        clone, fresh_clone = Path(scratch) / "review", Path(scratch) / "fresh" / "review"
        for folder in (clone, fresh_clone):
            shutil.copytree(
                ROOT, folder, symlinks=True, ignore=shutil.ignore_patterns(".venv", "_build", "__pycache__")
            )
        (clone / ".venv").symlink_to(sys.prefix)
        rows = quick_steps(clone) + ([] if quick else long_steps(fresh_clone))
    heavy = (engines.multiverse, parity.rows, growth.rows, scaling.rows, many_studies.rows)
    measured = engines.rows() + [row for rows_of in (() if quick else heavy) for row in rows_of()]
    rows += [(row["name"], row["value"], row["unit"], row["target"]) for row in measured]

    table = Table(caption="Medians of 3 to 5 repeats, the first start once; memory is the highest seen.")
    for heading in ("step", "measured", "unit", "target"):
        table.add_column(heading, justify="right" if heading == "measured" else "left")
    for name, value, unit, target in rows:
        shown = "" if value != value else f"{value:,.0f}" if value >= 100 else f"{value:.2f}"
        table.add_row(name, shown, unit, str(target))
    print(machine())
    Console(width=max(Console().width, WIDTH)).print(table)


if __name__ == "__main__":
    main()

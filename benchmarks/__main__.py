"""`python -m benchmarks [--quick]`: medians of repeats beside their targets; nothing is asserted.

The steps run in a temporary copy of the tree that borrows this `.venv`, so nothing built here is touched.
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
from benchmarks.measure import PYTHON, machine, repeat
from extraction.tree import ROOT

WIDTH = 120
"""Characters of the table where the terminal is narrower, or is a file."""
BOOK = ("make", "-s", "book")
FIT = (PYTHON, "-m", "models", "fit")
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
    """Fits and the whole book, from nothing and again."""

    def empty() -> None:
        shutil.rmtree(folder / "_build", ignore_errors=True)

    fit, fit_memory = repeat(FIT, folder, 3, before=empty)
    refit, _ = repeat(FIT, folder, 3)
    one, _ = repeat((*FIT, "severe_infection"), folder, 3, before=empty)
    two, _ = repeat((*FIT, "severe_infection", "overall_survival"), folder, 3, before=empty)
    book, book_memory = repeat(BOOK, folder, 3, before=empty)
    changed, _ = repeat(BOOK, folder, 3, before=lambda: change_a_record(folder))
    unchanged, _ = repeat(BOOK, folder, 3)
    return [
        ("whole book from nothing", book, "s", "≤ 90"),
        ("book after one record changed", changed, "s", "≤ 60"),
        ("book with nothing changed", unchanged, "s", "≤ 6"),
        ("all endpoints fitted from nothing", fit, "s", "≤ 30"),
        ("a further endpoint in the same run", two - one, "s", "≤ 2"),
        ("models fit with all stored", refit, "s", "≤ 2"),
        ("peak memory, largest process of the book", book_memory, "GiB", "≤ 2"),
        ("peak memory, largest process of the fits", fit_memory, "GiB", "≤ 2"),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="Time the steps beside their targets."
    )
    parser.add_argument("--quick", action="store_true", help="only the steps of a few seconds")
    quick = parser.parse_args().quick

    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "review"
        leave = shutil.ignore_patterns(".venv", "_build", "__pycache__")
        shutil.copytree(ROOT, folder, symlinks=True, ignore=leave)
        (folder / ".venv").symlink_to(sys.prefix)
        rows = quick_steps(folder) + ([] if quick else long_steps(folder))
    measured = (
        engines.rows()
        if quick
        else [
            *engines.rows(),
            *engines.multiverse(),
            *parity.rows(),
            *growth.rows(),
            *scaling.rows(),
            *many_studies.rows(),
        ]
    )
    rows += [(row["name"], row["value"], row["unit"], row["target"]) for row in measured]

    table = Table(caption="Medians of 3 to 5 repeats; memory is the highest seen.")
    for heading, side in (("step", "left"), ("measured", "right"), ("unit", "left"), ("target", "left")):
        table.add_column(heading, justify=side)
    for name, value, unit, target in rows:
        shown = "" if value != value else f"{value:,.0f}" if value >= 100 else f"{value:.2f}"
        table.add_row(name, shown, unit, str(target))
    print(machine())
    Console(width=max(Console().width, WIDTH)).print(table)


if __name__ == "__main__":
    main()

"""`python -m extraction import`: drafts of records from a table of another program."""

import argparse
from dataclasses import asdict
from pathlib import Path

from extraction.commands.parser import print_json
from extraction.fault import Fault
from extraction.interop.drafts import read
from extraction.question import FIELDS
from extraction.source import FILL_IN
from extraction.whole import write_whole


def declare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "table",
        metavar="FILE.csv",
        type=Path,
        help="of RevMan Web, RevMan 5, metafor, meta, Covidence or robvis",
    )
    parser.add_argument(
        "--variable",
        metavar="[OUTCOME=]VARIABLE",
        action="append",
        required=True,
        help="what the table is about; with OUTCOME=, the variable of the outcome of this name; repeatable",
    )
    parser.add_argument(
        "--out", metavar="FOLDER", type=Path, required=True, help="where the drafts are written"
    )


def run(given: argparse.Namespace) -> int:
    """Write a draft for each study, and tell what had no place in one; 1 where nothing had."""
    found = read(given.table, dict(_meant(words) for words in given.variable))
    paths = {given.out / f"{study}.yml": text for study, text in found.texts().items()}
    for path in paths:
        if path.exists():
            raise Fault(f"{path} exists already: a record is not overwritten")
    for path, text in paths.items():
        write_whole(path, text)
    if given.json:
        told = {"drafts": list(paths), "left": [asdict(left) for left in found.left]}
        print_json(told)
    else:
        for path in paths:
            print(path)
        for left in found.left:
            print(f"not taken: {left}")
        print(f"{len(paths)} drafts; each place to fill in says {FILL_IN}.")
    return 0 if paths else 1


def _meant(words: str) -> tuple[str, str]:
    """Outcome, empty for any, and variable."""
    outcome, _, variable = words.rpartition("=")
    if variable not in FIELDS:
        raise Fault(f"--variable {words}: {variable} is no variable of the question")
    return outcome, variable

"""`python -m extraction start FOLDER --question "…"`: a new review, which builds at once."""

import argparse
import json
import os
import shutil
import subprocess
import sys
from datetime import date
from importlib.resources import files
from pathlib import Path
from string import Template

from extraction.extras import DISTRIBUTION, version
from extraction.fault import Fault
from extraction.start.sheets import STUDY, Start, question_sheet, record_sheet, register_sheet
from extraction.whole import write_whole

LICENCES = {
    "CC-BY-4.0": "https://creativecommons.org/licenses/by/4.0/",
    "CC-BY-SA-4.0": "https://creativecommons.org/licenses/by-sa/4.0/",
    "CC0-1.0": "https://creativecommons.org/publicdomain/zero/1.0/",
}
ELSEWHERE = {"gitignore": ".gitignore", "review.yml": ".github/workflows/review.yml"}
"""Where files of the template go that would mean something where they stand."""
LONGEST_WAIT = 120
"""Seconds for the schemas of a new question, which take two."""


class NotStarted(Fault):
    """The folder cannot be a new review; the message says why."""


def declare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", metavar="FOLDER", type=Path, help="a new folder, or an empty one")
    parser.add_argument(
        "--question", required=True, metavar="WORDS", help="what is asked, the review's title"
    )
    parser.add_argument("--treatment", default="the treatment", metavar="NAME", help="what is given")
    parser.add_argument(
        "--comparator", default="none", metavar="NAME", help="what the others were given; default none"
    )
    parser.add_argument(
        "--population", default="the patients of the question", metavar="WORDS", help="in whom"
    )
    parser.add_argument(
        "--licence", choices=LICENCES, default="CC-BY-4.0", help="of text and records; default CC-BY-4.0"
    )


def run(given: argparse.Namespace) -> int:
    """Write the folder; raise NotStarted where something stands in it already."""
    folder = given.folder.resolve()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise NotStarted(f"{given.folder} exists and is not an empty folder")
    start = Start(given.question, given.treatment, given.comparator, given.population)
    part = folder.with_name(f".{folder.name}.{os.getpid()}.partial")
    try:
        for name, text in (_templates(given) | _sheets(start)).items():
            write_whole(part / name, text)
        _write_schemas(part)
        os.replace(part, folder)  # an empty folder gives way; what a killed run began is no review
    finally:
        shutil.rmtree(part, ignore_errors=True)
    if given.json:
        print(json.dumps({"folder": str(given.folder), "invented": STUDY}))
    else:
        print(
            f"{given.folder} is a review of one invented study; in it: review check, review fit, review book"
        )
    return 0


def _sheets(start: Start) -> dict[str, str]:
    today = date.today()
    return {
        "question.yml": question_sheet(start),
        "register.yml": register_sheet(today),
        f"records/{STUDY}.yml": record_sheet(today),
    }


def _templates(given: argparse.Namespace) -> dict[str, str]:
    """Every other file, by its name."""
    words = {
        "title": given.question,
        "quoted": json.dumps(given.question, ensure_ascii=False),
        "distribution": DISTRIBUTION,
        "version": version(),
        "licence": given.licence,
        "address": LICENCES[given.licence],
    }
    return {
        ELSEWHERE.get(file.name, file.name): Template(file.read_text(encoding="utf-8")).substitute(words)
        for file in files("extraction.start").joinpath("folder").iterdir()
    }


def _write_schemas(folder: Path) -> None:
    """Schemas for editors: their words are those of the new question, which is read by another process."""
    try:
        done = subprocess.run(
            [sys.executable, "-m", "extraction", "schema"],
            env=os.environ | {"REVIEW": str(folder)},
            capture_output=True,
            text=True,
            timeout=LONGEST_WAIT,
        )
    except subprocess.TimeoutExpired:
        raise NotStarted(f"{folder}: its schemas were not written in {LONGEST_WAIT} s") from None
    if done.returncode:
        raise NotStarted(f"{folder}: {done.stderr}")

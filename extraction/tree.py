"""Where the program stands, where the review that it reads, and what is made of it.

The variable REVIEW of the environment names the folder of another review than the project's own; without it a
review is that of the folder in which one works.
"""

import os
from pathlib import Path

from extraction.fault import Fault

ROOT = Path(__file__).resolve().parent.parent
"""The top folder of the program."""
OWN = Path(__file__).resolve().parent
"""The folder of the project's own review."""


def folder_of_review(named: str | None, here: Path) -> Path:
    """The folder of question, register and records: the one named, else `here` or the nearest folder above it
    that asks a question, else that of the project's own review; raise Fault where the named one is none.
    """
    if not named:
        return next((folder for folder in (here, *here.parents) if (folder / "question.yml").is_file()), OWN)
    folder = Path(named).expanduser().resolve()
    if not folder.is_dir():
        raise Fault(f"REVIEW={named}: there is no folder {folder}")
    return folder


REVIEW = folder_of_review(os.environ.get("REVIEW"), Path.cwd())
IS_OWN = REVIEW == OWN
if not IS_OWN:
    os.environ["REVIEW"] = str(REVIEW)  # for processes that are started, wherever they work
HOME = ROOT if IS_OWN else REVIEW
"""The folder of what is kept of the review beside its data: releases, change log, citation."""
BUILD = HOME / "_build"
"""All that is computed: pages, posteriors, results; removed by `make clean`."""

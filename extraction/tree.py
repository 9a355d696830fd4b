"""Where the program stands, where the review that it reads, and what is made of it.

The variable REVIEW of the environment names the folder of another review than the project's own.
"""

import os
from pathlib import Path

from extraction.fault import Fault

ROOT = Path(__file__).resolve().parent.parent
"""The top folder of the program."""
OWN = Path(__file__).resolve().parent
"""The folder of the project's own review."""


def folder_of_review(named: str | None) -> Path:
    """The folder of question, register and records: the one named, else that of the project's own review;
    raise Fault where there is none.
    """
    if not named:
        return OWN
    folder = Path(named).expanduser().resolve()
    if not folder.is_dir():
        raise Fault(f"REVIEW={named}: there is no folder {folder}")
    return folder


REVIEW = folder_of_review(os.environ.get("REVIEW"))
IS_OWN = REVIEW == OWN
HOME = ROOT if IS_OWN else REVIEW
"""The folder of what is kept of the review beside its data: releases, change log, citation."""
BUILD = HOME / "_build"
"""All that is computed: pages, posteriors, results; removed by `make clean`."""

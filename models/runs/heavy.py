"""Results too heavy for every build, kept by a key of all they depend on: those in the repository, else those
computed here.

A changed record or model has another key, so an old result is never met; `python -m models fit` computes what
is missing.
"""

from pathlib import Path

from extraction.tree import BUILD, IS_OWN, REVIEW, ROOT
from models.runs import kept

REPOSITORY = ROOT / "models" / "results" if IS_OWN else REVIEW / "results"
"""The committed results of the review."""
COMPUTED = BUILD / "results"


def read(name: str, key: str) -> dict | None:
    """The stored result under a file's name, `universes.json`, and a key; None where there is none, or where
    it is damaged.
    """
    found = (kept.read(path, key) for path in (REPOSITORY / name, COMPUTED / f"{key}-{name}"))
    return next((result for result in found if result is not None), None)


def write(name: str, key: str, result: dict, repository: bool = False) -> Path:
    """Store a result whole or not at all; in the repository, in place of the last."""
    path = REPOSITORY / name if repository else COMPUTED / f"{key}-{name}"
    kept.write(path, key, result)
    return path

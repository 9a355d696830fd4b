"""How the review is to be cited, from CITATION.cff (Citation File Format, citation-file-format.github.io)."""

from pathlib import Path

import yaml

from extraction.fault import Fault
from extraction.tree import HOME

NAME = "CITATION.cff"
REQUIRED = ("title", "version", "authors")
NAMED_BY = {"name", "family-names"}
"""Of a group, and of a person."""


def read(folder: Path = HOME) -> dict:
    """The file as it stands; raise Fault where it is missing, broken, or lacks what a citation needs."""
    path = folder / NAME
    if not path.is_file():
        raise Fault(f"{folder} holds no {NAME}, which gives the review its title, version and authors")
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as broken:
        raise Fault(f"{path}: {' '.join(str(broken).split())}") from None
    if missing := [name for name in REQUIRED if not (isinstance(found, dict) and found.get(name))]:
        raise Fault(f"{path}: {', '.join(missing)} must be given")
    if not all(isinstance(one, dict) and NAMED_BY & one.keys() for one in found["authors"]):
        raise Fault(f"{path}: authors: each needs a name or family-names")
    return found


def authors(held: dict) -> list[str]:
    """Names in their order: `Family, Given`, or that of a group."""
    return [author.get("name") or _of_person(author) for author in held["authors"]]


def _of_person(author: dict) -> str:
    return ", ".join(filter(None, (author["family-names"], author.get("given-names"))))


def licences(held: dict) -> list[str]:
    """Names in SPDX: one, several or none."""
    named = held.get("license", [])
    return [named] if isinstance(named, str) else named

"""Who made the review, what each did and declares, and who paid for it: people.yml, in which
nothing has to be said and nothing is guessed.
"""

from pathlib import Path

from pydantic import Field

from extraction.source import parse
from extraction.tree import REVIEW
from extraction.typed import Model, Words, validate

FOLDER = REVIEW


class Person(Model):
    """A person who made the review."""

    name: Words = Field(description="Family name, comma, given names, as in CITATION.cff.")
    roles: list[Words] = Field([], description="What the person did, in words of CRediT (credit.niso.org).")
    interests: Words | None = Field(
        None, description="Competing interests as declared; null where none is stated."
    )


class People(Model):
    """All who made the review, and its funding."""

    people: list[Person] = Field([], description="Authors, in their order.")
    funding: Words | None = Field(None, description="Who paid, as stated; null where nobody has said.")


def read(folder: Path = FOLDER) -> People:
    """People and funding; nobody and nothing where the file is missing.  Raises BadRecords."""
    path = folder / "people.yml"
    return validate(parse(path), People) if path.exists() else People()

"""How to cite the version that is being read: in words, and as BibTeX, RIS and CFF.

A version is dated by its release, `releases/<version>.json`, and has a DOI once `extraction/living.yml` gives
it one.  A tree that has none says so, and names its evidence and the day of the newest decision in it, so
that no clock enters a page.
"""

import datetime
import re
from dataclasses import dataclass, replace
from pathlib import Path

import yaml

from extraction import cff
from extraction.question import QUESTION
from extraction.records import Review
from extraction.tree import HOME, IS_OWN
from models.answers.summary import evidence_hash, version
from models.history import versions
from models.runs import store

STEM = QUESTION.shown.stem or "-".join(re.findall(r"[a-z0-9]+", QUESTION.title.lower()))
"""Name of the files, and with the version the key of the BibTeX entry."""


@dataclass(frozen=True)
class Licence:
    """A licence by its name in SPDX, and in words."""

    spdx: str
    words: str

    @property
    def address(self) -> str:
        return f"https://spdx.org/licenses/{self.spdx}"


OF_THE_OWN = (
    Licence("MIT", "MIT licence, for the code"),
    Licence("CC-BY-4.0", "Creative Commons Attribution 4.0, for text, records and figures"),
)
"""Licences of the project's own review, as its files LICENSE and LICENSE-TEXT give them."""


@dataclass(frozen=True)
class Citation:
    """What names one version.

    date : that of its release, or of the newest decision where it has none; None where nothing is decided yet
    """

    title: str
    authors: tuple[str, ...]
    entities: frozenset[str]
    """Authors that are no person, so that no reference manager turns their names around."""
    version: str
    evidence: str
    date: datetime.date | None
    released: bool
    doi: str | None = None
    licences: tuple[Licence, ...] = ()
    """The first is that of code, the last that of all else; there may be one alone, or none."""
    is_data: bool = False
    """Whether CITATION.cff calls it a dataset, and no software."""

    @property
    def dated(self) -> str:
        """`released 2026-12-01`, or that it is not and what it was built from."""
        if self.released:
            return f"released {self.date}"
        decided = f"newest decision {self.date}" if self.date else "no study decided on yet"
        return f"unreleased, built from evidence {self.evidence}, {decided}"

    @property
    def year(self) -> str | None:
        return str(self.date.year) if self.date else None

    @property
    def words(self) -> str:
        """The reference as a line of text."""
        found = (
            f"{', '.join(self.authors)} ({self.year or 'no date'}). {self.title}. Version {self.version},"
            f" {self.dated}."
        )
        return f"{found} https://doi.org/{self.doi}" if self.doi else found

    @property
    def note(self) -> str:
        """What a reference manager has no field for."""
        return f"Living review. Version {self.version}, {self.dated}"

    def bibtex(self) -> str:
        fields = {
            "author": " and ".join(
                f"{{{_tex(name)}}}" if name in self.entities else _tex(name) for name in self.authors
            ),
            "title": f"{{{_tex(self.title)}}}",
            "year": self.year,
            "version": self.version,
            "note": _tex(self.note),
            "doi": self.doi,
        }
        lines = [f"  {name} = {{{value}}}" for name, value in fields.items() if value]
        return f"@misc{{{STEM}-{self.version},\n" + ",\n".join(lines) + "\n}\n"

    def ris(self) -> str:
        fields = [
            ("TY", "DATA" if self.is_data else "COMP"),
            *(("AU", name) for name in self.authors),
            ("TI", self.title),
            *([("PY", self.year), ("DA", f"{self.date:%Y/%m/%d}/")] if self.date else ()),
            ("ET", self.version),
            ("N1", self.note),
            *([("DO", self.doi)] if self.doi else ()),
            ("ER", ""),
        ]
        return "".join(f"{tag}  - {value}\r\n" for tag, value in fields)

    def cff(self) -> str:
        """CITATION.cff with what this version adds: its date and DOI, or the hash of the evidence of a tree
        that is not released.
        """
        held = cff.read(HOME) | {"version": self.version}
        held.pop("date-released", None)
        if self.released:
            held["date-released"] = str(self.date)
        else:
            held["identifiers"] = [
                {"type": "other", "value": self.evidence, "description": f"Evidence hash: {self.dated}"}
            ]
        return yaml.safe_dump(
            held | ({"doi": self.doi} if self.doi else {}), sort_keys=False, allow_unicode=True, width=120
        )

    def files(self) -> dict[str, str]:
        """The downloads, by name."""
        return {f"{STEM}.bib": self.bibtex(), f"{STEM}.ris": self.ris(), "CITATION.cff": self.cff()}


def citation(review: Review, root: Path = HOME) -> Citation:
    """The citation of this tree; nothing is shown of a DOI that is missing."""
    held = cff.read(root)
    found = Citation(
        held["title"],
        tuple(cff.authors(held)),
        frozenset(author["name"] for author in held["authors"] if "name" in author),
        version(),
        evidence_hash(review),
        newest(review),
        False,
        review.living.doi.versions.get(version()) if review.living else None,
        OF_THE_OWN if IS_OWN else tuple(Licence(spdx, spdx) for spdx in cff.licences(held)),
        held.get("type") == "dataset",
    )
    releases = root / "releases"
    if found.version not in versions.released(releases):
        return found
    kept = versions.read(found.version, releases)
    return (
        replace(found, date=datetime.date.fromisoformat(kept["date"]), released=True)
        if _answers_to(kept, found.evidence, review)
        else found
    )


def _answers_to(kept: dict, evidence: str, review: Review) -> bool:
    """Whether evidence, priors and answers are still those of a release; a tree that moved on has no version
    of its own yet.
    """
    try:
        return kept["evidence_hash"] == evidence and all(
            versions.is_same(found, versions.answer(key, review)) for key, found in kept["endpoints"].items()
        )
    except store.NotFitted:
        return False


def newest(review: Review) -> datetime.date | None:
    """Day of the newest decision on a study, extraction of a record, or judgement of certainty; None where
    there is none.
    """
    return max(
        [study.decided for study in review.register.studies]
        + [record.extracted for record in review.records.values()]
        + ([review.certainty.judged] if review.certainty else []),
        default=None,
    )


def _tex(text: str) -> str:
    """Text with what TeX would read as a command escaped."""
    return re.sub(r"([&%$#_{}])", r"\\\1", text)

"""The only reader of the register and the records.

Files are read as text (source.py) and typed by the schema.  A fault is a `Problem` that names file, line,
study, field, value and rule; nothing is half-read.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations
from os.path import lexists
from pathlib import Path
from string import ascii_lowercase

from pydantic import BaseModel

from extraction.digitised.read import curves_of
from extraction.living import Living, log_problems
from extraction.question import ENDPOINTS
from extraction.recover.curve_types import Curve
from extraction.schema import Certainty, Record, Register, Registration
from extraction.source import BadRecords, Problem, Source, parse, short_name
from extraction.tree import REVIEW
from extraction.typed import validate

ROOT = REVIEW


@dataclass(frozen=True, eq=False)
class Review:
    """The whole evidence as read: the register, the record of each study that has one, the certainty where it
    is rated, the living mode, digitised curves by file.  One reading of the files is one object: two reviews
    are never equal, and what is computed from one is kept with it.
    """

    register: Register
    records: dict[str, Record]
    sources: dict[str, Source]
    certainty: Certainty | None = None
    living: Living | None = None
    curves: dict[str, Curve] = field(default_factory=dict)

    @cached_property
    def studies(self) -> dict[str, Registration]:
        return {study.id: study for study in self.register.studies}

    @cached_property
    def fingerprint(self) -> str:
        """Hash of all that was read, but for where in the files it stands."""
        read = [self.register, *self.records.values(), *filter(None, (self.certainty, self.living))]
        parts = [part.model_dump_json() for part in read] + [repr(sorted(self.curves.items()))]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]

    def included(self) -> dict[str, Record]:
        """Records of the studies that the register includes, in the register's order."""
        return {s.id: self.records[s.id] for s in self.register.studies if s.decision == "included"}


def load(root: Path = ROOT) -> Review:
    """Read register, records and curves below `root`, and certainty and living mode (files that may be
    absent); raise BadRecords listing every problem found.
    """
    problems: list[Problem] = []
    sources: dict[str, Source] = {}

    def read[M: BaseModel](path: Path, model: type[M]) -> M | None:
        try:
            source = sources[path.stem] = parse(path)
            return validate(source, model)
        except BadRecords as error:
            problems.extend(error.problems)
            return None

    register = read(root / "register.yml", Register)
    paths = sorted((root / "records").glob("*.yml"))
    records = {path.stem: record for path in paths if (record := read(path, Record))}
    problems += [
        Problem(short_name(path), None, path.stem, "file", path.name, "the name of a record ends in .yml")
        for path in sorted((root / "records").glob("*"))
        if path.suffix != ".yml" and not path.name.startswith((".", "README"))
    ]
    certainty = read(root / "certainty.yml", Certainty) if lexists(root / "certainty.yml") else None
    if register and certainty:
        problems += _rated_studies(register, certainty, sources["certainty"])
    alive = read(root / "living.yml", Living) if lexists(root / "living.yml") else None
    if register and alive:
        problems += log_problems(alive, register, sources["living"])
    if register:
        problems += _one_study_per_cohort(register, sources["register"])
        problems += _between_files(register, records, sources, {path.stem for path in paths})
    curves, faults = curves_of(records, sources, root)
    problems += faults
    if problems or not register:
        raise BadRecords(problems)
    return Review(register, records, sources, certainty, alive, curves)


def _between_files(
    register: Register, records: dict[str, Record], sources: dict[str, Source], files: set[str]
) -> Iterator[Problem]:
    """Rules that need more than one file: names agree, and no study stands twice or is missing."""
    rows = sources["register"]
    first: dict[str, tuple[int, str]] = {}
    for i, study in enumerate(register.studies):
        for key, value in (("id", study.id), ("doi", study.doi), ("identifier", study.identifier)):
            if value is None:
                continue
            earlier = first.setdefault(value.lower(), (i, study.id))
            if earlier[0] != i:
                yield rows.problem(
                    ("studies", i, key), value, f"stands twice in the register, first for {earlier[1]}"
                )
        if study.retracted and study.decision != "excluded":
            yield rows.problem(
                ("studies", i, "decision"),
                study.decision,
                f"a paper retracted on {study.retracted} is excluded; its record is kept",
            )
        if study.decision == "included" and study.id not in files:
            yield rows.problem(
                ("studies", i, "decision"), study.decision, f"an included study needs records/{study.id}.yml"
            )
        record = records.get(study.id)
        began = record.design.first_patient if record else None
        if began and int(began[:4]) > study.year:
            yield sources[study.id].problem(
                ("design", "first_patient"), began, f"is after the study was published, {study.year}"
            )
        if study.id.rstrip(ascii_lowercase)[-4:] != str(study.year):
            yield rows.problem(("studies", i, "year"), study.year, f"is not the year of {study.id}")
    registered = {study.id for study in register.studies}
    for stem, record in records.items():
        if record.study != stem:
            yield sources[stem].problem(("study",), record.study, f"must be the file's name, {stem}")
        if record.study not in registered:
            yield sources[stem].problem(("study",), record.study, "the study is not in register.yml")


def _rated_studies(register: Register, certainty: Certainty, source: Source) -> Iterator[Problem]:
    """A rating names studies of the register."""
    registered = {study.id for study in register.studies}
    for endpoint, rating in certainty.endpoints.items():
        for i, study in enumerate(rating.studies):
            if study not in registered:
                yield source.problem(
                    ("endpoints", endpoint, "studies", i), study, "the study is not in register.yml"
                )


def _one_study_per_cohort(register: Register, rows: Source) -> Iterator[Problem]:
    """Studies that may share patients never meet in an endpoint."""
    for (_, first), (i, second) in combinations(enumerate(register.studies), 2):
        shared = _endpoints(first) & _endpoints(second)
        if first.id != second.id and first.cohort == second.cohort and shared:
            which = (
                "every endpoint"
                if shared == set(ENDPOINTS)
                else ", ".join(e for e in ENDPOINTS if e in shared)
            )
            yield rows.problem(
                ("studies", i, "cohort"),
                second.cohort,
                f"{first.id} and {second.id} may share patients and both may enter {which}; "
                "choose one: exclude the other, or limit its endpoints",
            )


def _endpoints(study: Registration) -> set[str]:
    """Endpoints a study may enter: none unless included, all where the register limits none."""
    if study.decision != "included":
        return set()
    return set(ENDPOINTS if study.endpoints is None else study.endpoints) & ENDPOINTS.keys()

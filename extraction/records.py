"""The only reader of the register and the records.

Files are read as text (source.py) and typed by the schema.  A fault is a `Problem` that names file, line,
study, field, value and rule; nothing is half-read.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property
from itertools import combinations
from pathlib import Path

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from extraction.digitised.read import curves_of
from extraction.living import Living, log_problems
from extraction.recover.curve_types import Curve
from extraction.schema import Certainty, Record, Register, Registration
from extraction.source import FILL_IN, BadRecords, Problem, Source, child, parse, short_name
from extraction.vocabulary import ENDPOINTS

ROOT = Path(__file__).resolve().parent
LONGEST_LIST = 8  # legal values that a message still prints in full
MOST_PROBLEMS = 200  # of one file that are told one by one


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
        for path in sorted((root / "records").glob("*.yaml"))
    ]
    certainty = read(root / "certainty.yml", Certainty) if (root / "certainty.yml").exists() else None
    if register and certainty:
        problems += _rated_studies(register, certainty, sources["certainty"])
    alive = read(root / "living.yml", Living) if (root / "living.yml").exists() else None
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


def validate[M: BaseModel](source: Source, model: type[M]) -> M:
    """Type the data by the schema; raise BadRecords with one problem for each rule broken and each place left
    to fill in.
    """
    problems = list(_left_to_fill_in(source))
    try:
        typed = model.model_validate(source.data)
    except ValidationError as error:
        places = [(_place(source, e), e) for e in error.errors(include_url=False)]
        problems += [_explain(source, e, *place) for place, e in places if place[1] != FILL_IN]
    if len(problems) > MOST_PROBLEMS:
        rest = source.problem((), f"{len(problems)} faults", f"the first {MOST_PROBLEMS} are told")
        problems = [*problems[:MOST_PROBLEMS], rest]
    if problems:
        raise BadRecords(problems)
    return typed


def _left_to_fill_in(source: Source) -> Iterator[Problem]:
    """Each value still to be given; in an entry whose kind is one of them the kind alone, as the rest depends
    on it.
    """
    for path in source.unfilled:
        kind = (*path[:2], "kind")
        if path[:1] != ("entries",) or path == kind or kind not in source.unfilled:
            yield source.problem(path, FILL_IN, "is left to fill in")


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
    return set(ENDPOINTS if study.endpoints is None else study.endpoints)


def _place(source: Source, error: ErrorDetails) -> tuple[tuple, object]:
    """Path and value that a schema error is about."""
    path, found = _in_file(error["loc"], source.data), error["input"]
    if error["type"].startswith("union_tag"):
        return (*path, "kind"), child(found, "kind")
    return path, found


def _explain(source: Source, error: ErrorDetails, path: tuple, found: object) -> Problem:
    """A schema error in the reader's words."""
    if error["type"] in ("missing", "union_tag_not_found") or found is None:
        found = "nothing"
    return source.problem(path, found, rule(error, path))


def rule(error: ErrorDetails, path: tuple) -> str:
    """The rule that the value at `path` broke, by pydantic's name for it."""
    context, key = error.get("ctx", {}), str(path[-1]) if path else ""
    match error["type"]:
        case "missing":
            return "is required"
        case "extra_forbidden":
            return "is not a field of the schema"
        case "union_tag_not_found":
            return "an entry needs a kind"
        case "union_tag_invalid":
            return _one_of(error["input"].get("kind"), context["expected_tags"])
        case "literal_error":
            return _one_of(error["input"], context["expected"])
        case "decimal_max_digits" | "decimal_max_places" | "decimal_whole_digits" | "int_parsing_size":
            return "has more digits than any paper prints"
        case "int_parsing" | "int_type":
            return "must be a whole number"
        case "string_too_short" | "string_type":
            return "must be words, not empty"
        case "date_from_datetime_parsing" | "date_parsing":
            return "must be a date, YYYY-MM-DD"
        case "string_pattern_mismatch":
            return FORMS.get(key) or f"must have the form {context['pattern']}"
        case _:
            return error["msg"].removeprefix("Value error, ").replace("Input should", "must")


FORMS = {
    "doi": "is not a DOI: 10., registrant, / and suffix, without the resolver's address",
    "id": "must be lower-case letters, digits and _, as zhou2025 or severe_infection.toci",
    "study": "must be surname and year, as zhou2025",
    "curve": "must be the plain name of a file in extraction/curves, as zhou2025-overall_survival.csv",
}
"""The form of a value whose pattern would puzzle a reader."""


def _one_of(found: object, expected: str) -> str:
    """Legal values: all if they are few, else those nearest to the value found."""
    legal = re.findall(r"'([^']*)'", expected)
    if len(legal) <= LONGEST_LIST:
        return f"must be one of {', '.join(legal)}"
    near = get_close_matches(str(found), legal, n=3, cutoff=0.6)
    meant = f"; nearest: {', '.join(near)}" if near else ""
    return f"is not one of the {len(legal)} legal values{meant} (all stand in the data dictionary)"


def _in_file(loc: tuple, data: object) -> tuple:
    """Pydantic's path as it stands in the file: without union tags, with a missing key kept as its end."""
    path: tuple = ()
    for i, part in enumerate(loc):
        below = child(data, part)
        last = i == len(loc) - 1 and part != "[key]"
        if below is not None or last or (isinstance(data, dict) and part in data):
            path, data = (*path, part), below
    return path

"""What a file says, typed by a model: one problem for each rule that it breaks."""

import re
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from difflib import get_close_matches
from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    StringConstraints,
    ValidationError,
)
from pydantic_core import ErrorDetails

from extraction.limits import MOST_PROBLEMS
from extraction.source import FILL_IN, BadRecords, Problem, Source, child

LONGEST_LIST = 8  # legal values that a message still prints in full

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(_[a-z0-9]+)*$")]
Words = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]


EARLIEST = date(1950, 1, 1)


def _day(typed: object) -> object:
    """A date as it must be typed; raise ValueError for a number or a time, which pydantic would take."""
    if isinstance(typed, str) and not re.fullmatch(r"\d{4}-\d{2}-\d{2}", typed):
        raise ValueError("must be a date, YYYY-MM-DD")
    return typed


def _past(day: date) -> date:
    """A day on which something was done; raise ValueError for one to come, or of another age."""
    if not EARLIEST <= day <= date.today():
        raise ValueError(f"must be a day from {EARLIEST.year} on that is not to come")
    return day


Day = Annotated[date, BeforeValidator(_day), AfterValidator(_past)]
"""A day on which something was done, YYYY-MM-DD."""


def _month(typed: str) -> str:
    year, month = map(int, typed.split("-"))
    _past(date(year, month, 1))
    return typed


Month = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$"), AfterValidator(_month)]
"""A month in which something was done, YYYY-MM."""


class Model(BaseModel):
    """A model that refuses what it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True)


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
    else:
        problems += _in_other_digits(source, typed, source.data, ())
    if len(problems) > MOST_PROBLEMS:
        rest = source.problem((), f"{len(problems)} faults", f"the first {MOST_PROBLEMS} are told")
        problems = [*problems[:MOST_PROBLEMS], rest]
    if problems:
        raise BadRecords(problems)
    return typed


NO_DIGITS = re.compile(r"_|(?![0-9])\d")
"""What Python reads as part of a number, and no reader does: `1_0`, digits of other scripts."""


def _in_other_digits(source: Source, typed: object, written: object, path: tuple) -> Iterator[Problem]:
    """Each number within a typed value that was not written in the digits 0 to 9."""
    parts: Iterable[tuple] = ()
    if isinstance(typed, BaseModel):
        parts = ((name, getattr(typed, name)) for name in type(typed).model_fields)
    elif isinstance(typed, dict):
        parts = typed.items()
    elif isinstance(typed, (list, tuple)):
        parts = enumerate(typed)
    elif isinstance(typed, (int, float, Decimal)) and isinstance(written, str) and NO_DIGITS.search(written):
        yield source.problem(path, written, "a number is written in the digits 0 to 9")
    for name, part in parts:
        yield from _in_other_digits(source, part, child(written, name), (*path, name))


def _left_to_fill_in(source: Source) -> Iterator[Problem]:
    """Each value still to be given; in an entry whose kind is one of them the kind alone, as the rest depends
    on it.
    """
    for path in source.unfilled:
        kind = (*path[:2], "kind")
        if path[:1] != ("entries",) or path == kind or kind not in source.unfilled:
            yield source.problem(path, FILL_IN, "is left to fill in")


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
        case "too_long":
            return f"holds {context['actual_length']:,}, and may hold {context['max_length']:,}"
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
    "id": "must be lower-case letters, digits and _, as smith2025 or relapse.treated",
    "study": "must be surname and year, as smith2025",
    "file": "must be the plain name of a file, without a folder",
    "curve": "must be the plain name of a file in extraction/curves, as smith2025-survival.csv",
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

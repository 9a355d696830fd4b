"""The log of searches in living.yml, as the candidates have it."""

import re
from datetime import date
from pathlib import Path

from extraction.listed import with_item
from extraction.living import Living, log_problems
from extraction.records import Review
from extraction.schema import Register
from extraction.search import candidates
from extraction.search.candidates import Candidate
from extraction.source import BadRecords, Problem, Source, parse
from extraction.typed import validate
from extraction.whole import whole

FILE = "living.yml"


def found_and_new(found: list[Candidate], source: str, day: date) -> tuple[int, int]:
    """Records of a search, and works among them that no row before had brought."""
    rows = [row for row in found if (row.source, row.searched) == (source, day)]
    return len(rows), sum(not row.same_as for row in rows)


def write(root: Path, register: Register, source: str, day: date, by: str, numbers: tuple[int, int]) -> None:
    """Put a search into the log, or its numbers in the place of those that stand there; comments stay.

    Raises BadRecords where the log would break a rule, and changes nothing then.
    """
    path = root / FILE
    text = path.read_text(encoding="utf-8")
    changed = _with(text, parse(path), source, day, by, numbers)
    if changed != text:
        with whole(path) as part:
            part.write_text(changed, encoding="utf-8")
            read = parse(part)
            if problems := list(log_problems(validate(read, Living), register, read)):
                raise BadRecords(problems)


def _with(text: str, log: Source, source: str, day: date, by: str, numbers: tuple[int, int]) -> str:
    searches = log.data.get("searches") or []
    for i, search in enumerate(searches):
        if (search.get("source"), search.get("searched")) == (source, day.isoformat()):
            return _with_numbers(text, log, i, numbers)
    later = (i for i, search in enumerate(searches) if search["searched"] > day.isoformat())
    found, new = numbers
    item = (
        f"  - searched: {day}\n    source: {source}\n    by: {by}\n    found: {found}\n    new: {new}\n"
        "    registered: []\n"
    )
    return with_item(text, log, "searches", item, next(later, None))


def _with_numbers(text: str, log: Source, i: int, numbers: tuple[int, int]) -> str:
    """The text with other numbers in a search that stands there."""
    lines = text.splitlines(keepends=True)
    for key, number in zip(("found", "new"), numbers, strict=True):
        at = log.lines["searches", i, key] - 1
        lines[at] = re.sub(rf"(\b{key}\s*:\s*)[0-9]+", rf"\g<1>{number}", lines[at], count=1)
    return "".join(lines)


def disagreements(review: Review, root: Path) -> list[Problem]:
    """Searches of which the log says other numbers than the candidates; raise BadRecords where these are
    damaged.
    """
    rows = candidates.read(root)
    if not rows or not review.living:
        return []
    source, searches = review.sources["living"], review.living.searches
    logged = {(search.source, search.searched): i for i, search in enumerate(searches)}
    found = []
    for place in dict.fromkeys((row.source, row.searched) for row in rows):
        numbers = found_and_new(rows, *place)
        i = logged.get(place)
        if i is None:
            rule = "is a search of candidates.csv that is not in the log"
            found.append(source.problem(("searches",), f"{place[0]} {place[1]}", rule))
        elif (searches[i].found, searches[i].new) != numbers:
            rule = f"candidates.csv has {numbers[0]} records of this search, {numbers[1]} of them new"
            said = f"{searches[i].found}, {searches[i].new} of them new"
            found.append(source.problem(("searches", i, "found"), said, rule))
    return found

"""What people decided of candidates by title and abstract: a file for each person, in the order of deciding,
and `screened.csv`, on which all agree.
"""

import csv
from collections.abc import Container, Iterable
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Literal, Self, get_args

from pydantic import Field, ValidationError, model_validator

from extraction.fault import Fault
from extraction.plain import Unreadable, text_of
from extraction.question import GROUNDS
from extraction.records import ROOT
from extraction.source import BadRecords, Problem
from extraction.typed import Day, Model, Words
from extraction.whole import write_whole

AGREED = "screened.csv"
FOLDER = "screening"
Answer = Literal["include", "exclude", "unsure"]
ANSWERS: tuple[Answer, ...] = get_args(Answer)
MOST_TOLD = 20
"""Faults of a file that are told one by one."""


class Decision(Model):
    """What was decided of a candidate; what is unsure goes on to its full text, as what is included does."""

    candidate: Words = Field(description="Id of the candidate.")
    decision: Answer = Field(description="Include, exclude or unsure.")
    ground: str = Field("", description="Why it is excluded, a ground of the question.")
    decided: Day = Field(description="Day of the decision.")
    by: Words = Field(description="Who decided; of an agreement, who agreed.")

    @model_validator(mode="after")
    def grounds_are_for_exclusions(self) -> Self:
        if (self.decision == "exclude") != bool(self.ground):
            raise ValueError("an exclusion has a ground, and nothing else has one")
        if self.ground and self.ground not in GROUNDS:
            raise ValueError(f"ground {self.ground!r}: must be one of {', '.join(GROUNDS)}")
        return self

    @property
    def is_kept(self) -> bool:
        """Whether its full text is to be read."""
        return self.decision != "exclude"


COLUMNS = tuple(Decision.model_fields)
Decisions = dict[str, Decision]
"""By candidate, in the order of deciding."""


class NoName(Fault):
    """Whoever screens has no name that a file can have."""


def file_of(by: str, root: Path = ROOT) -> Path:
    """The file of a person; raise NoName."""
    plain = "".join(c if c.isalnum() else "_" for c in by.casefold()).strip("_")
    if not plain:
        raise NoName(
            f"--by: found {by!r}: a name with a letter is needed, as the decisions are kept under it"
        )
    return root / FOLDER / f"{plain}.csv"


def read(path: Path, candidates: Container[str]) -> Decisions:
    """The decisions of a file, none where there is none; raise BadRecords, also for a decision about what is
    no new work among the candidates, and for a second one about the same.
    """
    if not path.exists():
        return {}
    try:
        text = text_of(path)
    except Unreadable as error:
        raise BadRecords([Problem(path.name, 1, "screening", "file", path.name, str(error))]) from None
    found: Decisions = {}
    problems = []
    rows = csv.reader(StringIO(text, newline=""), strict=True)
    try:
        if tuple(heads := next(rows, [])) != COLUMNS:
            right = f"must be {','.join(COLUMNS)}"
            raise BadRecords([Problem(path.name, 1, "screening", "heads", ",".join(heads)[:80], right)])
        for row in rows:
            if rule := _take(row, found, candidates):
                problems.append(
                    Problem(path.name, rows.line_num, "screening", "row", ",".join(row)[:80], rule)
                )
    except csv.Error as error:
        problems.append(Problem(path.name, rows.line_num, "screening", "row", "", f"is no CSV: {error}"))
    if problems:
        raise BadRecords(problems[:MOST_TOLD])
    return found


def _take(row: list[str], found: Decisions, candidates: Container[str]) -> str | None:
    """Add the decision of a row; the rule that it breaks instead, if it does."""
    try:
        decision = Decision.model_validate(dict(zip(COLUMNS, row, strict=True)))
    except ValidationError as error:
        return error.errors(include_url=False)[0]["msg"].removeprefix("Value error, ")
    except ValueError:
        return f"must have {len(COLUMNS)} values"
    if decision.candidate not in candidates:
        return "is no new work of candidates.csv"
    if decision.candidate in found:
        return "is decided twice"
    found[decision.candidate] = decision
    return None


def write(path: Path, decisions: Iterable[Decision]) -> None:
    """Put the decisions in the place of those of the file."""
    write_whole(path, written(decisions))


def written(decisions: Iterable[Decision]) -> str:
    out = StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(COLUMNS)
    rows.writerows([getattr(decision, name) for name in COLUMNS] for decision in decisions)
    return out.getvalue()


def decide(candidate: str, answer: Answer, ground: str, by: str) -> Decision:
    """A decision of today."""
    return Decision(candidate=candidate, decision=answer, ground=ground, decided=date.today(), by=by)

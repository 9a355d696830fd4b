"""How the review is kept alive: where and when it is searched, by whom, until when, and the log of what
searches found.

The living mode parameters of PRISMA-LSR (Akl 2024, BMJ 387:e079183).  A search is written down once it has
been run; whether a source has been searched, and when next, follows from the log.
"""

import re
from collections.abc import Iterator
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from extraction.schema import Doi, Register, Strict, StudyId
from extraction.source import Problem, Source
from extraction.typed import Day, Slug, Words

VersionNumber = Annotated[str, StringConstraints(pattern=r"^[0-9]+\.[0-9]+\.[0-9]+$")]
Records = Annotated[int, Field(ge=0, le=1_000_000)]
Kind = Literal["database", "registry", "citations"]
KINDS = {
    "database": "database",
    "registry": "registry of trials",
    "citations": "reference lists and citations",
}


class SearchSource(Strict):
    """A place that is searched, and how."""

    LATER = frozenset({"page"})
    id: Slug = Field(description="Name of the source in the log.")
    name: Words = Field(description="Database or registry.")
    kind: Kind = Field(description="Database, registry of trials, or the citations of papers.")
    platform: Words = Field(description="Where it is searched, as its syntax depends on that.")
    page: Words | None = Field(None, description="Address of the page on which the query is typed in.")
    query: Words = Field(
        description="The query as it is typed in, or what is done where there is none to type."
    )
    limits: Words = Field(description="Filters and limits; `none` where there are none.")
    every_months: Annotated[int, Field(ge=1, le=24)] = Field(
        description="Months from one search to the next."
    )


class Step(Strict):
    """A step of the review that follows a search, and when it is done."""

    step: Words = Field(description="What is done.")
    when: Words = Field(description="When it is done.")


class Role(Strict):
    """Who does what, by role."""

    role: Words = Field(description="The role.")
    does: Words = Field(description="What whoever has it does.")


class Search(Strict):
    """A search that was run: its date, and what came of it."""

    searched: Day = Field(description="Day it was run.")
    source: Slug = Field(description="Source searched, by its id.")
    by: Words = Field(description="Who ran it, by role.")
    query: Words | None = Field(None, description="The query as run, where it was not the one above.")
    found: Records = Field(description="Records found.")
    new: Records = Field(
        description="Records that neither an earlier search nor another source of the same day had brought."
    )
    registered: list[StudyId] = Field(
        description="New records taken into the register, by study; whether they were included stands there."
    )

    @model_validator(mode="after")
    def yields_in_order(self) -> Self:
        if self.new > self.found:
            raise ValueError(f"{self.new} new records are more than the {self.found} found")
        if len(self.registered) > self.new:
            raise ValueError(
                f"{len(self.registered)} studies registered are more than the {self.new} new records"
            )
        return self


Rule = Literal["studies", "corrections", "methods", "year"]
"""What `review update` can tell by itself: a study entered or left an endpoint or is awaited no longer; a
number, reading or judgement was corrected and an answer reads otherwise; a method changed and an answer reads
otherwise; a year has passed since the last version.
"""


class Trigger(Strict):
    """What makes a new version, and whether that can be told without an editor."""

    what: Words = Field(description="What makes a new version.")
    rule: Rule | None = Field(
        None, description="Rule by which `update` tells whether it is met; null where the editors judge."
    )


def _in_words(typed: object) -> object:
    """A trigger that is typed as words alone is for the editors to judge."""
    return {"what": typed} if isinstance(typed, str) else typed


class ReviewDoi(Strict):
    """Where the review can be cited by DOI, once it can."""

    concept: Doi | None = Field(
        None, description="DOI of the review in all its versions; null until there is one."
    )
    versions: dict[VersionNumber, Doi] = Field({}, description="DOI of each version archived.")


class Living(Strict):
    """The living mode of the review."""

    why: Words = Field(description="Why the review is kept alive.")
    sources: list[SearchSource] = Field(min_length=1, description="Where is searched.")
    steps: list[Step] = Field(min_length=1, description="What follows a search, and when.")
    roles: list[Role] = Field(min_length=1, description="Who does what.")
    triggers: list[Annotated[Trigger, BeforeValidator(_in_words, json_schema_input_type=Words | Trigger)]] = (
        Field(min_length=1, description="What makes a new version; words alone are for the editors to judge.")
    )
    retirement: list[Words] = Field(
        min_length=1, description="When the review stops being living: any one of these."
    )
    searches: list[Search] = Field(description="Every search that was run, oldest first.")
    doi: ReviewDoi = Field(description="DOIs of the review.")

    def last(self, source: str) -> Search | None:
        """The newest search of a source; None where it has never been searched."""
        return next((search for search in reversed(self.searches) if search.source == source), None)

    def due(self, today: date) -> list[SearchSource]:
        """Sources never searched, or last searched as many months ago as their schedule allows."""
        return [
            source
            for source in self.sources
            if (last := self.last(source.id)) is None
            or _months_between(last.searched, today) >= source.every_months
        ]


def _months_between(earlier: date, later: date) -> int:
    """Calendar months, whatever the day: a reminder on the first of a month is about the whole of it."""
    return 12 * (later.year - earlier.year) + later.month - earlier.month


def log_problems(living: Living, register: Register, source: Source) -> Iterator[Problem]:
    """Rules that need more than one field: sources are known and stand once, the log is in order, studies are
    registered and came once.
    """
    known = [place.id for place in living.sources]
    for i, place in enumerate(known):
        if place in known[:i]:
            yield source.problem(("sources", i, "id"), place, "stands twice among the sources")
    studies = {study.id: study for study in register.studies}
    came: dict[str, int] = {}
    for i, search in enumerate(living.searches):
        if search.source not in known:
            yield source.problem(
                ("searches", i, "source"), search.source, f"must be one of {', '.join(known)}"
            )
        if i and search.searched < living.searches[i - 1].searched:
            yield source.problem(
                ("searches", i, "searched"), search.searched, "the log is kept in order, oldest first"
            )
        for j, study in enumerate(search.registered):
            at = ("searches", i, "registered", j)
            if study not in studies:
                yield source.problem(at, study, "the study is not in register.yml")
            elif studies[study].decided < search.searched:
                yield source.problem(
                    at,
                    study,
                    f"was decided on {studies[study].decided}, before this search of {search.searched}",
                )
            if came.setdefault(study, i) != i or study in search.registered[:j]:
                yield source.problem(at, study, "a study comes from one search: the first that found it")


def reminder(living: Living, today: date) -> str:
    """Which searches are due, as Markdown: each with its last date, its query and its limits."""
    due = living.due(today)
    if not due:
        return f"No search is due on {today}.\n"
    parts = [
        f"Due on {today}: {', '.join(place.name for place in due)}. What is found is taken in by the command"
        " below each, then screened: `python -m extraction screen --help`."
    ]
    for place in due:
        last = living.last(place.id)
        searched = (
            f"Last searched on {last.searched}." if last else "Never searched yet: the strategy is a draft."
        )
        where = f" Paste it into {place.page}." if place.page else ""
        command = f"`python -m extraction search import FILE --source {place.id} --date {today}`"
        by_hand = place.kind == "citations"
        after = "What is found is logged by hand." if by_hand else f"Take in what is exported: {command}."
        parts.append(
            f"## {place.name}, {place.platform}\n\n{searched} Limits: {place.limits}.{where}"
            f"\n\n{_fenced(place.query)}\n\n{after}"
        )
    return "\n\n".join(parts) + "\n"


def _fenced(text: str) -> str:
    """A block of Markdown that nothing in the text can end."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{text}\n{fence}"

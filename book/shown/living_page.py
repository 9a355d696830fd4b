"""The living mode as its page shows it: what was searched and when, what is planned, and what this version
stands on.
"""

import pandas as pd

from book.html.style import Table
from extraction.fault import Fault
from extraction.living import KINDS, Living
from extraction.records import Review
from extraction.search.screened import Screened
from models.history import flow, versions
from models.words import listed

LOG = ["date", "source", "by", "records found", "new", "taken into the register", "included", "query"]


def plan(review: Review) -> Living:
    """The plan of the living review and its log; raise Fault where the evidence has none."""
    if review.living is None:
        raise Fault("living.yml is missing, and the page of the living mode tells what it says")
    return review.living


def searched(review: Review, screened: Screened | None = None) -> str:
    """Whether a search stands behind the review, in a few words without a stop."""
    living = plan(review)
    if any(living.last(source.id) for source in living.sources):
        return headline(review, screened).rstrip(".")
    return "No search run yet, so studies may be missing"


def headline(review: Review, screened: Screened | None = None) -> str:
    """What searches stand behind the review, in a sentence or two."""
    living, papers = plan(review), len(review.register.studies)
    searched = [
        f"{source.name} on {last.searched}" for source in living.sources if (last := living.last(source.id))
    ]
    if not searched:
        were = "one paper of the register was" if papers == 1 else f"{papers} papers of the register were"
        return (
            f"No search has been run by this project yet. The {were} named when the review was registered or"
            " known without a search, so studies may be missing; the strategies below are drafts."
        )
    waiting = len(screened.waiting()) if screened else 0
    never = [source.name for source in living.sources if living.last(source.id) is None]
    return (
        f"Last searched: {listed(searched)}."
        + (f" Never searched: {listed(never)}." if never else "")
        + (f" {waiting:,} records found await screening." if waiting else "")
        + f" The register holds {papers} paper{'' if papers == 1 else 's'}."
    )


def strategies(review: Review) -> list[tuple[str, str]]:
    """Each source with its kind, interval and last search, and the query with its limits."""
    said = []
    living = plan(review)
    for source in living.sources:
        last = living.last(source.id)
        state = f"last searched on {last.searched}" if last else "draft, not yet run"
        every = "every month" if source.every_months == 1 else f"every {source.every_months} months"
        said.append(
            (
                f"{source.name}, {KINDS[source.kind]}, {every}: {state}",
                f"{source.query}\n\nWhere: {source.page or source.platform}\nLimits: {source.limits}",
            )
        )
    return said


def searches(review: Review) -> Table:
    """The log, newest first; `included` is what the register says today of what a search brought."""
    names = {source.id: source.name for source in plan(review).sources}
    rows = [
        {
            "date": search.searched.isoformat(),
            "source": names[search.source],
            "by": search.by,
            "records found": search.found,
            "new": search.new,
            "taken into the register": len(search.registered),
            "included": sum(review.studies[study].decision == "included" for study in search.registered),
            "query": search.query or "as above",
        }
        for search in reversed(plan(review).searches)
    ]
    return Table(
        pd.DataFrame(rows or [{"date": "none has been run"}], columns=LOG).fillna(""),
        "Searches that were run, newest first",
        how="Copied from the log of searches; studies are counted as included by the register of today.",
    )


def steps(review: Review) -> Table:
    return Table(
        pd.DataFrame([{"step": step.step, "when": step.when} for step in plan(review).steps]),
        "What follows a search, and when",
        how="Copied from the plan of the living review; nothing is computed.",
    )


def roles(review: Review) -> Table:
    return Table(
        pd.DataFrame([{"role": role.role, "what it does": role.does} for role in plan(review).roles]),
        "Roles",
        how="Copied from the plan of the living review; nothing is computed.",
    )


def triggers(review: Review) -> Table:
    """What makes a new version."""
    return Table(
        pd.DataFrame({"trigger": [trigger.what for trigger in plan(review).triggers]}),
        "What makes a new version",
        how="Copied from the plan of the living review; nothing is computed.",
    )


def retirement(review: Review) -> Table:
    """What ends the living mode."""
    return Table(
        pd.DataFrame({"the review is retired once": plan(review).retirement}),
        "Plan for retirement from the living mode",
        how="Copied from the plan of the living review; nothing is computed.",
    )


def lineage(review: Review) -> str:
    """The version before this one as it is cited, and what triggered the newest release; says so where there
    is none.
    """
    before, last = flow.preceding(review), versions.latest()
    if last is None:
        return (
            "No version has been released yet, so none precedes this one, and every number of the flow is"
            " new."
        )
    trigger = f" What triggered version {last['version']} of {last['date']} stands on What changed."
    if before is None:
        return f"No version precedes this one, and every number of the flow is new.{trigger}"
    doi = plan(review).doi.versions.get(before["version"])
    return (
        f"The preceding version is {before['version']} of {before['date']}, evidence"
        f" {before['evidence_hash']}{f', doi:{doi}' if doi else ''}; new is what was decided or searched"
        f" since.{trigger}"
    )


def dois(review: Review) -> Table:
    """DOIs of the review and of its versions; empty until there is one."""
    held = plan(review).doi
    rows = [("all versions", held.concept)] if held.concept else []
    return Table(
        pd.DataFrame([*rows, *held.versions.items()], columns=["version", "DOI"]),
        "DOIs of the review",
        how="Copied from the plan of the living review; nothing is computed.",
    )

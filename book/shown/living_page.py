"""The living mode as its page shows it: what was searched and when, what is planned, and what this version
stands on.
"""

import pandas as pd

from extraction.living import KINDS
from extraction.records import Review
from models.answers.derivation import derives
from models.history import flow, versions
from models.words import listed

LOG = ["date", "source", "by", "records found", "new", "taken into the register", "included", "query"]


def headline(review: Review) -> str:
    """What searches stand behind the review, in a sentence or two."""
    living, papers = review.living, len(review.register.studies)
    searched = [
        f"{source.name} on {last.searched}" for source in living.sources if (last := living.last(source.id))
    ]
    if not searched:
        return (
            f"No search has been run by this project yet. The {papers} papers of the register were named when"
            " the review was registered or known without a search, so studies may be missing; the strategies"
            " below are drafts."
        )
    never = [source.name for source in living.sources if living.last(source.id) is None]
    return (
        f"Last searched: {listed(searched)}."
        + (f" Never searched: {listed(never)}." if never else "")
        + f" The register holds {papers} papers."
    )


def strategies(review: Review) -> list[tuple[str, str]]:
    """Each source with its kind, interval and last search, and the query with its limits."""
    said = []
    for source in review.living.sources:
        last = review.living.last(source.id)
        state = f"last searched on {last.searched}" if last else "draft, not yet run"
        every = "every month" if source.every_months == 1 else f"every {source.every_months} months"
        said.append(
            (
                f"{source.name}, {KINDS[source.kind]}, {every}: {state}",
                f"{source.query}\n\nWhere: {source.platform}\nLimits: {source.limits}",
            )
        )
    return said


@derives
def searches(review: Review) -> pd.DataFrame:
    """The log, newest first; included is what the register says today of the studies that a search brought."""
    names = {source.id: source.name for source in review.living.sources}
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
        for search in reversed(review.living.searches)
    ]
    return pd.DataFrame(rows or [{"date": "none has been run"}], columns=LOG).fillna("")


@derives
def steps(review: Review) -> pd.DataFrame:
    return pd.DataFrame([{"step": step.step, "when": step.when} for step in review.living.steps])


@derives
def roles(review: Review) -> pd.DataFrame:
    return pd.DataFrame([{"role": role.role, "what it does": role.does} for role in review.living.roles])


@derives
def triggers(review: Review) -> pd.DataFrame:
    """What makes a new version."""
    return pd.DataFrame({"trigger": review.living.triggers})


@derives
def retirement(review: Review) -> pd.DataFrame:
    """What ends the living mode."""
    return pd.DataFrame({"the review is retired once": review.living.retirement})


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
    trigger = f" Version {last['version']} of {last['date']} was triggered by: {'; '.join(last['trigger'])}."
    if before is None:
        return f"No version precedes this one, and every number of the flow is new.{trigger}"
    doi = review.living.doi.versions.get(before["version"])
    return (
        f"The preceding version is {before['version']} of {before['date']}, evidence"
        f" {before['evidence_hash']}{f', doi:{doi}' if doi else ''}; new is what was decided or searched"
        f" since.{trigger}"
    )


def dois(review: Review) -> pd.DataFrame:
    """DOIs of the review and of its versions; empty until there is one."""
    held = review.living.doi
    rows = [("all versions", held.concept)] if held.concept else []
    return pd.DataFrame([*rows, *held.versions.items()], columns=["version", "DOI"])

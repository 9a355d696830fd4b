"""Tables and sentences of the page on methods."""

import pandas as pd

from book.html.style import Table
from extraction.question import CONDITION, QUESTION
from extraction.records import Review
from models.evidence.report import Used
from models.likelihood.registry import KINDS
from models.trust.with_condition import never_had_it
from models.words import LEANING, MOST, STATED, VERBS


def kinds_of_report() -> Table:
    """Each kind of report with its likelihood."""
    words = dict.fromkeys(kind.words for kind in KINDS.values())
    return Table(
        pd.DataFrame({"what a paper prints, and its likelihood": list(words)}),
        "Kinds of report and their likelihood",
        how="The list of all kinds of report that the models know.",
    )


def counts(report: Used) -> Table:
    """The counts of a report, as its likelihood gets them."""
    return Table(
        pd.DataFrame([report.report.data]),
        "Counts of the report used",
        how="The counts as the likelihood gets them from the record.",
    )


def directions() -> Table:
    """From which probability on a sentence states a direction, and how."""
    return Table(
        pd.DataFrame(
            [
                *((rated, f"{STATED:.0%} or more", verb) for rated, verb in VERBS.items()),
                ("very low", f"{STATED:.0%} or more", "very uncertain; the data lean"),
                ("any", f"{LEANING:.0%} or more", "the data lean slightly"),
                ("any", "less, on either side", "the data do not tell"),
                ("any", f"less than {MOST:.0%} of our own choices agree", "the data do not tell"),
            ],
            columns=["certainty", "probability of a direction", "the sentence says"],
        ),
        "When a direction is stated",
        how="Fixed for all sentences of this book; not estimated.",
    )


def never_had_condition(review: Review) -> str:
    """How many of the untreated under the review's own contrast never had the condition, in a sentence."""
    counted = never_had_it(
        review, [s for s in review.included() if review.studies[s].contrast == QUESTION.contrast]
    )
    if counted is None:
        return f"Not every paper tells how many of its untreated patients had {CONDITION}."
    never, untreated = counted
    return (
        f"Of the {untreated} untreated patients of all studies of {QUESTION.contrast} use, {never} never had"
        f" {CONDITION}."
    )

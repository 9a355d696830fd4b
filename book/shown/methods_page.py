"""Tables of the page on methods."""

import pandas as pd

from book.shown.endpoint.tables import TERMS
from models.answers.derivation import derives
from models.evidence.report import Used
from models.words import FIRM, LEANING, STATED


@derives
def kinds_of_report() -> pd.DataFrame:
    """Each kind of report with its likelihood."""
    return pd.DataFrame({"what a paper prints, and its likelihood": TERMS.values()})


@derives
def counts(report: Used) -> pd.DataFrame:
    """The counts of a report, as its likelihood gets them."""
    return pd.DataFrame([report.data])


@derives
def directions() -> pd.DataFrame:
    """From which probability on a sentence states a direction, and how."""
    return pd.DataFrame(
        [
            (f"{FIRM:.1%} or more", "had"),
            (f"{STATED:.0%} or more", "may have had"),
            (f"{LEANING:.0%} or more", "the data lean, no direction is stated"),
            ("less, on either side", "the data do not tell"),
        ],
        columns=["probability of a direction", "the sentence says"],
    )

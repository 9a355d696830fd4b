"""The summary of findings as a table like that of GRADEpro: a row for each endpoint."""

import csv
import io
from collections.abc import Mapping, Sequence

from extraction.records import Review
from extraction.vocabulary import LIMITATIONS
from models.answers.absolute import AbsoluteEffect
from models.endpoints import ENDPOINTS

SERIOUS = ("not serious", "serious", "very serious", "extremely serious")
"""Levels down in the words of GRADEpro."""
LIMITS = ("median", "lower", "upper")


def table(review: Review, summary: Mapping, absolute: Mapping[str, Sequence[AbsoluteEffect]]) -> str:
    """CSV with the unrounded numbers of the summary; absolute effects are per 1,000 at the first baseline
    risk.
    """
    header = [
        *("Outcome", "No of studies", *(words.capitalize() for words in LIMITATIONS.values())),
        *("Effect measure", "Relative effect", "95% CI lower", "95% CI upper"),
        *("Baseline risk per 1000", "Difference per 1000", "Difference lower", "Difference upper"),
        "Certainty",
    ]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    for key, found in summary["endpoints"].items():
        rating = review.certainty.endpoints.get(ENDPOINTS[key].evidence) if review.certainty else None
        levels = [SERIOUS[rating.lowerings[name].levels] if rating else "not judged" for name in LIMITATIONS]
        effects = absolute.get(key) or ()
        risk = (
            [1000 * effects[0].baseline.risk, *(effects[0].difference[x] for x in LIMITS)]
            if effects
            else [""] * 4
        )
        writer.writerow(
            [
                *(found["title"], found["n_studies"], *levels, found["scale"]),
                *(found[limit] for limit in LIMITS),
                *risk,
                rating.certainty if rating else "not judged",
            ]
        )
    return text.getvalue()

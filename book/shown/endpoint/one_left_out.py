"""The answer without each report in turn."""

import numpy as np
import pandas as pd

from book.html.style import BLUE, INK, Picture, canvas, interval_line, reach
from book.shown.endpoint.rows import caption, frame
from extraction.question import TREATMENT
from extraction.records import Review
from models.answers.absolute import summary_for_words
from models.endpoints import ENDPOINTS, evidence_of
from models.trust.one_left_out import each_report, words_of
from models.words import answer, percent, sentence_case

MOST_DRAWN = 20
"""Reports that a picture can be read with."""
SINGLE = "A single report is used, so none can be left out."


def hinges(key: str, review: Review) -> str:
    """The report without which the probability moves most, in one sentence."""
    if not (found := each_report(key, review)):
        return SINGLE
    now = summary_for_words(key, review)["p_favours_treated"]
    far = max(found, key=lambda one: abs(one.p_favours - now))
    return (
        f"The answer hangs most on the report of {words_of(far.used, evidence_of(key, review), review)}:"
        f" without it the probability that {TREATMENT} is the better side is {percent(far.p_favours)} instead"
        f" of {percent(now)}, not adjusted for bias."
    )


def picture(key: str, review: Review) -> Picture | None:
    """The answer as used above that without each report; None where a single one is used."""
    if not (left_out := each_report(key, review)):
        return None
    endpoint, evidence, as_used = ENDPOINTS[key], evidence_of(key, review), summary_for_words(key, review)
    every = [("every report, as used", as_used | {"p_favours": as_used["p_favours_treated"]})] + [
        (f"left out: {words_of(one.used, evidence, review)}", one.limits | {"p_favours": one.p_favours})
        for one in left_out
    ]
    moved = sorted(every[1:], key=lambda one: -abs(np.log(one[1]["median"] / as_used["median"])))[:MOST_DRAWN]
    shown = [one for i, one in enumerate(every) if i == 0 or one in moved]
    low, high = reach([limits for _, limits in shown])
    figure, ax = canvas(0.85 * len(shown) + 1.0)
    for i, (words, found) in enumerate(shown):
        interval_line(ax, -i, found, low, high, BLUE if i else INK, "o" if i else "D")
        told = answer(key, found)
        caption(ax, (0.3 - i, words), (-0.15 - i, told), (low, high), bold=i == 0, left=True)
    frame(ax, key, len(shown), (low, high))
    said = "; ".join(f"{words}: {answer(key, found)}" for words, found in shown)
    return Picture(
        figure,
        f"{endpoint.title}, mean {endpoint.scale} with 95 % interval and probability of the better side, not"
        f" adjusted for bias. {sentence_case(said)}.",
        pd.DataFrame(
            [{"reports": words, "scale": endpoint.scale} | _numbers(found) for words, found in every]
        ),
        how="The model fitted again without one report, under the same priors; the others stay as they are."
        + (
            f" Of {len(left_out)} reports the {MOST_DRAWN} are drawn without which the median moves most."
            if len(left_out) > MOST_DRAWN
            else ""
        ),
        endpoint=key,
    )


def _numbers(found: dict) -> dict:
    return {name: found[name] for name in ("median", "lower", "upper")} | {
        "p_favours_treated": found["p_favours"]
    }

"""The picture that stands for the book where a link to it is shared."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from book.html.style import BLUE, INK, Picture, interval_line, ratio_ticks, reach
from extraction.question import QUESTION, TREATMENT
from extraction.records import Review
from models.answers.summary import summarise
from models.endpoints import ENDPOINTS
from models.trust.told import told
from models.words import NO_STUDY, compact, headline

SIZE = (8.0, 4.2)
"""Inches; at 150 points to the inch the 1,200 by 630 pixels that sites crop to."""
DPI = 150


def picture(review: Review) -> Picture:
    """The mean effect of every endpoint, not adjusted for bias, on one axis whose left always favours
    the treatment.
    """
    found = {key: summary for key in ENDPOINTS if (summary := summarise(key, review))["n_studies"]}
    limits = {key: towards_left(key, summary) for key, summary in found.items()}
    low, high = reach(list(limits.values()))
    figure, ax = plt.subplots(figsize=SIZE, layout="constrained")
    for i, one in enumerate(limits.values()):
        interval_line(ax, -i, one, low, high, BLUE)
    ratio_ticks(ax, low, high)
    ax.set_yticks(-np.arange(len(limits)), [ENDPOINTS[key].title for key in limits])
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    ax.set_xlabel(f"◄ {TREATMENT} better        ratio, log scale        none better ►")
    figure.suptitle(
        f"{QUESTION.title}: a living review", x=0.02, ha="left", fontsize=17, weight="bold", color=INK
    )
    figure.supxlabel(
        "Medians and 95 % intervals, not adjusted for bias. Research, not advice for a patient.",
        fontsize=10.5,
        color="#444444",
    )
    said = " ".join(
        f"{ENDPOINTS[key].title}: {ENDPOINTS[key].scale} {compact(summary, summary['digits'])}."
        f" {headline(told(key, review))}."
        for key, summary in found.items()
    )
    return Picture(
        figure,
        said or NO_STUDY,
        pd.DataFrame([{"endpoint": key, **one} for key, one in limits.items()]),
        "Median and 95 % interval of each mean effect from the stored draws.",
    )


def towards_left(key: str, limits: dict) -> dict[str, float]:
    """Limits of an endpoint's ratio, turned round where more is better."""
    if ENDPOINTS[key].less_is_better:
        return {name: limits[name] for name in ("median", "lower", "upper")}
    return {"median": 1 / limits["median"], "lower": 1 / limits["upper"], "upper": 1 / limits["lower"]}

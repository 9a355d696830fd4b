"""The multiverse as a picture: every universe in the order of its median, and below it which choices were
made.
"""

import numpy as np
import pandas as pd

from book.html.style import BLUE, GREY, INK, RED, SMALL, TICKS, Picture, Table, canvas
from extraction.records import Review
from models.endpoints import ENDPOINTS
from models.trust.multiverse import universes
from models.trust.universe import AND, CHOICES
from models.words import digits_beside, listed_in_sentence, number, percent

HEADS = {
    "reading": "reading of the papers",
    "studies": "studies",
    "likelihood": "likelihood",
    "bias_mean": "mean of the bias",
    "bias_sd": "SD of the bias",
    "mu_prior": "prior of μ",
    "tau_prior": "prior of τ",
}
SHORT = {
    "comparisons with an impossible p left out": "impossible p left out",
    "verbal outcomes not taken at their word": "words not taken at their word",
    "a recovered part in place of the whole cohort": "a part for the cohort",
    "printed counts of a stand-in before recovered counts": "printed stand-in first",
    "patients who got worse after the drug counted back in the grade at which they were given it": (
        "grade when given the drug"
    ),
    "patients whose event began before the drug left out": "events before the drug out",
}

AS_LINES = 500
"""Universes above which their lines are drawn as a bitmap within the drawing: as many lines are too heavy for
a page.
"""


def curve(key: str, review: Review):
    """Medians and intervals above, choices below; its numbers are all universes."""
    endpoint, frame = ENDPOINTS[key], universes(key, review)
    varied = [choice for choice in CHOICES if frame[choice].nunique() > 1]
    rows = list(
        dict.fromkeys(
            (choice, row)
            for choice in varied
            for made in frame[choice].unique()
            for row in _rows_of(choice, made)
        )
    )
    frame = frame.sort_values("median", ignore_index=True)
    figure, (above, below) = canvas(
        3.2 + 0.24 * (len(rows) + len(CHOICES)),
        2,
        height_ratios=(2.9, 0.24 * (len(rows) + len(CHOICES))),
        sharex=True,
    )
    place, many = np.arange(len(frame)), len(frame) > AS_LINES
    above.vlines(
        place,
        frame["lower"],
        frame["upper"],
        color=GREY,
        lw=max(0.3, min(3.0, 200 / len(frame))),
        alpha=0.5,
        rasterized=many,
    )
    above.plot(place, frame["median"], color=BLUE, lw=2)
    above.axhline(1, color=INK, lw=1)
    primary = frame[frame["primary"]].index
    above.plot(primary, frame.loc[primary, "median"], "D", color=RED, ms=9, mec="white", zorder=5)
    above.vlines(primary, frame.loc[primary, "lower"], frame.loc[primary, "upper"], color=RED, lw=2)
    above.set_title(endpoint.title, loc="left", fontsize=12, weight="bold")
    above.set_yscale("log")
    low, high = max(frame["lower"].quantile(0.02), 0.04), min(frame["upper"].quantile(0.98), 26)
    above.set_ylim(low, high)
    ticks = [t for t in TICKS if low <= t <= high]
    above.set_yticks(ticks, [f"{t:g}" for t in ticks])
    above.minorticks_off()
    above.set_ylabel(f"Mean {endpoint.scale},\nlog scale")
    _choices(below, frame, rows)
    below.set_xlabel(
        f"{len(frame):,} universes, in the order of their median;\nred: as shown on the endpoint's page"
    )
    return Picture(
        figure,
        f"Specification curve, {endpoint.title}. {finding(key, frame)}",
        frame,
        how=(
            "The mean effect is computed again under every combination of readings, studies, likelihoods, "
            "biases and priors that could have been chosen."
        ),
        endpoint=key,
    )


def _choices(ax, frame: pd.DataFrame, rows: list[tuple[str, str]]) -> None:
    """A tick for each universe at the choice it made; a heading above the values of each choice."""
    y, head = 0.0, None
    for choice, value in rows:
        if choice != head:
            y -= 1.0
            ax.text(
                -0.01,
                y,
                HEADS[choice],
                transform=ax.get_yaxis_transform(),
                ha="right",
                va="center",
                fontsize=SMALL,
                weight="bold",
            )
            y, head = y - 1.0, choice
        chosen = np.flatnonzero([value in _rows_of(choice, made) for made in frame[choice]])
        ax.plot(
            chosen,
            np.full(len(chosen), y),
            "|",
            color=INK,
            ms=6,
            mew=max(0.25, min(2.0, 150 / len(frame))),
            rasterized=len(frame) > AS_LINES,
        )
        ax.text(
            -0.01,
            y,
            SHORT.get(value, value),
            transform=ax.get_yaxis_transform(),
            ha="right",
            va="center",
            fontsize=10,
        )
        y -= 1.0
    ax.set_ylim(y, 0)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)


def _rows_of(choice: str, made: str) -> list[str]:
    """The rows at which a universe has a tick: one for each reading made together; small sets of many
    studies, too many to name, share a row.
    """
    if choice == "studies" and made.endswith(" only"):
        return ["a few of them"]
    return made.split(AND)


def finding(key: str, frame: pd.DataFrame) -> str:
    """The range of medians and of P, and how often the interval excludes no difference, in words."""
    below, above = frame["upper"] < 1, frame["lower"] > 1
    better, worse = (below, above) if ENDPOINTS[key].less_is_better else (above, below)
    return (
        f"{span(key, frame)} The 95 % interval lies wholly on the side of tocilizumab in {percent_of(better)}"
        f" of them and wholly on the other in {percent_of(worse)}."
    )


def span(key: str, frame: pd.DataFrame) -> str:
    """The range of medians and of P, in one sentence."""
    ends = [number(end, digits_beside(key)) for end in (frame["median"].min(), frame["median"].max())]
    return (
        f"Over {len(frame):,} universes the median {ENDPOINTS[key].scale} runs from {ends[0]} to {ends[1]},"
        f" and the probability that tocilizumab is the better side from {percent(frame['p_favours'].min())}"
        f" to {percent(frame['p_favours'].max())}."
    )


def headline(review: Review) -> str:
    """Two sentences over all endpoints: how many universes, and which answers some choice can turn."""
    frames = {key: universes(key, review) for key in ENDPOINTS}
    turned = [
        ENDPOINTS[key].title
        for key, frame in frames.items()
        if frame["p_favours"].min() < 0.5 < frame["p_favours"].max()
    ]
    firm = [ENDPOINTS[key].title for key in frames if ENDPOINTS[key].title not in turned]
    said = (
        f"The side that the data favour depends on the choices for {listed_in_sentence(turned)}"
        if turned
        else "No choice changes the side that the data favour"
    )
    kept = f"; it is the same in every universe for {listed_in_sentence(firm)}" if turned and firm else ""
    return (
        f"The mean effects were computed in {sum(map(len, frames.values())):,} universes, each a combination"
        f" of choices that could have been made. {said}{kept}."
    )


def percent_of(chosen: pd.Series) -> str:
    """A share of universes, counted and so exact: `none`, `12 %`, `all`."""
    share = float(chosen.mean())
    return "none" if share == 0 else "all" if share == 1 else percent(share)


def what_moves_it(key: str, review: Review) -> Table:
    """For each choice, the median ratio and P averaged over all universes that made it: what matters, and
    what does not.
    """
    frame = universes(key, review)
    rows = []
    for choice in CHOICES:
        for value, group in frame.groupby(choice, sort=False):
            if frame[choice].nunique() > 1:
                rows.append(
                    {
                        "choice": HEADS[choice],
                        "value": value,
                        "universes": len(group),
                        "middle median": number(
                            float(np.exp(np.log(group["median"]).mean())), digits_beside(key)
                        ),
                        "middle probability that tocilizumab is the better side": percent(
                            float(group["p_favours"].mean())
                        ),
                    }
                )
    return Table(
        pd.DataFrame(rows),
        f"{ENDPOINTS[key].title}: the middle of the universes that made each choice",
        how="Medians and probabilities are averaged over all universes that made a choice.",
        endpoint=key,
        folded=f"{ENDPOINTS[key].title}: choice by choice",
    )

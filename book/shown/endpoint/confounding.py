"""The odds ratios that confounding of each strength leaves possible: a picture and what it says."""

import textwrap

import numpy as np
import pandas as pd
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from book.html.style import BLUE, GREY, INK, ORANGE, SMALL, TICKS, Picture, canvas
from extraction.question import THE_TREATMENT
from extraction.records import Review
from models.endpoint import Endpoint
from models.endpoints import ENDPOINTS
from models.trust.confounding_bounds import GAMMAS, Bounds, confounding_bounds
from models.words import compact, number, sentence_case

EXAMPLE = 2.0
"""The strength at which the bounds are said in words."""
IN_WORDS = (2.0, 4.0, 8.0)
"""Those that the words for the picture hold."""
NO_STUDY = "No study enters, so there is no answer that confounding could move."
TIMES = [1, 1.5, 2, 3, 4, 6, 8]


def sentence(key: str, review: Review) -> str:
    """What confounding of one strength leaves possible, and which strength would explain the answer away."""
    found = confounding_bounds(key, review)
    if found is None:
        return NO_STUDY
    low, high = found.at(EXAMPLE)
    return (
        "If the odds of the event differed between the arms by up to"
        f" {EXAMPLE:g} times in every study for reasons other than {THE_TREATMENT}, the mean"
        f" {ENDPOINTS[key].scale} could be anything between {number(low['median'])} and"
        f" {number(high['median'])}; {tipping(found)}."
    )


def tipping(found: Bounds) -> str:
    """From which strength on interval and median can hold no difference."""
    interval, median = found.interval_reaches_1, found.median_reaches_1
    if interval == 1:
        said = "its 95 % interval holds no difference without any confounding"
    elif interval is None:
        said = f"its 95 % interval excludes no difference up to {GAMMAS[-1]:g} times"
    else:
        said = f"its 95 % interval can hold no difference from {number(interval, 1)} times on"
    if median is None:
        return f"{said}, and the median stays on its side up to {GAMMAS[-1]:g} times"
    return f"{said}, and the median can be no difference from {number(median, 1)} times on"


def picture(key: str, review: Review) -> Picture | None:
    """Bounds of the median and of the limits at each strength; None where no study enters."""
    found = confounding_bounds(key, review)
    if found is None:
        return None
    endpoint = ENDPOINTS[key]
    figure, ax = canvas(4.7)
    _bands(ax, found)
    _marks(ax, found)
    _axes(ax, found)
    ax.set_xlabel(
        f"Odds of the event apart by up to so many times\nin every study, not through {THE_TREATMENT}"
    )
    ax.set_ylabel(f"Mean {endpoint.scale}, log scale")
    _sides(ax, endpoint)
    ax.set_title(textwrap.fill(endpoint.title, 40), loc="left", fontsize=12, weight="bold")
    figure.legend(loc="outside lower left", ncols=1)
    said = "; ".join(
        f"up to {gamma:g} times from {compact(low)} to {compact(high)}"
        for gamma, (low, high) in ((gamma, found.at(gamma)) for gamma in IN_WORDS)
    )
    return Picture(
        figure,
        f"{endpoint.title}, mean {endpoint.scale} with 95 % interval that confounding leaves possible."
        f" Without any {compact(found.at(1.0)[0])}; {said}. {sentence_case(tipping(found))}.",
        _numbers(found),
        how=(
            "The mean effect by quadrature with the log odds ratio of every study moved by the logarithm of"
            " the strength, all to one side and all to the other."
        ),
        endpoint=key,
    )


def _bands(ax, found: Bounds) -> None:
    """The wide band of the limits, and the one of the medians in it."""
    for ends, colour, alpha, dashes, words in (
        (("lower", "upper"), GREY, 0.2, "--", "lowest lower to highest upper 95 % limit"),
        (("median", "median"), BLUE, 0.4, "-", "lowest to highest median"),
    ):
        low, high = found.low[ends[0]], found.high[ends[1]]
        ax.fill_between(GAMMAS, low, high, color=colour, alpha=alpha, lw=0, label=words)
        for edge in (low, high):
            ax.plot(GAMMAS, edge, dashes, color=colour, lw=1.6)


def _marks(ax, found: Bounds) -> None:
    """The line of no difference, and where median and interval first reach it."""
    ax.axhline(1, color=INK, lw=1.2, label="no difference")
    for reached, marker, words in (
        (found.interval_reaches_1, "s", "interval first holds no difference"),
        (found.median_reaches_1, "o", "median first at no difference"),
    ):
        if reached is not None and reached > 1:
            at = f"{words}: {number(reached, 1)} times"
            ax.plot(reached, 1, marker, color=ORANGE, mec=INK, ms=8, zorder=5, ls="none", label=at)


def _sides(ax, endpoint: Endpoint) -> None:
    """Which arm each side of no difference favours, in the corners that the bands leave free."""
    below, above = endpoint.sides
    for place, words, va in ((0.98, f"▲ favours {above}", "top"), (0.02, f"▼ favours {below}", "bottom")):
        ax.text(0.02, place, words, transform=ax.transAxes, va=va, fontsize=SMALL, color="#444444")


def _axes(ax, found: Bounds) -> None:
    """Log axes with plain ticks."""
    low, high = 0.85 * found.low["lower"].min(), 1.15 * found.high["upper"].max()
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.set_xlim(1, GAMMAS[-1])
    ax.set_ylim(low, high)
    for axis, ticks in ((ax.xaxis, TIMES), (ax.yaxis, [t for t in (*TICKS, 50, 100) if low <= t <= high])):
        axis.set_major_locator(FixedLocator(ticks))
        axis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}"))
        axis.set_minor_locator(NullLocator())


def _numbers(found: Bounds) -> pd.DataFrame:
    ends = {
        f"{end}_{name}": values
        for end, limits in (("lowest", found.low), ("highest", found.high))
        for name, values in limits.items()
    }
    return pd.DataFrame({"odds_apart_by_up_to": np.asarray(GAMMAS)} | ends)

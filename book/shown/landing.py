"""The first page: what the review says on each endpoint, as words, as a picture on one axis for all, and as
patients.
"""

from dataclasses import dataclass

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from book.html.style import (
    BLUE,
    GREY,
    ORANGE,
    RED,
    SMALL,
    Picture,
    density,
    interval_line,
    ratio_ticks,
    reach,
    words_at_ends,
)
from book.shown import register
from extraction.records import Review
from models import words
from models.answers.absolute import absolute_effects, summary_for_words
from models.answers.answer import answer_of
from models.endpoint import Scale
from models.endpoints import ENDPOINTS, evidence_of
from models.trust import findings
from models.trust.adjusted import read_through_bias

WIDEST = 25.0
"""The ratio at which the axis of all rows ends at the latest; an interval beyond it ends in an arrow."""
NARROW = 4.2
"""Inches: pictures beside words on a wide screen, with type that is read on a phone."""
ICONS = 100
"""In each half of an icon array; one stands for ten of 1,000 patients."""


@dataclass(frozen=True)
class Row:
    """What the first page says of one endpoint, each part a sentence; a part that has nothing to say is
    empty.

    summary : as of `models.answers.absolute.summary_for_words`; adjusted : the answer read through the bias,
    its `median`, `lower` and `upper` as ratios
    """

    key: str
    headline: str
    patients: str
    size: str
    bias: str
    behind: str
    summary: dict
    adjusted: dict

    @property
    def title(self) -> str:
        return ENDPOINTS[self.key].title


def rows(review: Review) -> list[Row]:
    """Every endpoint in the order of the book; raise store.NotFitted where one is not fitted."""
    return [
        row(key, summary_for_words(key, review), read_through_bias(key, review), review) for key in ENDPOINTS
    ]


def row(key: str, summary: dict, adjusted: dict, review: Review) -> Row:
    """One endpoint from its two answers."""
    endpoint, evidence = ENDPOINTS[key], evidence_of(key, review)
    rated = f"Certainty: {words.rating(endpoint.evidence, review)}."
    if summary["n_studies"] == 0:
        return Row(key, words.NO_STUDY, "", "", "", rated, summary, adjusted)
    people = findings.patients(evidence, review)
    return Row(
        key,
        words.headline(summary, endpoint),
        _patients(summary, endpoint),
        f"{words.sentence_case(words.size(summary, endpoint))};"
        f" {words.better_side(summary['p_favours_toci'])}.",
        words.through_bias(adjusted, summary, endpoint),
        f"{rated} {words.sentence_case(words.count(summary['n_studies'], 'study', 'studies'))}, at most"
        f" {people} patients.{_start(summary)}",
        summary,
        adjusted,
    )


def _patients(summary: dict, endpoint) -> str:
    """The size in patients or days, where there is something to start from."""
    if absolute := summary.get("absolute"):
        return (
            f"Of 1,000 patients, {absolute['without']:.0f} without tocilizumab and {absolute['with']:.0f}"
            f" with it (95 % interval {absolute['lower']:.0f} to {absolute['upper']:.0f}) would have"
            f" {words.NOUNS[endpoint.key]}, if the difference were the drug's doing."
        )
    return words.in_days(summary) if endpoint.scale is Scale.RATIO_OF_DURATIONS else ""


def _start(summary: dict) -> str:
    """Where the risk without tocilizumab is from."""
    return f" Risk without tocilizumab: {summary['absolute']['source']}." if summary.get("absolute") else ""


def in_short(found: list[Row]) -> str:
    """The directions that are stated, the endpoints without one, and what the likely bias of the studies
    leaves.
    """
    stated = [row for row in found if is_stated(row.summary)]
    said, silent = [f"{words.listed(_with_one_subject(stated))}."] if stated else [], len(found) - len(stated)
    if silent and stated:
        others = "the other endpoint" if silent == 1 else f"the other {words.count(silent, 'endpoint')}"
        said.append(f"For {others} the data do not settle which side is better.")
    elif silent:
        said.append("At no endpoint do the data settle which side is better.")
    if stated:
        left = [row for row in stated if is_stated(row.adjusted)]
        then = f"a direction is left for {_names(left)} only" if left else "no direction is left to state"
        said.append(f"Read through the likely bias of the studies, {then}.")
    return " ".join(said)


def _with_one_subject(found: list[Row]) -> list[str]:
    """Headlines for one sentence: who they speak of is said once, where it is the same as at the start."""
    first, *others = found
    return [
        first.headline,
        *(
            (
                row.headline.removeprefix(f"{words.subject(row.key)} ")
                if words.subject(row.key) == words.subject(first.key)
                else words.in_sentence(row.headline)
            )
            for row in others
        ),
    ]


def _names(found: list) -> str:
    """Titles up to their comma, as a list in a sentence."""
    return words.listed_in_sentence([row.title.split(",")[0] for row in found])


def is_stated(summary: dict) -> bool:
    """Whether a direction is stated, with "may" or without."""
    return summary["n_studies"] > 0 and abs(words.cautious(summary) - 0.5) >= words.STATED - 0.5


def unknown(review: Review) -> list[str]:
    """What is not known: the drug's part in it, the endpoints where both sides remain possible, and the data
    that are missing.
    """
    found = findings.at_first_baseline(findings.gather(review))
    both = [finding for finding in found if min(finding.adjusted.benefit, finding.adjusted.harm) >= POSSIBLE]
    said = [
        "Whether the drug itself made any difference: no study gave it at random, and the sicker patients"
        " got it."
    ]
    if both:
        where = "at every endpoint" if len(both) == len(found) else f"for {_names(both)}"
        said.append(
            "Whether patients given tocilizumab do better or worse by a difference that matters: both remain"
            f" possible {where}."
        )
    return said + register.missing(review)


POSSIBLE = 0.025
"""Probability, adjusted for bias, from which an important benefit or harm is called possible."""


# pictures


def common_axis(found: list[Row]) -> tuple[float, float]:
    """Ends of the axis that all rows share, symmetric around 1."""
    return reach(
        [limits for row in found if row.summary["n_studies"] for limits in (row.summary, row.adjusted)],
        widest=WIDEST,
    )


def answer_picture(row: Row, ends: tuple[float, float], review: Review) -> Picture:
    """The posterior of the mean effect with its interval above the answer adjusted for bias; the left always
    favours tocilizumab.
    """
    endpoint, (low, high) = ENDPOINTS[row.key], ends
    figure, ax = plt.subplots(figsize=(NARROW, 1.75), layout="constrained")
    grid = np.linspace(np.log(low), np.log(high), 120)
    shape = density(answer_of(row.key, review).mu.points, grid)
    ax.fill_between(np.exp(grid), 1 + shape / shape.max(), 1, color=BLUE, alpha=0.22, lw=0)
    # the words stand on the side that the answer leaves free
    free, side = (1, "right") if (row.summary["median"] < 1) == endpoint.less_is_better else (0, "left")
    for y, limits, colour, marker, said in (
        (1, row.summary, BLUE, "o", "not adjusted"),
        (0.25, row.adjusted, ORANGE, "s", "adjusted for bias"),
    ):
        interval_line(ax, y, limits, low, high, colour, marker)
        ax.annotate(
            said,
            (free, y),
            xycoords=("axes fraction", "data"),
            xytext=(0, 4),
            textcoords="offset points",
            ha=side,
            fontsize=SMALL,
        )
    # no tick at an end: its label would make this row's axis narrower than the others'
    ratio_ticks(ax, 1.25 * low, high / 1.25)
    ax.set_xlim(low, high)
    if not endpoint.less_is_better:
        ax.invert_xaxis()
    ax.set_ylim(-0.1, 2.1)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    words_at_ends(ax, "◄ favours tocilizumab", "favours none ►")
    said = (
        f"{row.title}, mean {words.size(row.summary, endpoint)}; adjusted for bias"
        f" {words.interval(row.adjusted, row.summary['digits'])}. {row.headline}."
    )
    return Picture(
        figure,
        said,
        pd.DataFrame(
            [
                {
                    "endpoint": row.key,
                    "answer": answer,
                    "scale": endpoint.scale,
                    **{name: limits[name] for name in ("median", "lower", "upper", "p_favours_toci")},
                }
                for answer, limits in (("not adjusted", row.summary), ("adjusted for bias", row.adjusted))
            ]
        ),
        how=(
            "Median and 95 % interval of the mean effect from the stored draws, and the same read through "
            "the likely bias of each study."
        ),
        endpoint=row.key,
    )


def icon_array(row: Row, review: Review) -> Picture | None:
    """1,000 patients without and with tocilizumab, ten to an icon, at the first baseline risk; None where
    there is none.
    """
    if row.summary["n_studies"] == 0 or not (effects := absolute_effects(row.key, review)):
        return None
    endpoint, effect, said = ENDPOINTS[row.key], effects[0], row.summary["absolute"]
    without = dict.fromkeys(("median", "lower", "upper"), 1000 * effect.baseline.risk)
    titles = {
        "without tocilizumab": f"{said['without']:.0f}",
        "with tocilizumab": f"{said['with']:.0f} ({said['lower']:.0f} to {said['upper']:.0f})",
    }
    figure, axes = plt.subplots(1, 2, figsize=(NARROW, 3.1), layout="constrained")
    for ax, limits, (arm, title) in zip(axes, (without, effect.with_toci), titles.items(), strict=True):
        _draw_icons(ax, icons(limits), _event_colour(endpoint))
        ax.set_title(f"{arm}\n{title} of 1,000", fontsize=SMALL)
    _legend(figure, _event_colour(endpoint))
    return Picture(
        figure,
        f"{row.title}, each sign ten of 1,000 patients. {row.patients}",
        pd.DataFrame(
            [
                {"arm": arm, **limits, **{f"icons_{name}": count for name, count in icons(limits).items()}}
                for arm, limits in zip(titles, (without, effect.with_toci), strict=True)
            ]
        ),
        how=(
            "The mean effect from the stored draws is applied to the first baseline risk and counted per "
            "1,000 patients."
        ),
        endpoint=row.key,
    )


def icons(limits: dict) -> dict[str, int]:
    """How many of ICONS signs show the event up to the lower limit, from there to the median, from there to
    the upper limit, and no event.

    limits : median, lower and upper, each in patients per 1,000
    """
    lower, median, upper = (round(limits[name] * ICONS / 1000) for name in ("lower", "median", "upper"))
    return {"lower": lower, "median": median - lower, "upper": upper - median, "none": ICONS - upper}


SIGNS = {
    "lower": ("full", "up to the lower limit"),
    "median": ("bottom", "up to the median"),
    "upper": ("none", "up to the upper limit"),
}
"""How full a square is, from the first drawn, and what it counts. Who has no event is a dot, so shape tells
them apart as well as colour.
"""
SQUARE = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1)]) / 3
HALF = SQUARE * (1, 0.5) - (0, SQUARE.max() / 2)
DOT = SQUARE / 3


def _draw_icons(ax, counts: dict[str, int], colour: str) -> None:
    """Ten signs to a row, from the lowest row up."""
    first = 0
    for kind, count in counts.items():
        places = np.column_stack(np.divmod(np.arange(first, first + count), 10)[::-1])
        first += count
        if kind == "none":
            _draw_shape(ax, DOT, places, kind, fc=GREY, lw=0)
        else:
            _draw_shape(ax, SQUARE, places, kind, fc=colour if kind == "lower" else "none", ec=colour, lw=1.1)
        if kind == "median":
            _draw_shape(ax, HALF, places, "half", fc=colour, lw=0)
    ax.set_xlim(-0.6, 9.6)
    ax.set_ylim(-0.6, 9.6)
    ax.set_aspect("equal")
    ax.axis("off")


def _draw_shape(ax, shape, places, label: str, **look) -> None:
    """A shape at every place, shape (sign, 2): one path for all, as a hundred marks are a heavy drawing."""
    if len(places):
        ax.add_patch(
            PathPatch(
                Path.make_compound_path(*(Path(shape + place) for place in places)), label=label, **look
            )
        )


def _legend(figure: Figure, colour: str) -> None:
    """What each sign counts."""
    handles = [
        Line2D(
            [],
            [],
            marker="s",
            ms=8,
            color=colour,
            fillstyle=filling,
            markerfacecoloralt="white",
            mew=1.1,
            ls="none",
            label=said,
        )
        for filling, said in SIGNS.values()
    ]
    handles.append(
        Line2D([], [], marker="s", ms=3.2, color=GREY, mew=0, ls="none", label="without the event")
    )
    figure.legend(handles=handles, loc="outside lower left", ncols=2, handletextpad=0.2)


def _event_colour(endpoint) -> str:
    return RED if endpoint.less_is_better else BLUE

"""The first page: what the review says on each endpoint, as words, as a picture on one axis for all, and as
patients.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.typing import FillStyleType

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
)
from extraction.question import ASKED, QUESTION, THE_TREATMENT, TREATMENT
from extraction.records import Review
from models import words
from models.answers.absolute import absolute_effects
from models.answers.answer import answer_of
from models.answers.in_units import in_units
from models.endpoint import Endpoint, Scale
from models.endpoints import ENDPOINTS, evidence_of
from models.trust import findings
from models.trust.directions import directions
from models.trust.told import told

WIDEST = 25.0
"""The ratio at which the axis of all rows ends at the latest; an interval beyond it ends in an arrow."""
NARROW = 4.2
"""Inches: pictures beside words on a wide screen, with type that is read on a phone."""
LOW = 0.7
"""Inches: seven of these pictures are on a phone."""
ICONS = 100
"""In each half of an icon array; one stands for ten of 1,000 patients."""


@dataclass(frozen=True)
class Row:
    """What the first page says of one endpoint, each part a sentence; a part that has nothing to say is
    empty.
    """

    told: words.Told
    headline: str
    patients: str
    size: str
    survives: str
    behind: str

    @property
    def key(self) -> str:
        return self.told.key

    @property
    def summary(self) -> dict:
        return self.told.unadjusted

    @property
    def adjusted(self) -> dict:
        return self.told.adjusted

    @property
    def title(self) -> str:
        return ENDPOINTS[self.key].title


def rows(review: Review) -> list[Row]:
    """Every endpoint in the order of the book; raise store.NotFitted where one is not fitted."""
    return [row(told(key, review), review) for key in ENDPOINTS]


def row(said: words.Told, review: Review) -> Row:
    """One endpoint from its two answers."""
    endpoint, summary = ENDPOINTS[said.key], said.unadjusted
    rated = f"Certainty: {said.certainty}."
    if summary["n_studies"] == 0:
        return Row(said, words.NO_STUDY, "", "", "", rated)
    informing = findings.informing(evidence_of(said.key, review), review)
    return Row(
        said,
        words.headline(said),
        _patients(said, endpoint, review),
        f"{words.sizes(said, endpoint)}.",
        ". ".join(filter(None, [words.survives(said), _unsaid(said.key, review)])) + ".",
        f"{rated} {words.sentence_case(words.count(summary['n_studies'], 'study', 'studies'))}: {informing}.",
    )


def _unsaid(key: str, review: Review) -> str:
    """What sides that no paper prints do to the answer; empty where every side is printed."""
    if (found := directions(key, review)) is None:
        return ""
    low, high = map(words.number, found.medians)
    values = words.count(len(found.unsigned), "p-value is", "p-values are")
    return (
        f"{words.sentence_case(values)} printed without a side: with that alone the median, not adjusted"
        f" for bias, goes from {low} to {high}"
    )


def _patients(said: words.Told, endpoint: Endpoint, review: Review) -> str:
    """The size in patients, units of time or another unit, where there is something to start from."""
    if absolute := said.unadjusted.get("absolute"):
        return words.frequencies(absolute, endpoint)
    if endpoint.scale is Scale.RATIO_OF_MEANS and (found := in_units(said.key, review)):
        adjusted, unadjusted = map(found.with_treated, (said.adjusted, said.unadjusted))
        return (
            f"Where the mean is {found.mean:.{found.digits}f} {found.unit} {endpoint.contrast.without}, as in"
            f" {found.source}, adjusted for bias it would be {found.in_words(adjusted)}"
            f" {endpoint.contrast.with_it}, not adjusted {found.in_words(unadjusted)}, if the difference were"
            f" {THE_TREATMENT}'s doing."
        )
    unit = ASKED[endpoint.evidence].unit
    return words.on_ten(unit, said) if unit else ""


def in_short(found: list[Row]) -> str:
    """At how many endpoints the data lean, adjusted for bias and not, in a sentence."""
    studied = [row for row in found if row.summary["n_studies"]]
    adjusted, unadjusted = (
        sum(row.told.directions[place] != words.UNSETTLED for row in studied) for place in (0, 1)
    )
    if len(studied) == 1:
        said = {True: "lean one way", False: "do not tell"}
        if bool(adjusted) == bool(unadjusted):
            return f"Adjusted for bias or not, the data {said[bool(adjusted)]}."
        return (
            f"Adjusted for bias the data {said[bool(adjusted)]}, not adjusted they {said[bool(unadjusted)]}."
        )
    if adjusted == unadjusted == len(studied):
        return f"Adjusted for bias or not, the data lean one way at each of {len(studied)} endpoints."
    return (
        f"Adjusted for bias the data lean one way at {adjusted} of {len(studied)} endpoints, not adjusted at"
        f" {unadjusted}; at the others they do not tell."
    )


def unknown(review: Review) -> list[str]:
    """What is not known: the treatment's part in it, and the endpoints where both sides remain possible."""
    found = findings.at_first_baseline(findings.gather(review))
    both = [finding for finding in found if min(finding.adjusted.benefit, finding.adjusted.harm) >= POSSIBLE]
    said = list(_by_chance(review))
    if both:
        others = [finding for finding in found if finding not in both]
        where = (
            f"at every endpoint{f' but {_names(others)}' if others else ''}"
            if len(others) < len(both)
            else f"for {_names(both)}"
        )
        said.append(
            f"Whether patients given {TREATMENT} do better or worse by a difference that matters: both remain"
            f" possible {where}."
        )
    return said


def _by_chance(review: Review) -> Iterator[str]:
    """What is left open where chance did not decide who was treated."""
    studies = review.included().values()
    others = sum(not record.design.randomised for record in studies)
    if others:
        who = "no study" if others == len(studies) else f"{others} of {len(studies)} studies did not give"
        gave = f"{who} gave it at random" if others == len(studies) else f"{who} it at random"
        since = QUESTION.shown.confounded
        yield (
            f"Whether {THE_TREATMENT} itself made any difference: {gave}{f', and {since}' if since else ''}."
        )


def _names(found: list[findings.Finding]) -> str:
    """Titles up to their comma, as a list in a sentence."""
    return words.listed_in_sentence([finding.title.split(",")[0] for finding in found])


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
    """The posterior of the mean effect with its interval above the answer adjusted for bias; left is always
    the side of the treatment.
    """
    endpoint, (low, high) = ENDPOINTS[row.key], ends
    figure, ax = plt.subplots(figsize=(NARROW, LOW), layout="constrained")
    grid = np.linspace(np.log(low), np.log(high), 120)
    shape = density(answer_of(row.key, review).mu.points, grid)
    ax.fill_between(np.exp(grid), 1 + shape / shape.max(), 1, color=BLUE, alpha=0.22, lw=0)
    # the words stand on the side that the answer leaves free
    free, side = (1, "right") if (row.summary["median"] < 1) == endpoint.less_is_better else (0, "left")
    for y, limits, colour, marker, said in (
        (1, row.summary, BLUE, "o", "not adjusted"),
        (-0.05, row.adjusted, ORANGE, "s", "adjusted for bias"),
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
    ax.set_ylim(-0.35, 2.05)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    return Picture(
        figure,
        f"{row.title}: {words.in_sentence(row.size)}",
        pd.DataFrame(
            [
                {
                    "endpoint": row.key,
                    "answer": answer,
                    "scale": endpoint.scale,
                    **{name: limits[name] for name in ("median", "lower", "upper", "p_favours_treated")},
                }
                for answer, limits in (("not adjusted", row.summary), ("adjusted for bias", row.adjusted))
            ]
        ),
        how=(
            "Median and 95 % interval of the mean effect, and the same read through the likely bias of each "
            "study."
        ),
        endpoint=row.key,
    )


def icon_array(row: Row, review: Review) -> Picture | None:
    """1,000 patients without and with the treatment, ten to an icon, at the first baseline risk; None where
    there is none.
    """
    if row.summary["n_studies"] == 0 or not (effects := absolute_effects(row.key, review)):
        return None
    endpoint, effect = ENDPOINTS[row.key], effects[0]
    arms = {
        endpoint.contrast.without.replace(" ", "\n", 1): dict.fromkeys(
            ("median", "lower", "upper"), 1000 * effect.baseline.risk
        ),
        "with it,\nadjusted for bias": effect.adjusted,
        "with it,\nnot adjusted": effect.with_treated,
    }
    figure, axes = plt.subplots(1, 3, figsize=(NARROW, 2.6), layout="constrained")
    for ax, (arm, limits) in zip(axes, arms.items(), strict=True):
        _draw_icons(ax, icons(limits), _event_colour(endpoint))
        ax.set_title(f"{arm}\n{limits['median']:.0f} of 1,000", fontsize=SMALL)
    _legend(figure, _event_colour(endpoint))
    return Picture(
        figure,
        f"{row.title}, each sign ten of 1,000 patients: "
        + "; ".join(f"{arm.replace('\n', ' ')} {limits['median']:.0f}" for arm, limits in arms.items()),
        pd.DataFrame(
            [
                {
                    "arm": arm.replace("\n", " "),
                    **limits,
                    **{f"icons_{name}": count for name, count in icons(limits).items()},
                }
                for arm, limits in arms.items()
            ]
        ),
        how=(
            "The mean effect, adjusted for bias and not, is applied to the first baseline risk and counted "
            "per 1,000 patients."
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


SIGNS: dict[str, tuple[FillStyleType, str]] = {
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

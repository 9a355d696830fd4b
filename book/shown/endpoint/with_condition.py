"""The narrower question, patients with the condition only, beside the answer as used: a picture and what it
says.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from book.html.style import BLUE, INK, LIGHT, SKY, Picture, canvas, interval_line, reach
from book.shown.endpoint.rows import caption, frame
from extraction.question import CONDITION, THE_TREATMENT
from extraction.records import Review
from models.answers.answer import answer_of, as_ratios
from models.endpoints import ENDPOINTS, evidence_of
from models.engines.effects import quadrature
from models.evidence.collect import collect
from models.evidence.report import Reading
from models.trust.with_condition import Bounds, answer_with_condition, never_had_it
from models.words import compact, number

CANNOT = (
    f"What the answer would be among patients with {CONDITION} only cannot be bounded here: not every paper"
    f" used tells how many of each arm had {CONDITION}, or the ways to split the events are too many."
)


@dataclass(frozen=True)
class Row:
    """A line of words and the answers it stands for: one, or the lowest and the highest that are possible."""

    words: str
    answers: tuple[dict[str, float], ...]
    colour: str

    @property
    def said(self) -> str:
        """`0.71 (0.48 to 1.04)`, or from one such to another."""
        said = " to ".join(map(compact, self.answers))
        return said if len(self.answers) == 1 else f"from {said}"


def rows(key: str, review: Review, found: Bounds) -> list[Row]:
    """The answer as used, among patients with the condition, and without events that began before the
    treatment where a paper counts them.
    """
    shown = [
        Row("as used: all patients", (answer_of(key, review).mu.ratio,), INK),
        Row(f"patients with {CONDITION} only", (found.low, found.high), BLUE),
    ]
    if after := without_early_events(key, review):
        shown.append(Row(f"without those who had it before {THE_TREATMENT}", (after,), SKY))
    return shown


def without_early_events(key: str, review: Review) -> dict[str, float] | None:
    """The answer without patients whose event began before the treatment; None where no paper counts any."""
    endpoint = ENDPOINTS[key]
    evidence = collect(review, endpoint.evidence, Reading(before_treatment=False))
    if evidence.used_hash() == evidence_of(key, review).used_hash():
        return None
    mu = quadrature(evidence, endpoint.mu_prior, endpoint.tau_prior).mu
    return as_ratios(mu.limits())


def picture(key: str, review: Review) -> Picture | None:
    """The answers beside each other; None where that among patients with the condition cannot be bounded."""
    found = answer_with_condition(key, review)
    if found is None:
        return None
    endpoint, shown = ENDPOINTS[key], rows(key, review, found)
    low, high = reach([limits for row in shown for limits in row.answers])
    figure, ax = canvas(1.05 * len(shown) + 1.0)
    for i, row in enumerate(shown):
        _draw(ax, -i, row, low, high)
    frame(ax, key, len(shown), (low, high), below=0.3)
    said = "; ".join(f"{row.words}: {row.said}" for row in shown)
    return Picture(
        figure,
        f"{endpoint.title}, mean {endpoint.scale} with 95 % interval, not adjusted for bias. {said}.",
        pd.DataFrame(list(_numbers(shown, endpoint.scale))),
        how=(
            "The mean effect by quadrature for every way in which the events may be split between patients "
            f"with and without {CONDITION}; median and limits each at their lowest and at their highest."
        ),
        endpoint=key,
    )


def _draw(ax, y: float, row: Row, low: float, high: float) -> None:
    """The intervals of a row under each other, the medians in between shaded, and its words."""
    if len(row.answers) > 1:
        medians = [np.clip(limits["median"], low, high) for limits in row.answers]
        ax.fill_betweenx([y - 0.16, y + 0.2], *medians, color=LIGHT, lw=0, zorder=1)
    for place, limits in zip((0.1, -0.06) if len(row.answers) > 1 else (0.02,), row.answers, strict=True):
        interval_line(ax, y + place, limits, low, high, row.colour, "D" if row.colour == INK else "o")
    caption(ax, (y + 0.42, row.words), (y - 0.21, row.said), (low, high), row.colour == INK)


def _numbers(shown: list[Row], scale: str) -> Iterator[dict]:
    for row in shown:
        ends = ("lowest", "highest") if len(row.answers) > 1 else ("",)
        for end, limits in zip(ends, row.answers, strict=True):
            yield {"patients": row.words, "end": end, "scale": scale, **limits}


def sentences(key: str, review: Review) -> Iterator[str]:
    """How many never had the condition, how far the answer can move without them, and how much of it
    that is.
    """
    found = answer_with_condition(key, review)
    if found is None:
        yield CANNOT
        return
    used, scale = answer_of(key, review).mu.ratio, ENDPOINTS[key].scale
    if counted := never_had_it(review, evidence_of(key, review).studies):
        yield (
            f"Of the {counted[1]} untreated patients here {counted[0]} never had {CONDITION}, so there was"
            f" none to give them {THE_TREATMENT} for."
        )
    low, high = (number(limits["median"]) for limits in (found.low, found.high))
    yield (
        f"Among patients with {CONDITION} only, the mean {scale} lies between {low} and {high}, however the"
        f" events were split between them and the others, against {number(used['median'])} as used; the 95 %"
        f" intervals reach from {number(found.low['lower'])} to {number(found.high['upper'])}."
    )
    if number(used["median"]) != number(1):
        yield part(used["median"], found)
    if after := without_early_events(key, review):
        yield f"Without patients who had it before {THE_TREATMENT}, the mean {scale} is {compact(after)}."


def part_without_it(used: float, found: Bounds) -> tuple[float, float]:
    """The smallest and the largest part of the log ratio as used that is not there among patients with the
    condition;
    below 0 where the difference is larger among them, above 1 where it is on the other side.
    """
    parts = [1 - np.log(limits["median"]) / np.log(used) for limits in (found.low, found.high)]
    return min(parts), max(parts)


def part(used: float, found: Bounds) -> str:
    least, most = part_without_it(used, found)
    if most <= 0:
        return f"So none of the difference between the arms need come from patients without {CONDITION}."
    up_to = "all" if most >= 1 else f"{100 * most:.0f} %"
    if least >= 1:
        share = "all"
    elif least > 0.005:
        share = f"between {100 * least:.0f} % and {up_to}"
    else:
        share = f"anything from none to {up_to}"
    return (
        f"So {share} of the difference between the arms (of the median, on the log scale) could come from"
        f" patients without {CONDITION}."
    )

"""The answer for each side on which a p-value without a printed direction may have been."""

from collections.abc import Iterator

import pandas as pd

from book.html.style import BLUE, INK, Picture, Table, canvas, interval_line, reach
from book.shown.endpoint.rows import caption, frame
from extraction.question import TREATMENT
from extraction.records import Review
from models.endpoints import ENDPOINTS
from models.evidence.report import Used
from models.trust.directions import MOST, Directions, Signed, directions
from models.words import answer, compact, listed, number, percent, stratum_words

NONE_OPEN = "No log-rank p-value used here leaves open which side it was on."
BOTH = "either"
EVENTS = {"lower": "fewer", "higher": "more"}
HOW = (
    "The mean effect by quadrature, each log-rank p that is printed without a direction taken to lie on the"
    " side named; one on either side enters by both, as in the answer used."
)


def label(used: Used, review: Review) -> str:
    """Study and, of a part of its patients, which: `Zhang 2022 grade 1`."""
    study = review.studies[used.study].label
    if used.stratum == "all":
        return study
    return f"{study} {stratum_words(review.records[used.study], used.stratum)}"


def bounds(key: str, review: Review) -> str:
    """How far the answer moves between the sides, in one sentence."""
    found = directions(key, review)
    if found is None:
        return NONE_OPEN
    low, high = map(number, found.medians)
    return (
        f"Whichever side each unsigned p-value was on, the mean {ENDPOINTS[key].scale}, not adjusted for"
        f" bias, is between {low} and {high}; the papers do not say."
    )


def sentences(key: str, review: Review) -> Iterator[str]:
    """The bounds, what lies outermost, and which reports they are of."""
    yield bounds(key, review)
    found = directions(key, review)
    if found is None:
        return
    lower, upper = map(number, found.limits)
    least, most = map(percent, found.chances)
    combined = found.unsigned[:MOST]
    yield (
        f"The 95 % intervals reach from {lower} to {upper}, and the probability that {TREATMENT} is the"
        f" better side from {least} to {most}; with both sides of each, as used, it is"
        f" {percent(found.as_used.p_favours)}."
    )
    yield (
        f"No direction is printed for the p of {listed([label(used, review) for used in combined])}; the"
        " first named moves the answer most."
    )
    if left := len(found.unsigned) - len(combined):
        yield f"{left} more p-values without a direction move it less and enter by both sides throughout."
    for used, side in found.settled:
        yield (
            f"That of {label(used, review)} is printed without one too, but only {EVENTS[side]} events with"
            f" {TREATMENT} than expected can give it."
        )


def side_words(found: Directions, one: Signed, review: Review) -> str:
    """`Zhou 2025 lower, Zhang 2022 grade 1 higher`; of the answer used, `as used`."""
    told = [
        f"{label(used, review)} {side}"
        for used, side in zip(found.unsigned, one.sides, strict=True)
        if side is not None
    ]
    return ", ".join(told) if told else "as used: either side"


def picture(key: str, review: Review) -> Picture | None:
    """The answer as used above that of each side of the two reports that move it most; None where no report
    can be on two sides.
    """
    found = directions(key, review)
    if found is None:
        return None
    endpoint, shown = ENDPOINTS[key], [found.as_used, *found.of_two]
    low, high = reach([one.limits for one in shown])
    figure, ax = canvas(0.85 * len(shown) + 1.0)
    for i, one in enumerate(shown):
        _draw(ax, -i, side_words(found, one, review), one, key, (low, high))
    frame(ax, key, len(shown), (low, high))
    said = "; ".join(f"{side_words(found, one, review)}: {_told(key, one)}" for one in shown)
    return Picture(
        figure,
        f"{endpoint.title}, mean {endpoint.scale} with 95 % interval and probability of the better side, not"
        f" adjusted for bias, by the side of p-values without a printed direction. {said}.",
        pd.DataFrame([_numbers(found, one, key, review) for one in shown]),
        how=HOW,
        endpoint=key,
    )


def _draw(ax, y: float, words: str, one: Signed, key: str, ends: tuple[float, float]) -> None:
    """An interval with its words above and its numbers below."""
    as_used = not any(one.sides)
    interval_line(ax, y, one.limits, *ends, INK if as_used else BLUE, "D" if as_used else "o")
    caption(ax, (y + 0.3, words), (y - 0.15, _told(key, one)), ends, as_used)


def _told(key: str, one: Signed) -> str:
    return answer(key, one.limits | {"p_favours": one.p_favours})


def table(key: str, review: Review) -> Table | None:
    """Every combination of sides; None where no report can be on two."""
    found = directions(key, review)
    if found is None:
        return None
    scale, title = ENDPOINTS[key].scale, ENDPOINTS[key].title
    rows = [
        _sides(found, one, review)
        | {f"mean {scale} (95 % interval)": compact(one.limits), "better side": percent(one.p_favours)}
        for one in (found.as_used, *found.every)
    ]
    return Table(
        pd.DataFrame(rows),
        f"{title}: the answer under every combination of sides",
        HOW,
        key,
        pd.DataFrame([_numbers(found, one, key, review) for one in (found.as_used, *found.every)]),
        folded="Every combination of sides as a table",
    )


def _sides(found: Directions, one: Signed, review: Review) -> dict[str, str]:
    return {label(used, review): side or BOTH for used, side in zip(found.unsigned, one.sides, strict=True)}


def _numbers(found: Directions, one: Signed, key: str, review: Review) -> dict:
    return (
        _sides(found, one, review)
        | {"scale": ENDPOINTS[key].scale}
        | one.limits
        | {"p_favours_treated": one.p_favours}
    )

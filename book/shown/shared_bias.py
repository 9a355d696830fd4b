"""Endpoints together on the page on bias, as a picture and as a table."""

import pandas as pd
from matplotlib.lines import Line2D

from book.html.markers import bias_key
from book.html.style import (
    GREEN,
    ORANGE,
    PLAIN,
    SMALL,
    Picture,
    Table,
    canvas,
    interval_line,
    ratio_ticks,
    reach,
)
from extraction.question import TREATMENT
from extraction.records import Review
from models.endpoints import ENDPOINTS
from models.trust.shared_bias import Row, SharedBias, shared_bias
from models.words import compact, listed_in_sentence, percent

ALONE = "alone"
HOW = (
    "All endpoints at once by quadrature: the bias of each study as judged, of which a part, the correlation,"
    " is common to all answers of the same patients. Alone: each endpoint adjusted for bias by itself."
)


def _rows(key: str, found: SharedBias) -> dict[str, Row]:
    """The answer of an endpoint alone, then at each correlation above 0, by words."""
    return {ALONE: found.alone[key]} | {
        f"{at:g}": found.row(key, at) for at in sorted(found.together) if at > 0
    }


def picture(review: Review) -> Picture | None:
    """Each endpoint alone, and together at each correlation; None where it is not computed."""
    found = shared_bias(review)
    if found is None:
        return None
    rows = {key: _rows(key, found) for key in found.endpoints}
    low, high = reach([limits for of in rows.values() for limits in of.values()])
    figure, ax = canvas(1.42 * len(rows) + 1.3)
    places: list[tuple[float, str]] = []
    for i, (key, of) in enumerate(rows.items()):
        top = -i * (len(of) + 1.6)
        style = {"va": "center", "bbox": PLAIN}
        ax.text(low, top, ENDPOINTS[key].title, fontsize=11.5, weight="bold", **style)
        ax.text(high, top, _better(key), ha="right", fontsize=SMALL, color="#444444", **style)
        for j, (words, limits) in enumerate(of.items()):
            y = top - 1 - j
            places.append((y, words))
            interval_line(
                ax, y, limits, low, high, ORANGE if words == ALONE else GREEN, "s" if words == ALONE else "o"
            )
    ax.set_yticks(*zip(*places, strict=True))
    ax.tick_params(axis="y", length=0)
    ax.set_ylim(places[-1][0] - 0.7, 0.7)
    ax.spines["left"].set_visible(False)
    ax.set_ylabel("Correlation of the biases of one cohort's answers")
    ratio_ticks(ax, low, high)
    ax.set_xlabel(f"Mean odds or hazard ratio,\n{TREATMENT} over none,\nadjusted for bias, log scale")
    figure.legend(handles=_legend(), loc="outside upper left", ncols=2)
    said = " ".join(
        f"{ENDPOINTS[key].title} ({_better(key)}):"
        f" {'; '.join(f'{words} {compact(limits)}' for words, limits in of.items())}."
        for key, of in rows.items()
    )
    return Picture(
        figure,
        "Mean ratio with 95 % interval, adjusted for bias, each endpoint alone and all together at each"
        f" correlation of the biases of one cohort's answers. {said}",
        numbers(found),
        how=HOW,
    )


def _better(key: str) -> str:
    return f"{ENDPOINTS[key].benefit} 1 is better"


def _legend() -> list[Line2D]:
    return [
        Line2D([], [], color=ORANGE, marker="s", label="each endpoint alone"),
        Line2D([], [], color=GREEN, marker="o", label="all endpoints together"),
    ]


def table(review: Review) -> Table | None:
    """The same as a table, with the answer without the overlapping endpoint and the better side."""
    found = shared_bias(review)
    if found is None:
        return None
    at, rows = found.strongest, []
    gone = [ENDPOINTS[key].title for key in found.overlapping]
    for key in found.endpoints:
        shown = {
            words if words == ALONE else f"correlation {words}": compact(limits)
            for words, limits in _rows(key, found).items()
        }
        fewer = compact(found.row(key, at, fewer=True)) if key in found.fewer[at].mu else "left out"
        better = [found.alone[key]["p_favours"], found.row(key, at)["p_favours"]]
        rows.append(
            {"endpoint": f"{ENDPOINTS[key].title}, {ENDPOINTS[key].scale}"}
            | shown
            | ({f"{at:g}, without {listed_in_sentence(gone)}": fewer} if gone else {})
            | {f"better side, alone and at {at:g}": " and ".join(map(percent, better))}
        )
    return Table(
        pd.DataFrame(rows),
        "Endpoints alone and together, adjusted for bias",
        how=HOW,
        numbers=numbers(found),
        sources={ALONE: [(bias_key(key),) for key in found.endpoints]},
        folded="The same as a table",
    )


def numbers(found: SharedBias) -> pd.DataFrame:
    """Every answer and every common bias with full precision; a common bias is in SDs from what is judged."""
    rows: list[dict] = [{"of": key, "endpoints": ALONE} | found.alone[key] for key in found.endpoints]
    gone = f"without {', '.join(found.overlapping)}"
    for words, joints in (("together", found.together), (gone, found.fewer if found.overlapping else {})):
        for at, joint in joints.items():
            head = {"endpoints": words, "correlation": at}
            rows += [{"of": key} | head | found.row(key, at, joints is found.fewer) for key in joint.mu]
            rows += [{"of": f"common bias, {c}"} | head | one.limits() for c, one in joint.common.items()]
    return pd.DataFrame(rows)

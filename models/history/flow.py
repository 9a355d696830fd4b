"""The PRISMA flow, from records found to studies included, counted from the register and the log of searches: in all, and for this version alone."""

import textwrap
from dataclasses import dataclass
from datetime import date

import pandas as pd
from matplotlib.patches import FancyBboxPatch

from extraction.living import Living, Search
from extraction.records import Review
from extraction.schema import Registration
from extraction.vocabulary import GROUNDS
from models.history import versions
from models.shown.derivation import derives
from models.shown.style import BLUE, GREY, INK, SMALL, Picture, canvas

UNGROUNDED = "for another reason, see the register"


@dataclass(frozen=True)
class Count:
    """How many of what stand in a box of the flow: in all, and new in this version."""

    box: str
    what: str
    total: int
    new: int


def preceding(review: Review) -> dict | None:
    """The release before this version: the newest or, where the register is still the one it froze, the one before it; None before the first."""
    last = versions.latest()
    if last and _frozen(last) == {_key(row) for row in review.register.studies}:
        return versions.read(last["preceding"]) if last["preceding"] else None
    return last


def _frozen(release: dict | None) -> set[tuple[str, str, str]]:
    return {(row["id"], row["decision"], row["decided"]) for row in release["register"]} if release else set()


def _key(row: Registration) -> tuple[str, str, str]:
    return row.id, row.decision, row.decided.isoformat()


def counts(review: Review, before: dict | None) -> list[Count]:
    """Every number of the flow.  New are the decisions that the release `before` did not hold, and the searches run after it; all, where there is none."""
    searches, rows = review.living.searches, review.register.studies
    known = _frozen(before)
    new = {row.id for row in rows if _key(row) not in known}
    return [*_identified(rows, review.living, new, before), *_screened(searches, before), *_considered(rows, new)]


def _identified(rows: list[Registration], living: Living, new: set[str], before: dict | None) -> list[Count]:
    from_searches = {study for search in living.searches for study in search.registered}
    others = [row for row in rows if row.id not in from_searches]
    found = [_of_rows("Identified", "registered with the review", [row for row in others if row.registered], new),
             _of_rows("Identified", "known without a search", [row for row in others if not row.registered], new)]
    for source in living.sources:
        if ran := [search for search in living.searches if search.source == source.id]:
            found.append(_of_searches("Identified", f"records found in {source.name}", ran, lambda search: search.found, before))
    return found if living.searches else [*found, Count("Identified", "records found by searches, as none was run", 0, 0)]


def _screened(searches: list[Search], before: dict | None) -> list[Count]:
    """What became of the records that searches found; nothing where none was run."""
    return [_of_searches(*box, searches, count, before) for box, count in (
        (("Removed before screening", "records known already"), lambda search: search.found - search.new),
        (("Screened", "records, by title and abstract"), lambda search: search.new),
        (("Left out at screening", "records"), lambda search: search.new - len(search.registered)),
    )] if searches else []


def _considered(rows: list[Registration], new: set[str]) -> list[Count]:
    by_decision = {decision: [row for row in rows if row.decision == decision] for decision in ("awaiting_data", "excluded", "included")}
    included = by_decision["included"]
    grounds = {ground: [row for row in by_decision["excluded"] if row.ground == ground] for ground in (*GROUNDS, None)}
    cohorts, earlier = {row.cohort for row in included}, {row.cohort for row in included if row.id not in new}
    return [
        _of_rows("Considered", "papers in the register", rows, new),
        _of_rows("Awaiting data", "papers", by_decision["awaiting_data"], new),
        *(_of_rows("Excluded", GROUNDS.get(ground, UNGROUNDED), excluded, new) for ground, excluded in grounds.items() if excluded),
        _of_rows("Included", "papers", included, new),
        Count("Included", "studies: papers that may share patients count as one", len(cohorts), len(cohorts - earlier)),
    ]


def _of_rows(box: str, what: str, rows: list[Registration], new: set[str]) -> Count:
    return Count(box, what, len(rows), sum(row.id in new for row in rows))


def _of_searches(box: str, what: str, searches: list[Search], count, before: dict | None) -> Count:
    since = date.fromisoformat(before["date"]) if before else date.min
    return Count(box, what, sum(map(count, searches)), sum(count(search) for search in searches if search.searched > since))


@derives
def table(found: list[Count]) -> pd.DataFrame:
    """The numbers of the flow as a table."""
    return pd.DataFrame([{"step": c.box, "what": c.what, "in all": c.total, "in this version": c.new} for c in found])


ASIDE = {"Removed before screening": "Identified", "Left out at screening": "Screened", "Awaiting data": "Considered", "Excluded": "Considered"}
"""Boxes that leave the flow, and the box they leave it at."""
LINE, PADDING, GAP = 0.21, 0.2, 0.26  # inches
WRAP, HALF = 31, 0.47  # characters and share of the width that a box has


@derives
def picture(found: list[Count]):
    """The flow as a figure; in brackets what is new in this version."""
    boxes = {name: [count for count in found if count.box == name] for name in dict.fromkeys(count.box for count in found)}
    lines = {name: [line for count in held for line in textwrap.wrap(f"{count.total} ({count.new}) {count.what}", WRAP, subsequent_indent="   ")] for name, held in boxes.items()}
    heights = {name: (len(held) + 1) * LINE + PADDING for name, held in lines.items()}
    levels = [[name, *(side for side, at in ASIDE.items() if at == name and side in boxes)] for name in boxes if name not in ASIDE]
    level_heights = [max(heights[main], sum(heights[side] for side in sides) + GAP * (len(sides) - 1)) for main, *sides in levels]
    total = sum(level_heights) + GAP * (len(levels) - 1)
    figure, ax = canvas(total + 0.1)
    ax.axis("off")
    ax.set(xlim=(-0.005, 1.005), ylim=(-total - 0.02, 0.02))
    top = 0.0
    for (main, *sides), height in zip(levels, level_heights):
        _box(ax, 0, top, height if sides else heights[main], main, lines[main])
        if main != levels[-1][0]:
            _arrow(ax, (HALF / 2, top - height), (HALF / 2, top - height - GAP))
        side_top = top
        for side in sides:
            _box(ax, 1 - HALF, side_top, heights[side], side, lines[side], GREY)
            _arrow(ax, (HALF, side_top - heights[side] / 2), (1 - HALF, side_top - heights[side] / 2))
            side_top -= heights[side] + GAP
        top -= height + GAP
    return Picture(figure, _words(boxes), table(found))


def _box(ax, left: float, top: float, height: float, title: str, lines: list[str], colour: str = BLUE) -> None:
    ax.add_patch(FancyBboxPatch((left, top - height), HALF, height, boxstyle="square,pad=0", facecolor="white", edgecolor=colour, lw=1.6))
    ax.text(left + 0.015, top - PADDING / 2, title, va="top", weight="bold", fontsize=SMALL, color=INK)
    for i, line in enumerate(lines, 1):
        ax.text(left + 0.015, top - PADDING / 2 - i * LINE, line, va="top", fontsize=SMALL, color=INK)


def _arrow(ax, start: tuple[float, float], end: tuple[float, float]) -> None:
    ax.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": INK, "lw": 1.2, "shrinkA": 0, "shrinkB": 0})


def _words(boxes: dict[str, list[Count]]) -> str:
    said = [f"{name}: " + "; ".join(f"{count.what} {count.total}, of these {count.new} new" for count in held) for name, held in boxes.items()]
    return "Flow of papers from identification to inclusion, in all and for this version. " + ". ".join(said) + "."

"""Kinds of rows, a file each, and the rule by which a row is read as one of them."""

from __future__ import annotations

from models.pool.measures import MEASURES, Measure
from models.pool.rows.counts import Counts
from models.pool.rows.curve import DigitisedCurve
from models.pool.rows.estimate import Estimate
from models.pool.rows.estimate_with_p import EstimateWithP
from models.pool.rows.log_rank import LogRankP, ObservedMinusExpected
from models.pool.rows.means import Means
from models.pool.rows.median_survival import MedianSurvival
from models.pool.rows.medians import Medians
from models.pool.rows.person_time import PersonTime
from models.pool.rows.row import Row
from models.pool.rows.single_arm import SingleArm
from models.pool.rows.table_set import TableSet
from models.pool.rows.test_outcome import OutcomeOfTest
from models.pool.study_table import BadTable, Cells

KINDS: tuple[type[Row], ...] = (
    Counts, TableSet, PersonTime, Means, Medians, SingleArm, ObservedMinusExpected,
    Estimate, EstimateWithP, MedianSurvival, LogRankP, DigitisedCurve, OutcomeOfTest,
)  # fmt: skip
"""In the order in which a row that could be several is read: raw numbers before what was made of them."""


def read_rows(cells: list[Cells], asked: str | None) -> tuple[Measure, list[Row]]:
    """Every row as one of the kinds, and the measure: the one asked for, else the only one that all can give.

    Raises BadTable naming everything that is wrong.
    """
    measure = MEASURES[asked] if asked else _told(cells)
    rows, faults = [], []
    for row in cells:
        read = _read(row, measure)
        if read and not row.faults:
            rows.append(read)
        faults += row.faults
    if faults:
        raise BadTable("\n".join(dict.fromkeys(faults)))
    return measure, rows


def _complete(cells: Cells, measure: str | None) -> list[type[Row]]:
    return [kind for kind in KINDS if cells.has(*kind.needs(cells, measure))]


def _told(cells: list[Cells]) -> Measure:
    """The only measure that every row can give. Raises BadTable where there are several or none."""
    possible = [frozenset().union(*(kind.gives(row) for kind in _complete(row, None))) for row in cells]
    if not any(possible):
        raise BadTable(
            f"{cells[0].path}: no row can be read without --measure, which names what is pooled:"
            f" {', '.join(MEASURES)}"
        )
    filled = [measures for measures in possible if measures]
    common = frozenset.intersection(*filled)
    if len(common) == 1:
        return MEASURES[next(iter(common))]
    if common:
        can = ", ".join(key for key in MEASURES if key in common)
        raise BadTable(f"{cells[0].path}: these rows can be pooled as {can}: say which with --measure")
    by_line = "; ".join(
        f"line {row.line} ({row.study}) gives {', '.join(key for key in MEASURES if key in measures)}"
        for row, measures in zip(cells, possible, strict=True)
    )
    raise BadTable(f"{cells[0].path}: the rows give no measure in common: {by_line}")


def _read(cells: Cells, measure: Measure) -> Row | None:
    """The row as the first kind that gives the measure; else the fault is noted."""
    complete = _complete(cells, measure.key)
    for kind in complete:
        if measure.key in kind.gives(cells):
            return kind.read(cells, measure)
    given = sorted({key for kind in complete for key in kind.gives(cells)}, key=list(MEASURES).index)
    if given:
        cells.faults.append(
            f"{cells.path}, line {cells.line} ({cells.study}): its numbers give {', '.join(given)}, not"
            f" {measure.key}"
        )
    else:
        _note_missing(cells, measure)
    return None


def _note_missing(cells: Cells, measure: Measure) -> None:
    """Note what is missing for the kind that comes nearest."""

    def missing(kind: type[Row]) -> list[str]:
        return [name for name in kind.needs(cells, measure.key) if not cells.has(name)]

    kinds = [kind for kind in KINDS if measure.key in kind.gives(cells)]
    nearest = min(kinds, key=lambda kind: len(missing(kind)) / len(kind.needs(cells, measure.key)))
    for name in missing(nearest):
        if name in cells.cells:
            cells.refuse(name, "must be a number")
        else:
            found = ", ".join(column for column, _ in cells.cells.values())
            cells.faults.append(
                f"{cells.path}, line 1: column {name} is missing, or a name that it goes by; the columns read"
                f" are {found}"
            )

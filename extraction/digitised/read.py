"""Digitised survival curves: one CSV for each curve that a record names, read into typed points or refused
with the place named.

A row is a point of the axes with its place in the image, a point of an arm's curve, a number at risk, or the
events of an arm. What a curve may hold beyond its form (falling survival, numbers at risk that it allows)
stands in `curve_rules`.
"""

import csv
import re
from pathlib import Path
from typing import NamedTuple

import numpy as np

from extraction.digitised.rules import contradictions
from extraction.limits import LARGEST_CURVE, MOST_AT_RISK, MOST_POINTS
from extraction.plain import Unreadable, text_of
from extraction.recover.curve_types import NO_ARM, ArmCurve, AtRisk, Curve, Pixel, Point
from extraction.schema import Record, SurvivalCurve
from extraction.source import BadRecords, Problem, Source
from extraction.vocabulary import TWO_ARMS

FOLDER = "curves"
UNITS = ("days", "weeks", "months", "years")
CELLS = {
    "calibration": ("time", "survival", "pixel_x", "pixel_y"),
    "point": ("arm", "time", "survival"),
    "at_risk": ("arm", "time", "n"),
    "events": ("arm", "n"),
}
"""Kinds of row, and the cells each fills; all others of its cells are empty."""
ARMS = ("treated", "control")
"""Arms as a file may name them; the records call the treated arm by its drug."""
COLUMNS = ("kind", "arm", "time", "survival", "n", "pixel_x", "pixel_y")
NUMBER = re.compile(r"[-+]?\d+(\.\d*)?([eE][-+]?\d+)?", re.ASCII)
PER_CENT = 1.5
"""Survival on an axis above which it is in per cent."""
STRAIGHT = 3.0
"""Pixels that a calibration point may lie off its axis: three times the precision of a click."""


class Row(NamedTuple):
    """One line of the file; nan, and 0 patients, in the cells that its kind leaves empty."""

    line: int
    kind: str
    arm: str
    time: float
    survival: float
    n: int
    pixel_x: float
    pixel_y: float


class _Faults:
    """Problems of one file, each with its line."""

    def __init__(self, path: Path):
        self._file, self._study = f"{path.parent.name}/{path.name}", study_of(path)
        self.found: list[Problem] = []

    def add(self, line: int | None, field: str, value: object, rule: str) -> None:
        self.found.append(Problem(self._file, line, self._study, field, str(value)[:80], rule))

    def stop(self) -> None:
        if self.found:
            raise BadRecords(self.found)


def name_of(study: str, entry: SurvivalCurve) -> str:
    """File of a curve: `smith2025-survival.csv`, of a part of the patients
    `smith2025-survival-grade_2.csv`.
    """
    return "-".join([study, entry.field, *([] if entry.stratum == "all" else [entry.stratum])]) + ".csv"


def curves_of(
    records: dict[str, Record], sources: dict[str, Source], root: Path
) -> tuple[dict[str, Curve], list[Problem]]:
    """Every curve that the records name, by file name, and every fault of them and of the folder."""
    curves: dict[str, Curve] = {}
    problems: list[Problem] = []
    for stem, record in records.items():
        for i, entry in enumerate(record.entries):
            if not isinstance(entry, SurvivalCurve) or entry.curve is None:
                continue
            if rule := _not_its_file(record.study, entry, root / FOLDER):
                problems.append(sources[stem].problem(("entries", i, "curve"), entry.curve, rule))
                continue
            try:
                curve = read(root / FOLDER / entry.curve)
            except BadRecords as error:
                problems += error.problems
                continue
            if rule := _not_of_a_record(curve):
                problems.append(sources[stem].problem(("entries", i, "curve"), entry.curve, rule))
            else:
                curves[entry.curve] = curve
    return curves, problems + [
        Problem(
            f"{FOLDER}/{path.name}",
            None,
            study_of(path),
            "file",
            path.name,
            "no entry of a record names this curve",
        )
        for path in _unnamed(records, root)
    ]


def _not_of_a_record(curve: Curve) -> str | None:
    """Why a record may not name a curve that is right in itself."""
    if len(curve.arms) < 2:
        return "a record's curve has both arms"
    if not all(arm.at_risk for arm in curve.arms.values()):
        return "a record's curve has the number at risk at time 0 of both arms"
    return None


def study_of(path: Path) -> str:
    """The study a curve's file is named after."""
    return path.stem.partition("-")[0]


def _unnamed(records: dict[str, Record], root: Path) -> list[Path]:
    """Curves that no record names; of a record with faults of its own that is not known."""
    named = {
        entry.curve
        for record in records.values()
        for entry in record.entries
        if isinstance(entry, SurvivalCurve)
    }
    faulty = {path.stem for path in (root / "records").glob("*.yml")} - records.keys()
    return [
        path
        for path in sorted((root / FOLDER).glob("*.csv"))
        if path.name not in named and study_of(path) not in faulty
    ]


def _not_its_file(study: str, entry: SurvivalCurve, folder: Path) -> str | None:
    """Why an entry may not name its file; no other name is ever opened, so a path leads nowhere."""
    if entry.arm != "comparison" or entry.contrast != TWO_ARMS:
        return (
            "a digitised curve holds the two arms: the entry's arm is comparison, its contrast that of the"
            " arms"
        )
    if entry.curve != name_of(study, entry):
        return f"must be {name_of(study, entry)}, a file of extraction/{FOLDER}"
    path = folder / entry.curve
    if folder.is_symlink() or path.is_symlink():
        return f"must be a file of extraction/{FOLDER} itself, not a link"
    return None if path.is_file() else f"there is no such file in extraction/{FOLDER}"


def read(path: Path) -> Curve:
    """The curve of a file; raise BadRecords with every fault of its form, else with every contradiction
    within it.
    """
    faults = _Faults(path)
    unit, rows = _rows(path, faults)
    faults.stop()
    rows = _as_shares(rows)
    by_kind = {kind: [row for row in rows if row.kind == kind] for kind in CELLS}
    pixel = _pixel(by_kind["calibration"], faults)
    if not by_kind["point"]:
        faults.add(None, "point", "0 points", "a curve has points of an arm or of both")
    treated, control = (_arm(arm, by_kind, faults) for arm in ("treated", "control"))
    faults.stop()
    curve = Curve(
        unit,
        pixel,
        tuple((row.time, row.survival, row.pixel_x, row.pixel_y) for row in by_kind["calibration"]),
        treated,
        control,
    )
    for line, field, value, rule in contradictions(curve):
        faults.add(line, field, value, rule)
    faults.stop()
    return curve


def _rows(path: Path, faults: _Faults) -> tuple[str, list[Row]]:
    """Unit of time and rows; lines that start with # and empty lines are remarks."""
    try:
        text = text_of(path, LARGEST_CURVE)
    except Unreadable as error:
        faults.add(
            None, "file", str(error), f"a curve is a file of UTF-8 text, up to {LARGEST_CURVE:,} bytes"
        )
        return "", []
    if (many := len(text.splitlines())) > MOST_POINTS:
        faults.add(None, "file", f"{many:,} lines", f"a curve has up to {MOST_POINTS:,} lines")
        return "", []
    lines = [
        (i, _cells(i, line, faults))
        for i, line in enumerate(text.splitlines(), start=1)
        if line.strip() and not line.startswith("#")
    ]
    faults.stop()
    if not lines:
        faults.add(None, "file", "nothing", "a curve holds a line of column names, then its rows")
        return "", []
    unit = _unit([cell.strip() for cell in lines[0][1]], lines[0][0], faults)
    faults.stop()
    heads = ["time" if head.strip() == f"time_{unit}" else head.strip() for head in lines[0][1]]
    return unit, [row for line, cells in lines[1:] if (row := _row(line, heads, cells, faults))]


def _cells(line: int, text: str, faults: _Faults) -> list[str]:
    try:
        return next(csv.reader([text]), [])
    except csv.Error as error:
        faults.add(line, "row", text, f"is no row of a CSV table: {error}")
        return []


def _unit(heads: list[str], line: int, faults: _Faults) -> str:
    for unit in UNITS:
        if sorted(heads) == sorted("time_" + unit if column == "time" else column for column in COLUMNS):
            return unit
    faults.add(
        line,
        "columns",
        ",".join(heads),
        f"the columns are {','.join(COLUMNS)}, and time is time_{', time_'.join(UNITS[:-1])} or"
        f" time_{UNITS[-1]}",
    )
    return ""


def _row(line: int, heads: list[str], cells: list[str], faults: _Faults) -> Row | None:
    if len(cells) != len(heads):
        faults.add(line, "row", ",".join(cells), f"a row has {len(heads)} cells, one for each column")
        return None
    given = {head: cell.strip() for head, cell in zip(heads, cells, strict=True)}
    kind, arm, before = given.pop("kind"), given["arm"], len(faults.found)
    if kind not in CELLS:
        faults.add(line, "kind", kind or "nothing", f"must be one of {', '.join(CELLS)}")
        return None
    for column, cell in given.items():
        if bool(cell) is not (column in CELLS[kind]):
            faults.add(
                line,
                f"{kind}.{column}",
                cell or "nothing",
                "is required" if not cell else f"a row of kind {kind} leaves this cell empty",
            )
        elif column == "arm" and cell and cell not in ARMS:
            faults.add(line, f"{kind}.arm", cell, f"must be one of {', '.join(ARMS)}")
        elif column != "arm" and cell and (rule := _not_its_number(column, cell)):
            faults.add(line, f"{kind}.{column}" + (f" ({arm})" if arm else ""), cell, rule)
    if len(faults.found) > before:
        return None
    time, survival, x, y = (float(given[key] or "nan") for key in ("time", "survival", "pixel_x", "pixel_y"))
    return Row(line, kind, arm if arm in ARMS else "", time, survival, int(given["n"] or 0), x, y)


def _not_its_number(column: str, cell: str) -> str | None:
    """The rule a cell breaks, if any."""
    if column == "n":
        if not re.fullmatch("[0-9]{1,9}", cell):
            return "must be a whole number of patients"
        return None if int(cell) <= MOST_AT_RISK else f"is up to {MOST_AT_RISK:,} patients"
    if not NUMBER.fullmatch(cell) or not np.isfinite(float(cell)):
        return "must be a number"
    return None


def _as_shares(rows: list[Row]) -> list[Row]:
    """Survival as a share from 0 to 1, whichever the axis has: one that is calibrated beyond PER_CENT is in
    per cent.
    """
    axis = [row.survival for row in rows if row.kind == "calibration"]
    if not axis or max(axis) <= PER_CENT:
        return rows
    return [row._replace(survival=row.survival / 100) for row in rows]


def _pixel(rows: list[Row], faults: _Faults) -> Pixel:
    """Time and survival that one pixel spans, from the points of the axes."""
    sizes = []
    for name, pixel in (("time", "pixel_x"), ("survival", "pixel_y")):
        values, places = (np.array([getattr(row, key) for row in rows], float) for key in (name, pixel))
        if len(set(values)) < 2 or len(set(places)) < 2:
            faults.add(
                rows[0].line if rows else None,
                f"calibration.{name}",
                f"{len(set(values))} values",
                f"the axis of {name} needs two points or more, of different values and in different places of"
                " the image",
            )
            continue
        slope, start = np.polyfit(values, places, 1)
        off = np.abs(start + slope * values - places)
        if off.max() > STRAIGHT:
            row = rows[int(off.argmax())]
            faults.add(
                row.line,
                f"calibration.{pixel}",
                getattr(row, pixel),
                f"lies {off.max():.1f} pixels off the straight axis through the others",
            )
        sizes.append(float(1 / abs(slope)))
    return Pixel(*sizes) if len(sizes) == 2 else Pixel(np.nan, np.nan)


def _arm(arm: str, by_kind: dict[str, list[Row]], faults: _Faults) -> ArmCurve:
    points, at_risk, events = (
        [row for row in by_kind[kind] if row.arm == arm] for kind in ("point", "at_risk", "events")
    )
    if not points and not at_risk and not events:
        return NO_ARM
    if len(points) < 2:
        faults.add(None, f"point ({arm})", f"{len(points)} points", "a curve has two points or more")
    if at_risk and (at_risk[0].time != 0 or at_risk[0].n == 0):
        faults.add(
            at_risk[0].line,
            f"at_risk ({arm})",
            at_risk[0].time,
            "the first number at risk is that of the patients at time 0",
        )
    if len(events) > 1:
        faults.add(events[1].line, f"events ({arm})", events[1].n, "the events of an arm stand once")
    return ArmCurve(
        tuple(Point(row.time, row.survival, row.line) for row in points),
        tuple(AtRisk(row.time, row.n, row.line) for row in at_risk),
        events[0].n if events else None,
        events[0].line if events else None,
    )

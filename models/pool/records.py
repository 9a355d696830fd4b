"""Rows from a folder of records: a register, and a record for each study, as `extraction` holds them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from extraction import schema
from extraction.records import Review, load
from extraction.vocabulary import BOTH_ARMS, TWO_ARMS
from models.pool.study_table import BadTable, Cells

RATIOS = {"hazard_ratio": "hr", "odds_ratio": "or", "risk_ratio": "rr"}

type Text = dict[str, str]
"""What a cell holds: its text."""


class FromRecords(NamedTuple):
    """One row a study, and why each included study that has none is left out, by its name."""

    rows: list[Cells]
    left_out: dict[str, str]


def rows_of_records(folder: str, field: str, contrast: str | None) -> FromRecords:
    """What each included record prints of a variable by arm, for all patients.

    contrast: what is compared, where the register's studies do not all compare the same. At most one study of
    a cohort enters, the first of the register. Raises BadTable where none prints the variable, or where the
    contrasts are several and none is named; BadRecords for records with faults.
    """
    review = load(Path(folder))
    rows: list[Cells] = []
    left_out: dict[str, str] = {}
    cohorts: dict[str, str] = {}
    contrasts: dict[str, str] = {}
    for study, record in review.included().items():
        registered = review.studies[study]
        path = f"{folder}/records/{study}.yml"
        cells = _cells(record, field)
        if contrast is not None and registered.contrast != contrast:
            left_out[study] = f"compares {registered.contrast}"
        elif not cells:
            left_out[study] = f"prints nothing of {field} by arm, for all patients, that a row could hold"
        elif registered.cohort in cohorts:
            left_out[study] = f"shares patients with {cohorts[registered.cohort]}, which enters"
        else:
            cohorts[registered.cohort] = contrasts[registered.contrast] = study
            filled = {name: (name, text) for name, text in ({"study": study} | cells).items()}
            rows.append(Cells(path, 1, study, filled))
    if not review.included():
        raise BadTable(f"{folder}: its register includes no study")
    if not rows:
        raise BadTable(f"{folder}: no included record prints {field}; {_variables(review)}")
    if len(contrasts) > 1:
        told = ", ".join(f"{name} ({study})" for name, study in contrasts.items())
        raise BadTable(f"{folder}: the studies compare {told}: name one with --contrast")
    return FromRecords(rows, left_out)


def _cells(record: schema.Record, field: str) -> Text:
    """Cells of one study; of several ratios, one adjusted for something before any other."""
    sizes = {e.arm: e.n for e in record.entries if isinstance(e, schema.GroupSize) and _whole(e)}
    entries = [e for e in record.entries if e.field == field and _whole(e)]
    entries.sort(key=lambda e: isinstance(e, schema.Ratio) and not e.is_adjusted)
    cells: Text = {}
    for entry in entries:
        for name, text in _of_entry(entry, entry.arm if entry.arm in BOTH_ARMS else ""):
            cells.setdefault(name, text)
    if cells:
        for arm in BOTH_ARMS:
            if arm in sizes:
                cells.setdefault(f"n_{arm}", str(sizes[arm]))
    return cells


def _whole(entry: schema.Entry) -> bool:
    return entry.stratum == "all" and entry.category is None and entry.contrast == TWO_ARMS


def _of_entry(entry: schema.Entry, arm: str) -> Iterator[tuple[str, str]]:
    """Cells that one entry fills: by arm, or of the comparison where arm is empty and the entry's is that."""
    tell = (
        BY_ARM.get(type(entry)) if arm else COMPARED.get(type(entry)) if entry.arm == "comparison" else None
    )
    if tell is not None:
        for name, value in tell(entry).items():
            if value is not None:
                yield (f"{name}_{arm}" if arm else name), str(value)


BY_ARM: dict[type[schema.Entry], Callable] = {
    schema.Counts: lambda e: {"events": e.events, "n": e.n} if e.is_crude else {},
    schema.MedianRange: lambda e: {"median": e.median, "min": e.minimum, "max": e.maximum},
    schema.MedianQuartiles: lambda e: {"median": e.median, "q1": e.lower_quartile, "q3": e.upper_quartile},
    schema.MedianTime: lambda e: (
        {"median": e.median, "lower": e.lower, "upper": e.upper or "NR"} if e.median and e.lower else {}
    ),
    schema.MeanSd: lambda e: {"mean": e.mean, "sd": e.sd},
}
COMPARED: dict[type[schema.Entry], Callable] = {
    schema.Ratio: lambda e: (
        {
            RATIOS[e.kind]: e.estimate,
            "lower": e.lower,
            "upper": e.upper,
            "level": e.lower and e.level,
            "p": e.p if e.lower is None else None,
        }
        if e.kind in RATIOS
        else {}
    ),
    schema.LogRankP: lambda e: {"log_rank_p": e.p, "direction": e.direction},
    schema.PValue: lambda e: (
        {"p": e.p, "direction": e.direction, "test": _test(e.tests)} if e.adjustment == "none" else {}
    ),
    schema.TestOutcome: lambda e: {
        "significant": "yes" if e.significant else "no",
        "direction": e.direction,
        "test": _test(e.tests),
    },
    schema.SurvivalCurve: lambda e: {"curve": e.curve and f"../curves/{e.curve}"},
}


def _test(tests: list[str]) -> str | None:
    """The test, where one alone is named."""
    return tests[0].replace("_", "-") if len(tests) == 1 and tests != ["unnamed"] else None


def _variables(review: Review) -> str:
    fields = {e.field for record in review.included().values() for e in record.entries if _whole(e)}
    return "variables are " + ", ".join(sorted(fields))

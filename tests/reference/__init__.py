"""Read the reference data sets and the published results of established software."""

import csv
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent


def _rows(name):
    with open(HERE / f"{name}.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def counts(name):
    """events_treated, n_treated, events_control, n_control: integer arrays of shape (study,)."""
    rows = _rows(f"{name}_2x2")
    return [np.array([int(row[column]) for row in rows]) for column in ("ai", "n1i", "ci", "n2i")]


def effects(name):
    """estimate, se: arrays of shape (study,)."""
    rows = _rows(f"{name}_es")
    return [np.array([float(row[column]) for row in rows]) for column in ("yi", "sei")]


def published(dataset, model, software):
    """One row of results.csv as numbers; empty cells are left out."""
    wanted = {"dataset": dataset, "model": model, "software": software}
    (row,) = [row for row in _rows("results") if wanted.items() <= row.items()]
    skip = ("dataset", "model", "software", "version")
    return {name: float(value) for name, value in row.items() if value and name not in skip}

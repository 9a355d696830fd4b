"""Numbers as CSV that a spreadsheet opens without harm: the only way by which the review writes a table for
others.
"""

import csv
import io
from datetime import date

import pandas as pd

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a cell begins with that a spreadsheet may run (OWASP, CSV injection)."""
QUOTE = "'"
"""Put before such a text: a spreadsheet then takes it as text."""


DIGITS = 6
"""Significant digits of what was computed, in a file for readers: more than any answer is sure of."""


def for_readers(frame: pd.DataFrame, *about: str) -> str:
    """As `to_csv`, with DIGITS of each computed number, below a line of comment for each of `about`."""
    shown = frame.map(lambda value: float(f"{value:.{DIGITS}g}") if isinstance(value, float) else value)
    return "".join(f"# {' '.join(line.split())}\n" for line in about) + to_csv(shown)


def to_csv(frame: pd.DataFrame) -> str:
    """The frame as UTF-8 CSV with Unix lines: numbers in full precision, nothing where a value is missing,
    lists joined by `; `.

    An index that has a name is kept as a first column.
    """
    frame = frame.reset_index() if frame.index.name else frame
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([_harmless(str(name)) for name in frame.columns])
    writer.writerows([cell(value) for value in row] for row in frame.itertuples(index=False, name=None))
    return out.getvalue()


def cell(value: str | float | date | list | tuple | None) -> str:
    """One cell: numbers in full, nothing for what is missing, all else as text that no spreadsheet runs."""
    if isinstance(value, (list, tuple)):
        return _harmless("; ".join(map(str, value)))
    return "" if pd.isna(value) else _harmless(str(value))


def _harmless(text: str) -> str:
    """The text with Unix line ends, quoted where it would run."""
    quoted = text if not text.lstrip(" ").startswith(FORMULA) or _is_number(text) else QUOTE + text
    return quoted.replace("\r\n", "\n").replace("\r", "\n")


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True

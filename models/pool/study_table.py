"""Read a user's table of studies, or say in one sentence what is wrong with it and where."""

import csv
from math import isfinite

from extraction.fault import Fault

COUNTS = ("events_treated", "n_treated", "events_control", "n_control")
COLUMNS = {"or": COUNTS, "hr": ("estimate", "se"), "generic": ("estimate", "se")}
# the likelihood of larger groups is narrower than the quadrature can resolve in a second
LARGEST_GROUP = 1_000_000
LARGEST = 1e6


class BadTable(Fault):
    """The table cannot be used; the message names file, line, column, value found and rule broken."""


def read(path, measure):
    """The columns of the table: {"study": names, column: numbers}, in the order of the rows.

    measure: a key of COLUMNS. Other columns are left alone. Raises BadTable.
    """
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            rows = list(_rows(csv.reader(file), path, ("study", *COLUMNS[measure])))
    except OSError as error:
        raise BadTable(f"{path}: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise BadTable(
            f"{path}: not UTF-8 text (byte {error.start}): save the table as CSV in UTF-8"
        ) from None
    except csv.Error as error:
        raise BadTable(f"{path}: not a CSV table: {error}") from None
    if not rows:
        raise BadTable(f"{path}: no studies below the header")
    table = {"study": _names(rows, path)}
    for column in COLUMNS[measure]:
        table[column] = [_number(row[column], column, path, line) for line, row in rows]
    for events, n in (COUNTS[:2], COUNTS[2:]) if measure == "or" else ():
        for (line, row), events_found, n_found in zip(rows, table[events], table[n], strict=True):
            if events_found > n_found:
                raise BadTable(
                    _message(path, line, events, row[events], f"must not exceed {n} ({row[n].strip()})")
                )
    return table


def _rows(reader, path, columns):
    header = [name.strip() for name in next(reader, [])]
    if not any(header):
        raise BadTable(f"{path}: empty file; the first line must name the columns {', '.join(columns)}")
    for column in columns:
        if header.count(column) != 1:
            problem = "is missing" if column not in header else "appears twice"
            raise BadTable(
                f"{path}, line 1: column {column} {problem}; the columns found are {', '.join(header)}"
            )
    for cells in reader:
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(header):
            raise BadTable(
                f"{path}, line {reader.line_num}: {len(cells)} cells where the header has {len(header)}"
            )
        yield reader.line_num, dict(zip(header, cells, strict=True))


def _names(rows, path):
    seen: dict[str, int] = {}
    for line, row in rows:
        name = row["study"].strip()
        if not name:
            raise BadTable(_message(path, line, "study", row["study"], "must name the study"))
        if name in seen:
            raise BadTable(_message(path, line, "study", name, f"appears already in line {seen[name]}"))
        seen[name] = line
    return list(seen)


def _number(text, column, path, line):
    try:
        value = float(text)
    except ValueError:
        raise BadTable(_message(path, line, column, text, "must be a number")) from None
    if not isfinite(value):
        rule = "must be finite"
    elif column in COUNTS and (value < 0 or value != int(value)):
        rule = "must be a whole number of patients, 0 or more"
    elif column in ("n_treated", "n_control") and not 1 <= value <= LARGEST_GROUP:
        rule = f"must be between 1 and {LARGEST_GROUP:,} patients"
    elif column == "se" and not 1 / LARGEST <= value <= LARGEST:
        rule = f"must be a positive standard error between {1 / LARGEST:g} and {LARGEST:g}"
    elif column == "estimate" and abs(value) > LARGEST:
        rule = f"must lie between -{LARGEST:g} and {LARGEST:g}"
    else:
        return int(value) if column in COUNTS else value
    raise BadTable(_message(path, line, column, text, rule))


def _message(path, line, column, found, rule):
    return f"{path}, line {line}, column {column}: {found.strip()!r} {rule}"

"""Tables of sentences on executed pages, whose cells open what is behind them where there is anything."""

import html
from collections.abc import Iterable, Mapping, Sequence
from itertools import repeat

import pandas as pd
from docutils.nodes import make_id
from IPython.display import HTML, display

from book.html import files
from book.html.markers import entry_key, marked

LONG, LONGER = 40, 120
"""Characters from which a cell holds a sentence and its column is kept wide, and from which it holds several:
on a phone it is then as wide as that.
"""


PRINTED = ("as printed", "as printed, and where", "report", "from the curve", "what disagrees")
"""Columns of linked tables that show what the entries of their row print, or what is read off them."""


def text_table(
    frame: pd.DataFrame,
    caption: str,
    folded: str = "",
    numbers: pd.DataFrame | None = None,
    sources: Mapping[str, Sequence[tuple[str, ...]]] | None = None,
) -> None:
    """Display a frame whose cells may hold sentences; the same look as `book.html.show.table`.

    folded : a line to open it by, where it is long
    numbers : those behind the cells in full precision, where there are any
    sources : by column, the keys of `book.html.markers` that each row's cell opens
    """
    if frame.empty:
        nothing(caption)
        return
    display_rows(
        frame.columns, _rows(frame, sources or {}), caption, frame if numbers is None else numbers, folded
    )


def linked_table(frame: pd.DataFrame, caption: str, folded: str = "") -> None:
    """The same of a frame whose `study_id` and `entries`, not shown themselves, say what is behind each row.

    What the entries print opens them and links to their record; where a row has none, the name of its study
    opens the paper.
    """
    if frame.empty:
        nothing(caption)
        return
    shown = frame.drop(columns=["study_id", "entries"])
    behind = list(zip(frame["study_id"], frame["entries"]))
    printed = [tuple(entry_key(study, entry) for entry in entries) for study, entries in behind]
    sources = dict.fromkeys(PRINTED, printed) | {
        "study": [() if entries else (study,) for study, entries in behind]
    }
    display_rows(shown.columns, _rows(shown, sources), caption, frame, folded)


def _rows(frame: pd.DataFrame, sources: Mapping[str, Sequence[tuple[str, ...]]]) -> list[str]:
    """Cells of each row as HTML, those with a source as links to it."""
    return [
        cells(row, [sources[column][i] if column in sources else () for column in frame.columns])
        for i, row in enumerate(frame.values)
    ]


def cells(row: Sequence, keys: Iterable[tuple[str, ...]] = repeat(())) -> str:
    """A row's cells as HTML; `keys` are those of the sources that each opens."""
    return "".join(
        f"<td{_width(str(cell))}>{marked(str(cell), opens)}</td>" for cell, opens in zip(row, keys)
    )


def _width(text: str) -> str:
    return ' class="long longer"' if len(text) > LONGER else " class=long" if len(text) > LONG else ""


def nothing(caption: str) -> None:
    """In place of a table without rows."""
    display(HTML(f"<p>{html.escape(caption)}: none.</p>"))


def display_rows(heads, rows: list[str], caption: str, numbers: pd.DataFrame, folded: str = "") -> None:
    """Display rows of HTML below heads, with the link to their numbers."""
    label = html.escape(" ".join(caption.split()))
    columns = "".join(f'<th scope="col">{html.escape(name)}</th>' for name in heads)
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    table = (
        f'<div class="review-scroll" role="region" aria-label="{label}" tabindex="0"><table'
        ' class="review-table">'
        f"<caption>{label}</caption><thead><tr>{columns}</tr></thead><tbody>{body}</tbody></table></div>"
    )
    link, handed = files.numbers(numbers, make_id(caption), caption)
    files.display_with(
        (
            f"<details><summary>{html.escape(folded)}</summary>{table}{link}</details>"
            if folded
            else table + link
        ),
        handed,
    )

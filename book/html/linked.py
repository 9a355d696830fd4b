"""Tables of sentences on executed pages, whose cells open what is behind them where there is anything."""

from collections.abc import Collection, Mapping, Sequence

import pandas as pd
from docutils.nodes import make_id
from IPython.display import HTML, display
from markupsafe import Markup

from book.html import files, narrow
from book.html.markers import entry_key, marked
from book.html.show import foldable
from book.html.style import Table
from book.html.template import filled

LONG, LONGER = 40, 120
"""Characters from which a cell holds a sentence and its column is kept wide, and from which it holds several:
on a phone it is then as wide as that.
"""


INTEGRITY = "what agrees, what contradicts itself, and what that changes"
PRINTED = ("as printed", "as printed, and where", "report", "from the curve", "what disagrees", INTEGRITY)
"""Columns of linked tables that show what the entries of their row print, or what is read off them."""


def text_table(shown: Table) -> None:
    """Display a table whose cells may hold sentences; the same look as `book.html.show.table`."""
    if shown.frame.empty:
        nothing(shown.caption)
        return
    display_rows(shown.frame.columns, _rows(shown.frame, shown.sources), shown)


def linked_table(frame: pd.DataFrame, caption: str, folded: str = "") -> None:
    """A table of a frame whose `study_id` and `entries`, not shown themselves, say what is behind each row.

    What the entries print opens them and links to their record; where a row has none, the name of its study
    opens the paper.
    """
    if frame.empty:
        nothing(caption)
        return
    shown = frame.drop(columns=["study_id", "entries"])
    behind = list(zip(frame["study_id"], frame["entries"], strict=True))
    printed = [tuple(entry_key(study, entry) for entry in entries) for study, entries in behind]
    sources = dict.fromkeys(PRINTED, printed) | {
        "study": [() if entries else (study,) for study, entries in behind]
    }
    display_rows(shown.columns, _rows(shown, sources), Table(frame, caption, folded=folded))


def _rows(frame: pd.DataFrame, sources: Mapping[str, Sequence[tuple[str, ...]]]) -> list[Markup]:
    """Cells of each row as HTML, those with a source as links to it."""
    return [
        cells(row, [sources[column][i] if column in sources else () for column in frame.columns])
        for i, row in enumerate(frame.values)
    ]


def cells(row: Collection, keys: Sequence[tuple[str, ...]] | None = None) -> Markup:
    """A row's cells as HTML; `keys` are those of the sources that each opens, if any does."""
    return filled(
        "cells.html",
        cells=[
            (marked(str(cell), opens), _width(str(cell)))
            for cell, opens in zip(row, keys or [()] * len(row), strict=True)
        ],
    )


def _width(text: str) -> str:
    """Classes of a cell that hold its column wide."""
    return "long longer" if len(text) > LONGER else "long" if len(text) > LONG else ""


def nothing(caption: str) -> None:
    """In place of a table without rows."""
    display(HTML(Markup("<p>{}: none.</p>").format(caption)))


def display_rows(heads, rows: list[Markup], shown: Table) -> None:
    """Display rows, each the HTML of its cells, in place of the table's own, with the link to its numbers."""
    lines = [Markup("<tr>{}</tr>").format(row) for row in rows]
    table = narrow.fitted(filled("table.html", caption=shown.caption, heads=heads, rows=lines))
    link, handed = files.numbers(
        shown.behind, make_id(shown.caption), shown.caption, shown.how, shown.endpoint
    )
    files.display_with(foldable(table + link, shown.folded), handed)

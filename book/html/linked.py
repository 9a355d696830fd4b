"""Tables of sentences on executed pages, whose cells open what is behind them where there is anything."""

import html
from collections.abc import Mapping, Sequence

import pandas as pd
from docutils.nodes import make_id
from IPython.display import HTML, display

from book.html import files
from book.html.markers import entry_key, made, marked
from book.html.style import Table

LONG, LONGER = 40, 120
"""Characters from which a cell holds a sentence and its column is kept wide, and from which it holds several:
on a phone it is then as wide as that.
"""


PRINTED = ("as printed", "as printed, and where", "report", "from the curve", "what disagrees")
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


def _rows(frame: pd.DataFrame, sources: Mapping[str, Sequence[tuple[str, ...]]]) -> list[str]:
    """Cells of each row as HTML, those with a source as links to it."""
    return [
        cells(row, [sources[column][i] if column in sources else () for column in frame.columns])
        for i, row in enumerate(frame.values)
    ]


def cells(row: Sequence, keys: Sequence[tuple[str, ...]] | None = None) -> str:
    """A row's cells as HTML; `keys` are those of the sources that each opens, if any does."""
    return "".join(
        f"<td{_width(str(cell))}>{marked(str(cell), opens)}</td>"
        for cell, opens in zip(row, keys or [()] * len(row), strict=True)
    )


def _width(text: str) -> str:
    return ' class="long longer"' if len(text) > LONGER else " class=long" if len(text) > LONG else ""


def nothing(caption: str) -> None:
    """In place of a table without rows."""
    display(HTML(f"<p>{html.escape(caption)}: none.</p>"))


def display_rows(heads, rows: list[str], shown: Table) -> None:
    """Display rows of HTML below heads in place of the table's cells, with the link to its numbers."""
    label = html.escape(" ".join(shown.caption.split()))
    columns = "".join(f'<th scope="col">{html.escape(name)}</th>' for name in heads)
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    table = (
        f'<div class="review-scroll" role="region" aria-label="{label}" tabindex="0"><table'
        ' class="review-table">'
        f"<caption>{label}</caption><thead><tr>{columns}</tr></thead><tbody>{body}</tbody></table></div>"
    )
    link, handed = files.numbers(
        shown.behind, make_id(shown.caption), shown.caption, made(shown.how, shown.endpoint)
    )
    files.display_with(
        (
            f"<details><summary>{html.escape(shown.folded)}</summary>{table}{link}</details>"
            if shown.folded
            else table + link
        ),
        handed,
    )

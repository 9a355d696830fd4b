"""Tables of sentences on executed pages, with links to the records behind them where there are any."""

import html

import pandas as pd
from docutils.nodes import make_id
from IPython.display import HTML, display

from book import files
from book.study_page import anchor

LONG = 40
"""Characters from which a cell holds a sentence and its column is kept wide."""


def text_table(frame: pd.DataFrame, caption: str, folded: str = "", numbers: pd.DataFrame | None = None) -> None:
    """Display a frame whose cells may hold sentences; the same look as `book.show.table`.

    folded : a line to open it by, where it is long
    numbers : those behind the cells in full precision, where there are any
    """
    if frame.empty:
        nothing(caption)
        return
    display_rows(frame.columns, [cells(row) for row in frame.values], caption, frame if numbers is None else numbers, folded)


def linked_table(frame: pd.DataFrame, caption: str, folded: str = "") -> None:
    """The same with a last column of links; `study_id` and `entries` say where they lead, and are not shown themselves."""
    if frame.empty:
        nothing(caption)
        return
    shown = frame.drop(columns=["study_id", "entries"])
    rows = [f"{cells(row)}<td>{_links(study, entries)}</td>" for row, study, entries in zip(shown.values, frame["study_id"], frame["entries"])]
    display_rows([*shown.columns, "record"], rows, caption, frame, folded)


def nothing(caption: str) -> None:
    """In place of a table without rows."""
    display(HTML(f"<p>{html.escape(caption)}: none.</p>"))


def cells(row) -> str:
    return "".join(f"<td{' class=long' if len(str(cell)) > LONG else ''}>{html.escape(str(cell))}</td>" for cell in row)


def _links(study: str, entries: tuple[str, ...]) -> str:
    if not entries:
        return f'<a class="entry" href="studies/{study}.html">its page</a>'
    return "<br>".join(f'<a class="entry" href="studies/{study}.html#{anchor(entry)}">{html.escape(_short(entry))}</a>' for entry in entries)


def _short(entry: str) -> str:
    """The entry's name without its variable, which the page is about."""
    return entry.split(".", 1)[-1]


def display_rows(heads, rows: list[str], caption: str, numbers: pd.DataFrame, folded: str = "") -> None:
    """Display rows of HTML below heads, with the link to their numbers."""
    label = html.escape(" ".join(caption.split()))
    columns = "".join(f'<th scope="col">{html.escape(name)}</th>' for name in heads)
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    table = (f'<div class="review-scroll" role="region" aria-label="{label}" tabindex="0"><table class="review-table">'
             f"<caption>{label}</caption><thead><tr>{columns}</tr></thead><tbody>{body}</tbody></table></div>")
    link, handed = files.numbers(numbers, make_id(caption), caption)
    files.display_with(f"<details><summary>{html.escape(folded)}</summary>{table}{link}</details>" if folded else table + link, handed)

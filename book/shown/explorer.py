"""The explorer: its form on the page, and the files beside it that compute in the reader's browser."""

import json

from markupsafe import Markup

from book.html import files
from book.shown import explorer_data
from extraction.records import Review
from extraction.tree import ROOT

FOLDER = ROOT / "book" / "scripts"
SCRIPTS = (
    "explorer-engine.js",
    "explorer-state.js",
    "explorer-answer.js",
    "explorer-record.js",
    "explorer-plot.js",
    "explorer.js",
)
"""In the order they are loaded."""
DATA = "explorer-data.js"
PLACE = "explorer"
"""Folder of the scripts within the book."""


def show(review: Review) -> None:
    """Display the explorer; in a notebook, which has no book around it, say where it works."""
    if files.page():
        files.display_with(markup(), scripts(review))
    else:
        files.display_with("<p>The explorer works in the rendered book: run <code>make book</code>.</p>", {})


def markup() -> Markup:
    """The form, then its scripts; a page opened as a file may not fetch, so the data come as a script too."""
    form = Markup((FOLDER / "explorer-form.html").read_text(encoding="utf-8"))
    script = Markup('<script src="../{}/{}"></script>')
    return form + Markup().join(script.format(PLACE, name) for name in (DATA, *SCRIPTS))


def scripts(review: Review) -> dict[str, bytes]:
    """The scripts by their path within the book, the data as a constant among them."""
    data = json.dumps(explorer_data.data(review), ensure_ascii=False, separators=(",", ":"))
    return {
        f"{PLACE}/{DATA}": f'"use strict";\nconst EXPLORER_DATA = {data};\n'.encode(),
        **{f"{PLACE}/{name}": (FOLDER / name).read_bytes() for name in SCRIPTS},
    }

"""Files that a page's cell hands to the book: the drawing of a figure, the numbers of a figure or table.

They travel in the outputs of the page, so whatever keeps the outputs keeps them: a page that is not run again
has the same files.  `place` writes them beside the pages.  In a notebook that a reader runs there is no book
beside it, and nothing is handed over.
"""

import base64
import os
from collections.abc import Iterable
from pathlib import Path

import pandas as pd
from IPython.display import display
from markupsafe import Markup

from book.html.markers import made
from book.html.numbers_csv import for_readers
from book.html.template import filled
from extraction.fault import Fault

FILES = "review_files"
"""Key of an output's metadata: content in base64 by path within the book.  Renderers pass it over."""
PAGE = "REVIEW_PAGE"
"""Environment variable by which `book.make.execute` tells a cell the name of its page."""


class SameName(Fault):
    """Two outputs hand over different files under one name; the message names it."""


def page() -> str | None:
    """Name of the page that is being built; None in a reader's notebook."""
    return os.environ.get(PAGE)


def display_with(markup: str, files: dict[str, bytes]) -> None:
    """Display HTML and hand over its files, by path within the book."""
    handed = {FILES: {path: base64.b64encode(content).decode() for path, content in files.items()}}
    display({"text/html": str(markup)}, raw=True, metadata=handed if files else None)


def numbers(
    frame: pd.DataFrame, name: str, what: str, how: str = "", endpoint: str | None = None
) -> tuple[Markup, dict[str, bytes]]:
    """Link to the numbers of a figure or table, and their file; both empty in a reader's notebook.

    The file begins with two lines of comment: what it holds and by which choices, and the page it is from.

    name : lower-case letters, digits and hyphens, once on its page.  what : caption or alternative text, for
    screen readers.  how, endpoint : as of `book.html.style.Picture`
    """
    if not page():
        return Markup(), {}
    path = f"numbers/{page()}-{name}.csv"
    content = for_readers(frame, f"{what.rstrip('.')}. {how}", f"From book/{page()}.html")
    return link(f"../{path}", what, made(how, endpoint)), {path: content.encode()}


def link(address: str, what: str, beside: str = "", words: str = "Numbers (CSV)") -> Markup:
    """The link to a file of numbers, alike under every figure and table; `beside` is what follows it."""
    return filled("numbers-link.html", address=address, what=what, beside=beside, words=words)


def place(notebooks: Iterable, folder: Path, version: str) -> None:
    """Write the files that the outputs of executed notebooks hold below `folder`, those of numbers with a
    line of comment that names the version; raise SameName where two differ under one name.
    """
    head = f"# {version}\n".encode()
    for notebook in notebooks:
        for path, encoded in _handed(notebook):
            target, content = folder / path, base64.b64decode(encoded)
            content = head + content if path.endswith(".csv") else content
            if target.exists() and target.read_bytes() != content:
                raise SameName(
                    f"{path}: two figures or tables have this name; give one of them another name or caption"
                )
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)


def _handed(notebook) -> Iterable[tuple[str, str]]:
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            yield from output.get("metadata", {}).get(FILES, {}).items()

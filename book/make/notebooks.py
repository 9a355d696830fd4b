"""Each page with code as a notebook that a reader runs in Jupyter, from first cell to last."""

import re
from pathlib import Path

import jupytext
import nbformat
from myst_nb.core.read import is_myst_markdown_notebook

TERM = re.compile(r"\{term\}`([^`<]+?)(?: <[^`>]+>)?`")
"""A word of the glossary, which a notebook shows as plain text."""


def write(pages: list[Path], folder: Path) -> list[Path]:
    """Write the notebook of each page that has code, without outputs, below `folder`; their paths."""
    return [
        _write(page, folder / f"{page.stem}.ipynb")
        for page in pages
        if is_myst_markdown_notebook(page.read_text(encoding="utf-8"))
    ]


def _write(page: Path, path: Path) -> Path:
    notebook = jupytext.read(page, fmt="md:myst")
    for place, cell in enumerate(notebook.cells):
        cell["source"] = TERM.sub(r"\1", cell["source"])
        # jupytext draws them anew each time, and a build should give the same bytes
        cell["id"] = f"cell-{place}"
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)
    return path

"""Sphinx extension: the foot of every page says how to cite this version, and a page with code offers its
notebook.
"""

from functools import partial
from pathlib import Path

from book.shown.citation import Citation, citation, foot
from extraction.records import load

DOWNLOADS = "cite"
"""Folder of the citation files within the book."""
NOTEBOOKS = "_sources"
"""Folder of the notebooks within the book, where the theme's download button looks for them."""


def add(cited: Citation, app, pagename: str, template: str, context: dict, doctree) -> None:
    """Put the box below the page's text, and its notebook into the theme's download button.  Pages without
    text, such as search, have none.
    """
    if doctree is None:
        return
    notebook = f"{pagename}.ipynb"
    has_code = (Path(app.srcdir) / app.config.html_extra_path[0] / NOTEBOOKS / notebook).is_file()
    if has_code:
        context["ipynb_source"] = notebook
    to = context["pathto"]
    box = foot(cited, to(DOWNLOADS, 1), to(f"{NOTEBOOKS}/{notebook}", 1) if has_code else None)
    context["body"] += str(box)  # added as Markup, it would escape the body


def setup(app) -> dict:
    # before the theme makes its buttons
    app.connect("html-page-context", partial(add, citation(load())), priority=400)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

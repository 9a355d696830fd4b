"""Sphinx extension: the foot of every page says how to cite this version, and a page with code offers its
notebook.
"""

from pathlib import Path

from markupsafe import Markup

from book.html.template import filled

DOWNLOADS = "cite"
"""Folder of the citation files within the book."""
NOTEBOOKS = "_sources"
"""Folder of the notebooks within the book, where the theme's download button looks for them."""


KINDS = ("BibTeX", "RIS", "CFF")


def add(app, pagename: str, template: str, context: dict, doctree) -> None:
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
    offered = to(f"{NOTEBOOKS}/{notebook}", 1) if has_code else None
    said = box(app.config.citation_words, app.config.citation_files, to(DOWNLOADS, 1), offered)
    context["body"] += str(said)  # added as Markup, it would escape the body


def box(words: str, names: list[str], folder: str, notebook: str | None) -> Markup:
    """The box at the foot of a page.

    words : the reference.  names : of its files, one for each of KINDS, which lie in the folder of this
    address.  notebook : address of the page's notebook, None for a page without code
    """
    kinds = zip(KINDS, names, strict=True)
    return filled("cite.html", words=words, kinds=kinds, folder=folder, notebook=notebook)


def setup(app) -> dict:
    # the build, which knows the review, gives them: here its libraries would be loaded for one sentence
    app.add_config_value("citation_words", "", "html", str)
    app.add_config_value("citation_files", [], "html", list)
    app.connect("html-page-context", add, priority=400)  # before the theme makes its buttons
    return {"parallel_read_safe": True, "parallel_write_safe": True}

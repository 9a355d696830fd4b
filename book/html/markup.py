"""Pieces of the pages that are written and not executed: MyST, and the HTML that it passes on."""

import re
from collections.abc import Iterable

from markupsafe import Markup

from book.html import narrow
from book.html.template import filled


def markdown(text: object) -> str:
    """Text for a line of MyST: every mark that could mean something is escaped."""
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", " ".join(str(text).split()))


def raw(lines: Iterable[str]) -> str:
    """HTML as a MyST block that is passed on as it is."""
    return "\n".join(("```{raw} html", *lines, "```"))


def table(caption: str, heads: Iterable[str], rows: Iterable[Markup], numbers: str = "") -> str:
    """A table that is fit for a narrow screen; caption and heads are text, rows and the link to its
    numbers are HTML.
    """
    whole = narrow.fitted(filled("table.html", caption=caption, heads=heads, rows=rows))
    return raw([whole, *filter(None, [numbers])])


def row(cells: Iterable[object]) -> Markup:
    """A table row of texts."""
    return filled("row.html", cells=cells)


def terms(pairs: Iterable[tuple[str, object]]) -> str:
    """Names and what they mean, without those that mean nothing, as a table of two columns."""
    told = [(name, meaning) for name, meaning in pairs if meaning not in (None, "")]
    return raw([filled("terms.html", pairs=told)])

"""The reporting checklists on their page: the headings they may link to, and the tables with their links."""

import pandas as pd
from docutils.nodes import make_id
from markupsafe import Markup

from book.html.linked import cells, display_rows
from book.html.style import Table
from extraction.records import Review
from models.endpoints import ENDPOINTS
from models.trust import checklists
from models.trust.checklists import Checklist, Item


def show(held: Checklist) -> None:
    """A checklist as a table of two columns, which fit on a phone: what it asks, and whether and where this
    book answers.
    """
    rows = [
        cells([f"{item.item}: {item.asks}"]) + Markup('<td class="long">{}</td>').format(answer(item))
        for item in held.items.values()
    ]
    numbers = pd.DataFrame(
        [
            {
                "item": item.item,
                "asks": item.asks,
                "state": item.state,
                "where": item.where,
                "lacking": item.lacking,
                "inapplicable": item.inapplicable,
            }
            for item in held.items.values()
        ]
    )
    display_rows(["item", "in this book"], rows, Table(numbers, f"{held.title} ({held.source})"))


def diagnostics(key: str, review: Review) -> Table:
    """Diagnostics of every value of an endpoint's posterior."""
    title = ENDPOINTS[key].title
    return Table(
        checklists.diagnostics(key, review),
        f"{title}: diagnostics of every value",
        "Computed by ArviZ from the stored draws when the posterior was fitted, and kept with it.",
        key,
        folded=title,
    )


def answer(item: Item) -> Markup:
    """State, links, and what is lacking or why the item does not arise."""
    parts = [
        Markup("<strong>{}</strong>").format(item.state),
        *map(link, item.where),
        item.lacking or item.inapplicable,
    ]
    return Markup("<br>").join(filter(None, parts))


def link(where: str) -> Markup:
    """A link to a page, or to a heading on it.  It reads as the page's name: a title may change without this
    page being run again.
    """
    page, _, heading = where.partition("#")
    anchor = f"#{make_id(heading)}" if heading else ""  # the id that Sphinx gives a heading
    words = page.replace("-", " ") + (f": {heading}" if heading else "")
    return Markup('<a href="{}.html{}">{}</a>').format(page, anchor, words)

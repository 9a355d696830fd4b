"""Sphinx extension: what opens beside a number or a word.

The link of a glossary term carries its definition, and a page with a term or a source gets the script that
opens either; one with a table gets the script that leads the keyboard through it.
"""

import html
import re

from docutils import nodes
from markupsafe import Markup

PLACE = "provenance"
"""Folder of the scripts within the book."""
SCRIPT, DATA = "provenance.js", "provenance-data.js"
"""The script of the pages, and the sources, which it loads once a reader opens the first."""
TABLES = "tables.js"
TERM = re.compile(
    r'<a class="reference internal" href="[^"]*#(term-[^"]+)"(?=><span class="xref std std-term">)'
)
TITLE = Markup(' title="{}"')


def add(app, pagename: str, template: str, context: dict, doctree) -> None:
    """Put each term's definition into its link, where it is a tool tip without the script, and the script
    below the page's text.
    """
    if doctree is None:
        return
    meanings = definitions(app.env)
    body = TERM.sub(
        lambda link: link[0] + str(TITLE.format(meanings[html.unescape(link[1])])), context["body"]
    )
    scripts = {TABLES: "review-scroll" in body, SCRIPT: body != context["body"] or 'class="source"' in body}
    loaded = Markup('<script src="{}"></script>')
    for script in (name for name, is_needed in scripts.items() if is_needed):
        body += str(loaded.format(context["pathto"](f"{PLACE}/{script}", 1)))
    context["body"] = body


def definitions(env) -> dict[str, str]:
    """First paragraph of every definition of the glossary by the anchor of its term."""
    found: dict[str, str] = {}
    for page in {page for (kind, _), (page, _) in env.domains["std"].objects.items() if kind == "term"}:
        for item in env.get_doctree(page).findall(nodes.definition_list_item):
            meaning = item.next_node(nodes.definition).next_node(nodes.paragraph).astext().replace("\n", " ")
            found |= {anchor: meaning for term in item.findall(nodes.term) for anchor in term["ids"]}
    return found


def setup(app) -> dict:
    app.connect("html-page-context", add, priority=350)  # before the foot of the page
    return {"parallel_read_safe": True, "parallel_write_safe": True}

"""What the theme loads and no page needs, taken out of the rendered book."""

import re
from pathlib import Path

ICONS = "_static/scripts/fontawesome.js"
ICON = re.compile(r'("?)([a-z0-9-]+)\1:\[\d+,\d+,\[[^\]]*\],"[0-9a-f]+",(?:"[^"]*"|\[[^\]]*\])\],?')
"""A drawing in the program of the icons: name, width, height, other names, code point, outline."""
SEARCH = re.compile(r'\s*<script src="[./]*(?:_static/searchtools|_static/language_data|searchindex)\.js"></script>')
"""The index of the book, which the search page loads itself."""


def lighten(html: Path) -> None:
    """Take out of a rendered book the icons that no page shows, the search index where nothing is searched, and maps for debuggers."""
    for part in html.rglob("*.map"):
        part.unlink()
    shown = set()
    for page in html.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        shown |= set(re.findall(r"\bfa-([a-z0-9-]+)", text))
        if page.name != "search.html":
            page.write_text(SEARCH.sub("", text), encoding="utf-8")
    icons = html / ICONS
    icons.write_text(ICON.sub(lambda icon: icon[0] if icon[2] in shown else "", icons.read_text(encoding="utf-8")), encoding="utf-8")

"""The theme's pages mended: what it loads and no page needs is taken out, and what a screen reader is not
told is added.
"""

import json
import re
from pathlib import Path

from extraction.question import QUESTION
from extraction.tree import ROOT

ICONS = "_static/scripts/fontawesome.js"
STYLES = "_static/styles/pydata-sphinx-theme.css"
ICON = re.compile(r'("?)([a-z0-9-]+)\1:\[\d+,\d+,\[[^\]]*\],"[0-9a-f]+",(?:"[^"]*"|\[[^\]]*\])\],?')
"""A drawing in the program of the icons: name, width, height, other names, code point, outline."""
LOADED = r'\s*<(?:script|link)[^>]*(?:src|href)="[^"]*(?:{})[^"]*"[^>]*>(?:</script>)?'
WANTED = {
    r"/searchtools\.js|/language_data\.js|searchindex\.js": 'id="search-results"',
    r"/sphinx-design\.min\.css|/design-tabs\.js": r'class="[^"]*\bsd-',
    r"/togglebutton\.(?:css|js)": r'class="toggle|class="[^"]*\bdropdown admonition',
    r"/clipboard\.min\.js|/copybutton\.(?:css|js)": 'class="highlight',
}
"""Files that the theme lets every page load, and what a page holds that needs them."""
ICON_FONT = re.compile(
    r'@font-face\{[^}]*Font Awesome[^}]*\}|(?:\.fa-[a-z0-9-]+(?:::?before)?,?)+\{content:"[^"]*"\}'
)
"""The same icons as letters of a font, which the drawings replace."""
LETTER = re.compile(r'(--pst-icon-[a-z-]+):"[^"]*"')
"""Letters of that font before the titles of boxes, which say in words what they are."""
NAMES = {
    '<summary><span class="toctree-toggle"': (
        '<summary aria-label="Pages of this part"><span class="toctree-toggle"'
    ),
    'search-button-field search-button__button pst-js-only" title="Search" aria-label="Search"': (
        'search-button-field search-button__button pst-js-only" title="Search"'
    ),
    'data-mode="light" title="Light"': 'data-mode="light"',
    'data-mode="dark"  title="Dark"': 'data-mode="dark"',
    'data-mode="auto"  title="System Settings"': 'data-mode="auto"',
    '"Color mode"': '"Colour mode"',
    '<a class="headerlink" ': '<a class="headerlink" tabindex="-1" ',
    '<div class="sidebar-primary-items__start sidebar-primary__section">': (
        '<div class="sidebar-primary-items__start sidebar-primary__section" role="region"'
        ' aria-label="Title, search and contents">'
    ),
    '<summary aria-label="Toggle hidden content">': "<summary>",
}
"""Buttons and parts of a page without a name, or with one that is not the words on them, and links at which
the keyboard need not stop, as the contents lead there; and what they become.
"""
SEARCH = '<script src="_static/searchtools.js"></script>'
SYNONYMS = ROOT / "book" / "scripts" / "synonyms.js"
"""What a search finds for words that no page uses."""
NO_EXCERPTS = (
    "<script>if (location.protocol === 'file:') DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;</script>"
)
"""A search shows excerpts, for which it fetches the pages found: a page that is opened as a file may not."""


CODE_OR_TAG = re.compile(
    r"(<pre\b.*?</pre>|<code\b.*?</code>|<script\b.*?</script>|<style\b.*?</style>|<[^>]*>)", re.DOTALL
)


def mend(html: Path) -> None:
    """Mend every page of a rendered book, and take out files that it does not need, icons that none shows,
    and maps for debuggers.
    """
    for part in html.rglob("*.map"):
        part.unlink()
    shown: set[str] = set()
    for page in html.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        shown |= set(re.findall(r"\bfa-([a-z0-9-]+)", text))
        page.write_text(_mended(text), encoding="utf-8")
    icons, styles = html / ICONS, html / STYLES
    icons.write_text(
        ICON.sub(lambda icon: icon[0] if icon[2] in shown else "", icons.read_text(encoding="utf-8")),
        encoding="utf-8",
    )
    styles.write_text(
        LETTER.sub(r"\1:none", ICON_FONT.sub("", styles.read_text(encoding="utf-8"))), encoding="utf-8"
    )


def _mended(text: str) -> str:
    for files, held in WANTED.items():
        if not re.search(held, text):
            text = re.sub(LOADED.format(files), "", text)
    for old, new in NAMES.items():
        text = text.replace(old, new)
    if SEARCH in text:
        said = json.dumps(QUESTION.shown.synonyms).replace("<", "\\u003c")
        script = f"const SYNONYMS = {said};\n{SYNONYMS.read_text(encoding='utf-8')}"
        text = text.replace(SEARCH, f"{SEARCH}\n  {NO_EXCERPTS}\n  <script>{script}</script>")
    return _kept_together(text)


def _kept_together(text: str) -> str:
    """Text in which no line ends between a number and its per cent sign; code stays as it is."""
    return "".join(
        part if part.startswith("<") else re.sub(r"(?<=\d) %(?![\w%])", "\N{NO-BREAK SPACE}%", part)
        for part in CODE_OR_TAG.split(text)
    )

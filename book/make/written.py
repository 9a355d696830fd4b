"""The pages written by hand, filled with the words of the question: which there are, and their order.

The project's own review has the pages of `book`; another has the general ones of these, its own below `pages`
coming before them.  What a question decides is made from `book/templates`: a page for each endpoint by its
kind, where none is written by hand.  Paragraphs that only one review needs stand below its `pages/notes`.
"""

from collections.abc import Container, Iterator
from functools import cache

import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from extraction import cff
from extraction.beside import beside
from extraction.extras import DISTRIBUTION, version
from extraction.question import ESTIMAND, QUESTION, Asked, grade_words
from extraction.tree import IS_OWN, REVIEW, ROOT

PAGES = ROOT / "book"
TEMPLATES = PAGES / "templates"
OF_THE_REVIEW = REVIEW / "pages"
"""What one review alone has to say."""
ORDER, CONFIGURATION = beside("_toc.yml"), beside("_config.yml")
ENDPOINT = "endpoint.md"
"""Template of the page of an endpoint."""
PARTS = {
    "The answer": ("summary-of-findings", "studies"),
    "The endpoints": (),
    "How far to trust it": ("trust", "what-would-change", "agreement", "methods", "editing"),
    "Appendix": ("what-changed", "data-dictionary", "checklists", "glossary", "your-own-numbers"),
}
"""Parts of the book of another review: their pages, but those of the endpoints and studies."""
KINDS = {asked.kind for asked in QUESTION.endpoints}
FIRST, EXPLORER, OF_STUDIES = "intro", "explorer", "book/studies/*"
WORDS = Environment(
    loader=FileSystemLoader([OF_THE_REVIEW, *((PAGES, TEMPLATES) if IS_OWN else (TEMPLATES, PAGES))]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
    autoescape=False,  # Markdown of the tree, filled with words of the question
)


@cache
def pages() -> dict[str, str]:
    """Text of each page by its name without ending."""
    if IS_OWN:
        by_hand = {path.stem: _filled(path.name) for path in sorted(PAGES.glob("*.md"))}
        return _of_endpoints(by_hand) | by_hand
    own = [path.stem for path in OF_THE_REVIEW.glob("*.md")]
    general = {FIRST, EXPLORER, *own, *(name for part in PARTS.values() for name in part)} - {
        "data-dictionary"
    }
    return _of_endpoints(own) | {name: _filled(f"{name}.md") for name in sorted(general)}


def order() -> str:
    """The order of the book, as `_toc.yml` has it."""
    if IS_OWN:
        return ORDER.read_text(encoding="utf-8")
    parts = [{"caption": caption, "chapters": list(_chapters(caption))} for caption in PARTS]
    return yaml.safe_dump({"format": "jb-book", "root": f"book/{FIRST}", "parts": parts}, sort_keys=False)


def configuration() -> dict:
    """What `_config.yml` says; of another review with its title, authors and licence, and what a file of that
    name in its folder says.  Raises YAMLError where one is broken.
    """
    found = yaml.safe_load(CONFIGURATION.read_text(encoding="utf-8"))
    if IS_OWN:
        return found
    own = REVIEW / CONFIGURATION.name
    said = yaml.safe_load(own.read_text(encoding="utf-8")) if own.is_file() else None
    return _laid_over(found | _of_another(), said or {})


def _of_another() -> dict[str, str]:
    held = cff.read()
    licences = ", ".join(cff.licences(held))
    return {
        "title": f"{QUESTION.title}: a living meta-analysis",
        "author": "; ".join(cff.authors(held)),
        "copyright": f"text, records and figures under {licences}" if licences else "",
    }


def _laid_over(found: dict, own: dict) -> dict:
    """A mapping with what another says, at any depth."""
    return found | {
        name: _laid_over(found[name], said or {}) if isinstance(found.get(name), dict) else said
        for name, said in own.items()
    }


def _chapters(caption: str) -> Iterator[dict[str, str]]:
    names = (*_by_page(), EXPLORER) if caption == "The endpoints" else PARTS[caption]
    for name in names:
        yield {"file": f"book/{name}"}
        if name == "what-changed":
            yield {"glob": OF_STUDIES}


def _by_page() -> dict[str, list[Asked]]:
    """Endpoints by the page they stand on."""
    found: dict[str, list[Asked]] = {}
    for asked in QUESTION.endpoints:
        found.setdefault(asked.shown.page.partition(".html")[0], []).append(asked)
    return found


def _of_endpoints(but: Container[str]) -> dict[str, str]:
    """Pages of endpoints from their template, but those written by hand."""
    by_page = _by_page().items()
    return {name: _filled(ENDPOINT, page=name, asked=asked) for name, asked in by_page if name not in but}


def _filled(name: str, **given: object) -> str:
    words = {"question": QUESTION, "kinds": KINDS, "estimand": ESTIMAND, "at_estimand": grade_words(ESTIMAND)}
    return WORDS.get_template(name).render(words | _around() | given)


@cache
def _around() -> dict[str, object]:
    """Whether the review is the project's own; of another its software and its licence, in words."""
    if IS_OWN:
        return {"own": True}
    licences = ", ".join(cff.licences(cff.read()))
    return {"own": False, "software": f"`{DISTRIBUTION}` {version()}", "licences": licences}

"""The pages of the book, filled with the words of the question: which there are, and their order.

`_toc.yml` names the pages of any review, whose texts lie in `book` or, where a question decides what they
say, in `book/templates`; there is a template for the page of an endpoint of each kind.  A page that the
question lists is written by hand for this review, and comes before these: in `book` for the project's own,
else below `pages` in the folder of the review.  Paragraphs that only one review needs stand below its
`pages/notes`.
"""

from collections.abc import Container
from functools import cache

import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from extraction import cff
from extraction.beside import beside
from extraction.extras import DISTRIBUTION, version
from extraction.fault import Fault
from extraction.question import ESTIMAND, FILE, QUESTION, Asked, grade_words
from extraction.source import short_name
from extraction.tree import IS_OWN, REVIEW, ROOT

PAGES = ROOT / "book"
TEMPLATES = PAGES / "templates"
OF_THE_REVIEW = REVIEW / "pages"
"""What one review alone has to say."""
BY_HAND = PAGES if IS_OWN else OF_THE_REVIEW
"""Where the pages lie that the question lists."""
ORDER, CONFIGURATION = beside("_toc.yml"), beside("_config.yml")
ENDPOINT = "endpoint.md"
"""Template of the page of an endpoint."""
KINDS = {asked.kind for asked in QUESTION.endpoints}
EXPLORER = {"file": "book/explorer"}
"""Before it stand the pages of the endpoints."""
MADE = "data-dictionary"
"""The page of any review that is not written but made."""
WORDS = Environment(
    loader=FileSystemLoader([OF_THE_REVIEW, *((PAGES, TEMPLATES) if IS_OWN else (TEMPLATES, PAGES))]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
    autoescape=False,  # Markdown of the tree, filled with words of the question
)


def _after(words: str, before: str) -> str:
    """A heading below that of one of several endpoints: `Survival: the studies`."""
    return f"{before}{words[0].lower()}{words[1:]}" if before else words


WORDS.filters["after"] = _after


@cache
def pages() -> dict[str, str]:
    """Text of each page by its name without ending; raise Fault where the pages written by hand are not those
    that the question lists.
    """
    named = sorted({*_of_any(), *_by_hand()})
    return _of_endpoints(named) | {name: _filled(f"{name}.md") for name in named}


def order() -> str:
    """The order of the book: that of `_toc.yml`, with the pages of the review before the explorer."""
    toc, known = _toc(), _of_any()
    own = [name for name in dict.fromkeys((*_by_page(), *_by_hand())) if name not in known]
    for part in toc["parts"]:
        if EXPLORER in part["chapters"]:
            place = part["chapters"].index(EXPLORER)
            part["chapters"][place:place] = [{"file": f"book/{name}"} for name in own]
    return yaml.safe_dump(toc, sort_keys=False)


def _toc() -> dict:
    return yaml.safe_load(ORDER.read_text(encoding="utf-8"))


def _of_any() -> set[str]:
    """Names of the pages of any review."""
    toc = _toc()
    chapters = [chapter for part in toc["parts"] for chapter in part["chapters"]]
    files = (toc["root"], *(chapter["file"] for chapter in chapters if "file" in chapter))
    return {file.removeprefix("book/") for file in files} - {MADE}


def _by_hand() -> tuple[str, ...]:
    """Names of the pages that the question lists; raise Fault where one is missing, or one is not listed."""
    listed, there = QUESTION.shown.pages, {path.stem for path in BY_HAND.glob("*.md")}
    of_any = {name for name in _of_any() if not (TEMPLATES / f"{name}.md").exists()} if IS_OWN else set()
    if missing := [name for name in listed if name not in there]:
        raise Fault(f"{short_name(FILE)}: shown: pages: {missing[0]}: there is no {_place(missing[0])}")
    if unlisted := sorted(there - {*listed, *of_any}):
        raise Fault(f"{_place(unlisted[0])}: {short_name(FILE)} does not list it under shown: pages")
    return listed


def _place(name: str) -> str:
    return short_name(BY_HAND / f"{name}.md")


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


def _by_page() -> dict[str, list[Asked]]:
    """Endpoints by the page they stand on."""
    found: dict[str, list[Asked]] = {}
    for asked in QUESTION.endpoints:
        found.setdefault(asked.shown.page.partition(".html")[0], []).append(asked)
    return found


def _of_endpoints(but: Container[str]) -> dict[str, str]:
    """Pages of endpoints from their template, but those that are written."""
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

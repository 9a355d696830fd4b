"""The explorer: its form on the page, and the files beside it that compute in the reader's browser.

The same files pool a reader's own table, and draw the small figure beside an endpoint's finding.
"""

import json
from collections.abc import Sequence

from markupsafe import Markup

from book.html import files
from book.html.template import filled
from book.shown import explorer_data
from extraction.records import Review
from extraction.tree import ROOT
from models.endpoints import ENDPOINTS

FOLDER = ROOT / "book" / "scripts"
ENGINE = (
    "explorer-words.js",
    "explorer-engine.js",
    "explorer-normal.js",
    "explorer-medians.js",
    "explorer-reports.js",
    "explorer-durations.js",
    "explorer-kinds.js",
    "explorer-state.js",
    "explorer-answer.js",
    "explorer-plot.js",
)
"""In the order they are loaded: what computes and draws."""
PAGE = ("explorer-moved.js", "explorer-record.js", "explorer.js")
POOL = ("pool-table.js", "pool.js")
LIVE = ("live.js",)
DATA = "explorer-data.js"
PLACE = "explorer"
"""Folder of the scripts within the book."""
EXAMPLE = ROOT / "book" / "own-numbers" / "trials.csv"


def show(review: Review) -> None:
    """Display the explorer; in a notebook, which has no book around it, say where it works."""
    _show(markup(), scripts(review), "The explorer")


def show_pool() -> None:
    """Display the form that pools a reader's own table."""
    _show(pool_markup(), pool_scripts(), "This form")


def show_live(keys: Sequence[str], review: Review) -> None:
    """Display the small figures of a page's endpoints, in which prior and bias can be moved; without scripts,
    and in a notebook, there is nothing to see.
    """
    if files.page():
        files.display_with(live_markup(keys), live_scripts(keys, review))


def live_markup(keys: Sequence[str]) -> Markup:
    """The small figures, which load what computes once they are opened."""
    scripts = [_address(name) for name in (DATA, *map(_data_of, keys), *ENGINE)]
    return filled("live.html", endpoints=[ENDPOINTS[key] for key in keys], scripts=scripts) + _tags(LIVE)


def live_scripts(keys: Sequence[str], review: Review) -> dict[str, bytes]:
    """Their scripts by their path within the book."""
    return _data(review, keys) | _handed((*ENGINE, *LIVE))


def _show(form: Markup, handed: dict[str, bytes], what: str) -> None:
    if files.page():
        files.display_with(form, handed)
    else:
        files.display_with(f"<p>{what} works in the rendered book: run <code>python -m book</code>.</p>", {})


def markup() -> Markup:
    """The form, then its scripts; a page opened as a file may not fetch, so the data come as scripts too."""
    form = Markup((FOLDER / "explorer-form.html").read_text(encoding="utf-8"))
    return form + _tags([DATA, *map(_data_of, explorer_data.EXPLORED), *ENGINE, *PAGE])


def pool_markup() -> Markup:
    """The form that pools a table, an example in it, then its scripts."""
    form = filled("pool-form.html", table=EXAMPLE.read_text(encoding="utf-8").strip())
    return form + _tags([*ENGINE, *POOL])


def scripts(review: Review) -> dict[str, bytes]:
    """The scripts of the explorer by their path within the book, the data as constants among them."""
    return _data(review, explorer_data.EXPLORED) | _handed((*ENGINE, *PAGE))


def pool_scripts() -> dict[str, bytes]:
    """The scripts of the form that pools a table, by their path within the book."""
    return _handed((*ENGINE, *POOL))


def _tags(names: Sequence[str]) -> Markup:
    return Markup().join(Markup('<script src="{}"></script>').format(_address(name)) for name in names)


def _address(name: str) -> str:
    """From a page of the book."""
    return f"../{PLACE}/{name}"


def _data_of(key: str) -> str:
    return f"explorer-data-{key}.js"


def _data(review: Review, keys: Sequence[str]) -> dict[str, bytes]:
    """The constant of all endpoints, and a file for each that fills its place in it."""

    def packed(content: object) -> str:
        return json.dumps(content, ensure_ascii=False, separators=(",", ":"))

    base = f'"use strict";\nconst EXPLORER_DATA = {packed(explorer_data.shared_by_all())};\n'
    ends = {
        _data_of(
            key
        ): f"EXPLORER_DATA.endpoints[{packed(key)}] = {packed(explorer_data.of_endpoint(key, review))};\n"
        for key in keys
    }
    return {f"{PLACE}/{name}": text.encode() for name, text in ({DATA: base} | ends).items()}


def _handed(names: Sequence[str]) -> dict[str, bytes]:
    return {f"{PLACE}/{name}": (FOLDER / name).read_bytes() for name in names}

"""The explorer alone on a page, opened in Chromium from a file, and what it shows."""

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlencode

import numpy as np

from book.make import inputs
from book.shown import explorer
from extraction.records import Review

GO = """hash => new Promise(done => {
    const limits = row => ["median", "lower", "upper"].map(name => Number(row.dataset[name]));
    const rows = () => [...document.querySelectorAll("[data-part=table] tr")]
        .map(row => [row.cells[0].textContent, limits(row)]);
    addEventListener("hashchange", () => done(rows()), { once: true });
    location.hash = hash;
})"""
"""Go to a state, and read every number of its answer."""


def write_page(folder: Path, review: Review) -> str:
    """Write the explorer alone on a page, with the files that the book puts beside it; its address."""
    return _written(folder, "explorer", explorer.markup(), explorer.scripts(review))


def write_pool(folder: Path) -> str:
    """The same of the form that pools a reader's own table."""
    return _written(folder, "pool", explorer.pool_markup(), explorer.pool_scripts())


def write_live(folder: Path, keys: Sequence[str], review: Review) -> str:
    """The same of the small figures of these endpoints."""
    return _written(folder, "live", explorer.live_markup(keys), explorer.live_scripts(keys, review))


def _written(folder: Path, name: str, form: str, scripts: dict[str, bytes]) -> str:
    style = (inputs.ROOT / "book" / "scripts" / "style.css").read_bytes()
    head = (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport"'
        ' content="width=device-width"><link rel="stylesheet" href="../style.css">'
    )
    place = f"book/{name}.html"
    handed = {"style.css": style, place: f"{head}<title>{name}</title>{form}".encode()} | scripts
    for path, content in handed.items():
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_bytes(content)
    return (folder / place).as_uri()


def settled(page) -> None:
    """Wait until the address follows the choices."""
    page.evaluate("() => { document.getElementById('explorer').dataset.settled = 0; }")
    page.wait_for_function("Number(document.getElementById('explorer').dataset.settled) > 0")


def text(page, part: str) -> str:
    return page.locator(f"[data-part='{part}']").inner_text()


def at(page, **choices) -> dict[str, np.ndarray]:
    """Median and limits on the log scale of every row of the answer to these choices; `own` and `reset` of a
    former state play no part.
    """
    page.evaluate("() => history.replaceState(null, '', location.pathname)")
    return {
        label: np.array(values) for label, values in page.evaluate(GO, "#" + urlencode(choices, safe=":,"))
    }

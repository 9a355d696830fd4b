"""How a page shows a figure or a table: with alternative text, with its numbers, fit for a phone and for the
dark theme.

A page's cell ends with `show(picture, name)` or `table(made)`; neither decides anything about the content.
"""

import base64
import io
import re

import matplotlib
import pandas as pd
from docutils.nodes import make_id
from markupsafe import Markup
from matplotlib.figure import Figure

from book.html import files, narrow
from book.html.drawing import dark, slim
from book.html.style import Picture, Table
from book.html.template import filled

LONGEST_ALT = 250
"""Characters."""
MARGIN = 0.05
"""Inches around a drawing: a wider one makes type smaller on a phone."""
WIDEST = 4.74
"""Inches of a drawing with its margin: in a phone's column of 358 pixels SMALL is then 11."""
ROUNDS = 6
"""Of a layout that is asked to be narrower."""
SETTLES = 0.3
"""Inches by which the width of a layout may still change when it is drawn a second time."""


def show(picture: Picture, name: str, caption: str = "") -> None:
    """Display a figure with its alternative text, no wider than the page, light or dark as the theme is, and
    the link to its numbers.

    `name` (lower-case letters, digits, hyphens) is the figure's anchor, `#figure-name`; the caption, where
    there is one, stands above the figure and says what it found.

    Raises as `drawn`.
    """
    files.display_with(*drawn(picture, name, caption))


def drawn(picture: Picture, name: str, caption: str = "") -> tuple[Markup, dict[str, bytes]]:
    """A figure as HTML for a larger piece of a page, with the files to hand over; arguments as of `show`.

    The figure is closed afterwards, so that the notebook does not display it a second time.  Raises
    ValueError for an empty `alt`, for numbers without a row, or for a `name` that cannot be an anchor.
    """
    alt = picture.alt
    _require_words(alt, name)
    if picture.numbers.empty:
        raise ValueError(f"figure {name!r} has no numbers")
    drawing = _svg(picture.figure, name)
    link, handed = files.numbers(
        picture.numbers, name, f"Figure {name.replace('-', ' ')}", picture.how, picture.endpoint
    )
    if files.page():
        paths = {
            f"{folder}/{files.page()}-{name}.svg": twin
            for folder, twin in (("figures", drawing), ("figures-dark", dark(drawing)))
        }
        images, handed = _twins(*(f"../{path}" for path in paths)), handed | paths
    else:
        images = [(_data_uri(drawing), "")]  # a notebook has no theme to follow
    return _figure(drawing, images, alt, name, link, caption), handed


def image(figure: Figure, alt: str, name: str, link: Markup) -> Markup:
    """A figure as HTML that holds its drawing, for pages that are written and not executed; `link` leads to
    its numbers.
    """
    _require_words(alt, name)
    drawing = _svg(figure, name)
    return _figure(drawing, _twins(_data_uri(drawing), _data_uri(dark(drawing))), alt, name, link)


def _twins(light: str, dark: str) -> list[tuple[str, str]]:
    """Two images of which the theme shows one, and a browser loads no other."""
    return [(light, "light"), (dark, "dark")]


def _figure(
    drawing: bytes, images: list[tuple[str, str]], alt: str, name: str, link: Markup, caption: str = ""
) -> Markup:
    """Images, each an address and its theme, with the size of their drawing, so that the text below stays in
    place when they come; what the alternative text leaves out opens below them.
    """
    width, height = (
        round(float(points) * 4 / 3)
        for points in re.findall(rb'width="([\d.]+)pt" height="([\d.]+)pt"', drawing)[0]
    )
    words = " ".join(alt.split())
    return filled(
        "figure.html",
        images=images,
        width=width,
        height=height,
        alt=shortened(words),
        words=words if shortened(words) != words else "",
        name=name,
        link=link,
        caption=caption,
    )


def shortened(alt: str) -> str:
    """Alternative text that is heard in one go: its first sentences or, where the first is too long, that up
    to the last comma or semicolon that fits.
    """
    sentences = re.split(r"(?<=[.?!]) (?=[A-Z])", alt)
    while len(" ".join(sentences)) > LONGEST_ALT and sentences[1:]:
        sentences.pop()
    kept = " ".join(sentences)
    return kept if len(kept) <= LONGEST_ALT else re.split(r"[;,] [^;,]*$", kept[:LONGEST_ALT])[0] + " …"


def _data_uri(drawing: bytes) -> str:
    return f"data:image/svg+xml;base64,{base64.b64encode(drawing).decode()}"


def table(shown: Table) -> None:
    """Display a table that is fit for a narrow screen, and the link to its numbers.

    Every cell is escaped: `<`, `&` and quotes in a record reach the reader as they stand. An index without a
    name that only counts the rows is left out; a missing value shows as an empty cell.

    Raises ValueError for an empty caption.
    """
    frame, caption = shown.frame, shown.caption
    if not caption.strip():
        raise ValueError("a table needs a caption")
    full = frame.apply(lambda column: column.where(column.notna(), "") if column.dtype == object else column)
    counts_rows = isinstance(frame.index, pd.RangeIndex) and frame.index.name is None
    with pd.option_context("display.max_colwidth", None):
        body = full.to_html(
            escape=True, index=not counts_rows, na_rep="", border=0, classes="review-table", justify="left"
        )
    label = " ".join(caption.split())
    body = body.replace('class="dataframe ', 'class="', 1).replace(
        "<thead>", Markup("<caption>{}</caption>\n  <thead>").format(label), 1
    )
    link, handed = files.numbers(shown.behind, make_id(caption), caption, shown.how, shown.endpoint)
    whole = Markup('<div class="review-scroll" role="region" aria-label="{}" tabindex="0">{}</div>{}').format(
        label, narrow.fitted(Markup(body)), link
    )
    files.display_with(foldable(whole, shown.folded), handed)


def foldable(whole: Markup, folded: str) -> Markup:
    """A table as it is or, where it has a line to open it by, behind that."""
    return filled("folded.html", summary=folded, inside=whole) if folded else whole


def _svg(figure: Figure, name: str) -> bytes:
    """The drawing itself, same figure, same bytes: no date, no random ids; the figure is closed."""
    drawing = io.BytesIO()
    _fit(figure)
    with matplotlib.rc_context({"svg.hashsalt": name, "svg.fonttype": "path"}):
        figure.savefig(
            drawing,
            format="svg",
            bbox_inches="tight",
            pad_inches=MARGIN,
            facecolor="white",
            dpi=200,
            metadata={"Date": None},
        )
    _close(figure)
    return slim(drawing.getvalue())


def _fit(figure: Figure) -> None:
    """Draw narrower what reaches beyond its edges, so that a phone shows it without smaller type; what stays
    as wide keeps its width.
    """
    own = figure.get_figwidth()
    for _ in range(ROUNDS):
        if _beyond(figure) < -SETTLES:
            return
        if (beyond := _beyond(figure)) <= 0:
            return
        if (narrower := figure.get_figwidth() - beyond) < own / 2:
            break
        figure.set_figwidth(narrower)
    figure.set_figwidth(own)


def _beyond(figure: Figure) -> float:
    """Inches by which a figure, drawn once more, is too wide."""
    figure.draw_without_rendering()
    return figure.get_tightbbox().width + 2 * MARGIN - WIDEST


def _close(figure: Figure) -> None:
    from matplotlib import pyplot

    pyplot.close(figure)


def _require_words(alt: str, name: str) -> None:
    if not alt.strip():
        raise ValueError(f"figure {name!r} has no alternative text")
    if not re.fullmatch(r"[a-z][a-z0-9-]*", name):
        raise ValueError(f"figure name {name!r}: lower-case letters, digits and hyphens, please")

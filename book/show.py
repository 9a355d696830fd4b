"""How a page shows a figure or a table: with alternative text, and fit for a phone.

A page's cell ends with `show(figure, alt, name)` or `table(frame, caption)`; neither decides anything about the content.
"""

import base64
import html
import io
import re

import matplotlib
import pandas as pd
from IPython.display import HTML, display
from matplotlib.figure import Figure

LARGEST_SVG = 400_000
"""Bytes above which a drawing goes into the page as a PNG: a cloud of points is heavy as SVG."""


def show(figure: Figure, alt: str, name: str) -> None:
    """Display a figure as one image with its alternative text, no wider than the page.

    `alt` says in words what the figure shows; `name` (lower-case letters, digits, hyphens) is the figure's anchor,
    `#figure-name`. The figure is closed afterwards, so that the notebook does not display it a second time.

    Raises ValueError for an empty `alt` or a `name` that cannot be an anchor.
    """
    display(HTML(image(figure, alt, name)))


def image(figure: Figure, alt: str, name: str) -> str:
    """The figure as HTML, for pages that are written and not executed; as `show` otherwise."""
    if not alt.strip():
        raise ValueError(f"figure {name!r} has no alternative text")
    _require_anchor(name)
    source = _data_uri(figure, name)
    _close(figure)
    return f'<figure class="review-figure" id="figure-{name}"><img src="{source}" alt="{html.escape(" ".join(alt.split()))}"></figure>'


def table(frame: pd.DataFrame, caption: str) -> None:
    """Display a frame as a table that scrolls sideways where the screen is narrow.

    Every cell is escaped: `<`, `&` and quotes in a record reach the reader as they stand. An index without a name that
    only counts the rows is left out; a missing value shows as an empty cell.

    Raises ValueError for an empty caption.
    """
    if not caption.strip():
        raise ValueError("a table needs a caption")
    frame = frame.apply(lambda column: column.where(column.notna(), "") if column.dtype == object else column)
    counts_rows = isinstance(frame.index, pd.RangeIndex) and frame.index.name is None
    with pd.option_context("display.max_colwidth", None):
        body = frame.to_html(escape=True, index=not counts_rows, na_rep="", border=0, classes="review-table", justify="left")
    label = html.escape(" ".join(caption.split()))
    body = body.replace('class="dataframe ', 'class="', 1).replace("<thead>", f"<caption>{label}</caption>\n  <thead>", 1)
    display(HTML(f'<div class="review-scroll" role="region" aria-label="{label}" tabindex="0">{body}</div>'))


def _data_uri(figure: Figure, name: str) -> str:
    """The drawing itself, the same bytes for the same figure: no date, no random ids."""
    drawing = io.BytesIO()
    with matplotlib.rc_context({"svg.hashsalt": name, "svg.fonttype": "path"}):
        figure.savefig(drawing, format="svg", bbox_inches="tight", facecolor="white", metadata={"Date": None})
    kind = "svg+xml"
    if drawing.getbuffer().nbytes > LARGEST_SVG:
        kind, drawing = "png", io.BytesIO()
        figure.savefig(drawing, format="png", bbox_inches="tight", facecolor="white", dpi=200, metadata={"Software": None})
    return f"data:image/{kind};base64,{base64.b64encode(drawing.getvalue()).decode()}"


def _close(figure: Figure) -> None:
    from matplotlib import pyplot

    pyplot.close(figure)


def _require_anchor(name: str) -> None:
    if not re.fullmatch(r"[a-z][a-z0-9-]*", name):
        raise ValueError(f"figure name {name!r}: lower-case letters, digits and hyphens, please")

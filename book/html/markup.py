"""Text of records made harmless: whatever a note holds, the reader sees it and nothing else happens."""

import html
import re
from collections.abc import Iterable


def plain(text: object) -> str:
    """Text for HTML; an empty string for None.  Dollars and backticks go too: nothing becomes a formula or
    ends a fence.
    """
    if text is None:
        return ""
    escaped = html.escape(" ".join(str(text).split()))
    return escaped.replace("`", "&#96;").replace("$", "&#36;").replace("\\", "&#92;")


def markdown(text: object) -> str:
    """Text for a line of MyST: every mark that could mean something is escaped."""
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", " ".join(str(text).split()))


def raw(lines: Iterable[str]) -> str:
    """HTML as a MyST block that is passed on as it is."""
    return "\n".join(("```{raw} html", *lines, "```"))


def table(caption: str, heads: Iterable[str], rows: Iterable[str], numbers: str = "") -> str:
    """A table that scrolls sideways on a narrow screen; caption and heads are text, rows and the link to its
    numbers are HTML.
    """
    label = plain(caption)
    return raw(
        [
            f'<div class="review-scroll" role="region" aria-label="{label}" tabindex="0">',
            f'<table class="review-table"><caption>{label}</caption>',
            "<thead><tr>"
            + "".join(f'<th scope="col">{plain(head)}</th>' for head in heads)
            + "</tr></thead>",
            "<tbody>",
            *rows,
            "</tbody></table></div>",
            *filter(None, [numbers]),
        ]
    )


def row(cells: Iterable[object]) -> str:
    """A table row of texts."""
    return f"<tr>{''.join(f'<td>{plain(cell)}</td>' for cell in cells)}</tr>"


def terms(pairs: Iterable[tuple[str, object]]) -> str:
    """Names and what they mean, without those that mean nothing, as a table of two columns."""
    rows = [
        f'<tr><th scope="row">{plain(name)}</th><td class=long>{plain(meaning)}</td></tr>'
        for name, meaning in pairs
        if meaning not in (None, "")
    ]
    return raw(
        ['<div class="review-scroll"><table class="review-table"><tbody>', *rows, "</tbody></table></div>"]
    )

"""Tables on a narrow screen: where cells after the first hold words, each row becomes a card of named lines;
else the first column stays in sight while the others scroll.
"""

import html
import re
from collections.abc import Sequence

from markupsafe import Markup

SHORT = 22
"""Characters up to which a cell is a number with its interval, or a name."""
ROW = re.compile(r"<tr[ >].*?</tr>", re.DOTALL)
CELL = re.compile(r"<(t[dh])((?: [^>]*)?)>(.*?)</\1>", re.DOTALL)
NUMBER = re.compile(r"[-−+]?\d[\d,]*(?:\.(\d+))?")


def fitted(table: Markup) -> Markup:
    """A table as HTML with the class that says how it is shown on a narrow screen: `cards`, with the head of
    its column in each cell's `data-label`, or `frozen`; neither where it has two columns. Columns of plain
    numbers with equally many decimals get the class `number`.
    """
    before, head, body = re.split(r"(<thead>.*?</thead>)", table, maxsplit=1, flags=re.DOTALL)
    heads, texts = _heads(head), [_texts(row) for row in ROW.findall(body)]
    whole = [row for row in texts if len(row) == len(heads)]
    numbers = {i for i in range(len(heads)) if _are_numbers([row[i] for row in whole])}
    how = _shown(heads, whole)
    labels = heads if how == "cards" else None
    body = ROW.sub(lambda row: _marked(row[0], len(heads), labels, numbers), body)
    return Markup(
        before.replace('class="review-table', f'class="review-table {how}'.rstrip(), 1) + head + body
    )


def _shown(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """The class of a table of these heads and rows."""
    if len(heads) < 3:
        return ""
    return "cards" if any(len(text) > SHORT for row in rows for text in row[1:]) else "frozen"


def _heads(head: str) -> list[str]:
    """Text of each column's head; of several rows of heads the first that is not empty."""
    rows = [_texts(row) for row in ROW.findall(head)]
    return [next(filter(None, column), "") for column in zip(*rows, strict=False)]


def _texts(row: str) -> list[str]:
    """What a reader sees of each cell."""
    return [html.unescape(" ".join(re.sub(r"<[^>]*>", "", cell[2]).split())) for cell in CELL.findall(row)]


def _are_numbers(texts: Sequence[str]) -> bool:
    """Whether these are numbers, empty cells aside, that stand under each other when set to the right."""
    found = [NUMBER.fullmatch(text) for text in texts if text]
    return bool(found) and all(found) and len({len(one[1] or "") for one in found if one}) == 1


def _marked(row: str, columns: int, labels: Sequence[str] | None, numbers: set[int]) -> str:
    """A row with the labels and classes of its cells; one whose cells span columns as it is."""
    cells = CELL.findall(row)
    if len(cells) != columns:
        return row
    made = []
    for i, (tag, attributes, inside) in enumerate(cells):
        label = Markup(' data-label="{}"').format(labels[i]) if labels and i and labels[i] else ""
        classes = ' class="number"' if i in numbers and "class=" not in attributes else ""
        made.append(f"<{tag}{attributes}{classes}{label}>{inside}</{tag}>")
    return row[: row.index(">") + 1] + "".join(made) + "</tr>"

"""Passages of an article in JATS XML (jats.nlm.nih.gov): abstract, body, tables, captions of figures.

References, and their numbers in the text, are left out: they are no results.
"""

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import replace

from extraction.fragment import fold
from extraction.reading.passage import Part, Passage, Place, Unreadable

PARTS = ("front/article-meta/abstract", "front/article-meta/trans-abstract", "body", "floats-group")
PARAGRAPHS = {"p", "disp-formula", "list-item", "title"}
WIDEST_SPAN = 100  # columns; HTML allows a thousand, no paper prints so many


def passages(content: bytes) -> Iterator[Passage]:
    """Passages in their order; raise Unreadable for what is no XML."""
    try:
        root = ET.fromstring(content)
    except ET.ParseError as error:
        raise Unreadable(f"not readable as XML: {error}") from None
    article = next(root.iter("article"), root)
    held = [part for path in PARTS for part in article.findall(path)]
    for part in held or [article]:
        start = ("Abstract",) if part.tag.endswith("abstract") else ()
        yield from _within(part, Place(start))


def _within(node: ET.Element, place: Place) -> Iterator[Passage]:
    """Passages of a section, its paragraphs numbered below its heading."""
    heading = node.find("title") if node.tag in ("sec", "boxed-text") else None
    if heading is not None:
        place = replace(place, section=(*place.section, fold(_text(heading))))
    paragraph = 0
    for child in node:
        if child.tag in ("table-wrap", "table-wrap-group"):
            yield from _table(child, place)
        elif child.tag == "table":
            yield from _rows(child, replace(place, table="without a number"))
        elif child.tag in ("fig", "fig-group"):
            figure = _label(child)
            yield Passage(replace(place, figure=figure), (Part(fold(_text(child))),))
        elif child is heading or child.tag in PARAGRAPHS:
            paragraph += child.tag == "p"
            floats = [inner for inner in child.iter() if inner.tag in ("table-wrap", "fig")]
            number = paragraph if child.tag == "p" else None
            yield Passage(replace(place, paragraph=number), (Part(fold(_text(child))),))
            for inner in floats:  # stand inside a paragraph in some journals
                yield from _within(_holding(inner), place)
        elif child.tag not in ("ref-list", "label"):
            yield from _within(child, place)


def _holding(node: ET.Element) -> ET.Element:
    box = ET.Element("box")
    box.append(node)
    return box


def _label(node: ET.Element) -> str:
    """`Table 2` without its word; `without a number` where there is none."""
    words = fold(_text(found)) if (found := node.find(".//label")) is not None else ""
    return words.split(" ")[-1].rstrip(".") or "without a number"


def _table(wrap: ET.Element, place: Place) -> Iterator[Passage]:
    place = replace(place, table=_label(wrap))
    for child in wrap:
        if child.tag in ("caption", "table-wrap-foot"):
            yield Passage(place, (Part(fold(_text(child))),))
    for table in wrap.iter("table"):
        yield from _rows(table, place)


def _rows(table: ET.Element, place: Place) -> Iterator[Passage]:
    """Rows with their cells; a column is named by the head above it, one that spans several by each."""
    heads: list[str] = []
    taken: dict[int, int] = {}
    body = {row for part in table.iter("tbody") for row in part.iter("tr")}
    for row in table.iter("tr"):
        cells = _cells(row, taken)
        if parts := tuple(
            Part(words, None, (heads[at] or None) if at < len(heads) else None) for at, _, words in cells
        ):
            yield Passage(replace(place, row=parts[0].words or None), parts)
        if row not in body:
            heads = _heads(heads, cells)


def _cells(row: ET.Element, taken: dict[int, int]) -> list[tuple[int, int, str]]:
    """First column, width and words of each cell; `taken` are the rows for which cells above still fill a
    column.
    """
    cells, at = [], 0
    filled = {column for column, rows in taken.items() if rows}
    for column in filled:
        taken[column] -= 1
    for cell in (cell for cell in row if cell.tag in ("td", "th")):
        while at in filled:
            at += 1
        width = _span(cell, "colspan")
        cells.append((at, width, fold(_text(cell))))
        taken |= dict.fromkeys(range(at, at + width), _span(cell, "rowspan") - 1)
        at += width
    return cells


def _heads(before: list[str], cells: list[tuple[int, int, str]]) -> list[str]:
    """Names of the columns below one more line of the head; the lowest that says something."""
    end = max((at + width for at, width, _ in cells), default=0)
    names = before + [""] * (end - len(before))
    for at, width, words in cells:
        for i in range(at, at + width):
            names[i] = words or names[i]
    return names


def _span(cell: ET.Element, name: str) -> int:
    said = cell.get(name, "1")
    return min(max(int(said), 1), WIDEST_SPAN) if said.isdecimal() and len(said) < 5 else 1


def _text(node: ET.Element) -> str:
    """Its words, without references, tables and figures inside it; a `<` is kept from being mark-up."""
    words = node.text or ""
    for child in node:
        words += " " if child.tag in ("sup", "sub") else ""  # 10⁶ is not 106
        skipped = child.tag in ("table-wrap", "fig", "label") and node.tag != "label"
        if not (skipped or (child.tag == "xref" and child.get("ref-type") == "bibr")):
            words += _text(child)
            if child.tag in ("p", "title", "break", "list-item"):
                words += " "
        words += child.tail or ""
    return words.replace("<", "< ")

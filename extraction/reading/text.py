"""Passages of plain text and of Markdown: paragraphs between empty lines, rows of tables drawn with bars or
tabs.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby

from extraction.fragment import fold
from extraction.reading.passage import Part, Passage, Place

HEADING = re.compile(r"(#{1,6})\s+(.+)")
LABEL = re.compile(r"\W*(table|fig(?:ure)?)\.?\s+(S?\d+)\b", re.IGNORECASE)
"""`**TABLE 1 |**`, `Figure 2.`: what begins a caption."""
RULE = re.compile(r"[\s|:-]+")
"""The line below the head of a table."""


def passages(text: str) -> Iterator[Passage]:
    """Passages in their order.  Headings are those of Markdown; plain text has none, only lines."""
    titles = sum(line.startswith("# ") for line in text.splitlines())
    path: list[tuple[int, str]] = []
    paragraph, table = 0, None
    numbered = enumerate(text.splitlines(), start=1)
    for is_blank, group in groupby(numbered, lambda numbered: not numbered[1].strip()):
        if is_blank:
            continue
        lines = list(group)
        while lines and (heading := HEADING.fullmatch(lines[0][1].strip())):
            depth, words = len(heading[1]), fold(heading[2])
            path = [(d, w) for d, w in path if d < depth]
            if depth > 1 or titles > 1:  # a single one is the paper's title
                path.append((depth, words))
            paragraph, table = 0, None
            yield Passage(Place(tuple(w for _, w in path)), (Part(words, lines.pop(0)[0]),))
        if not lines:
            continue
        place = Place(tuple(words for _, words in path))
        if bar := _bar([line for _, line in lines]):
            yield from _rows(lines, bar, replace(place, table=table or "without a number"))
            continue
        label = LABEL.match(lines[0][1])
        if label and label[1].lower() == "table":
            table = label[2]
            place = replace(place, table=table)
        elif label:
            place = replace(place, figure=label[2])
        else:
            paragraph += 1
            place = replace(place, paragraph=paragraph)
        yield Passage(place, tuple(Part(fold(line), number) for number, line in lines))


def _bar(lines: list[str]) -> str | None:
    """What parts the cells of a table; None where the lines are none."""
    if all(line.lstrip().startswith("|") for line in lines):
        return "|"
    return "\t" if len(lines) > 1 and all("\t" in line for line in lines) else None


def _rows(lines: list[tuple[int, str]], bar: str, place: Place) -> Iterator[Passage]:
    heads: list[str] = []
    for number, line in lines:
        if RULE.fullmatch(line):
            continue
        cells = [fold(cell) for cell in line.strip(" ").strip("|").split(bar)]
        columns = [*heads, *[""] * len(cells)]
        yield Passage(
            replace(place, row=cells[0] or None),
            tuple(Part(cell, number, columns[i] or None) for i, cell in enumerate(cells)),
        )
        heads = heads or cells

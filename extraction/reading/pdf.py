"""Passages of a PDF: the lines of each page, and the rows of tables that are ruled.

A PDF tells no headings, so the page is all that is known of a place.
"""

import io
from collections.abc import Iterator

from extraction.fragment import fold
from extraction.reading.passage import Part, Passage, Place, Unreadable

MOST_PAGES = 400


def passages(content: bytes) -> Iterator[Passage]:
    """Passages in their order; raise Unreadable for what is no PDF, or holds no text."""
    import pdfplumber  # a second, which no other command needs
    from pdfplumber.utils.exceptions import PdfminerException

    try:
        with pdfplumber.open(io.BytesIO(content)) as pdf:
            if len(pdf.pages) > MOST_PAGES:
                raise Unreadable(f"{len(pdf.pages)} pages: a paper may have {MOST_PAGES}")
            found = [passage for page in pdf.pages for passage in _of_page(page)]
    except PdfminerException as error:
        raise Unreadable(f"not readable as a PDF: {error.args[0]!r}") from None
    if not found:
        raise Unreadable("holds no text: pages are pictures, which need character recognition first")
    yield from found


def _of_page(page) -> Iterator[Passage]:
    tables = page.find_tables()
    boxes = [table.bbox for table in tables]
    outside = page.filter(lambda thing: not any(_inside(thing, box) for box in boxes)) if boxes else page
    if lines := [fold(line) for line in outside.extract_text().splitlines() if line.strip()]:
        parts = tuple(Part(line, number) for number, line in enumerate(lines, start=1))
        yield Passage(Place(page=page.page_number), parts)
    for table in tables:
        heads: list[str] = []
        for row in table.extract():
            cells = [fold(cell or "") for cell in row]
            columns = heads or [""] * len(cells)
            place = Place(page=page.page_number, row=cells[0] or None)
            yield Passage(
                place, tuple(Part(c, None, h or None) for c, h in zip(cells, columns, strict=False))
            )
            heads = heads or cells


def _inside(thing: dict, box: tuple[float, float, float, float]) -> bool:
    """Whether the middle of a sign stands in a box."""
    x, y = (thing["x0"] + thing["x1"]) / 2, (thing["top"] + thing["bottom"]) / 2
    return box[0] <= x <= box[2] and box[1] <= y <= box[3]

"""Headings of the book's pages, which the checklists lead to."""

import re
from pathlib import Path

from book.make import pages
from extraction.records import Review
from extraction.tree import ROOT

FOLDER = ROOT / "book"


def headings(review: Review, folder: Path = FOLDER) -> dict[str, list[str]]:
    """Headings of every page of the book, written or generated, by the page's name without ending."""
    texts = {page.name: page.read_text(encoding="utf-8") for page in folder.glob("*.md")} | pages.generated(
        review
    )
    return {name.removesuffix(".md"): headings_of(text) for name, text in texts.items()}


def headings_of(text: str) -> list[str]:
    """Headings of a page, in order; a comment in a code cell is none."""
    prose = re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S)
    return re.findall(r"^#{1,6} (.+?) *$", prose, flags=re.M)

"""Headings of the book's pages, which the checklists lead to."""

import re

from book.make import pages, written
from extraction.records import Review


def headings(review: Review) -> dict[str, list[str]]:
    """Headings of every page of the book, written or generated, by the page's name without ending."""
    generated = {name.removesuffix(".md"): text for name, text in pages.generated(review).items()}
    return {name: headings_of(text) for name, text in (written.pages() | generated).items()}


def headings_of(text: str) -> list[str]:
    """Headings of a page, in order; a comment in a code cell is none."""
    prose = re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S)
    return re.findall(r"^#{1,6} (.+?) *$", prose, flags=re.M)

"""The reading sequence: how many pages, how many figures, and how much prose a reader meets."""

import re
from html.parser import HTMLParser

import pytest

from book.make.pdf import sequence

PAGES, FIGURES, WORDS = 14, 40, 8_000
ON_REQUEST = {"table", "script", "style", "pre", "figure", "math", "form", "details", "aside", "svg"}
"""Elements whose words are no prose that a reader meets: tables, code, formulas, what opens on request."""


class Prose(HTMLParser):
    """Words of paragraphs and lists of an article outside ON_REQUEST, and its figures."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.words = self.figures = 0

    def handle_starttag(self, tag: str, attrs: list) -> None:
        if tag not in ("img", "br", "hr", "input", "meta", "link", "source"):
            self.open.append(tag)
        self.figures += tag == "figure"

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        inside = set(self.open)
        if inside & {"p", "li"} and not inside & ON_REQUEST:
            self.words += len(data.split())


def prose(text: str) -> Prose:
    found = Prose()
    found.feed(re.search(r"<article.*?</article>", text, re.S).group())
    return found


def test_words_of_paragraphs_are_counted_and_what_opens_on_request_is_not():
    found = prose(
        "<article><p>Two words<br>here</p><figure><p>no</p></figure><table><td><p>no</p></td></table>"
        "<details><summary>no</summary><p>no</p></details><ul><li>one <a>two</a></li></ul></article>"
    )
    assert (found.words, found.figures) == (5, 1)


@pytest.mark.book
def test_the_sequence_is_short_enough_to_be_finished(html):
    pages = sequence()
    found = {page: prose((html / f"{page}.html").read_text(encoding="utf-8")) for page in pages}
    assert len(pages) <= PAGES
    assert sum(one.figures for one in found.values()) <= FIGURES
    words = {page: one.words for page, one in found.items()}
    assert sum(words.values()) <= WORDS, words

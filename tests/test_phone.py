"""On a phone of 390 by 844 pixels: type in figures, the first screen and the length of the first page."""

import base64
import re

import pytest
from example_pages import toc_pages

from book.shown import living_page
from models.endpoints import ENDPOINTS

pytestmark = [pytest.mark.book, pytest.mark.browser]

PHONE = {"width": 390, "height": 844}
LEAST = 11
"""Pixels of the smallest type."""
SCREENS = 3
"""Of the first page."""
LETTERS = re.compile(rb"scale\((0\.\d+) -")
"""Size of a text in hundreds of points, which matplotlib flips as its letters stand upside down."""


@pytest.fixture(scope="module")
def phone(chromium):
    page = chromium.new_page(viewport=PHONE)
    yield page
    page.close()


@pytest.fixture
def first_page(phone, html):
    phone.goto((html / "book" / "intro.html").as_uri())
    return phone


def drawings(page: str, html) -> list[tuple[str, bytes]]:
    """Name and drawing of each figure of a page, but of their dark twins."""
    path = html / f"{page}.html"
    found = []
    for figure in re.findall(r'<figure class="review-figure".*?</figure>', path.read_text(), re.DOTALL):
        name, [light, *_] = re.search('id="([^"]*)"', figure)[1], re.findall('<img src="([^"]*)"', figure)
        inline = light.partition("base64,")[2]
        found.append((name, base64.b64decode(inline) if inline else (path.parent / light).read_bytes()))
    return found


def smallest_type(drawing: bytes, column: float) -> float:
    """Pixels of the smallest type of a drawing that is shown no wider than the column."""
    width = float(re.search(rb'<svg [^>]*?width="([\d.]+)pt"', drawing)[1]) * 4 / 3
    return min(float(size) for size in LETTERS.findall(drawing)) * 100 * 4 / 3 * min(1, column / width)


def test_every_figure_has_type_that_is_read_on_a_phone(phone, html):
    phone.goto((html / "book" / "survival.html").as_uri())
    widest = phone.locator("figure.review-figure img").first  # wider than the column, if it could
    column = widest.evaluate("image => image.getBoundingClientRect().width")
    assert column < float(widest.get_attribute("width"))
    found = {
        f"{page}: {name}": smallest_type(drawing, column)
        for page in sorted(toc_pages())
        for name, drawing in drawings(page, html)
    }
    assert len(found) > 40
    assert not {name: round(size, 1) for name, size in found.items() if size < LEAST - 0.05}


def test_the_first_screen_has_the_question_the_answer_and_two_endpoints(first_page, review):
    lowest = [
        first_page.locator(where).nth(i).evaluate("part => part.getBoundingClientRect().bottom")
        for where, i in (("h1", 0), (".review-lead", 0), (".review-answers > li", 1))
    ]
    assert max(lowest) <= PHONE["height"], lowest
    said = first_page.locator("article").inner_text()
    above = said[: said.index(list(ENDPOINTS.values())[1].title)]
    for part in (
        "tocilizumab",
        "compared with not giving it",
        "The certainty is",
        living_page.searched(review),
    ):
        assert part in above, part


def test_the_first_page_is_three_screens_at_most(first_page):
    height = first_page.evaluate("document.documentElement.scrollHeight")
    assert height <= SCREENS * PHONE["height"], height / PHONE["height"]

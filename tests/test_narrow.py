"""Tables on a narrow screen: cards of named lines, or a first column that stays; and the keyboard in them."""

import pandas as pd
import pytest
from markupsafe import Markup

from book.html import narrow
from book.make import inputs

PAGE = (
    "<html lang='en'><meta name='viewport' content='width=device-width'>"
    "<style>{css}</style>{table}<script>{js}</script>"
)
WORDS = "a sentence that is longer than any number with its interval"


def made(rows: list[tuple[str, ...]], heads: tuple[str, ...]) -> str:
    """A table in its frame, as a page has it."""
    lines = Markup().join(
        Markup("<tr>{}</tr>").format(Markup().join(Markup("<td>{}</td>").format(cell) for cell in row))
        for row in rows
    )
    head = Markup().join(Markup('<th scope="col">{}</th>').format(one) for one in heads)
    table = Markup(
        '<div class="review-scroll" role="region" aria-label="t" tabindex="0"><table class="review-table">'
        "<thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>"
    )
    return str(narrow.fitted(table.format(head, lines)))


def test_words_make_cards_with_the_heads_of_their_columns():
    table = made([("Zhou", WORDS, "1 < 2")], ("study", 'what "it" says', "n"))
    assert 'class="review-table cards"' in table
    assert '<td>Zhou</td><td data-label="what &#34;it&#34; says">' in table  # the first is the card's title
    assert '<td data-label="n">1 &lt; 2</td>' in table


def test_numbers_stay_a_table_and_two_columns_are_no_cards():
    for study in ("Zhou", WORDS):  # the first column may wrap
        table = made([(study, "1.2 (0.8 to 1.9)", "3")], ("study", "ratio", "n"))
        assert 'class="review-table frozen"' in table
    assert 'class="review-table"' in made([("Zhou", WORDS)], ("study", "words"))


def test_a_row_whose_cells_span_columns_stays_as_it_is():
    row = '<tr><td colspan="3">' + WORDS + "</td></tr>"
    head = "<thead><tr><th>a</th><th>b</th><th>c</th></tr></thead>"
    body = f"<tbody>{row}<tr><td>1</td><td>2</td><td>{WORDS}</td></tr></tbody>"
    table = narrow.fitted(Markup(f'<table class="review-table">{head}{body}</table>'))
    assert row in table and f'<td data-label="c">{WORDS}</td>' in table


@pytest.mark.parametrize(
    ("cells", "aligned"),
    [
        (("0.51", "12.30", "−1.00"), True),
        (("0.5", "12.30", "1.00"), False),
        (("1", "", "250"), True),
        (("1", "none", "250"), False),
    ],
)
def test_numbers_are_set_to_the_right_where_their_points_then_meet(cells, aligned):
    table = made([("Zhou", cell, "x") for cell in cells], ("study", "number", "words"))
    assert ('class="number"' in table) == aligned


def test_a_frame_of_pandas_has_the_names_of_its_columns():
    frame = pd.DataFrame({"n": [1], "why": [WORDS]}, index=pd.Index(["Zhou"], name="study"))
    table = str(narrow.fitted(Markup(frame.to_html(classes="review-table").replace("dataframe ", ""))))
    assert f'<td data-label="why">{WORDS}</td>' in table and "<th>Zhou</th>" in table.replace(
        ' data-label="study"', ""
    )


@pytest.fixture(scope="module")
def page(chromium):
    """On a phone a table of words, one of numbers that is too wide, and one of links, as style and script
    of the book show them.
    """
    scripts = inputs.ROOT / "book" / "scripts"
    links = Markup('<a href="#{0}">{0}</a>').format
    tables = [
        made([(f"study {i}", WORDS, WORDS) for i in range(3)], ("study", "first", "second")),
        made([("Zhou", *["1.2 (0.8 to 1.9)"] * 8)], ("study", *(f"ratio {i}" for i in range(8)))),
        made([(links("a"), links("b"), links("c"))], ("x", "y", "z")),
    ]
    opened = chromium.new_page(viewport={"width": 390, "height": 844})
    opened.set_content(
        PAGE.format(
            css=(scripts / "style.css").read_text(encoding="utf-8"),
            table="".join(tables),
            js=(scripts / "tables.js").read_text(encoding="utf-8"),
        )
    )
    yield opened
    opened.close()


@pytest.mark.browser
def test_on_a_phone_no_column_of_words_is_off_screen_and_a_first_column_of_numbers_stays(page):
    cards, numbers, _ = page.locator(".review-scroll").all()
    assert cards.evaluate("one => one.scrollWidth - one.clientWidth") == 0
    label = cards.locator("td").nth(1).evaluate("cell => getComputedStyle(cell, '::before').content")
    assert "first" in label
    numbers.evaluate("one => { one.scrollLeft = 200; }")
    assert numbers.locator("td").first.bounding_box()["x"] == numbers.bounding_box()["x"]


@pytest.mark.browser
def test_the_keyboard_stops_once_at_a_table_and_the_arrows_lead_on(page):
    assert page.locator("[tabindex='0']").count() == 1  # what scrolls
    page.locator("a").first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.textContent") == "c"
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("document.activeElement.textContent") == "b"
    assert page.locator("a").evaluate_all("all => all.map(one => one.tabIndex)") == [-1, 0, -1]

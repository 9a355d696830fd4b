"""An answer is computed once and shown once: every page that names it prints the same digits."""

import html as escapes
import re
from pathlib import Path

import pytest

from book.html.markers import PAGES
from extraction.tree import ROOT
from models import words
from models.answers.absolute import absolute_effects
from models.endpoints import ENDPOINTS, OF_DURATIONS
from models.trust.told import told

NUMBER = re.compile(r"\d+(?:\.\d+)?")


def plain(path: Path) -> str:
    """The words of a page, without tags, and with a plain space before a sign of per cent."""
    return escapes.unescape(re.sub(r"<[^>]+>", "", path.read_text(encoding="utf-8"))).replace("\xa0%", " %")


def same(text: str, limits: dict, digits: int) -> bool:
    """Whether an interval stands in the text, in one of the two ways it is written."""
    return words.interval(limits, digits) in text or words.compact(limits, digits) in text


@pytest.mark.book
@pytest.mark.parametrize("key", ENDPOINTS)
def test_every_page_prints_the_same_digits_of_an_answer(key, html, review):
    found = told(key, review)
    digits = found.unadjusted["digits"]
    for page in ("intro.html", PAGES[key].partition("#")[0], "summary-of-findings.html"):
        text = plain(html / "book" / page)
        assert same(text, found.unadjusted, digits), (page, words.compact(found.unadjusted, digits))
        assert same(text, found.adjusted, max(digits, 1)), (page, words.compact(found.adjusted, digits))


@pytest.mark.book
@pytest.mark.parametrize("key", [key for key in ENDPOINTS if key in ("complete_response", "icans")])
def test_patients_per_1000_are_the_same_on_every_page(key, html, review):
    effect = absolute_effects(key, review)[0]
    limits = effect.with_treated
    said = f"{limits['median']:.0f} ({limits['lower']:.0f} to {limits['upper']:.0f})"
    for page in ("intro.html", PAGES[key].partition("#")[0]):
        assert said in plain(html / "book" / page), page


@pytest.mark.book
def test_the_readme_prints_what_the_pages_print(html, review):
    """To the last digit, but for what is sampled: there a limit between two digits is rounded to the one on
    one kind of processor, to the other on the next.
    """
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for key in ("crs_duration_grade3", "severe_infection", "overall_survival"):
        said = words.short(told(key, review), ENDPOINTS[key])
        if key not in OF_DURATIONS:
            assert said in readme
            continue
        [printed] = [line for line in readme.splitlines() if ENDPOINTS[key].title in line]
        assert NUMBER.sub("#", printed) == f"- {NUMBER.sub('#', said)}"
        for one, other in zip(NUMBER.findall(printed), NUMBER.findall(said), strict=True):
            assert abs(float(one) - float(other)) <= (0.1001 if "." in one else 2), (printed, said)

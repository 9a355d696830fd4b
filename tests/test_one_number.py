"""An answer is computed once and shown once: every page that names it prints the same digits."""

import html as escapes
import re
from pathlib import Path

import numpy as np
import pytest

from book.html.markers import PAGES
from book.make import bundle
from book.shown.explorer_data import EXPLORED
from extraction.tree import ROOT
from models import words
from models.answers.absolute import absolute_effects
from models.answers.answer import answer_of, as_ratios
from models.answers.bias import adjusted
from models.answers.summary import summary
from models.endpoints import ENDPOINTS
from models.history import release, versions
from models.trust.told import told


def plain(path: Path) -> str:
    """The words of a page, without tags."""
    return escapes.unescape(re.sub(r"<[^>]+>", "", path.read_text(encoding="utf-8")))


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
    limits = effect.with_toci
    said = f"{limits['median']:.0f} ({limits['lower']:.0f} to {limits['upper']:.0f})"
    for page in ("intro.html", PAGES[key].partition("#")[0]):
        assert said in plain(html / "book" / page), page


@pytest.mark.book
def test_the_readme_prints_what_the_pages_print(html, review):
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for key in ("crs_duration_grade3", "severe_infection", "overall_survival"):
        assert words.short(told(key, review), ENDPOINTS[key]) in readme


def printed_from(quantiles: dict, part: str) -> str:
    """A mean effect as a page would print it from the quantiles that a release keeps of it, on the log
    scale.
    """
    kept = np.exp(np.interp([0.5, 0.025, 0.975], quantiles["probabilities"], quantiles[part]))
    return words.compact(dict(zip(("median", "lower", "upper"), kept.tolist(), strict=True)))


@pytest.mark.parametrize("key", EXPLORED)
def test_a_release_keeps_the_digits_that_the_pages_print(key, review):
    quantiles = release.quantiles(key, review)
    assert printed_from(quantiles, "mu") == words.compact(answer_of(key, review).mu.ratio)
    assert printed_from(quantiles, "mu_adjusted") == words.compact(
        as_ratios(adjusted(key, review).mu.limits())
    )


@pytest.mark.book
def test_a_release_and_the_download_hold_the_limits_that_the_pages_print(html, review):
    """What freezes a version and what writes the bundle's table of estimates, both called here."""
    table = bundle.estimates(summary(review))
    mean = table[table["quantity"] == "mean effect"].set_index("endpoint")
    for key in ENDPOINTS:
        found = answer_of(key, review)
        for kept in (versions.answer(key, review)["reported"], mean.loc[key]):
            limits = {name: float(kept[name]) for name in found.mu.ratio}
            assert words.compact(limits) == words.compact(found.mu.ratio)
            assert float(kept["p_favours_toci"]) == ENDPOINTS[key].favours(found.below)

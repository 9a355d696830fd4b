"""Reporting checklists: nothing left open passes, every link has its heading, every value its own diagnostics
under its own name.
"""

import re
from collections import Counter

import numpy as np
import pytest
import xarray as xr
from scipy.signal import lfilter

from book.make.headings import headings, headings_of
from book.shown import checklists as shown
from extraction.fault import Fault
from extraction.people import People
from models import fit
from models.endpoints import ENDPOINTS
from models.engines import acceptance
from models.runs import store
from models.trust import checklists
from models.trust.checklists import Checklist, Incomplete, Item

SUB_ITEMS = {10: 2, 13: 6, 16: 2, 20: 4, 23: 4, 24: 3}
"""Items of PRISMA 2020 that have sub-items, and how many (Page 2021, BMJ 372:n71, table 1)."""
PAGES = {"methods": ["Methods", "The question"]}


@pytest.fixture
def lists() -> dict[str, Checklist]:
    """Complete checklists whose every answer is one heading."""
    return {
        name: Checklist(
            title=name,
            source="s",
            items={key: Item(item=key, asks="a", where=("methods#The question",)) for key in asked.items},
        )
        for name, asked in checklists.of_any().items()
    }


def with_item(lists, name, item, **changes):
    """The checklists with one item altered."""
    held = lists[name]
    items = held.items | {item: held.items[item].model_copy(update=changes)}
    return lists | {name: held.model_copy(update={"items": items})}


# the checklists


def test_prisma_has_its_27_items_with_the_published_sub_items():
    items = checklists.of_any()["prisma"].items
    numbers = Counter(int(re.match(r"\d+", item).group()) for item in items)
    assert numbers == {number: SUB_ITEMS.get(number, 1) for number in range(1, 28)}


def test_prisma_lsr_has_the_four_items_that_prisma_2020_lacks():
    # Akl 2024, BMJ 387:e079183: living mode parameters, changes to the methods, changes to the results,
    # authors and their roles
    found = {item.item.lower() for item in checklists.of_any()["prisma_lsr"].items.values()}
    assert {"changes to the methods", "changes to the results", "authors and roles"} <= found
    assert "l1 living mode parameters" in found


def test_barg_has_its_six_steps():
    # Kruschke 2021, Nature Human Behaviour 5:1282, table 1
    steps = {item.item.split(".")[0] for item in checklists.of_any()["barg"].items.values()}
    assert steps == {"Before", *"123456"}


def test_every_item_is_answered_and_every_link_leads_to_a_heading(review):
    pages = headings(review)
    assert checklists.complete(checklists.read(review, pages), pages)


@pytest.mark.parametrize(
    ("typed", "fault"),
    [
        ("prisma: {'28': {lacking: l}}", "PRISMA 2020 has no such item"),
        ("lsr: {living: {lacking: l}}", "lsr"),
        ("prisma: {'1': {laking: l}}", "laking"),
        ("prisma: {'1': {lacking: l}", "checklists.yml"),
    ],
)
def test_an_answer_to_what_nobody_asks_is_named(typed, fault, review, tmp_path):
    (tmp_path / "checklists.yml").write_text(f"{typed}\n")
    with pytest.raises(Fault, match=fault):
        checklists.read(review, {}, tmp_path / "checklists.yml")


def test_any_review_is_answered_where_its_pages_and_facts_bear_it(review, tmp_path):
    """By hand: of items that hang on a page, on a heading of an endpoint's, on a fact, and on words alone."""
    endpoint = "severe-infection"
    pages = {
        endpoint: ["Severe infection", "A title: the studies", "The studies of old"],
        "methods": ["The question"],
        "editing": ["Who does what, and when"],
    }
    none, some = (
        checklists.read(review, pages, tmp_path / "none.yml", People(funding=funding))["prisma"].items
        for funding in (None, "An invented fund")
    )
    assert none["4"].where == ("methods#The question",) and none["4"].state == "met"
    assert none["12"].where == ("methods",), "a page of its own has other headings"
    assert none["13c"].where == (f"{endpoint}#A title: the studies",)
    assert none["3"].lacking == checklists.OPEN and none["3"].state == "not met"
    assert (none["25"].state, some["25"].state) == ("not met", "met")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"where": ()}, "prisma 7, a: it needs `where`"),
        ({"inapplicable": "no"}, "prisma 7, a: it needs `where`"),
        ({"where": ("results",)}, "prisma 7: the book has no page 'results'"),
        ({"where": ("methods#Answer",)}, "prisma 7: page 'methods' has no headings 'Answer'"),
    ],
)
def test_an_answer_that_is_none_is_refused_with_its_item(changes, words, lists):
    with pytest.raises(Incomplete, match=re.escape(words)):
        checklists.complete(with_item(lists, "prisma", "7", **changes), PAGES)


def test_a_heading_that_two_sections_share_is_refused(lists):
    with pytest.raises(Incomplete, match="has 2 headings 'The question'"):
        checklists.complete(lists, {"methods": ["Methods", "The question", "The question"]})


def test_an_item_is_met_in_part_where_something_is_lacking():
    met, lacking = {"where": ("methods",)}, {"lacking": "no search"}
    assert [
        Item(item="7", asks="a", **answer).state
        for answer in (met, met | lacking, lacking, {"inapplicable": "no"})
    ] == ["met", "met in part", "not met", "does not apply"]


def test_a_comment_in_code_is_no_heading():
    assert headings_of("# Title\n\n```{code-cell}\n# a comment\n```\n\n## Part\n\n```\n# another\n```\n") == [
        "Title",
        "Part",
    ]


def test_a_link_leads_to_the_id_of_the_heading():
    # ids as they stand in pages that Sphinx rendered
    assert 'href="severe-infection.html#how-much-the-prior-of-matters"' in shown.link(
        "severe-infection#How much the prior of τ matters"
    )
    assert (
        shown.link("intro#Today's answer")
        == '<a href="intro.html#today-s-answer">intro: Today&#39;s answer</a>'
    )
    assert shown.link("studies") == '<a href="studies.html">studies</a>'


def test_an_answer_shows_its_state_its_links_and_what_is_lacking():
    item = Item(item="7", asks="a", where=["studies"], lacking="p < 0.05 & more")
    assert (
        shown.answer(item)
        == '<strong>met in part</strong><br><a href="studies.html">studies</a><br>p &lt; 0.05 &amp; more'
    )


# diagnostics of every value


def posterior(**variables) -> xr.Dataset:
    """A posterior of independent standard normal draws, 4 chains of 1,000; each variable by its dimensions
    with their labels.
    """
    rng, sizes = np.random.default_rng(7), {"chain": 4, "draw": 1000}
    arrays = {
        name: xr.DataArray(
            rng.normal(size=(4, 1000, *map(len, coords.values()))), dims=(*sizes, *coords), coords=coords
        )
        for name, coords in variables.items()
    }
    return xr.Dataset(arrays)


def test_a_value_that_did_not_converge_is_named_among_variables_of_unlike_dimensions():
    draws = posterior(
        mu={},
        by_grade={"grade": [1, 2, 3]},
        theta={"study": ["a", "b"]},
        delta={"study": ["a", "b"], "grade": [1, 2, 3]},
    )
    draws["delta"].loc[{"study": "b", "grade": 2, "chain": 3}] += 5.0
    found = {row["name"]: row for row in acceptance.by_element(draws)}
    assert list(found) == [
        "mu",
        *(f"by_grade[{g}]" for g in (1, 2, 3)),
        "theta[a]",
        "theta[b]",
        *(f"delta[{s}, {g}]" for s in "ab" for g in (1, 2, 3)),
    ]
    assert [name for name, row in found.items() if row["r_hat"] > 1.1] == ["delta[b, 2]"]


def test_independent_draws_have_their_own_number_and_error():
    draws = posterior(mu={}, wide={})
    draws["wide"] *= 100
    mu, wide = acceptance.by_element(draws)
    for row, sd in ((mu, 1), (wide, 100)):
        # 4,000 independent draws: the error of the mean is sd / sqrt(4000); estimates of the effective number
        # scatter by some per cent
        assert row["ess_bulk"] == pytest.approx(4000, rel=0.1)
        assert row["mcse"] == pytest.approx(sd / np.sqrt(4000), rel=0.05)


def test_correlated_draws_are_worth_fewer():
    rho, rng = 0.9, np.random.default_rng(3)
    chains = lfilter([np.sqrt(1 - rho**2)], [1, -rho], rng.normal(size=(4, 11_000)), axis=1)[:, 1000:]
    (found,) = acceptance.by_element(xr.Dataset({"mu": (("chain", "draw"), chains)}))
    # of a first-order autoregression, exactly; its estimate scatters by about 5 %
    worth = 40_000 * (1 - rho) / (1 + rho)
    assert found["ess_bulk"] == pytest.approx(worth, rel=0.2)
    assert found["mcse"] == pytest.approx(1 / np.sqrt(worth), rel=0.1)


def test_a_fit_stores_the_diagnostics_of_every_value_it_keeps(review):
    fit.fit(["severe_crs"], review)
    stored = store.read("severe_crs", review)
    found = checklists.values("severe_crs", review)
    assert len(found) == sum(draws[0, 0].size for draws in stored.draws.data_vars.values())
    assert found["r_hat"].max() <= stored.info["diagnostics"]["r_hat"], (
        "the worst, over more variables, cannot be better"
    )
    assert set(found["name"]) >= {"mu", "tau", "prediction"}


@pytest.mark.parametrize("fault", ["absent", "without error", "not a number", "none at all"])
def test_a_posterior_with_a_value_undiagnosed_is_refused(fault, review, monkeypatch):
    draws = posterior(mu={}, theta={"study": ["a", "b"]})
    rows = acceptance.by_element(draws)
    if fault == "absent":
        rows.pop()
    if fault == "without error":
        del rows[-1]["mcse"]
    if fault == "not a number":
        rows[-1]["r_hat"] = float("nan")
    info = {} if fault == "none at all" else {"parameters": rows}
    monkeypatch.setattr(store, "read", lambda key, review: store.Stored(draws, info))
    with pytest.raises(Incomplete, match=r"severe_crs: no R-hat, .* of .*theta\[b\]$"):
        checklists.values("severe_crs", review)


def test_a_variable_without_a_meaning_in_words_is_refused(review, monkeypatch):
    draws = posterior(mu={}, kappa={})
    monkeypatch.setattr(
        store, "read", lambda key, review: store.Stored(draws, {"parameters": acceptance.by_element(draws)})
    )
    with pytest.raises(Incomplete, match="kappa"):
        checklists.values("severe_crs", review)


def test_the_finding_counts_items_and_names_the_worst_value(lists, review, monkeypatch):
    draws = posterior(mu={}, tau={})
    draws = draws / draws.std()
    rows = [
        {"name": name, "r_hat": r_hat, "ess_bulk": 1500.0, "ess_tail": tail, "mcse": mcse}
        for name, r_hat, tail, mcse in (("mu", 1.004, 1234.0, 0.01), ("tau", 1.001, 1400.0, 0.03))
    ]
    monkeypatch.setattr(store, "read", lambda key, review: store.Stored(draws, {"parameters": rows}))
    lists = with_item(lists, "prisma", "7", where=(), lacking="no search")
    said = checklists.finding(lists, review)
    assert said.startswith(
        "Of prisma, 41 of 42 points are met and 1 not; of prisma_lsr, 17 of 17 points are met; of barg, 25 of"
        " 25 points are met. "
    )
    assert (
        f"All {2 * len(ENDPOINTS)} parameters and derived values of the {len(ENDPOINTS)} posteriors" in said
    )
    assert "R-hat is at most 1.004, the smallest effective sample size 1,234," in said
    assert "at most 3.0 % of the posterior SD" in said  # 0.03 of draws whose SD is 1

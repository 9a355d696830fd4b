"""Reporting checklists, complete or refused: every item has its answer, every link its heading, every value
its diagnostics.
"""

from collections.abc import Container, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
import yaml
from pydantic import Field

from extraction.bias import overall
from extraction.fault import Fault
from extraction.people import People
from extraction.people import read as read_people
from extraction.question import CONDITION, GRADES, QUESTION, REFERENCE, TREATMENT, grade_words
from extraction.records import Review
from extraction.source import BadRecords, parse
from extraction.tree import REVIEW
from extraction.typed import Model, validate
from models.endpoints import ENDPOINTS, evidence_of
from models.engines.acceptance import elements
from models.likelihood.grades import steps_between
from models.runs import store
from models.words import NOT_RATED, rating

ASKED = Path(__file__).with_suffix(".yml")
"""What each item asks, and where the book of any review answers it."""
ANSWERS = REVIEW / "checklists.yml"
"""What the review answers otherwise."""
OPEN = "It needs the reviewers' own words, which are still to be given in checklists.yml."
MEASURES = {"r_hat": "R-hat", "ess_bulk": "bulk ESS", "ess_tail": "tail ESS", "mcse": "MCSE of the mean"}
WHOSE = f"{CONDITION} of {grade_words(REFERENCE)}, " if QUESTION.grades else ""
MEANINGS = {
    "mu": "mean effect",
    "tau": "SD between studies",
    "prediction": "effect in a next study",
    "theta": "effect in a study",
    "alpha": f"log odds without {TREATMENT}",
    "mean_by_grade": "mean effect at a grade",
    "trend": "change of the mean effect from grade to grade",
    "delta": "effect in a study at a grade",
    "level": f"log duration in a study, {WHOSE}midway between the arms",
    "sigma": "SD of log durations between patients of a study",
    **{
        step: f"log ratio of durations, {grade_words(upper)} over {grade_words(lower)}"
        for step, (lower, upper) in zip(steps_between(GRADES), pairwise(GRADES), strict=True)
    },
}
"""Every variable of a posterior in words; effects are log ratios."""

State = Literal["met", "met in part", "not met", "does not apply"]
Fact = Literal["searched", "archived", "rated", "judged", "funded", "declared", "named"]
"""What an answer may hang on: a source was searched, a version archived, every endpoint rated, every study
that enters judged, funding stated, interests and roles of each author declared.
"""
ENDPOINTS_PAGES = "endpoints"
"""Stands for the pages of the endpoints."""


class Incomplete(Fault):
    """A checklist with an item unanswered, a link that leads nowhere, or a value without diagnostics; the
    message names each.
    """


class Answer(Model):
    """Where this book answers an item.

    where : `page` or `page#Heading on it`; lacking : what falls short and why; inapplicable : why the item
    does not arise
    """

    where: tuple[str, ...] = ()
    lacking: str = ""
    inapplicable: str = ""


class Item(Answer):
    """What a checklist asks, and where this book answers."""

    item: str
    asks: str

    @property
    def state(self) -> State:
        if self.inapplicable:
            return "does not apply"
        return ("met in part" if self.lacking else "met") if self.where else "not met"

    @property
    def answered(self) -> bool:
        """Whether it is met somewhere or says why not, and does not do so while it claims not to arise."""
        return bool(self.where or self.lacking) != bool(self.inapplicable)


class Asked(Answer):
    """What any review is asked, and where its book answers.

    item : as it is shown, else its name; unless : the fact that makes up for what is lacking; once : the fact
    without which there is nothing at these places
    """

    item: str = ""
    asks: str
    unless: Fact | None = None
    once: Fact | None = None


class Checklist(Model):
    """A published checklist with the answers of this review."""

    title: str
    source: str
    items: dict[str, Item]


class AskedOfAny(Model):
    """A published checklist as any review is asked it."""

    title: str
    source: str
    items: dict[str, Asked]


class OwnWords(Model):
    """What checklists.yml says, by checklist and item."""

    prisma: dict[str, Answer] = Field({}, description="Of PRISMA 2020.")
    prisma_lsr: dict[str, Answer] = Field({}, description="Of PRISMA-LSR.")
    barg: dict[str, Answer] = Field({}, description="Of BARG.")


def of_any() -> dict[str, AskedOfAny]:
    """The checklists by name, with the items of each by theirs."""
    held = yaml.safe_load(ASKED.read_text(encoding="utf-8"))
    return {name: AskedOfAny(**one) for name, one in held.items()}


def read(
    review: Review, pages: Mapping[str, list[str]], file: Path = ANSWERS, people: People | None = None
) -> dict[str, Checklist]:
    """The checklists by name, answered as the book of any review is, or as `file` says; raise BadRecords
    where that answers what nobody asks.

    pages : headings of each page of the book, by its name without ending
    """
    asked, known = of_any(), facts(review, people or read_people())
    own = _own(file, asked)
    return {
        name: Checklist(
            title=one.title,
            source=one.source,
            items={
                key: _item(key, item, own[name].get(key) or _answer(item, pages, known))
                for key, item in one.items.items()
            },
        )
        for name, one in asked.items()
    }


def _own(file: Path, asked: Mapping[str, AskedOfAny]) -> dict[str, dict[str, Answer]]:
    """What a review answers in its own words, by checklist and item; raise BadRecords with each fault."""
    if not file.is_file():
        return {name: {} for name in asked}
    source = parse(file)
    found = validate(source, OwnWords)
    own: dict[str, dict[str, Answer]] = {name: getattr(found, name) for name in asked}
    unasked = [
        source.problem((name, key), key, f"{asked[name].title} has no such item")
        for name, answers in own.items()
        for key in answers
        if key not in asked[name].items
    ]
    if unasked:
        raise BadRecords(unasked)
    return own


def _item(key: str, asked: Asked, answer: Answer) -> Item:
    return Item(item=asked.item or key, asks=asked.asks, **answer.model_dump())


def _answer(asked: Asked, pages: Mapping[str, list[str]], known: Container[Fact]) -> Answer:
    """The answer of any review, as far as this one's pages and facts bear it."""
    there = asked.once is None or asked.once in known
    where = tuple(place for each in asked.where for place in _places(each, pages)) if there else ()
    made_up = asked.unless in known and where
    lacking = "" if made_up else asked.lacking or ("" if where or asked.inapplicable else OPEN)
    return Answer(where=where, lacking=lacking, inapplicable=asked.inapplicable)


def _places(where: str, pages: Mapping[str, list[str]]) -> list[str]:
    """Where a place of any review is in this one: of `endpoints`, on each page of one that has such headings;
    a page of its own may have others.
    """
    page, _, words = where.partition("#")
    if page == ENDPOINTS_PAGES:
        return [
            f"{name}#{heading}"
            for name in _of_endpoints()
            for heading in _headings(words, pages.get(name, []))
        ]
    if page not in pages:
        return []
    return [where if not words or pages[page].count(words) == 1 else page]


def _of_endpoints() -> list[str]:
    """Pages of endpoints, each once."""
    return list(dict.fromkeys(one.shown.page.partition(".html")[0] for one in ENDPOINTS.values()))


def _headings(words: str, found: list[str]) -> list[str]:
    """Headings that say one of these words, alone or behind the title of an endpoint."""
    return [
        heading
        for heading in found
        if found.count(heading) == 1
        and any(heading == word or heading.lower().endswith(f": {word.lower()}") for word in words.split("|"))
    ]


def facts(review: Review, people: People) -> set[Fact]:
    """What is so of a review, of all that an answer may hang on."""
    living, authors = review.living, people.people
    known: dict[Fact, bool] = {
        "searched": bool(living and living.searches),
        "archived": bool(living and living.doi.versions),
        "rated": all(rating(one.evidence, review) != NOT_RATED for one in ENDPOINTS.values()),
        "judged": all(
            overall(review.records[study], one.evidence)
            for key, one in ENDPOINTS.items()
            for study in evidence_of(key, review).studies
        ),
        "funded": bool(people.funding),
        "declared": bool(authors) and all(person.interests for person in authors),
        "named": bool(authors) and all(person.roles for person in authors),
    }
    return {fact for fact, holds in known.items() if holds}


def complete(lists: Mapping[str, Checklist], pages: Mapping[str, list[str]]) -> Mapping[str, Checklist]:
    """The checklists, if nothing is left open; raise Incomplete with every fault otherwise.

    pages : headings of each page of the book, by its name without ending
    """
    faults = [
        f"{held.title} {item.item}, {item.asks}: it needs `where`, `lacking` or both, or else `inapplicable`"
        for held in lists.values()
        for item in held.items.values()
        if not item.answered
    ]
    faults += [
        f"{held.title} {item.item}: {fault}"
        for held in lists.values()
        for item in held.items.values()
        for where in item.where
        for fault in _leads_nowhere(where, pages)
    ]
    if faults:
        raise Incomplete("The reporting checklists are not complete.\n" + "\n".join(faults))
    return lists


def _leads_nowhere(where: str, pages: Mapping[str, list[str]]) -> list[str]:
    page, _, heading = where.partition("#")
    if page not in pages:
        return [f"the book has no page {page!r}"]
    times = pages[page].count(heading)
    return (
        []
        if not heading or times == 1
        else [f"page {page!r} has {times or 'no'} headings {heading!r}; it should have one"]
    )


def finding(lists: Mapping[str, Checklist], review: Review) -> str:
    """How much of the checklists is met, and how well every value is known; two sentences."""
    counted = "; ".join(f"of {held.title}, {_counts(held)}" for held in lists.values())
    found = pd.concat([values(key, review) for key in ENDPOINTS])
    size = float(found[["ess_bulk", "ess_tail"]].to_numpy().min())
    error = float((found["mcse"] / found["sd"]).max())
    posteriors = f"{len(ENDPOINTS)} posteriors" if len(ENDPOINTS) > 1 else "one posterior"
    return (
        f"{counted[0].upper()}{counted[1:]}. All {len(found)} parameters and derived values of the"
        f" {posteriors} have their diagnostics: R-hat is at most {found['r_hat'].max():.3f},"
        f" the smallest effective sample size {size:,.0f}, and the Monte Carlo error of a mean at most"
        f" {100 * error:.1f} % of the posterior SD."
    )


def _counts(held: Checklist) -> str:
    """`22 of 42 points are met, 14 in part and 6 not`."""
    states = [item.state for item in held.items.values()]
    said = [
        f"{states.count(state)} {words}"
        for state, words in (
            ("met", f"of {len(states)} points are met"),
            ("met in part", "in part"),
            ("not met", "not"),
            ("does not apply", "do not apply"),
        )
        if state in states
    ]
    return " and ".join(filter(None, (", ".join(said[:-1]), said[-1])))


def values(key: str, review: Review) -> pd.DataFrame:
    """Diagnostics and posterior SD of every value of an endpoint's posterior, by its name; raise Incomplete
    where one is missing.
    """
    stored = store.read(key, review)
    places = elements(stored.draws)
    held = {row["name"]: row for row in stored.info.get("parameters", [])}
    if bare := [
        name
        for _, _, name in places
        if not all(np.isfinite(held.get(name, {}).get(measure, np.nan)) for measure in MEASURES)
    ]:
        raise Incomplete(f"{key}: no R-hat, effective sample sizes or Monte Carlo error of {', '.join(bare)}")
    if unknown := {variable for variable, _, _ in places} - MEANINGS.keys():
        raise Incomplete(
            f"{key}: models/trust/checklists.py does not say what {', '.join(sorted(unknown))} means"
        )
    spread = {
        variable: np.asarray(draws.std(("chain", "draw")))
        for variable, draws in stored.draws.data_vars.items()
    }
    return pd.DataFrame(
        [
            held[name] | {"meaning": MEANINGS[variable], "sd": float(spread[variable][place])}
            for variable, place, name in places
        ]
    )


def diagnostics(key: str, review: Review) -> pd.DataFrame:
    """The same as a page shows it; errors have two digits, and that of the median is given for the mean
    effect.
    """
    found = values(key, review)
    error_of_median = {"mu": f"{store.read(key, review).info['mcse']['median']:.2g}"}
    return pd.DataFrame(
        {
            "value": found["name"],
            "what it is": found["meaning"],
            MEASURES["r_hat"]: found["r_hat"].map("{:.3f}".format),
            MEASURES["ess_bulk"]: found["ess_bulk"].map("{:.0f}".format),
            MEASURES["ess_tail"]: found["ess_tail"].map("{:.0f}".format),
            MEASURES["mcse"]: found["mcse"].map("{:.2g}".format),
            "of the median": [error_of_median.get(name, "") for name in found["name"]],
        }
    )

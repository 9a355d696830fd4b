"""Reporting checklists, complete or refused: every item has its answer, every link its heading, every value
its diagnostics.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
import yaml
from pydantic import BaseModel, ConfigDict

from extraction.fault import Fault
from extraction.question import CONDITION, TREATMENT
from extraction.records import Review
from extraction.tree import IS_OWN, REVIEW
from models.endpoints import ENDPOINTS
from models.engines.acceptance import elements
from models.runs import store

FILE = Path(__file__).with_suffix(".yml")
ANSWERS = FILE if IS_OWN else REVIEW / "checklists.yml"
"""Where the items are answered for the review."""
OPEN = "Nobody has answered it for this review yet."
REQUIRED = {
    "prisma": tuple(
        [
            "1",
            "2",
            "3",
            "4",
            "5",
            "6",
            "7",
            "8",
            "9",
            "10a",
            "10b",
            "11",
            "12",
            "13a",
            "13b",
            "13c",
            "13d",
            "13e",
            "13f",
            "14",
            "15",
            "16a",
            "16b",
            "17",
            "18",
            "19",
            "20a",
            "20b",
            "20c",
            "20d",
            "21",
            "22",
            "23a",
            "23b",
            "23c",
            "23d",
            "24a",
            "24b",
            "24c",
            "25",
            "26",
            "27",
        ]
    ),
    "prisma_lsr": (
        "Title",
        "Abstract",
        "Rationale",
        "Objectives",
        "L1 Living mode parameters",
        "Data collection",
        "Synthesis",
        "Study selection",
        "Changes to the methods",
        "Changes to the results",
        "Limits of the review process",
        "Authors and roles",
    ),
    "barg": (
        "Before",
        "1. Model",
        "2. Computation",
        "3. Posterior",
        "4. Decision",
        "5. Sensitivity",
        "6. Reproducible",
    ),
}
"""Items of PRISMA 2020, each once; topics of PRISMA-LSR and steps of BARG, each with at least one row."""
MEASURES = {"r_hat": "R-hat", "ess_bulk": "bulk ESS", "ess_tail": "tail ESS", "mcse": "MCSE of the mean"}
MEANINGS = {
    "mu": "mean effect",
    "tau": "SD between studies",
    "prediction": "effect in a next study",
    "theta": "effect in a study",
    "alpha": f"log odds without {TREATMENT}",
    "mean_by_grade": "mean effect at a grade",
    "trend": "change of the mean effect from grade to grade",
    "delta": "effect in a study at a grade",
    "level": f"log days of {CONDITION} in a study, grade 2, midway between the arms",
    "step_1_to_2": "log ratio of days, grade 2 over 1",
    "step_2_to_3": "log ratio of days, grade 3 or above over 2",
    "sigma": "SD of log days between patients of a study",
}
"""Every variable of a posterior in words; effects are log ratios."""

State = Literal["met", "met in part", "not met", "does not apply"]


class Incomplete(Fault):
    """A checklist with an item unanswered, a link that leads nowhere, or a value without diagnostics; the
    message names each.
    """


class Item(BaseModel):
    """What a checklist asks, and where this book answers.

    where : `page` or `page#Heading on it`; lacking : what falls short and why; inapplicable : why the item
    does not arise
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    item: str
    asks: str
    where: tuple[str, ...] = ()
    lacking: str = ""
    inapplicable: str = ""

    @property
    def state(self) -> State:
        if self.inapplicable:
            return "does not apply"
        return ("met in part" if self.lacking else "met") if self.where else "not met"

    @property
    def answered(self) -> bool:
        """Whether it is met somewhere or says why not, and does not do so while it claims not to arise."""
        return bool(self.where or self.lacking) != bool(self.inapplicable)


class Checklist(BaseModel):
    """A published checklist with the answers of this review."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    title: str
    source: str
    items: tuple[Item, ...]

    def without_answers(self) -> "Checklist":
        """What it asks alone."""
        items = tuple(Item(item=item.item, asks=item.asks, lacking=OPEN) for item in self.items)
        return self.model_copy(update={"items": items})


def read(file: Path = ANSWERS) -> dict[str, Checklist]:
    """The checklists by name, as they stand in `file`; without it every item is open."""
    if not file.is_file():
        return {name: held.without_answers() for name, held in read(FILE).items()}
    return {
        name: Checklist(**held) for name, held in yaml.safe_load(file.read_text(encoding="utf-8")).items()
    }


def complete(lists: Mapping[str, Checklist], pages: Mapping[str, list[str]]) -> Mapping[str, Checklist]:
    """The checklists, if nothing is left open; raise Incomplete with every fault otherwise.

    pages : headings of each page of the book, by its name without ending
    """
    faults = [
        fault
        for name, items in REQUIRED.items()
        for fault in _missing(lists[name], items, once=name == "prisma")
    ]
    faults += [
        f"{held.title} {item.item}, {item.asks}: it needs `where`, `lacking` or both, or else `inapplicable`"
        for held in lists.values()
        for item in held.items
        if not item.answered
    ]
    faults += [
        f"{held.title} {item.item}: {fault}"
        for held in lists.values()
        for item in held.items
        for where in item.where
        for fault in _leads_nowhere(where, pages)
    ]
    if faults:
        raise Incomplete("The reporting checklists are not complete.\n" + "\n".join(faults))
    return lists


def _missing(held: Checklist, required: tuple[str, ...], once: bool) -> list[str]:
    found = [item.item for item in held.items]
    return (
        [f"{held.title}: item {name} is missing" for name in required if name not in found]
        + [f"{held.title}: there is no item {name}" for name in dict.fromkeys(found) if name not in required]
        + [
            f"{held.title}: item {name} stands there twice"
            for name in required
            if once and found.count(name) > 1
        ]
    )


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
    return (
        f"{counted[0].upper()}{counted[1:]}. All {len(found)} parameters and derived values of the"
        f" {len(ENDPOINTS)} posteriors have their diagnostics: R-hat is at most {found['r_hat'].max():.3f},"
        f" the smallest effective sample size {size:,.0f}, and the Monte Carlo error of a mean at most"
        f" {100 * error:.1f} % of the posterior SD."
    )


def _counts(held: Checklist) -> str:
    """`22 of 42 points are met, 14 in part and 6 not`."""
    states = [item.state for item in held.items]
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

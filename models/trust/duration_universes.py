"""An endpoint of durations under other priors, studies, readings and biases: the universes of its multiverse,
sampled in short chains.
"""

import operator
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd

from extraction.commands.parser import tell_files
from extraction.records import Review, load
from models.answers import duration_tables
from models.answers.bias import bias_priors
from models.endpoint import Endpoint
from models.endpoints import ENDPOINTS, OF_DURATIONS, evidence_of
from models.engines import short_chains
from models.engines.short_chains import CHAINS, DRAWS, LONGER, Sampled, draw
from models.evidence.report import Evidence
from models.runs import heavy, many, store
from models.runs.closure import fingerprint
from models.trust.universe import (
    EXACT,
    FACTORS,
    JUDGED,
    NONE,
    Universe,
    is_primary_through_bias,
    mean_factors,
    priors,
    readings,
    scaled,
    subsets,
)

SAMPLED = {NONE, JUDGED}
"""Of the factors on mean and SD of the bias those that are sampled."""


def file(key: str) -> str:
    """Name of the file of an endpoint's universes."""
    return f"{key}.universes.json"


def identity(key: str, review: Review) -> str:
    """Fingerprint of all that an endpoint's universes depend on: what enters each of them, and the code that
    samples it.
    """
    structures = [
        {"reports": evidence.used_hash(), "studies": studies, "bias": _biases(key, bias, review)}
        for (_, evidence), (_, studies), bias in _structures(key, review)
    ]
    names = [[reading, subset, bias] for (reading, _), (subset, _), bias in _structures(key, review)]
    return store.hash_of(
        {
            "names": names,
            "structures": structures,
            "shape": evidence_of(key, review).shape,
            "left_out": [report.entries for report in evidence_of(key, review).used],
            "priors": [
                {words: [p.family, *p.parameters] for words, p in group.items()} for group in priors(key)
            ],
            "code": fingerprint(short_chains, *evidence_of(key, review).kinds),
            "software": store.software(),
        }
    )


def convergence(key: str, review: Review) -> str:
    """How well the short chains of these universes mixed, at worst, in one sentence."""
    stored = _stored(key, review)
    found = [row["diagnostics"] for row in (*stored["universes"], *stored["left_out"])]
    return (
        f"Its {len({tuple(d.items()) for d in found})} fits are short: R-hat is at most"
        f" {max(d['r_hat'] for d in found):.3f}, the smallest effective sample size"
        f" {min(min(d['ess_bulk'], d['ess_tail']) for d in found):.0f}, with at most"
        f" {max(d['divergences'] for d in found)} divergent steps in {CHAINS * DRAWS:,}; they are fit for"
        " comparing choices, not for a headline. Those of the review's own reading of all studies, of which"
        f" the answers are, are {LONGER} times as long."
    )


def _stored(key: str, review: Review) -> dict:
    stored = heavy.read(file(key), identity(key, review))
    if stored is None:
        raise store.NotFitted(
            f"{key}: universes not computed for the present records, model and software;"
            " run `python -m models fit`"
        )
    return stored


def summaries(key: str, review: Review) -> list[tuple[Universe, dict]]:
    """Every universe of an endpoint with its limits; raise store.NotFitted where they are not computed."""
    return [(Universe(**row["universe"]), row["summary"]) for row in _stored(key, review)["universes"]]


def points(key: str, review: Review) -> np.ndarray:
    """Equally probable values of mu (log scale) in the universe that differs from the primary one in the bias
    alone, which is as judged.
    """
    return np.array(_stored(key, review)["points"])


def without_each_report(key: str, review: Review) -> list[dict]:
    """Limits of mu (log scale) and P(mu < 0), not adjusted for bias, without each report in turn, in the
    order of the evidence.
    """
    return _stored(key, review)["left_out"]


def ensure(key: str, review: Review) -> bool:
    """Sample the universes unless they are stored; whether anything had to be sampled."""
    known = identity(key, review)
    if heavy.read(file(key), known) is not None:
        return False
    found = as_stored(key, list(all_universes(key, review)), each_left_out(key, review))
    heavy.write(file(key), known, found)
    return True


def as_stored(key: str, found: list[dict], left_out: list[dict]) -> dict:
    """What is read of the universes: limits and diagnostics of each, and the points of one; then the limits
    without each report.
    """
    by_choice = pd.DataFrame([row["universe"] for row in found])
    through_bias = np.flatnonzero(is_primary_through_bias(by_choice, key))[0]
    points = found[through_bias]["summary"]["points"]
    for row in found:
        row["summary"] = _limits(row["summary"])
    return {"universes": found, "points": points, "left_out": left_out}


def _limits(summary: dict) -> dict:
    return {name: value for name, value in summary.items() if name != "points"}


def command(args) -> int:
    """`python -m models universes`: sample and tabulate what is missing of each endpoint of durations and
    keep it in the repository, for everybody's builds.
    """
    review = load()
    written = []
    for key in OF_DURATIONS:
        ensure(key, review)
        written.append(heavy.write(file(key), identity(key, review), _stored(key, review), repository=True))
        duration_tables.ensure(key, evidence_of(key, review), repository=True)
    tell_files(args, written)
    return 0


def all_universes(key: str, review: Review, folder: Path | None = None) -> Iterator[dict]:
    """Each universe with its limits and diagnostics; one fit for each set of reports and bias, on
    `models.runs.many`.
    """
    structures = _structures(key, review)
    every = every_report([evidence for (_, evidence), _, _ in structures])
    own, all_studies = structures[0][:2]
    tasks = [
        _task(every, evidence, studies, _biases(key, bias, review))
        | ({"draws": LONGER * DRAWS} if (reading, subset) == (own[0], all_studies[0]) else {})
        for (reading, evidence), (subset, studies), bias in structures
    ]
    fitted = (
        many.run(draw, tasks, name=f"{key}-universes", code=identity(key, review), folder=folder)
        if every.used
        else [short_chains.of_the_priors()] * len(tasks)
    )
    for ((reading, _), (subset, _), bias), one in zip(structures, fitted, strict=True):
        sampled = Sampled(np.array(one["mu"]), np.array(one["tau"]), one["diagnostics"])
        for (m, mu_prior), (t, tau_prior) in product(*(group.items() for group in priors(key))):
            if summary := sampled.under(mu_prior, tau_prior):
                yield {
                    "universe": vars(Universe(reading, subset, EXACT, *bias, m, t)),
                    "summary": summary,
                    "diagnostics": sampled.diagnostics,
                }


def each_left_out(key: str, review: Review, folder: Path | None = None) -> list[dict]:
    """Limits under the primary priors, without bias, of the fit without each report in turn."""
    endpoint, evidence = ENDPOINTS[key], evidence_of(key, review)
    if len(evidence.used) < 2:
        return []
    tasks = [short_chains.task(evidence, partial(operator.is_, out), {}) for out in evidence.used]
    fitted = many.run(draw, tasks, name=f"{key}-universes", code=identity(key, review), folder=folder)
    return [_of_primary_priors(one, endpoint) for one in fitted]


def _of_primary_priors(drawn: dict, endpoint: Endpoint) -> dict:
    sampled = Sampled(np.array(drawn["mu"]), np.array(drawn["tau"]), drawn["diagnostics"])
    summary = sampled.under(endpoint.mu_prior, endpoint.tau_prior)
    if summary is None:
        raise ValueError(f"{endpoint.title}: too few draws count under its own priors")
    return _limits(summary) | {"diagnostics": sampled.diagnostics}


Structure = tuple[tuple[str, Evidence], tuple[str, list[str]], tuple[str, str]]
"""A reading with its evidence, a subset with its studies, and the factors on mean and SD of the bias, each by
its name.
"""


def _structures(key: str, review: Review) -> list[Structure]:
    """What is fitted, the primary reading of all studies first."""
    found = readings(key, review)
    labels = {study.id: study.label for study in review.register.studies}
    biases = [
        (mean, sd)
        for mean, sd in product(mean_factors(bias_priors(key, review)), FACTORS)
        if SAMPLED.issuperset((mean, sd))
    ]
    return list(product(found.items(), subsets(next(iter(found.values())), labels).items(), biases))


def _biases(key: str, bias: tuple[str, str], review: Review) -> dict[str, tuple[float, float]]:
    """Mean and SD of the bias of each study under these factors."""
    return {study: scaled(prior, *bias) for study, prior in bias_priors(key, review).items()}


def every_report(readings: Sequence[Evidence]) -> Evidence:
    """The reports of the primary reading, the first, and those that enter under others alone."""
    found = {used.entries: used for evidence in reversed(readings) for used in evidence.used}
    primary = readings[0]
    others = [used for entries, used in found.items() if entries not in {u.entries for u in primary.used}]
    return replace(primary, used=(*primary.used, *others))


def _task(
    every: Evidence, evidence: Evidence, studies: list[str], biases: dict[str, tuple[float, float]]
) -> dict:
    """The fit of one universe: every report of any reading, as this reading reads it, silent where it does
    not enter.  Leaving out a study can leave two readings alike, which are then one fit.
    """
    read = {report.entries: report for report in evidence.used}
    reports = replace(every, used=tuple(read.get(report.entries, report) for report in every.used))
    return short_chains.task(
        reports, lambda report: report.study not in studies or report.entries not in read, biases
    )

"""The review as it stands, and as its releases froze it: what two versions are compared by.

A release is one file, `releases/<version>.json`, written once by `models.history.release` and never changed.
`state` is the same account of the working tree.  Effects are ratios, treated over control; quantiles and
biases are on the log scale.
"""

import json
import math
import re
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from extraction.bias import overall
from extraction.fault import Fault
from extraction.question import CONDITION, QUESTION
from extraction.records import Review
from extraction.schema import Record
from extraction.tree import HOME
from extraction.vocabulary import REVERSED, TWO_ARMS
from models.answers.bias import bias_priors
from models.answers.summary import evidence_hash, summarise, version
from models.endpoints import ENDPOINTS, evidence_of
from models.engines.settings import SAMPLER
from models.evidence.report import Evidence, Used
from models.history.methods import methods
from models.likelihood.registry import KINDS
from models.priors import Prior
from models.runs import store
from models.trust.adjusted import pair
from models.words import rating

FOLDER = HOME / "releases"
FORM = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")
NOW = "now"
MONTE_CARLO_ERRORS = 4
"""Standard errors within which two runs of one model agree: of 21 limits one lies further apart by chance in
700 comparisons.
"""
QUADRATURE_ERROR = 1e-4
"""Relative: how far two runs of one quadrature may lie apart on two machines."""
SEEN: dict[str, Any] = {
    **dict.fromkeys(("risk_of_bias", "extracted", "extractor", "second_extraction"), True),
    "contradictions": {"__all__": {"excuses"}},
}
"""Parts of a record that change no number: the judgements have their own fingerprint, and what an
acknowledged contradiction excuses is a matter of the checks.
"""


class NoSuchVersion(Fault):
    """There is no release of that name, or its file cannot be read."""


def order(version: str) -> tuple[int, ...]:
    """What versions are sorted by; raise ValueError where it is not three whole numbers, as 1.0.2."""
    if not (match := FORM.fullmatch(version)):
        raise ValueError(f"version {version!r}: three whole numbers joined by dots, as 1.0.2")
    return tuple(map(int, match.groups()))


def released(folder: Path = FOLDER) -> list[str]:
    """Versions released, oldest first."""
    return sorted((path.stem for path in folder.glob("*.json") if FORM.fullmatch(path.stem)), key=order)


def read(version: str, folder: Path = FOLDER) -> dict:
    """A release as it was frozen; raise NoSuchVersion where there is none, or where its file is damaged."""
    path = folder / f"{version}.json"
    if not FORM.fullmatch(version) or not path.is_file():
        raise NoSuchVersion(
            f"there is no release {version}; released: {', '.join(released(folder)) or 'none yet'}"
        )
    try:
        found = json.loads(_with_arms_of_today(path.read_text(encoding="utf-8")))
    except ValueError as error:
        raise NoSuchVersion(f"{path.name} is damaged ({error}); restore it from git") from None
    if not isinstance(found, dict) or found.get("version") != version:
        raise NoSuchVersion(
            f"{path.name} is damaged (it is not the file of version {version}); restore it from git"
        )
    return found


def _with_arms_of_today(text: str) -> str:
    """A release in whose entries and keys the arms are called as in the records of today."""
    if not (formerly := QUESTION.treatment.arm_formerly):
        return text
    return re.sub(rf'(?<=[._"]){formerly}(?=["\.])', "treated", text)


def latest(folder: Path = FOLDER) -> dict | None:
    """The newest release; None before the first."""
    versions = released(folder)
    return read(versions[-1], folder) if versions else None


def state(review: Review, keys: Iterable[str] = ENDPOINTS) -> dict:
    """The review as it stands now, with all of its endpoints or some; raise store.NotFitted where one has no
    posterior.
    """
    return {
        "version": NOW,
        "next_version": version(),
        "evidence_hash": evidence_hash(review),
        "register": [_registered(study.id, review) for study in review.register.studies],
        "endpoints": {key: _endpoint(key, review) for key in keys},
        "software": store.software(),
        "sampler": SAMPLER,
    }


def _registered(study: str, review: Review) -> dict:
    row, record = review.studies[study], review.records.get(study)
    return {
        "id": study,
        "label": row.label,
        "year": row.year,
        "doi": row.doi,
        "decision": row.decision,
        "decided": row.decided.isoformat(),
        "reason": row.reason,
        "cohort": row.cohort,
        "endpoints": row.endpoints,
        "numbers": record and numbers_hash(record),
        "numbers_formerly": record and former_hash(record),
        "judgements": record and judgements_hash(record),
    }


def numbers_hash(record: Record) -> str:
    """Fingerprint of what a record says of its paper: its numbers, addresses and readings."""
    return store.hash_of(record.model_dump(mode="json", exclude=SEEN))


def former_hash(record: Record) -> str | None:
    """The same as releases made before all reviews had the same arms would have it, under the words of then:
    arms, the grades of a stratum, and from when time runs; None for a review without such releases.
    """
    if not (arm := QUESTION.treatment.arm_formerly):
        return None
    text = json.dumps(record.model_dump(mode="json", exclude=SEEN))
    text = re.sub(r'(?<=[._"])treated(?=["\.])', arm, text)
    formerly = {
        **{contrast: contrast.replace("treated", arm) for contrast in (TWO_ARMS, REVERSED)},
        "grades": f"{CONDITION.lower()}_grades",
        "baseline": QUESTION.baseline,
    }
    for word, former in formerly.items():
        text = text.replace(f'"{word}"', f'"{former}"')
    return store.hash_of(json.loads(text))


def same_numbers(before: dict, after: dict) -> bool:
    """Whether two rows of a register say the same of a paper, the former perhaps in former words."""
    known = before["numbers"]
    return known == after["numbers"] or (known is not None and known == after.get("numbers_formerly"))


def judgements_hash(record: Record) -> str:
    """Fingerprint of the risk of bias as judged."""
    return store.hash_of({"judged": record.model_dump(mode="json", include={"risk_of_bias"})})


def _endpoint(key: str, review: Review) -> dict:
    """One endpoint: what it rests on, and what is reported of it."""
    endpoint, evidence = ENDPOINTS[key], evidence_of(key, review)
    return {
        "title": endpoint.title,
        "scale": endpoint.scale,
        "benefit": endpoint.benefit,
        **answer(key, review),
        "compared": compared(key, review),
        "certainty": rating(endpoint.evidence, review),
        "evidence": {
            "used": [used.as_json() for used in evidence.used],
            "hash": evidence.hash(),
            "used_hash": evidence.used_hash(),
        },
        "biases": judged_biases(key, review),
        "methods": methods(key, review),
        "model": store.identity(key, review)["model"],
    }


def answer(key: str, review: Review) -> dict:
    """What is reported of one endpoint, and the priors that it rests on."""
    endpoint = ENDPOINTS[key]
    return {
        "reported": summarise(key, review),
        "priors": {"mu": _prior(endpoint.mu_prior), "tau": _prior(endpoint.tau_prior)},
    }


def is_same(before: dict, after: dict) -> bool:
    """Whether two accounts of an endpoint have the same priors and, but for Monte Carlo error, the same
    answer.
    """
    one, other = before["reported"], after["reported"]
    return not changed_priors(before, after) and agree(one, other, one["mcse"], other["mcse"])


def changed_priors(before: dict, after: dict) -> list[str]:
    """Which of mu and tau have another prior."""
    return [
        name for name in ("mu", "tau") if numbers(before["priors"][name]) != numbers(after["priors"][name])
    ]


def numbers(prior: dict) -> tuple:
    """A prior as kept, without its words, to six significant digits: fewer than any writes it with."""
    return prior["family"], tuple(float(f"{value:.6g}") for value in prior["parameters"])


def agree(one: dict, other: dict, error: dict, other_error: dict, names=("median", "lower", "upper")) -> bool:
    """Whether two answers (ratios) lie within Monte Carlo error of each other; errors are standard errors of
    the ratios.
    """
    return all(
        abs(one[name] - other[name])
        <= MONTE_CARLO_ERRORS * math.hypot(error[name], other_error[name]) + QUADRATURE_ERROR * one[name]
        for name in names
    )


def judged_biases(key: str, review: Review) -> dict[str, dict]:
    """The overall judgement of each study that enters, and the prior of its bias."""
    return {
        study: {"judgement": overall(review.records[study], ENDPOINTS[key].evidence), "prior": _prior(prior)}
        for study, prior in bias_priors(key, review).items()
    }


def compared(key: str, review: Review) -> dict[str, dict]:
    """Unadjusted and adjusted for bias, by quadrature, so that versions differ in nothing but what changed;
    durations as sampled.
    """
    return asdict(pair(key, review))


def _prior(prior: Prior) -> dict:
    return {
        "name": prior.name,
        "family": prior.family,
        "parameters": list(prior.parameters),
        "plain": prior.plain,
    }


def frozen_prior(kept: dict) -> Prior:
    """A prior as a release kept it."""
    return Prior(kept["name"], kept["family"], tuple(kept["parameters"]), kept["plain"], "as released")


def frozen_evidence(kept: dict, key: str) -> Evidence:
    """The reports of one endpoint as a release kept them."""
    return Evidence(
        ENDPOINTS[key].evidence,
        tuple(
            Used(
                row["study"],
                KINDS[row["term"]].of(row["data"]),
                tuple(row["entries"]),
                row["stratum"],
                row["note"],
                tuple(row["bounds"]),
            )
            for row in kept["evidence"]["used"]
        ),
    )

"""The choices that could have been made, and the combinations of them: what a universe of the multiverse
is.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from itertools import chain, combinations

import pandas as pd

from extraction.records import Review
from models.endpoints import ENDPOINTS
from models.evidence.collect import alternatives, collect
from models.evidence.report import ALTERNATIVES, PRIMARY, Evidence, Reading
from models.priors import TAU_WIDE, Prior
from models.words import listed, prior_words

PRIMARY_READING, EXACT, AND = "as used", "exact", "; "


NONE, JUDGED = "none", "as judged"


FACTORS = {NONE: 0.0, "half": 0.5, JUDGED: 1.0, "twice": 2.0}
"""Factors on the mean of every study's bias prior, and apart from it on its SD: how far the bias carries, and
how sure one is of that.
"""


MOST_STUDIES, MANY_STUDIES = 6, 30
"""With more than the first, subsets are not all computed: 63 of them are enough to look at, and each further
study doubles them; with more than the second, the answer is that of all studies.
"""


CHOICES = ("reading", "studies", "likelihood", "bias_mean", "bias_sd", "mu_prior", "tau_prior")


@dataclass(frozen=True)
class Universe:
    """One combination of choices, in words."""

    reading: str
    studies: str
    likelihood: str
    bias_mean: str
    bias_sd: str
    mu_prior: str
    tau_prior: str


def priors(key: str) -> tuple[dict[str, Prior], dict[str, Prior]]:
    """Priors of mu and of tau by their words, the primary first."""
    endpoint, words = ENDPOINTS[key], prior_words
    mu = [endpoint.mu_prior, *endpoint.mu_alternatives]
    tau = [endpoint.tau_prior, *endpoint.tau_alternatives]
    if TAU_WIDE not in tau:
        tau.append(TAU_WIDE)
    return {words(p): p for p in mu}, {words(p): p for p in tau}


def is_primary(frame: pd.DataFrame, key: str) -> pd.Series:
    """Whether a universe is the one shown on the endpoint's page."""
    mu, tau = priors(key)
    wanted = {
        "reading": PRIMARY_READING,
        "studies": "all",
        "likelihood": EXACT,
        "bias_mean": NONE,
        "bias_sd": NONE,
        "mu_prior": next(iter(mu)),
        "tau_prior": next(iter(tau)),
    }
    return (frame[list(wanted)] == pd.Series(wanted)).all(axis=1)


def is_primary_through_bias(frame: pd.DataFrame, key: str) -> pd.Series:
    """Whether a universe differs from the primary one in the bias alone, which is as judged; its mean is not
    varied where no study's has a side.
    """
    mean = JUDGED if (frame["bias_mean"] == JUDGED).any() else NONE
    return (
        (frame["bias_mean"] == mean)
        & (frame["bias_sd"] == JUDGED)
        & is_primary(frame.assign(bias_mean=NONE, bias_sd=NONE), key)
    )


def readings(key: str, review: Review) -> dict[str, Evidence]:
    """The evidence under each combination of readings of the papers that differs, the primary first, in the
    words of the fewest readings.

    Of readings that change nothing alone none is combined, and a combination under which nothing enters gives
    no answer.
    """
    found: dict[str, Evidence] = {}
    open_ones = alternatives(review, ENDPOINTS[key].evidence)
    for words in chain.from_iterable(combinations(open_ones, count) for count in range(len(open_ones) + 1)):
        evidence = collect(review, ENDPOINTS[key].evidence, together(words))
        if words and not evidence.used:
            continue
        if evidence.used_hash() not in {other.used_hash() for other in found.values()}:
            found[AND.join(words) or PRIMARY_READING] = evidence
    return found


def together(words: tuple[str, ...]) -> Reading:
    """The reading in which each of these readings, each one choice changed, is made."""
    return replace(
        PRIMARY,
        **{
            field.name: value
            for one in words
            for field in fields(Reading)
            if (value := getattr(ALTERNATIVES[one], field.name)) != getattr(PRIMARY, field.name)
        },
    )


def subsets(evidence: Evidence, labels: dict[str, str]) -> dict[str, list[str]]:
    """All studies, then every smaller subset that is not empty, by its name; of more studies, all but one and
    each alone; of many, none: there would be more universes of them than of all other choices.
    """
    studies = evidence.studies
    sizes: Iterable[int] = range(len(studies) - 1, 0, -1)
    if len(studies) > MOST_STUDIES:
        sizes = (len(studies) - 1, 1) if len(studies) <= MANY_STUDIES else ()
    return {"all": studies} | {
        _name(list(subset), studies, labels): list(subset)
        for size in sizes
        for subset in combinations(studies, size)
    }


def _name(subset: list[str], studies: list[str], labels: dict[str, str]) -> str:
    if len(subset) == len(studies) - 1:
        return "without " + labels[next(study for study in studies if study not in subset)]
    return (
        f"{labels[subset[0]]} alone"
        if len(subset) == 1
        else f"{listed([labels[study] for study in subset])} only"
    )


def mean_factors(biases: dict[str, Prior]) -> list[str]:
    """Names of the factors on the means; where no study's bias has a side, they are not varied."""
    return list(FACTORS) if any(prior.parameters[0] for prior in biases.values()) else [NONE]


def scaled(prior: Prior, mean: str, sd: str) -> tuple[float, float]:
    """Mean and SD of a bias, multiplied by the factors of these names."""
    return FACTORS[mean] * prior.parameters[0], FACTORS[sd] * prior.parameters[1]

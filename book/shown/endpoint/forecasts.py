"""What a posterior foresees of reports left out, and of patients per 1,000: in words and in numbers."""

import numpy as np
import pandas as pd

from book.shown.endpoint.printed import p_words
from extraction.question import TREATMENT
from extraction.records import Review
from models.answers.absolute import absolute_effects
from models.trust.predictive import Check
from models.words import part_words, percent

NUMBERS = ("|z|", "days")
"""Quantities of which numbers are foreseen; of the others an outcome is."""


def _check(check) -> dict:
    """A check in numbers: limits of the predicted |z| or days, or the share of predictions that are 1, and
    the printed report on that scale.
    """
    low, middle, high = (
        np.quantile(check.predicted, [0.025, 0.5, 0.975]) if check.quantity in NUMBERS else (None,) * 3
    )
    return {
        "study": check.report.study,
        "stratum": check.report.stratum,
        "quantity": check.quantity,
        "printed": check.printed,
        "predicted_median": middle,
        "predicted_lower": low,
        "predicted_upper": high,
        "predicted_mean": float(np.mean(check.predicted)),
        "probability": check.probability,
        "verdict": check.verdict,
        "left_out_because": check.report.reason,
    }


def check_words(check, review: Review) -> str:
    """One check in a sentence."""
    where = part_words(check.report.study, check.report.stratum, review)
    if check.quantity == "|z|":
        return (
            f"{where}: {p_words(check.report.check.p)} is |z| {check.printed:.2f};"
            f" {percent(check.probability)} of the predictions are as large or larger: {check.verdict}."
        )
    if check.quantity == "p":
        return (
            f"{where}: {p_words(check.report.check.p)}; {percent(check.probability)} of the predictions"
            f" are as small or smaller{by_mix(check)}: {check.verdict}."
        )
    if check.quantity == "days":
        low, middle, high = np.quantile(check.predicted, [0.025, 0.5, 0.975])
        return (
            f"{where}: a median of {check.printed:g} days {_arm(check)} is printed, {middle:.1f}"
            f" ({low:.1f} to {high:.1f}) are foreseen; one as far out has probability"
            f" {percent(check.probability)}{by_mix(check)}: {check.verdict}."
        )
    said = "significant" if check.printed else "not significant"
    return (
        f"{where}: the test was {said}, foreseen with probability {percent(check.probability)}:"
        f" {check.verdict}."
    )


def _arm(check) -> str:
    return f"{'with' if check.report.check.treated else 'without'} {TREATMENT}"


def by_mix(check) -> str:
    """How far the probability moves with the grades, where these are not printed."""
    low, high = map(percent, check.over_mixes or (check.probability, check.probability))
    return f" ({low} to {high} by mix of grades)" if low != high else ""


def _per_1000(effect) -> dict:
    """Patients per 1,000 without and with the treatment, and the difference for the mean effect and in a next
    study.
    """
    return {
        "baseline": effect.baseline.source,
        "events": effect.baseline.events,
        "n": effect.baseline.n,
        "without": 1000 * effect.baseline.risk,
        **{
            f"{part}_{name}": value
            for part in ("with_treated", "difference", "next_study")
            for name, value in getattr(effect, part).items()
        },
    }


def check_numbers(checks: list[Check]) -> pd.DataFrame:
    """Every check of an endpoint in numbers."""
    return pd.DataFrame(map(_check, checks))


def absolute_numbers(key: str, review: Review) -> pd.DataFrame:
    """Every absolute effect of an endpoint in full precision."""
    return pd.DataFrame(map(_per_1000, absolute_effects(key, review)))

"""What a posterior foresees of reports left out, and of patients per 1,000: in words and in numbers."""

import numpy as np
import pandas as pd

from extraction.question import ASKED
from extraction.records import Review
from models.answers.absolute import absolute_effects
from models.endpoints import ENDPOINTS
from models.trust.predictive import Check
from models.words import percent

NUMBERS = ("|z|", "duration")
"""Quantities of which numbers are foreseen; of the others an outcome is."""


def _check(check: Check, unit: str) -> dict:
    """A check in numbers: limits of the predicted |z| or of durations in the unit, or the share of
    predictions that are 1, and the printed report on that scale.
    """
    low, middle, high = (
        np.quantile(check.predicted, [0.025, 0.5, 0.975]) if check.quantity in NUMBERS else (None,) * 3
    )
    return {
        "study": check.report.study,
        "stratum": check.report.stratum,
        "quantity": unit if check.quantity == "duration" else check.quantity,
        "printed": check.printed,
        "predicted_median": middle,
        "predicted_lower": low,
        "predicted_upper": high,
        "predicted_mean": float(np.mean(check.predicted)),
        "probability": check.probability,
        "verdict": check.verdict,
        "left_out_because": check.report.reason,
    }


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


def check_numbers(key: str, checks: list[Check]) -> pd.DataFrame:
    """Every check of an endpoint in numbers."""
    unit = ASKED[ENDPOINTS[key].evidence].unit
    return pd.DataFrame([_check(check, unit) for check in checks])


def absolute_numbers(key: str, review: Review) -> pd.DataFrame:
    """Every absolute effect of an endpoint in full precision."""
    return pd.DataFrame(map(_per_1000, absolute_effects(key, review)))

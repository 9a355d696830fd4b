"""Invented versions of the review, as releases keep them, with one endpoint and its answers by hand."""

import math

from scipy.stats import norm

KEY = "overall_survival"
NO_TAU = {
    "name": "none",
    "family": "half_normal",
    "parameters": [0.001],
    "plain": "no differences between studies",
}
WIDE_MU = {"name": "wide", "family": "normal", "parameters": [0.0, 1.0], "plain": "wide"}


def hazard_ratio(study: str, log_hr: float, se: float) -> dict:
    reach = norm.ppf(0.975) * se
    printed = {
        "estimate": math.exp(log_hr),
        "lower": math.exp(log_hr - reach),
        "upper": math.exp(log_hr + reach),
    }
    return {
        "study": study,
        "term": "ratio",
        "data": printed,
        "entries": [f"{KEY}.hazard_ratio"],
        "stratum": "all",
        "note": "",
        "bounds": [],
    }


def conjugate(reports: list[dict], biases: dict[str, tuple] | None = None) -> tuple[float, float]:
    """Mean of mu and P(mu < 0) by hand: precisions add, for normal reports of one effect under a standard
    normal prior.
    """
    mean, sd = {}, {}
    for report in reports:
        m, s = (biases or {}).get(report["study"], (0.0, 0.0))
        printed = report["data"]
        se = math.log(printed["upper"] / printed["lower"]) / (2 * norm.ppf(0.975))
        mean[report["study"]], sd[report["study"]] = math.log(printed["estimate"]) - m, math.hypot(se, s)
    precision = 1 + sum(s**-2 for s in sd.values())
    centre = sum(mean[study] * sd[study] ** -2 for study in mean) / precision
    return centre, float(norm.cdf(0, centre, precision**-0.5))


def invented(
    name: str, reports: list[dict], judgements: dict[str, str], mu=WIDE_MU, numbers: dict | None = None
) -> dict:
    """A state as releases keep it, with one endpoint; its answers by hand."""
    scale = {"moderate": (0.1, 0.2), "serious": (0.3, 0.4)}
    biases = {
        study: {
            "judgement": judged,
            "prior": {"name": judged, "family": "normal", "parameters": list(scale[judged]), "plain": judged},
        }
        for study, judged in judgements.items()
    }
    compared = {}
    for analysis, known in (
        ("unadjusted", {}),
        ("adjusted", {study: scale[judged] for study, judged in judgements.items()}),
    ):
        centre, below = conjugate(reports, known)
        compared[analysis] = {"median": math.exp(centre), "lower": 0.1, "upper": 10.0, "p_favours": below}
    rows = [
        {
            "id": study,
            "label": study.title(),
            "decision": "included",
            "reason": "why",
            "cohort": study,
            "endpoints": None,
            "numbers": (numbers or {}).get(study, "first"),
            "judgements": judged,
        }
        for study, judged in judgements.items()
    ]
    endpoint = {
        "title": "Overall survival",
        "scale": "hazard ratio",
        "reported": {"mcse": dict.fromkeys(("median", "lower", "upper"), 0.001)},
        "compared": compared,
        "certainty": "low",
        "biases": biases,
        "evidence": {"used": reports},
        "priors": {"mu": mu, "tau": NO_TAU},
    }
    return {
        "version": name,
        "register": rows,
        "endpoints": {KEY: endpoint},
        "software": {"numpy": "2"},
        "sampler": {},
    }


A, B, C = (
    hazard_ratio("ada2020", 0.2, 0.5),
    hazard_ratio("bob2021", -0.6, 0.4),
    hazard_ratio("cid2022", 0.9, 0.3),
)

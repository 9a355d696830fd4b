"""Results without priors, beside the posteriors: each paper's own numbers computed again, and what
conventional methods pool.
"""

import numpy as np
import pandas as pd

from book.html.style import Table
from book.shown.endpoint.printed import printed_result
from extraction.records import Review
from models.endpoints import ENDPOINTS, evidence_of
from models.engines import frequentist
from models.evidence.report import Used
from models.evidence.survival import FROM_CURVE
from models.likelihood.reports import se_from_interval
from models.words import interval, number

HOW = (
    "Each result is recomputed from the counts or estimates of its paper, then pooled "
    "without priors by conventional methods."
)


def results(key: str, review: Review) -> Table:
    """Per paper the result as printed and recomputed; pooled by conventional methods, or why not."""
    evidence, endpoint = evidence_of(key, review), ENDPOINTS[key]
    rows = [
        {
            "study": review.studies[study].label,
            "as printed": printed_result(review.records[study], endpoint.evidence),
            "recomputed": _recomputed([r for r in evidence.used if r.study == study]),
        }
        for study in evidence.studies
    ]
    return Table(
        pd.DataFrame(
            rows + [{"study": "pooled", "as printed": "", "recomputed": text} for text in pooled(key, review)]
        ),
        f"{ENDPOINTS[key].title}: conventional results",
        how=HOW,
        endpoint=key,
    )


def _recomputed(reports: list[Used]) -> str:
    """Odds ratio and Fisher's p of the counts; the standard error of a hazard ratio; else why nothing can be
    computed.
    """
    for report in reports:
        if report.only_table:
            estimate = frequentist.log_odds_ratio(*report.only_table)
            how = "" if report.term == "table" else ", from the one table that prints so"
            return (
                f"odds ratio {_ratio(estimate)}; Fisher"
                f" p={frequentist.fisher_exact_p(*report.only_table):.3f}{how}"
            )
        if report.term == "table_set":
            return _over_tables(report.data["candidates"])
        if report.term == "ratio":
            d = report.data
            if report.note.startswith(FROM_CURVE):
                return (
                    f"hazard ratio {number(d['estimate'])} (95 % interval {number(d['lower'])} to"
                    f" {number(d['upper'])}), {FROM_CURVE}"
                )
            return (
                f"standard error of the log ratio {se_from_interval(d['lower'], d['upper'], d['level']):.2f},"
                " from the interval"
            )
    return "no estimate can be computed from what is printed"


def _over_tables(candidates: list[list[int]]) -> str:
    """Smallest and largest odds ratio of the tables that print so."""
    found = [np.exp(frequentist.log_odds_ratio(*row).estimate) for row in candidates]
    return (
        f"odds ratio from {number(min(found))} to {number(max(found))} over the {len(found)} tables that"
        " print so"
    )


def pooled(key: str, review: Review) -> list[str]:
    """Conventional pooled estimates in words, or the reason there is none."""
    reports = evidence_of(key, review).used
    tables = [r for r in reports if r.only_table]
    ratios = [r.data for r in reports if r.term == "ratio"]
    if len(tables) >= 2:
        counts = _counts(tables)
        found = [frequentist.mantel_haenszel(*counts), frequentist.peto(*counts)]
        single = [frequentist.log_odds_ratio(*row) for row in zip(*counts)]
        found.append(
            frequentist.random_effects([s.estimate for s in single if s.se], [s.se for s in single if s.se])
        )
    elif len(ratios) >= 2:
        found = [
            frequentist.random_effects(
                [np.log(d["estimate"]) for d in ratios],
                [se_from_interval(d["lower"], d["upper"], d["level"]) for d in ratios],
            )
        ]
    else:
        what = {"log_or": "counts in both arms", "log_hr": "a hazard ratio with its interval"}.get(
            ENDPOINTS[key].effect, "an estimate with its interval"
        )
        count = len(tables) + len(ratios)
        return [
            f"none: {'one study gives' if count == 1 else 'no study gives'} {what}, and pooling needs two"
        ]
    return [
        f"{e.method}: {_ratio(e)}" if e.estimate is not None else f"{e.method}: {e.reason}" for e in found
    ]


def _counts(reports: list[Used]) -> list[list[int]]:
    return [list(column) for column in zip(*(r.only_table for r in reports))]


def _ratio(estimate) -> str:
    return interval(
        {
            name: float(np.exp(value))
            for name, value in (
                ("median", estimate.estimate),
                ("lower", estimate.lower),
                ("upper", estimate.upper),
            )
        }
    )

"""Results without priors, beside the posteriors: each paper's own numbers computed again, and what
conventional methods pool.
"""

import numpy as np
import pandas as pd
from scipy.stats import norm

from book.html.style import Table
from book.shown.endpoint.printed import printed_result
from extraction.records import Review
from models.endpoint import Scale
from models.endpoints import ENDPOINTS, evidence_of
from models.engines import frequentist
from models.evidence.survival import FROM_CURVE
from models.likelihood.kinds.means import Means
from models.likelihood.kinds.ratio import Ratio
from models.likelihood.report import Counts, Origin, Report
from models.likelihood.risk_report import RiskReport
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
            "recomputed": _recomputed([used.report for used in evidence.of(study)]),
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


def _recomputed(reports: list[Report]) -> str:
    """Odds ratio and Fisher's p of the counts; the standard error of a hazard ratio; the ratio of means; else
    why nothing can be computed.
    """
    for report in reports:
        if report.only_table:
            estimate = frequentist.log_odds_ratio(*report.only_table)
            how = "" if report.origin is Origin.PRINTED else ", from the one table that prints so"
            return (
                f"odds ratio {_ratio(estimate)}; Fisher"
                f" p{_p(frequentist.fisher_exact_p(*report.only_table))}{how}"
            )
        if isinstance(report, RiskReport):
            return _over_tables(report.tables)
        if isinstance(report, Ratio):
            if report.origin is Origin.DIGITISED:
                return (
                    f"hazard ratio {number(report.estimate)} (95 % interval {number(report.lower)} to"
                    f" {number(report.upper)}), {FROM_CURVE}"
                )
            return f"standard error of the log ratio {report.se:.2f}, from the interval"
        if isinstance(report, Means):
            half = report.se * norm.isf(0.025)
            limits = {"median": 0.0, "lower": -half, "upper": half}
            ratio = {name: float(np.exp(report.log_ratio + value)) for name, value in limits.items()}
            return f"ratio of means {interval(ratio)}, normal on the log scale"
    return "no estimate can be computed from what is printed"


def _over_tables(candidates: tuple[Counts, ...]) -> str:
    """Smallest and largest odds ratio of the tables that print so."""
    found = [_odds_ratio(row) for row in candidates]
    return (
        f"odds ratio from {number(min(found))} to {number(max(found))} over the {len(found)} tables that"
        " print so"
    )


def _odds_ratio(table: Counts) -> float:
    """The odds ratio of a table; raise ValueError where it has none."""
    found = frequentist.log_odds_ratio(*table)
    if found.estimate is None:
        raise ValueError(f"{table}: {found.reason}")
    return np.exp(found.estimate)


def pooled(key: str, review: Review) -> list[str]:
    """Conventional pooled estimates in words, or the reason there is none."""
    reports = [used.report for used in evidence_of(key, review).used]
    tables = [report.only_table for report in reports if report.only_table]
    ratios = [report for report in reports if isinstance(report, Ratio | Means)]
    if len(tables) >= 2:
        counts = [list(column) for column in zip(*tables, strict=True)]
        found = [frequentist.mantel_haenszel(*counts), frequentist.peto(*counts)]
        single = [frequentist.log_odds_ratio(*row) for row in zip(*counts, strict=True)]
        estimated = [(s.estimate, s.se) for s in single if s.estimate is not None and s.se]
        found.append(frequentist.random_effects([e for e, _ in estimated], [se for _, se in estimated]))
    elif len(ratios) >= 2:
        found = [
            frequentist.random_effects([ratio.log_ratio for ratio in ratios], [ratio.se for ratio in ratios])
        ]
    else:
        what = {
            Scale.ODDS_RATIO: "counts in both arms",
            Scale.HAZARD_RATIO: "a hazard ratio with its interval",
            Scale.RATIO_OF_MEANS: "means with SDs of both arms",
        }.get(ENDPOINTS[key].scale, "an estimate with its interval")
        count = len(tables) + len(ratios)
        return [
            f"none: {'one study gives' if count == 1 else 'no study gives'} {what}, and pooling needs two"
        ]
    return [
        f"{e.method}: {_ratio(e)}" if e.estimate is not None else f"{e.method}: {e.reason}" for e in found
    ]


def _p(p: float) -> str:
    """A p-value behind its letter, never 0."""
    return f"={p:.3f}" if p >= 0.0005 else "<0.001"


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

"""Summary of findings (GRADE): for each endpoint the effect, in patients where a baseline risk is known, how
likely it matters, and how certain that is.

Not adjusted and adjusted for bias come from one quadrature, so only the bias is between them.  Durations
is sampled: its adjusted answer is that of the multiverse, from short chains.
"""

from dataclasses import dataclass

import numpy as np

from extraction.derived.groups import group_size
from extraction.question import ASKED, ESTIMAND, GRADES, QUESTION, grade_words
from extraction.records import Review
from models.answers.absolute import NAMED_STUDIES, Baseline, baselines, difference_per_1000, risk_with
from models.answers.answer import Quantity, answer_of, of_posterior
from models.answers.bias import adjusted
from models.answers.in_units import InUnits, in_units
from models.endpoint import Scale
from models.endpoints import ENDPOINTS, evidence_of
from models.engines.posterior import LIMITS
from models.evidence.report import Evidence, Used
from models.likelihood.duration_report import DurationReport
from models.likelihood.risk_report import RiskReport
from models.trust import duration_universes
from models.trust.adjusted import pair
from models.words import digits_beside


@dataclass(frozen=True)
class Effect:
    """Ratio and difference per 1,000 (None without a baseline risk), median and 95 % limits; probabilities of
    an important benefit and harm.
    """

    ratio: dict
    difference: dict | None
    benefit: float
    harm: float
    digits: int = 2


@dataclass(frozen=True)
class Finding:
    """One endpoint at one baseline risk; `informing` are the events and patients behind it in words,
    `patients` those in the groups compared, an upper limit.
    """

    key: str
    baseline: Baseline | None
    studies: int
    informing: str
    patients: int
    unadjusted: Effect
    adjusted: Effect
    units: InUnits | None = None
    """Of a ratio of means, where a mean of the other arms is known."""

    @property
    def title(self) -> str:
        return ENDPOINTS[self.key].title


def gather(review: Review) -> list[Finding]:
    """Every endpoint at each of its baseline risks, in the order of the book; raise store.NotFitted where
    durations are not fitted.
    """
    return [finding for key in ENDPOINTS for finding in of_endpoint(key, review)]


def at_first_baseline(found: list[Finding]) -> list[Finding]:
    """Each endpoint at its first baseline risk."""
    return list({f.key: f for f in reversed(found)}.values())[::-1]


def of_endpoint(key: str, review: Review) -> list[Finding]:
    """The findings of one endpoint, one for each baseline risk; a single one on the ratio where there is
    none.
    """
    evidence = evidence_of(key, review)
    at: list[Baseline | None] = [*baselines(key, review)] or [None]
    effects = ENDPOINTS[key].engine.way(_by_quadrature, _sampled)(key, at, review)
    return [
        Finding(
            key,
            baseline,
            len(evidence.studies),
            informing(evidence, review),
            patients(evidence, review),
            *both,
            in_units(key, review) if ENDPOINTS[key].scale is Scale.RATIO_OF_MEANS else None,
        )
        for baseline, both in zip(at, effects, strict=True)
    ]


def _by_quadrature(key: str, at: list[Baseline | None], review: Review) -> list[tuple[Effect, Effect]]:
    """Not adjusted and adjusted, at each baseline risk."""
    plain, for_bias = answer_of(key, review).mu, of_posterior(adjusted(key, review).mu)
    return [(effect(key, plain, baseline), effect(key, for_bias, baseline)) for baseline in at]


def _sampled(key: str, _: list[Baseline | None], review: Review) -> list[tuple[Effect, Effect]]:
    """Durations not adjusted, from draws, and adjusted, from the universe that differs in nothing but the
    bias.
    """
    found, points = pair(key, review).adjusted, duration_universes.points(key, review)
    for_bias = Quantity({name: float(np.log(found[name])) for name in LIMITS}, points)
    digits = digits_beside(key)
    both = answer_of(key, review).mu, for_bias
    return [(effect(key, both[0], digits=digits), effect(key, both[1], digits=digits))]


def effect(key: str, mean: Quantity, baseline: Baseline | None = None, digits: int = 2) -> Effect:
    """The effect that a mean effect (log scale) amounts to."""
    mu, threshold = mean.points, ENDPOINTS[key].important
    change = risk_with(baseline.risk, mu) - baseline.risk if baseline else None
    if change is not None and threshold.per_1000:
        gain, important = 1000 * change, threshold.per_1000
    else:
        gain, important = mu, -np.log(threshold.ratio)
    gain = -gain if ENDPOINTS[key].less_is_better else gain
    return Effect(
        mean.ratio,
        difference_per_1000(baseline, mean.limits) if baseline else None,
        float(np.mean(gain >= important)),
        float(np.mean(gain <= -important)),
        digits,
    )


def informing(evidence: Evidence, review: Review) -> str:
    """The events and patients that inform an answer, study by study, the treated first; of durations the
    patients of the grade that is estimated; of survival all compared, as hardly a paper prints events.
    """
    if len(evidence.studies) > NAMED_STUDIES:
        return f"{patients(evidence, review):,} patients"
    told = [_informing(study, evidence) for study in evidence.studies]
    if all(told):
        labels = [review.studies[study].label for study in evidence.studies]
        return "; ".join(f"{label} {text}" for label, text in zip(labels, told, strict=True))
    if of_estimand := _of_estimand(evidence):
        others = "milder" if GRADES[-1] == ESTIMAND else "other"
        graded = f" of {grade_words(ESTIMAND)}; {others} grades lend to the answer" if QUESTION.grades else ""
        return f"{of_estimand} patients{graded}"
    has_events = ASKED[evidence.endpoint].kind != "continuous"
    return f"{patients(evidence, review)} patients{', events hardly printed' if has_events else ''}"


def _informing(study: str, evidence: Evidence) -> str:
    """`9/17 v 10/28`, or the ranges of a set of tables; empty where a report has none."""
    found = [used.report for used in evidence.of(study)]
    if not all(isinstance(report, RiskReport) for report in found):
        return ""
    tables = [table for report in found if isinstance(report, RiskReport) for table in report.tables]
    treated, n_treated, control, n_control = (sorted(set(column)) for column in zip(*tables, strict=True))
    return f"{_span(treated)}/{_span(n_treated)} v {_span(control)}/{_span(n_control)}"


def _span(values: list[int]) -> str:
    return str(values[0]) if len(values) == 1 else f"{values[0]}–{values[-1]}"


def _of_estimand(evidence: Evidence) -> int:
    """Patients of the grade that is estimated in the reports of durations, each once."""
    counted: dict[tuple[str, str], int] = {}
    for used in evidence.used:
        if isinstance(used.report, DurationReport):
            for grade, arm, n in used.report.cells:
                if grade == ESTIMAND:
                    counted[used.study, arm] = max(n, counted.get((used.study, arm), 0))
    return sum(counted.values())


def patients(evidence: Evidence, review: Review) -> int:
    """Patients in the groups compared; where a report counts responders only, this counts their whole group,
    so it is an upper limit.

    Reports of all patients of a study hold those of its strata, which share no patient.
    """
    total = 0
    for study in evidence.studies:
        reports = evidence.of(study)
        whole = [r for r in reports if r.stratum == "all"]
        total += sum(_in_report(r, review) for r in whole or reports)
    return total


def _in_report(report: Used, review: Review) -> int:
    """Patients of one report."""
    if report.report.patients is not None:
        return report.report.patients
    size = group_size(review.records[report.study], "total", report.stratum)
    if size is None:
        raise ValueError(
            f"{report.study}: neither its report nor its record tells the patients in {report.stratum}"
        )
    return size


def has_room(finding: Finding, side: str) -> bool:
    """Whether a difference of the threshold's size is possible on a side ("benefit" or "harm") at the
    baseline risk.
    """
    needed = ENDPOINTS[finding.key].important.per_1000
    if not (finding.baseline and needed):
        return True
    fewer = ENDPOINTS[finding.key].less_is_better == (side == "benefit")
    return needed <= 1000 * (finding.baseline.risk if fewer else 1 - finding.baseline.risk)

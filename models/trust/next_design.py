"""How a further study would be made: like those included, all of them together."""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit

from extraction.derived.groups import both_sizes, patients_by_grade
from extraction.question import ASKED, CONDITION, ESTIMAND, QUESTION, TREATMENT, grade_words
from extraction.records import Review
from models.endpoint import Scale
from models.endpoints import ENDPOINTS, evidence_of
from models.evidence.report import Evidence
from models.likelihood.kinds.means import Means
from models.likelihood.kinds.medians import Medians
from models.likelihood.kinds.ratio import Ratio
from models.likelihood.risk_report import RiskReport
from models.priors import EVENT_SHARE
from models.runs import store


@dataclass(frozen=True)
class Design:
    """How the new study is made: share treated, and either the risk without it or the SE of its log
    ratio times the root of its size.
    """

    treated_share: float
    words: str
    control_risk: float | None = None
    se_of_one: float | None = None

    def se(self, size: int, log_ratio: float) -> float:
        """Standard error of the log ratio; of counts, that of their expected numbers (Woolf 1955)."""
        if self.control_risk is None:
            return self.se_of_one / np.sqrt(size)
        risks = expit(logit(self.control_risk) + np.array([log_ratio, 0.0]))
        patients = size * np.array([self.treated_share, 1 - self.treated_share])
        return float(np.sqrt((1 / (patients * risks * (1 - risks))).sum()))


def design(key: str, review: Review) -> Design:
    """A new study made like those included: its arms split as theirs are together, its risks, events or
    spread as theirs.
    """
    endpoint, evidence = ENDPOINTS[key], evidence_of(key, review)
    share, _ = _split(key, evidence, review)
    split = f"{100 * share:.0f} % given {TREATMENT}"
    if endpoint.scale is Scale.ODDS_RATIO:
        risk = control_risk(evidence)
        return Design(
            share, f"counts in both arms; {split}; risk without it {100 * risk:.0f} %", control_risk=risk
        )
    if endpoint.scale is Scale.HAZARD_RATIO:
        events = event_share(key, evidence, review)
        return Design(
            share,
            f"hazard ratio; {split}; an event in {100 * events:.0f} %",
            se_of_one=1 / np.sqrt(share * (1 - share) * events),
        )
    if endpoint.scale is Scale.RATIO_OF_MEANS:
        return Design(share, f"ratio of means; {split}", se_of_one=_se_of_one(key, evidence, review))
    sigma = float(np.median(store.read(key, review).draws["sigma"].values))
    whose = f" in {CONDITION} of {grade_words(ESTIMAND)}" if QUESTION.grades else ""
    return Design(
        share,
        f"ratio of medians{whose}; {split}; SD of log {ASKED[endpoint.evidence].unit} {sigma:.2f}",
        se_of_one=median_ratio_se_of_one(share, sigma),
    )


def _se_of_one(key: str, evidence: Evidence, review: Review) -> float:
    """SE of the log ratio times the root of its patients, of the report in the middle; where none tells it,
    that of equal arms of values as spread as their mean.
    """
    arms = _arms(key, evidence, review)
    found = [
        used.report.se * np.sqrt(used.report.patients or sum(arms[used.study].values()))
        for used in evidence.used
        if used.study in arms and isinstance(used.report, Ratio | Means | Medians)
    ]
    return float(np.median(found)) if found else 2.0


def median_ratio_se_of_one(treated_share: float, sigma: float) -> float:
    """SE of the log ratio of two medians times the root of all patients: a normal sample's median has sqrt(pi
    / 2) times the SE of its mean.
    """
    return float(sigma * np.sqrt(np.pi / 2 * (1 / treated_share + 1 / (1 - treated_share))))


def has_one(key: str, review: Review) -> bool:
    """Whether there are studies to make a new one like: some that enter, with the sizes of both arms."""
    return bool(_arms(key, evidence_of(key, review), review))


def _split(key: str, evidence: Evidence, review: Review) -> tuple[float, dict[str, int]]:
    """Share treated in all studies of known size that enter, and the patients of each."""
    arms = _arms(key, evidence, review)
    total = {study: sizes["treated"] + sizes["control"] for study, sizes in arms.items()}
    return sum(sizes["treated"] for sizes in arms.values()) / sum(total.values()), total


def _arms(key: str, evidence: Evidence, review: Review) -> dict[str, dict[str, int]]:
    """Patients of each arm of the studies that enter, where both are known; for durations those of the grade
    that is estimated.
    """
    records = {study: review.records[study] for study in evidence.studies}
    if ENDPOINTS[key].scale is Scale.RATIO_OF_DURATIONS:
        by_grade = {study: patients_by_grade(record) for study, record in records.items()}
        return {study: grades[ESTIMAND] for study, grades in by_grade.items() if ESTIMAND in grades}
    arms = {study: both_sizes(record) for study, record in records.items()}
    return {study: {"treated": both[0], "control": both[1]} for study, both in arms.items() if both}


def control_risk(evidence: Evidence) -> float:
    """Risk without the treatment over all tables, events averaged over those a paper could have seen; half an
    event is added (Jeffreys' prior).
    """
    reports = (used.report for used in evidence.used)
    tables = [np.array(report.tables) for report in reports if isinstance(report, RiskReport)]
    return float((sum(t[:, 2].mean() for t in tables) + 0.5) / (sum(t[:, 3].mean() for t in tables) + 1))


def event_share(key: str, evidence: Evidence, review: Review) -> float:
    """Patients with an event, of those behind printed hazard ratios; else the mean of the prior."""
    arms = _arms(key, evidence, review)
    reports = [(used.study, used.report) for used in evidence.used if used.study in arms]
    ratios = [(study, report) for study, report in reports if isinstance(report, Ratio)]
    if not ratios:
        return float(EVENT_SHARE.quantile(0.5))
    events = 0.0
    for study, ratio in ratios:
        events += ratio.events(arms[study]["treated"], arms[study]["control"])
    patients = sum(arms[study]["treated"] + arms[study]["control"] for study, _ in ratios)
    return min(events / patients, 1.0)

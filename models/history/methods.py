"""How the numbers of an endpoint are read, as a release tells it: what may change where no study does."""

from extraction.question import THE_TREATMENT
from extraction.records import Review
from models.endpoints import evidence_of
from models.likelihood.duration_report import DurationReport
from models.likelihood.kinds.log_rank import LogRank
from models.likelihood.risk_report import RiskReport
from models.priors import MIDWAY

LEVEL, LAW = "prior of each study's own level", "law of a log-rank p"
PLACES = {0.0: f"on the arm without {THE_TREATMENT}", 0.5: "midway between the arms"}
"""Where that prior lies, by the share of the effect that lies above it."""
UNTOLD = {LEVEL: PLACES[0.0], LAW: "normal, with Schoenfeld's information"}
"""What the release did that tells none, 0.1.0."""


def methods(key: str, review: Review) -> dict[str, str]:
    """What applies to the reports of an endpoint, by name."""
    reports, found = [used.report for used in evidence_of(key, review).used], {}
    if any(isinstance(report, RiskReport | DurationReport) for report in reports):
        found[LEVEL] = PLACES[MIDWAY.share]
    if any(isinstance(report, LogRank) for report in reports):
        found[LAW] = "simulated at the sizes of the arms"
    return found


def changed_methods(before: dict, after: dict) -> list[str]:
    """What of it differs between two accounts of an endpoint, in words."""
    old = before.get("methods", UNTOLD)
    return [
        f"{name} {new}, before {old[name]}"
        for name, new in after.get("methods", {}).items()
        if old.get(name, new) != new
    ]

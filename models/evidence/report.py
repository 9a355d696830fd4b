"""What enters an endpoint and what does not, and how open choices are read."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from extraction.question import ASKED, ESTIMAND, GRADES, QUESTION, REFERENCE, THE_TREATMENT
from extraction.vocabulary import Start
from models.evidence.foreseen import Foreseen
from models.likelihood.grades import Graded
from models.likelihood.report import Counts, Report
from models.priors import Prior


@dataclass(frozen=True)
class Reading:
    """Open choices; the defaults are the primary analysis, argued on the endpoints' pages.

    recovered : data recovered from percentages, p-values and totals enter, not the printed counts and
    estimates alone
    at_their_word : `significant` and `no difference` in words narrow what is recovered
    whole_cohort : of a recovered cohort and a recovered part of it, the cohort enters
    endpoint_first : recovered counts of the endpoint itself enter before printed counts of a stand-in
    impossible_as_outcome : a p that its test cannot give still enters by its outcome in words
    curve_first : of a digitised curve and a log-rank p of the same patients, the curve's hazard ratio enters
    medians_at_their_word : a median that no whole days have still enters as one
    before_treatment : patients whose event began before the treatment count in its arm, as the papers group
    them
    grade_reached : durations of the condition are grouped by the highest grade reached, as the papers say;
    otherwise patients who got worse after the treatment count in the grade at which they were given it
    adjusted_first : of an adjusted hazard ratio and a result of the same patients that is not adjusted, the
    adjusted one enters
    weighted_first : of hazard ratios of the same patients, one weighted by or matched on the propensity of
    treatment enters before one adjusted for covariates
    landmark_first : a hazard ratio of the patients without the event until a landmark enters before one of
    all
    matched_first : results of the patients matched on the propensity of treatment enter before those of all
    adjusted_odds_first : an adjusted odds ratio enters before the counts or tables of the same patients
    other_names : a variable that can carry the endpoint under another name stands for it, where it is not
    printed
    runs_from : survival that runs from another start does not enter; a start that is not printed is taken for
    baseline, and None lets every start enter
    """

    recovered: bool = True
    at_their_word: bool = True
    whole_cohort: bool = True
    endpoint_first: bool = True
    impossible_as_outcome: bool = True
    curve_first: bool = True
    before_treatment: bool = True
    grade_reached: bool = True
    medians_at_their_word: bool = True
    adjusted_first: bool = True
    weighted_first: bool = False
    landmark_first: bool = False
    matched_first: bool = False
    adjusted_odds_first: bool = False
    other_names: bool = True
    runs_from: Start | None = None


PRIMARY = Reading()
ALTERNATIVES: dict[str, Reading] = {
    "printed numbers only": Reading(recovered=False),
    "verbal outcomes not taken at their word": Reading(at_their_word=False),
    "a recovered part in place of the whole cohort": Reading(whole_cohort=False),
    "printed counts of a stand-in before recovered counts": Reading(endpoint_first=False),
    "comparisons with an impossible p left out": Reading(impossible_as_outcome=False),
    "log-rank p-values before digitised curves": Reading(curve_first=False),
    f"patients whose event began before {THE_TREATMENT} left out": Reading(before_treatment=False),
    f"patients who got worse after {THE_TREATMENT} counted back in the grade at which they were given it": (
        Reading(grade_reached=False)
    ),
    "medians that no whole days have read as means": Reading(medians_at_their_word=False),
    "unadjusted results before adjusted hazard ratios": Reading(adjusted_first=False),
    "weighted or matched hazard ratios before those adjusted for covariates": Reading(weighted_first=True),
    "hazard ratios at a landmark before those of all patients": Reading(landmark_first=True),
    "matched patients in place of the whole cohort": Reading(matched_first=True),
    "adjusted odds ratios before counts": Reading(adjusted_odds_first=True),
    "no survival of another name than the endpoint's": Reading(other_names=False),
    f"only survival that runs from {QUESTION.baseline}, or whose start is not printed": Reading(
        runs_from="baseline"
    ),
    "only survival that runs from response": Reading(runs_from="response"),
}
"""One choice changed at a time, in words; the sensitivity analysis runs them all."""


@dataclass(frozen=True)
class Used:
    """A report that enters the likelihood, and the entries that it is made of.

    bounds : entries of other strata that only limit what the report can be; their own likelihood is not
    multiplied in
    recovered_by : the function that found what is not printed, if any
    """

    study: str
    report: Report
    entries: tuple[str, ...]
    stratum: str = "all"
    note: str = ""
    bounds: tuple[str, ...] = ()
    recovered_by: Callable | None = field(default=None, compare=False)

    @property
    def label(self) -> str:
        """Study and, of a part of its patients, stratum."""
        return self.study if self.stratum == "all" else f"{self.study} {self.stratum}"

    @property
    def enters(self) -> list:
        """What its likelihood depends on, for JSON."""
        return [self.study, self.stratum, self.report.name, self.report.data]

    def as_json(self) -> dict:
        return {
            "study": self.study,
            "term": self.report.name,
            "data": self.report.data,
            "entries": self.entries,
            "stratum": self.stratum,
            "note": self.note,
            "bounds": self.bounds,
        }


@dataclass(frozen=True)
class Unused:
    """A report left out: why, what of it the posterior must foresee (None: it cannot), and the tables that
    print so.
    """

    study: str
    entries: tuple[str, ...]
    reason: str
    stratum: str = "all"
    check: Foreseen | None = None
    candidates: tuple[Counts, ...] = ()

    @property
    def foreseen(self) -> Foreseen:
        """What of it the posterior must foresee; raise ValueError for a report that it cannot."""
        if self.check is None:
            raise ValueError(f"{self.study}: no posterior foresees {', '.join(self.entries)}")
        return self.check

    def as_json(self) -> dict:
        return vars(self) | {"check": self.check and self.check.data}


@dataclass(frozen=True)
class Evidence:
    """What enters one endpoint."""

    endpoint: str
    used: tuple[Used, ...]
    unused: tuple[Unused, ...] = field(default=())

    @property
    def studies(self) -> list[str]:
        return list(dict.fromkeys(used.study for used in self.used))

    @property
    def kinds(self) -> list[type[Report]]:
        """The classes of the reports that enter: code on which a posterior depends."""
        return list({type(used.report): None for used in self.used})

    @property
    def graded(self) -> Graded:
        """Of durations: how they are told apart by grade."""
        return graded_of(self.endpoint)

    @property
    def shape(self) -> dict | None:
        """What a fit depends on besides the reports: of durations, grades and the prior of their level."""
        return self.graded.data if ASKED[self.endpoint].lasting else None

    def of(self, study: str) -> list[Used]:
        """The reports of a study that enter."""
        return [used for used in self.used if used.study == study]

    def entries_behind(self, study: str) -> tuple[str, ...]:
        """The entries of a study that enter; where none does, those left out."""
        reports: Sequence[Used | Unused] = self.of(study) or [
            left_out for left_out in self.unused if left_out.study == study
        ]
        return tuple(dict.fromkeys(entry for report in reports for entry in report.entries))

    def hash(self) -> str:
        """Fingerprint of all that enters, and of all that is left out with its reason."""
        return _fingerprint(
            {
                "endpoint": self.endpoint,
                "used": [used.as_json() for used in self.used],
                "unused": [left_out.as_json() for left_out in self.unused],
            }
        )

    def used_hash(self) -> str:
        """Fingerprint of the numbers a posterior depends on: unchanged by a note, or by a report that is not
        used.
        """
        return _fingerprint([used.enters for used in self.used])


def graded_of(endpoint: str) -> Graded:
    """How an endpoint of durations is told apart by grade, as the question has it; raise ValueError for
    another endpoint.
    """
    lasting = ASKED[endpoint].lasting
    if lasting is None:
        raise ValueError(f"{endpoint} is no duration")
    level = Prior("level", "normal", lasting.level.log, lasting.level.plain, lasting.level.source)
    return Graded(GRADES, ESTIMAND, REFERENCE, level)


def _fingerprint(content: object) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]

"""The words of any review: tests, estimators, arms, domains of bias and their like, each with its meaning.

Those of one question alone stand in question.yml.
"""

import re
from typing import Literal, get_args

CORE_VARIABLES: dict[str, tuple[str, tuple[str, ...]]] = {
    "group_size": ("Patients in an arm and stratum.", ("patients",)),
    "excluded_patients": (
        "Patients treated or eligible but left out of the analysis, by reason.",
        ("patients",),
    ),
    "male_sex": ("Male patients.", ("patients",)),
    "follow_up": ("Length of follow-up.", ("days", "months", "years")),
    "lost_to_follow_up": ("Patients lost to follow-up.", ("patients",)),
}
"""Variables of any review, each with its meaning and the units in which a value of it is printed."""

CORE_UNITS = {
    "patients": "number of patients, or a share of them",
    "days": "days",
    "hours": "hours",
    "months": "months",
    "years": "years",
    "mg": "milligrams",
    "percent": "per cent of something else than patients",
    "fold": "multiple of the baseline level",
    "currency": "money, in the currency and at the prices that the note names",
    "percentage points": "difference of two percentages",
    "ratio": "a ratio of two arms; 1 is no difference",
    "probability": "a p-value",
    "none": "no unit: the entry is a verbal outcome or an absence",
}
"""Units of any review, each in words."""

HOURS = {"hours": 1.0, "days": 24.0, "months": 730.5, "years": 8766.0}
"""Units of time, in hours: a year has 365.25 days, a month a twelfth of them."""

UNITS_OF_KIND: dict[str, tuple[str, ...]] = {
    "group_size": ("patients",),
    "counts": ("patients",),
    "percentage": ("patients",),
    "bound": ("patients",),
    "p_value": ("probability",),
    "log_rank_p": ("probability",),
    "hazard_ratio": ("ratio",),
    "odds_ratio": ("ratio",),
    "risk_ratio": ("ratio",),
    "rate_ratio": ("ratio",),
    "subdistribution_ratio": ("ratio",),
    "ratio_of_means": ("ratio",),
    "risk_difference": ("percentage points",),
    "test_outcome": ("none",),
    "survival_curve": ("none",),
    "not_reported": ("none",),
}
"""Units fixed by the kind of report; a measured value takes its variable's units instead."""

Test = Literal[
    "fisher",
    "chi_squared",
    "mantel_haenszel",
    "likelihood_ratio",
    "barnard",
    "boschloo",
    "mcnemar",
    "trend",
    "mann_whitney",
    "kruskal_wallis",
    "t",
    "log_rank",
    "gray",
    "cox",
    "fine_gray",
    "logistic",
    "unnamed",
]
TESTS = {
    "fisher": "Fisher's exact test",
    "chi_squared": "chi-squared test",
    "mantel_haenszel": "Mantel-Haenszel test",
    "likelihood_ratio": "likelihood-ratio test",
    "barnard": "Barnard's exact test",
    "boschloo": "Boschloo's exact test",
    "mcnemar": "McNemar's test of pairs",
    "trend": "test for trend, Cochran-Armitage or linear by linear",
    "mann_whitney": "Mann-Whitney U test",
    "kruskal_wallis": "Kruskal-Wallis test",
    "t": "Student's t test",
    "log_rank": "log-rank test",
    "gray": "Gray's test of cumulative incidences",
    "cox": "Wald test in a Cox model",
    "fine_gray": "Wald test in a Fine-Gray model of the subdistribution",
    "logistic": "Wald test in a logistic model",
    "unnamed": "the paper does not name the test",
}
"""Tests a paper may name.  Several together mean: the paper names them as alternatives."""

Estimator = Literal["crude", "kaplan_meier", "cumulative_incidence", "weighted", "matched"]
ESTIMATORS = {
    "crude": "patients with the event over all patients",
    "kaplan_meier": "a Kaplan-Meier estimate at a time",
    "cumulative_incidence": "a cumulative incidence at a time, with death or relapse as competing events",
    "weighted": "a share of patients weighted by their propensity of treatment",
    "matched": "a share of patients matched on their propensity of treatment",
}
"""How a share of patients is estimated.  Only a crude one is a count over a number of patients."""

WORDS_OF_ESTIMATES: dict[Estimator, re.Pattern[str]] = {
    "cumulative_incidence": re.compile(r"cumulative incidence|competing", re.IGNORECASE),
    "weighted": re.compile(r"\bIP[TC]?W\b|\bSMRW\b|weight(ed|ing)\b|overlap weights", re.IGNORECASE),
    "matched": re.compile(r"\bmatch(ed|ing)\b|\bPSM\b", re.IGNORECASE),
    "kaplan_meier": re.compile(r"kaplan", re.IGNORECASE),
}
"""Words beside a share that is not patients with the event over all patients."""
GRAY = re.compile(r"\bGray\b")
"""Of a test that compares cumulative incidences, and no counts."""

Arm = Literal["treated", "control", "total", "comparison"]
ARMS = {
    "treated": "patients given the treatment",
    "control": "patients given none, or under standard management",
    "total": "both arms together",
    "comparison": "a contrast of the arms",
}
"""Whom an entry describes."""


TextPart = Literal["full text", "abstract", "fragments of the abstract"]

Direction = Literal["lower", "higher"]
"""Of a value with the treatment, against none."""

Start = Literal["baseline", "response"]
"""From when a time to an event runs; from response it runs in those alone who responded."""

BOTH_ARMS = ("treated", "control")
TWO_ARMS = "treated v control"
"""What a comparison contrasts unless its entry says otherwise."""
REVERSED = "control v treated"
"""The same the other way round, as some papers print a ratio."""
Domain = Literal[
    "randomisation",
    "confounding",
    "selection",
    "classification",
    "deviations",
    "missing_data",
    "measurement",
    "reporting",
    "overall",
]
"""What a judgement is made of: a domain of ROBINS-I or of RoB 2, or all of them together."""
DOMAINS = {
    "confounding": "confounding",
    "selection": "selection of patients",
    "classification": "classification of interventions",
    "deviations": "deviations from intended interventions",
    "missing_data": "missing data",
    "measurement": "measurement of outcomes",
    "reporting": "selection of the reported result",
}
"""The seven domains of ROBINS-I (Sterne 2016, BMJ 355:i4919), in its order."""
ROB_2_DOMAINS = {"randomisation": "randomisation"} | {
    name: DOMAINS[name] for name in ("deviations", "missing_data", "measurement", "reporting")
}
"""The five domains of RoB 2 (Sterne 2019, BMJ 366:l4898), in its order."""
JUDGED = {"randomisation": "randomisation"} | DOMAINS | {"overall": "all domains together"}
"""Domains of both tools, in one order."""

RiskOfBias = Literal["low", "some_concerns", "high", "moderate", "serious", "critical", "no_information"]
JUDGEMENTS: tuple[RiskOfBias, ...] = get_args(RiskOfBias)
"""Judgements of RoB 2 (low, some concerns, high) and of ROBINS-I (the others and low)."""

LIMITATIONS = {
    "risk_of_bias": "risk of bias",
    "inconsistency": "inconsistency",
    "indirectness": "indirectness",
    "imprecision": "imprecision",
    "publication_bias": "publication bias",
}
"""What lowers the certainty of an endpoint in GRADE, in its order."""

CERTAINTIES = ("high", "moderate", "low", "very low")
"""Ratings of GRADE; each level down is a step to the right."""

"""The words a record may use: variables, units, tests, arms and endpoints, each with its meaning."""

import re
from typing import TYPE_CHECKING, Literal, NamedTuple, get_args


class Variable(NamedTuple):
    """What a variable means, and the units in which a value of it is printed."""

    meaning: str
    units: tuple[str, ...]


def variable(meaning: str, *units: str) -> Variable:
    """A variable; without units it is a count or share of patients."""
    return Variable(meaning, units or ("patients",))


FIELDS = {
    "group_size": variable("Patients in an arm and stratum."),
    "excluded_patients": variable("Patients treated or eligible but left out of the analysis, by reason."),
    "age": variable("Age at infusion.", "years"),
    "male_sex": variable("Male patients."),
    "high_risk_genetics": variable("High-risk phenotype or genotype, as the paper defines it."),
    "previous_lines": variable("Lines of therapy before CAR-T cells.", "lines"),
    "prior_transplant": variable("Allogeneic stem cell transplantation before CAR-T cells."),
    "primary_refractory": variable("Primary refractory disease."),
    "blast_category": variable("Bone marrow blasts before infusion, in categories."),
    "blast_percentage": variable(
        "Bone marrow blasts before infusion, per cent of nucleated cells.", "percent"
    ),
    "cart_dose": variable("CAR-T cells infused.", "1e6 cells/kg", "1e9 cells/kg"),
    "humanised_product": variable("Patients given a humanised rather than murine CAR."),
    "crs_any": variable("Cytokine release syndrome of any grade."),
    "crs_grade": variable("Highest grade of cytokine release syndrome; the category names the grade."),
    "severe_crs": variable("Severe cytokine release syndrome, as the paper defines it."),
    "crs_onset": variable("Time from infusion to onset of cytokine release syndrome.", "days"),
    "fever_onset": variable("Time from infusion to first fever.", "days"),
    "crs_duration": variable("Time from onset to end of cytokine release syndrome.", "days", "hours"),
    "severe_infection": variable("Severe or serious infection, as the paper defines it."),
    "infection": variable("Infection of any grade."),
    "cytopenia": variable("Cytopenia, as the paper defines it; the category names the line of cells."),
    "icans": variable("Immune effector cell-associated neurotoxicity syndrome, any grade."),
    "severe_icans": variable("Severe ICANS, as the paper defines it."),
    "icans_onset": variable("Time from infusion to onset of ICANS of any grade.", "days"),
    "severe_icans_onset": variable("Time from infusion to onset of severe ICANS.", "days"),
    "objective_response": variable("Any response, complete or partial."),
    "complete_response": variable("Complete response at about one month, whatever the residual disease."),
    "mrd_negative_response": variable("Complete response without measurable residual disease."),
    "mrd_positive_response": variable("Complete response with measurable residual disease."),
    "partial_response": variable("Partial response."),
    "overall_survival": variable("Time to death from any cause.", "days", "months", "years"),
    "progression_free_survival": variable(
        "Time to progression, relapse or death; in the first records leukaemia-free survival as well.",
        "days",
        "months",
        "years",
    ),
    "event_free_survival": variable(
        "Time to failure of induction, relapse or death, as the paper names it.", "days", "months", "years"
    ),
    "leukaemia_free_survival": variable(
        "Time to relapse or death, as the paper names it.", "days", "months", "years"
    ),
    "relapse_free_survival": variable(
        "Time from response to relapse or death, of those who responded.", "days", "months", "years"
    ),
    "relapse": variable("Relapse, as the paper counts it."),
    "hospital_stay": variable("Length of stay in hospital.", "days"),
    "icu_admission": variable("Patients admitted to intensive care."),
    "icu_stay": variable("Length of stay in intensive care.", "days", "hours"),
    "cost": variable("Cost of care of a patient; the note names the currency and its year.", "currency"),
    "deaths": variable("Deaths, with cause where printed."),
    "toci_use": variable("Patients given tocilizumab."),
    "toci_dose": variable("Cumulative tocilizumab dose.", "mg"),
    "toci_courses": variable("Number of tocilizumab doses given.", "doses"),
    "toci_trigger": variable("Temperature for which tocilizumab was given.", "degrees C"),
    "toci_timing": variable("Time of first tocilizumab.", "hours", "days"),
    "toci_duration": variable("Days over which tocilizumab was given.", "days"),
    "toci_interval": variable("Hours between tocilizumab doses.", "hours"),
    "steroid_use": variable("Patients given corticosteroids."),
    "steroid_dose": variable("Cumulative corticosteroid dose; the note names the equivalent.", "mg"),
    "steroid_timing": variable("Time of first corticosteroid.", "hours", "days"),
    "steroid_duration": variable("Days of corticosteroid treatment.", "days"),
    "gcsf_dose": variable("Dose of granulocyte colony-stimulating factor.", "mg"),
    "cart_expansion": variable("Expansion of CAR-T cells in blood.", "fold", "percent"),
    "cytokine_response": variable("Patients whose cytokines fell after tocilizumab."),
    "il6_rise": variable("Interleukin-6 level or its rise over baseline.", "fold"),
    "crp_rise": variable("C-reactive protein level or its rise over baseline.", "fold"),
    "il10_rise": variable("Interleukin-10 level or its rise over baseline.", "fold"),
    "ferritin_rise": variable("Ferritin level or its rise over baseline.", "fold"),
    "liver_kidney_function": variable("Liver and kidney function after infusion.", "fold"),
    "follow_up": variable("Length of follow-up.", "days", "months", "years"),
    "lost_to_follow_up": variable("Patients lost to follow-up."),
}
"""Variables a record may hold, each with its meaning."""

if TYPE_CHECKING:
    FieldName = str  # some fifty words: the schema holds a record to them, a checker does not
else:
    FieldName = Literal[*FIELDS]

RESPONSES = ("mrd_negative_response", "mrd_positive_response", "partial_response")
"""Classes of response that exclude each other; who is in none did not respond."""

SUMS = {
    "complete_response": ("mrd_negative_response", "mrd_positive_response"),
    "objective_response": ("complete_response", "partial_response"),
}
"""Variables that are the sum of others."""

PARTITIONED = ("crs_grade", "blast_category")
"""Variables whose categories part the patients: together they are the group."""

SEVERE_OF = {"severe_icans": "icans", "severe_crs": "crs_any"}
"""Variables that count some of the patients of another."""

GIVEN_IT = "given tocilizumab, of those with it"
"""Category of a percentage whose whole is the patients with the event, and whose part those of them who were
given the drug.
"""

BEFORE_THE_DRUG = "symptoms before tocilizumab"
"""Category of events of the tocilizumab arm that began before the drug."""

WITH_CRS = "with CRS"
"""Category of events of patients who had CRS as well."""

WHOLE_NUMBERS = ("lines", "doses")
"""Units that are counted: no patient has half of one."""

Unit = Literal[
    "patients",
    "days",
    "hours",
    "months",
    "years",
    "lines",
    "doses",
    "mg",
    "degrees C",
    "percent",
    "1e6 cells/kg",
    "1e9 cells/kg",
    "fold",
    "currency",
    "percentage points",
    "ratio",
    "probability",
    "none",
]
UNITS = {
    "patients": "number of patients, or a share of them",
    "days": "days",
    "hours": "hours",
    "months": "months",
    "years": "years",
    "lines": "lines of therapy",
    "doses": "doses given",
    "mg": "milligrams",
    "degrees C": "degrees Celsius",
    "percent": "per cent (of cells, not of patients)",
    "1e6 cells/kg": "million cells per kilogram of body weight",
    "1e9 cells/kg": "thousand million cells per kilogram of body weight, as one text of a paper reads",
    "fold": "multiple of the baseline level",
    "currency": "money, in the currency and at the prices that the note names",
    "percentage points": "difference of two percentages",
    "ratio": "a ratio of two arms; 1 is no difference",
    "probability": "a p-value",
    "none": "no unit: the entry is a verbal outcome or an absence",
}
"""Legal units, each in words."""

UNITS_OF_KIND: dict[str, tuple[Unit, ...]] = {
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

TIMES = {
    "overall_survival": "overall survival",
    "progression_free_survival": "progression-free survival",
    "event_free_survival": "event-free survival",
    "leukaemia_free_survival": "leukaemia-free survival",
    "relapse_free_survival": "relapse-free survival",
}
"""Variables that are the time to an event, in words; a percentage of one is of those without it."""


def is_about_time(field: str) -> bool:
    """Whether a variable is the time to an event."""
    return field in TIMES


Arm = Literal["toci", "control", "total", "comparison"]
ARMS = {
    "toci": "patients given tocilizumab",
    "control": "patients given none, or under standard management",
    "total": "both arms together",
    "comparison": "a contrast of the arms",
}
"""Whom an entry describes."""


class Contrast(NamedTuple):
    """What a study compares: its meaning, and what the two arms were given."""

    meaning: str
    treated: str
    comparator: str

    @property
    def with_it(self) -> str:
        """Of the first arm, in a sentence."""
        return f"with {self.treated}"

    @property
    def without(self) -> str:
        """Of the other arm, in a sentence."""
        return "without tocilizumab" if self.comparator == "none" else f"with {self.comparator}"


ContrastName = Literal["therapeutic", "pre-emptive", "prophylactic", "early v late"]
CONTRASTS: dict[str, Contrast] = {
    "therapeutic": Contrast("tocilizumab for CRS, against none", "tocilizumab", "none"),
    "pre-emptive": Contrast(
        "tocilizumab before CRS, to patients at risk of it, against none", "pre-emptive tocilizumab", "none"
    ),
    "prophylactic": Contrast(
        "tocilizumab before CRS, to all, against none", "prophylactic tocilizumab", "none"
    ),
    "early v late": Contrast(
        "early tocilizumab, before CRS is severe, against standard management, which may include the drug",
        "early tocilizumab",
        "standard management",
    ),
}
"""What tocilizumab is given for, and against what; contrasts are never pooled with each other."""

TextPart = Literal["full text", "abstract", "fragments of the abstract"]

Direction = Literal["lower", "higher"]
"""Of a value with tocilizumab, against none."""

Start = Literal["infusion", "response"]
"""From when a time to an event runs; from response it runs in those alone who responded."""

ARM_NAMES = {"toci": "tocilizumab", "control": "control"}
"""The two arms in pictures and tables."""
BOTH_ARMS = tuple(ARM_NAMES)
TWO_ARMS = "toci v control"
"""What a comparison contrasts unless its entry says otherwise."""
REVERSED = "control v toci"
"""The same the other way round, as some papers print a ratio."""
_DRUG, _NONE = (
    r"(toci(lizumab)?|tcz|with( (toci(lizumab)?|tcz))?)",
    r"(controls?|none|(no|non|without)([- ](toci(lizumab)?|tcz))?)",
)


def as_contrast(words: str) -> str:
    """What a contrast of the two arms is called here, whichever way round and in whose words; another
    contrast as it is.
    """
    for name, one, other in ((TWO_ARMS, _DRUG, _NONE), (REVERSED, _NONE, _DRUG)):
        if re.fullmatch(rf"{one}\s*(v|vs|versus|over|/)\.?\s*{other}", words.strip(), re.IGNORECASE):
            return name
    return words


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

EndpointName = Literal[
    "crs_duration",
    "severe_infection",
    "overall_survival",
    "progression_free_survival",
    "complete_response",
    "icans",
    "severe_crs",
]
ENDPOINTS = {
    "crs_duration": "CRS duration",
    "severe_infection": "severe infection",
    "overall_survival": "overall survival",
    "progression_free_survival": "progression-free survival",
    "complete_response": "complete response",
    "icans": "ICANS",
    "severe_crs": "severe CRS",
}
"""Endpoints of the review that a study may enter, in the order of the book."""

ESTIMATED: dict[str, ContrastName] = {"severe_crs": "early v late"}
"""Contrast of an endpoint, where it is not therapeutic: the grade of CRS leads to therapeutic use, and so is
no effect of it.
"""


def contrast_of(endpoint: str) -> ContrastName:
    """The contrast under which an endpoint is estimated; studies of another never enter it."""
    return ESTIMATED.get(endpoint, "therapeutic")


Ground = Literal["population", "comparison", "outcomes", "no_patients", "same_patients", "retracted"]
GROUNDS = {
    "population": "not B-ALL after CD19 CAR-T cells",
    "comparison": "tocilizumab not compared with none",
    "outcomes": "no outcome by arm",
    "no_patients": "no patients of its own, as a review",
    "same_patients": "patients of another paper alone",
    "retracted": "retracted",
}
"""Why a paper is excluded, as a flow diagram counts it."""

"""Topics under which a study's page gathers the variables of the vocabulary."""

from extraction.question import FIELDS

TOPICS = {
    "Patients and follow-up": ("group_size", "excluded_patients", "follow_up", "lost_to_follow_up"),
    "Before infusion": (
        "age",
        "male_sex",
        "high_risk_genetics",
        "previous_lines",
        "prior_transplant",
        "primary_refractory",
        "blast_category",
        "blast_percentage",
        "cart_dose",
        "humanised_product",
    ),
    "Cytokine release syndrome": (
        "crs_any",
        "crs_grade",
        "severe_crs",
        "fever_onset",
        "crs_onset",
        "crs_duration",
    ),
    "Treatment of the syndrome": (
        "toci_use",
        "toci_dose",
        "toci_courses",
        "toci_trigger",
        "toci_timing",
        "toci_duration",
        "toci_interval",
        "steroid_use",
        "steroid_dose",
        "steroid_timing",
        "steroid_duration",
        "gcsf_dose",
    ),
    "Infection and neurotoxicity": (
        "infection",
        "severe_infection",
        "cytopenia",
        "icans",
        "severe_icans",
        "icans_onset",
        "severe_icans_onset",
    ),
    "Response": (
        "objective_response",
        "complete_response",
        "mrd_negative_response",
        "mrd_positive_response",
        "partial_response",
    ),
    "Survival": (
        "overall_survival",
        "progression_free_survival",
        "event_free_survival",
        "leukaemia_free_survival",
        "relapse_free_survival",
        "relapse",
        "deaths",
    ),
    "Stay and cost": ("hospital_stay", "icu_admission", "icu_stay", "cost"),
    "Cells, cytokines and organs": (
        "cart_expansion",
        "cytokine_response",
        "il6_rise",
        "crp_rise",
        "il10_rise",
        "ferritin_rise",
        "liver_kidney_function",
    ),
}


def topics() -> dict[str, tuple[str, ...]]:
    """Every variable of the vocabulary under one topic; one that has no topic yet stands under `Other`."""
    placed = {field for fields in TOPICS.values() for field in fields}
    other = tuple(field for field in FIELDS if field not in placed)
    return TOPICS | ({"Other": other} if other else {})

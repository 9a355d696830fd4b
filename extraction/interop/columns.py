"""Which column holds what, as metafor, meta, RevMan, Covidence and people name them."""

import re

STUDY = (
    "study", "slab", "study_id", "study_or_subgroup", "studlab", "author", "authors", "trial", "reference",
    "name",
)  # fmt: skip
"""Where a study's name is sought, in this order; the first that the table has names it."""

EXACT = {
    # metafor
    "ai": "events_treated", "bi": "non_events_treated", "n1i": "n_treated",
    "ci": "events_control", "di": "non_events_control", "n2i": "n_control",
    "x1i": "events_treated", "t1i": "time_treated", "x2i": "events_control", "t2i": "time_control",
    "m1i": "mean_treated", "sd1i": "sd_treated", "m2i": "mean_control", "sd2i": "sd_control",
    "xi": "events", "mi": "non_events", "ni": "n", "yi": "estimate", "vi": "variance", "sei": "se",
    # meta
    "te": "estimate", "sete": "se",
    # RevMan
    "giv_mean": "estimate", "giv_se": "se", "o_e": "o_minus_e", "oe": "o_minus_e",
    # a single arm, limits, and people's own
    "event": "events", "cases": "events", "total": "n", "n_total": "n", "sample_size": "n", "patients": "n",
    "effect": "estimate", "effect_size": "estimate", "se_log": "se", "se_log_hr": "se", "se_log_or": "se",
    "se_log_rr": "se", "se_estimate": "se", "standard_error": "se", "stderr": "se", "std_err": "se",
    "var": "variance", "v": "variance",
    "lower_limit": "lower", "upper_limit": "upper", "ci_lower": "lower", "ci_upper": "upper", "lcl": "lower",
    "ucl": "upper", "ci_start": "lower", "ci_end": "upper", "lower_ci": "lower", "upper_ci": "upper",
    "ci_low": "lower", "ci_high": "upper", "ci_lb": "lower", "ci_ub": "upper", "ll": "lower", "ul": "upper",
    "low": "lower", "high": "upper", "lower_95": "lower", "upper_95": "upper",
    "confidence_level": "level", "ci_level": "level",
    "odds_ratio": "or", "risk_ratio": "rr", "relative_risk": "rr", "hazard_ratio": "hr", "rate_ratio": "irr",
    "incidence_rate_ratio": "irr", "risk_difference": "rd", "mean_difference": "md",
    "standardised_mean_difference": "smd", "standardized_mean_difference": "smd", "hedges_g": "smd",
    "loghr": "log_hr", "logor": "log_or", "logrr": "log_rr", "lnhr": "log_hr", "lnor": "log_or",
    "ratio_of_medians": "ratio-of-medians", "log_ratio_of_medians": "log_ratio-of-medians",
    "lnrr": "log_rr", "ln_hr": "log_hr", "ln_or": "log_or", "ln_rr": "log_rr",
    "p_value": "p", "pvalue": "p", "pval": "p", "p_log_rank": "log_rank_p", "logrank_p": "log_rank_p",
    "p_logrank": "log_rank_p", "deaths": "events", "events_total": "events", "total_events": "events",
}  # fmt: skip
KNOWN = {
    *EXACT.values(), "or", "rr", "hr", "irr", "rd", "md", "smd", "proportion", "log_irr", "estimate", "se",
    "variance", "lower", "upper", "level", "p", "log_rank_p", "direction", "events", "n", "o_minus_e", "year",
    "significant", "test", "curve", "tables",
}  # fmt: skip
TREATED = ("treated", "treatment", "intervention", "experimental", "exp", "exposed", "e", "1", "trt")
CONTROL = ("control", "controls", "comparator", "comparison", "placebo", "ctrl", "c", "2")
ARMS = dict.fromkeys(TREATED, "treated") | dict.fromkeys(CONTROL, "control")
QUANTITIES = {
    **dict.fromkeys(("event", "events", "cases", "deaths"), "events"),
    **dict.fromkeys(("n", "total", "patients", "participants", "size"), "n"),
    **dict.fromkeys(("mean", "average"), "mean"),
    **dict.fromkeys(("sd", "std", "deviation"), "sd"),
    **dict.fromkeys(("time", "persontime", "years", "days"), "time"),
    "median": "median",
    **dict.fromkeys(("q1", "p25"), "q1"),
    **dict.fromkeys(("q3", "p75"), "q3"),
    **dict.fromkeys(("min", "minimum"), "min"),
    **dict.fromkeys(("max", "maximum"), "max"),
    **dict.fromkeys(("lower", "lcl"), "lower"),
    **dict.fromkeys(("upper", "ucl"), "upper"),
}  # fmt: skip
FILLING = {
    "of", "group", "arm", "number", "no", "in", "the", "standard", "person", "survival", "limit", "with",
    "at", "risk",
}  # fmt: skip


def canonical(header: str) -> str | None:
    """What a column holds by its name, None where the name is not known.

    `Experimental cases`, `event.e` and `ai` are all events_treated.
    """
    slug = re.sub(r"[^a-z0-9]+", "_", header.strip().lower()).strip("_")
    if slug in EXACT:
        return EXACT[slug]
    if slug in KNOWN:
        return slug
    slug = re.sub(r"(lower|first)_quartile", "q1", re.sub(r"(upper|third)_quartile", "q3", slug))
    words = [word for word in slug.split("_") if word not in FILLING]
    arms = [ARMS[word] for word in words if word in ARMS]
    quantities = [QUANTITIES[word] for word in words if word in QUANTITIES]
    if len(words) == 2 and len(arms) == len(quantities) == 1:
        return f"{quantities[0]}_{arms[0]}"
    return None

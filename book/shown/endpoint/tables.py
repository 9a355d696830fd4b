"""Tables of the book: what was printed, what is used, priors, absolute effects, predictions.  Each returns a
DataFrame.
"""

import numpy as np
import pandas as pd

from book.html.style import Table
from book.shown.endpoint.figures import under_each_tau
from book.shown.endpoint.forecasts import by_mix
from book.shown.endpoint.lights import LIGHTS
from book.shown.endpoint.printed import p_words, printed_result, printed_words
from extraction.question import ASKED, CONDITION, CONTRASTS, QUESTION, TREATMENT, grade_words
from extraction.records import Review
from models.answers.absolute import absolute_effects
from models.answers.answer import answer_of
from models.answers.in_units import in_units
from models.endpoint import Scale
from models.endpoints import ENDPOINTS, evidence_of
from models.evidence.foreseen import CountsPForeseen, LogRankForeseen, MedianForeseen, RanksForeseen
from models.evidence.report import Unused, Used, graded_of
from models.likelihood.log_rank_exact import TIE_SHARE
from models.runs import store
from models.trust.predictive import Check, foreseen_before
from models.words import compact, digits_beside, percent, prior_words, stratum_words

WHOM = {
    "treated": TREATMENT,
    "control": CONTRASTS[QUESTION.contrast].other,
    "total": "both arms",
    "comparison": "comparison",
}
"""Whom an entry describes, in a table."""


def as_printed(key: str, review: Review) -> pd.DataFrame:
    """Every entry of the endpoint's evidence: study, stratum, arm, fragment as printed, where it stands; with
    columns for links.
    """
    evidence, rows = evidence_of(key, review), []
    reports: tuple[Used | Unused, ...] = (*evidence.used, *evidence.unused)
    for report in reports:
        record = review.records[report.study]
        entries = {e.id: e for e in record.entries}
        for name in report.entries:
            entry = entries[name]
            if entry.kind == "not_reported" or (entry.kind == "survival_curve" and not entry.curve):
                continue
            rows.append(
                {
                    "study": review.studies[report.study].label,
                    "as printed": entry.printed or printed_words(entry),
                    "arm": WHOM[entry.arm],
                    "patients": stratum_words(record, entry.stratum),
                    "where": str(entry.address),
                    "study_id": report.study,
                    "entries": (name,),
                }
            )
    return pd.DataFrame(rows)


def definitions(key: str, review: Review) -> pd.DataFrame:
    """How each paper that enters defines what it measured."""
    evidence, rows = evidence_of(key, review), []
    for study in evidence.studies:
        record = review.records[study]
        fields = {e.field for r in evidence.of(study) for e in record.entries if e.id in r.entries} | {
            ENDPOINTS[key].evidence
        }
        rows += [
            {
                "study": review.studies[study].label,
                "variable": field.replace("_", " "),
                "definition": meaning.definition,
                "where": str(meaning.address) if meaning.address else "not printed",
            }
            for field, meaning in record.definitions.items()
            if field in fields
        ]
    return pd.DataFrame(rows)


def used(key: str, review: Review) -> pd.DataFrame:
    """Reports that enter, each with its likelihood."""
    return pd.DataFrame(
        [
            _use(report, review)
            | {
                "likelihood": report.report.words,
                "note": _note(report),
                "study_id": report.study,
                "entries": report.entries,
            }
            for report in evidence_of(key, review).used
        ]
    )


def _note(report: Used) -> str:
    limited = (
        f"limited by what stands of parts of its patients: {', '.join(report.bounds)}"
        if report.bounds
        else ""
    )
    return "; ".join(filter(None, (report.note, limited)))


def not_used(key: str, review: Review) -> pd.DataFrame:
    """Reports left out with their reason, those of one study and reason in one row, and studies that await
    their data.
    """
    together: dict[tuple[str, str], list[Unused]] = {}
    for report in evidence_of(key, review).unused:
        together.setdefault((report.study, report.reason), []).append(report)
    rows = []
    for (study, reason), reports in together.items():
        uses = [_use(report, review) for report in reports]
        rows.append(
            {
                "study": uses[0]["study"],
                "report": "; ".join(dict.fromkeys(use["report"] for use in uses)),
                "why not": reason,
                "patients": ", ".join(dict.fromkeys(use["patients"] for use in uses)),
                "study_id": study,
                "entries": tuple(entry for report in reports for entry in report.entries),
            }
        )
    rows += [
        {
            "study": s.label,
            "report": "no text could be read",
            "why not": f"awaiting data: {s.reason}",
            "patients": "all",
            "study_id": s.id,
            "entries": (),
        }
        for s in review.register.studies
        if s.decision == "awaiting_data"
    ]
    return pd.DataFrame(rows)


def _use(report: Used | Unused, review: Review) -> dict:
    entries = {e.id: e for e in review.records[report.study].entries}
    words = "; ".join(dict.fromkeys(printed_words(entries[name]) for name in report.entries))
    return {
        "study": review.studies[report.study].label,
        "report": words,
        "patients": stratum_words(review.records[report.study], report.stratum),
    }


def foreseen(key: str, review: Review) -> Table:
    """What the priors foresee of each report used, before the data."""
    title = f"{ENDPOINTS[key].title}: what the priors foresee, before the data"
    return Table(
        pd.DataFrame({"foreseen": foreseen_before(key, review)}),
        title,
        "Draws from the priors alone, printed as the reports are.",
        folded="What the priors foresee, before the data",
    )


STUDIES = ("study", "unused", "awaiting")
"""Kinds of row of a forest plot that are a study's."""


def forest(numbers: pd.DataFrame, summary: dict) -> pd.DataFrame:
    """The numbers of a forest plot as it shows them: what is printed, median and 95 % interval or why there
    is none, the weights, overall risk of bias.
    """

    def result(row) -> str:
        if row.no_result_because:
            return row.no_result_because
        own = {"mcse": summary["mcse"]} if row.kind == "pooled" else {}
        return compact(
            {"median": row.median, "lower": row.lower, "upper": row.upper} | own, summary["digits"]
        )

    shown = pd.DataFrame(
        [
            {
                "study": row.row,
                "as printed": row.printed if row.kind in STUDIES else "",
                f"{row.scale}, median (95 % interval)": result(row),
                "overall risk of bias": (
                    LIGHTS[str(row.risk_of_bias_overall)][0] if row.risk_of_bias_overall else ""
                ),
            }
            for row in numbers.itertuples()
        ]
    )
    if numbers["weight"].notna().any():
        whose = numbers["kind"].map({"pooled": " (the prior)"}).fillna("")
        shown.insert(
            3, "weight", numbers["weight"].map(percent, na_action="ignore").str.cat(whose).fillna("")
        )
    return shown


def priors(key: str) -> Table:
    """Every prior of the endpoint, in words and with its source."""
    endpoint = ENDPOINTS[key]
    named = [("mean effect μ", endpoint.mu_prior), ("between-study SD τ, primary", endpoint.tau_prior)]
    named += [("between-study SD τ, alternative", prior) for prior in endpoint.tau_alternatives]
    if endpoint.scale is Scale.HAZARD_RATIO:
        from models.priors import EVENT_SHARE

        named.append(("share of patients with an event, where it is not printed", EVENT_SHARE))
    elif endpoint.scale is Scale.ODDS_RATIO:
        from models.priors import BASELINE_LOGIT

        named.append(("log odds midway between the arms α, in each study", BASELINE_LOGIT))
    elif endpoint.scale is Scale.RATIO_OF_DURATIONS:
        from models.priors import SIGMA_LOG_DURATION as SIGMA
        from models.priors import STEP_LOG_DURATION as STEP
        from models.priors import TREND_LOG_DURATION as TREND

        unit = ASKED[endpoint.evidence].unit
        named.append((f"level of a study, log {unit}", graded_of(endpoint.evidence).level))
        if QUESTION.grades:
            named += [("step between grades", STEP), ("trend of the effect over grades", TREND)]
        named.append(("SD of patients σ", SIGMA))
    rows = [
        {"quantity": what, "prior": prior_words(prior), "what it claims": prior.plain, "source": prior.source}
        for what, prior in named
    ]
    if endpoint.scale is Scale.HAZARD_RATIO:
        rows.append(
            {
                "quantity": "neighbouring events of a small group on one day",
                "prior": f"fixed, {TIE_SHARE:g}",
                "what it claims": (
                    f"Of pairs of events next to each other, {percent(TIE_SHARE)} fall on one day: ties"
                    " happen, and are the exception."
                ),
                "source": "choice of this review",
            }
        )
    return Table(
        pd.DataFrame(rows),
        f"{ENDPOINTS[key].title}: priors",
        how="A judgement of this review, each with its source; not estimated from these studies.",
        endpoint=key,
        folded="The priors, in words and with their sources",
    )


def tau_sensitivity(key: str, review: Review) -> Table:
    """Mean effect under each prior of the between-study SD."""
    endpoint, rows = ENDPOINTS[key], under_each_tau(key, review)
    return Table(
        pd.DataFrame(
            [
                {
                    "prior of τ": prior_words(prior),
                    f"mean {endpoint.scale} (95 % interval)": (
                        compact(found, digits_beside(key)) if found else "too few draws to say"
                    ),
                }
                for prior, found in rows
            ]
        ),
        f"{endpoint.title}: mean effect under each prior of τ",
        "The mean effect is computed again under each prior of the SD between studies.",
        key,
        pd.DataFrame(
            [
                {
                    "prior_of_tau": prior.name,
                    "family": prior.family,
                    "parameters": " ".join(f"{value:g}" for value in prior.parameters),
                    "scale": endpoint.scale,
                    **(found or dict.fromkeys(("median", "lower", "upper"))),
                }
                for prior, found in rows
            ]
        ),
    )


def absolute(key: str, review: Review) -> pd.DataFrame:
    """Patients per 1,000 at each baseline risk; the difference for the mean effect and for a next study."""
    contrast = ENDPOINTS[key].contrast
    return pd.DataFrame(
        [
            {
                "baseline risk": f"{e.baseline.source} ({e.baseline.events}/{e.baseline.n})",
                f"{contrast.without}, per 1,000": f"{1000 * e.baseline.risk:.0f}",
                f"{contrast.with_it}, per 1,000": whole(e.with_treated),
                "difference": whole(e.difference, signed=True),
                "difference in a next study": whole(e.next_study, signed=True),
            }
            for e in absolute_effects(key, review)
        ]
    )


def in_its_unit(key: str, review: Review) -> Table | None:
    """The mean in its unit without and with the treatment; None where no means enter."""
    if (found := in_units(key, review)) is None:
        return None
    contrast, answer = ENDPOINTS[key].contrast, answer_of(key, review)
    limits = {
        "with_treated": found.with_treated(answer.mu.ratio),
        "difference": found.difference(answer.mu.ratio),
        "next_study": found.difference(answer.prediction.ratio),
    }
    row = {
        f"mean {contrast.without}, {found.unit}": f"{found.mean:.{found.digits}f} ({found.source})",
        f"{contrast.with_it}": found.in_words(limits["with_treated"]),
        "difference": found.in_words(limits["difference"], signed=True),
        "difference in a next study": found.in_words(limits["next_study"], signed=True),
    }
    numbers = {f"{part}_{name}": value for part, of in limits.items() for name, value in of.items()}
    return Table(
        pd.DataFrame([row]),
        f"{ENDPOINTS[key].title}: means in {found.unit}, not adjusted for bias, median and 95 % interval",
        "The mean ratio, and that in a next study, applied to the mean of the other arms.",
        key,
        pd.DataFrame([{"baseline": found.source, "unit": found.unit, "without": found.mean, **numbers}]),
    )


def whole(limits: dict, signed: bool = False) -> str:
    """Rounded to whole patients; a minus sign, not a hyphen."""
    words = [
        f"{limits[name]:+.0f}" if signed else f"{limits[name]:.0f}" for name in ("median", "lower", "upper")
    ]
    middle, low, high = (word.replace("-", "−") for word in words)
    return f"{middle} ({low} to {high})"


FORESEEN = {
    "|z|": "as far from no difference, or farther: ",
    "p": "a p as small or smaller: ",
    "significant": "this outcome: ",
    "duration": "a median as far out or farther: ",
}


def _printed(check: Check, unit: str) -> str:
    """A report as printed: its p, its median in the unit, or its outcome in words."""
    match check.report.foreseen:
        case LogRankForeseen(p=p) | CountsPForeseen(p=p) | RanksForeseen(p=p):
            return p_words(p)
        case MedianForeseen(median=median, treated=treated):
            return f"median {median:g} {unit}, {WHOM['treated' if treated else 'control']}"
    return "significant" if check.printed else "not significant"


def _foreseen(check: Check, unit: str) -> str:
    """How probable the printed report is, and between which limits where grades are not printed; the median
    that is foreseen, in the unit.
    """
    said = FORESEEN[check.quantity] + percent(check.probability) + by_mix(check)
    if check.quantity != "duration":
        return said
    low, middle, high = np.quantile(check.predicted, [0.025, 0.5, 0.975])
    return f"{middle:.1f} {unit} ({low:.1f} to {high:.1f}); {said}"


def predictive_checks(key: str, checks: list[Check], review: Review) -> Table:
    """Left-out reports beside what the posterior foresees of them."""
    unit = ASKED[ENDPOINTS[key].evidence].unit
    return Table(
        pd.DataFrame(
            [
                {
                    "study": review.studies[check.report.study].label,
                    "patients": stratum_words(review.records[check.report.study], check.report.stratum),
                    "printed": _printed(check, unit),
                    "foreseen": _foreseen(check, unit),
                    "verdict": check.verdict,
                    "left out because": check.report.reason,
                }
                for check in checks
            ]
        ),
        f"{ENDPOINTS[key].title}: reports left out, and their prediction",
        how="What the posterior foresees of each report left out, beside what its paper prints.",
        endpoint=key,
    )


def by_grade(key: str, review: Review) -> Table:
    """Mean ratio of median durations at each grade, as the joint model gives it."""
    from models.answers.answer import limits
    from models.answers.summary import summarise

    draws, decimals = (store.read(key, review).draws["mean_by_grade"], summarise(key, review)["digits"])
    rows = []
    for grade in draws["grade"].values:
        found = limits(draws.sel(grade=grade).values)
        shorter = float((draws.sel(grade=grade).values < 0).mean())
        rows.append(
            {
                CONDITION: grade_words(int(grade)),
                "ratio of median durations (95 % interval)": compact(found, decimals),
                "probability below 1": percent(shorter),
            }
        )
    return Table(
        pd.DataFrame(rows),
        f"Ratio of median durations of {CONDITION}, by grade",
        how=(
            "Median and 95 % interval of the mean effect at each grade, from the stored draws of the "
            "joint model."
        ),
        endpoint=key,
    )


def by_contrast(key: str, review: Review) -> pd.DataFrame:
    """An endpoint as each paper prints it, by contrast, of which one alone is estimated."""
    field, evidence = ENDPOINTS[key].evidence, evidence_of(key, review)
    why = {contrast: f": {reason}" for contrast, reason in ASKED[field].no_effect.items()}
    return pd.DataFrame(
        [
            {
                f"use of {TREATMENT}": review.studies[study].contrast,
                "study": review.studies[study].label,
                "as printed": printed_result(record, field),
                "estimated": "yes"
                if study in evidence.studies
                else f"no{why.get(review.studies[study].contrast, '')}",
                "study_id": study,
                "entries": evidence.entries_behind(study),
            }
            for study, record in sorted(
                review.included().items(), key=lambda item: review.studies[item[0]].contrast
            )
        ]
    )

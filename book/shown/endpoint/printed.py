"""What a paper printed about an endpoint, in its own words and short enough to stand beside an interval."""

from collections.abc import Iterator

from extraction.derived.candidates import response_classes
from extraction.derived.groups import TOGETHER, grade_counts, group_size
from extraction.question import ASKED, FIELDS, GRADES, HIGHEST_GRADE, QUESTION, SEVERE_GRADES, SUMS
from extraction.schema import (
    AnyEntry,
    Counts,
    Entry,
    LogRankP,
    MeanInterval,
    MeanSd,
    MedianQuartiles,
    MedianRange,
    Percentage,
    PValue,
    Ratio,
    Record,
    SurvivalCurve,
    TestOutcome,
)
from extraction.vocabulary import BOTH_ARMS, REVERSED
from models.evidence.binary import recover
from models.words import stratum_words

OF_DURATIONS = {"lower": "shorter", "higher": "longer"}
"""Directions of a duration."""
NOTHING = "not reported"


def printed_result(record: Record, endpoint: str) -> str:
    """The result of one paper, the treated first: `9/17 v 10/28 (p=0.353)`; `not reported` where nothing is
    printed.

    endpoint : a key of extraction.question.ENDPOINTS
    For durations this is first the comparison of the gravest grades.
    """
    if ASKED[endpoint].kind == "binary":
        parts = list(_binary(record, endpoint))
    elif ASKED[endpoint].kind == "durations":
        parts = list(_duration(record, endpoint))
    elif ASKED[endpoint].kind == "continuous":
        parts = list(_continuous(record, endpoint))
    else:
        parts = list(_survival(record, endpoint))
    return "; ".join(parts) or NOTHING


def printed_words(entry: AnyEntry) -> str:
    """One entry in words: its fragment as printed, or the direction with the level, or that nothing is
    printed.
    """
    if entry.kind == "not_reported" or entry.printed is None:
        return (
            NOTHING
            if entry.kind != "survival_curve"
            else "a curve, digitised"
            if entry.curve
            else "a curve, not digitised"
        )
    if entry.kind in ("p_value", "log_rank_p"):
        return p_words(entry.p)
    if entry.kind == "test_outcome" and entry.significant and entry.direction:
        return f"{direction_word(entry.field, entry.direction)}, " + (
            f"p<{entry.alpha}" if "<" in entry.printed else "significant"
        )
    return f"“{entry.printed}”"


def p_words(p: str) -> str:
    """`p=0.353`, `p<0.05`."""
    p = p.replace(" ", "")
    return f"p{p}" if p[0] in "<>≤≥=" else f"p={p}"


def direction_word(field: str, direction: str) -> str:
    is_duration = field in ASKED and ASKED[field].kind == "durations"
    return OF_DURATIONS[direction] if is_duration else direction


def _binary(record: Record, endpoint: str) -> Iterator[str]:
    """Counts of the whole cohort with their p; else what stands in its strata, shortest kinds first."""
    for field in ASKED[endpoint].fields:
        arms = {e.arm: e for e in record.find(Counts, field, stratum="all") if e.category is None}
        if {"treated", "control"} <= arms.keys():
            sizes = {a: arms[a].n or group_size(record, a) for a in ("treated", "control")}
            counts = " v ".join(f"{arms[a].events}/{sizes[a]}" for a in ("treated", "control"))
            named = (
                "" if field == endpoint else f"{QUESTION.shown.instead.get(field, field.replace('_', ' '))} "
            )
            tested = [(e, p) for e in record.find(Entry, field, stratum="all") if (p := _own_p(e))]
            by = _by_test(record, endpoint) if tested and isinstance(tested[0][0], PValue) else ""
            yield f"{named}{counts}" + (f" ({p_words(tested[0][1])}{by})" if tested else "")
            if named and (found := recover(record, endpoint, "all", verbal=True)) and len(found.tables) == 1:
                treated, n_treated, control, n_control = found.tables[0]
                counts = f"{treated}/{n_treated} v {control}/{n_control}"
                yield f"so {counts} with any {ASKED[endpoint].name}, which enters"
            return
    if endpoint == SEVERE_GRADES and TOGETHER and (severe := grade_counts(record).get(GRADES[-1])):
        counts = " v ".join(f"{severe[a]}/{group_size(record, a)}" for a in ("treated", "control"))
        told = {e.arm for e in record.find(Counts, HIGHEST_GRADE, stratum="all") if e.category == TOGETHER}
        yield f"grade {TOGETHER.replace('-', '–')}: {counts}" + (
            "" if {"treated", "control"} <= told else " (one arm by subtraction)"
        )
    for field in ASKED[endpoint].fields:
        yield from _without_counts(record, field)


TEST_WORDS = {
    "fisher": "Fisher",
    "chi_squared": "χ²",
    "chi_squared_yates": "χ² with Yates’s correction",
    "fisher_freeman_halton": "Fisher’s test of all classes",
}


def _own_p(entry: Entry) -> str | None:
    """The p of a comparison, or beside a ratio; None where there is none, or one adjusted for other tests."""
    if isinstance(entry, PValue):
        return entry.p if entry.adjustment == "none" else None
    return entry.p if isinstance(entry, Ratio) else None


def _by_test(record: Record, endpoint: str) -> str:
    """Which test gives the printed p, where the tables that print so come from one alone."""
    of_classes = set(SUMS.get(endpoint, ())) & set(QUESTION.exclusive)
    classes = response_classes(record) if of_classes else None
    if classes:
        tests, of = {c.test for c in classes.candidates}, " of all classes of response"
    else:
        found = recover(record, endpoint, "all", verbal=False)
        tests, of = {c.test for c in found.recovery.candidates} if found else set(), ""
    (test,) = tests if len(tests) == 1 else (None,)
    return f", by {TEST_WORDS[test]}{of}" if test else ""


def _without_counts(record: Record, field: str) -> Iterator[str]:
    """Percentages and p-values by stratum; the verbal outcome of the whole cohort."""
    strata = dict.fromkeys(
        e.stratum for e in record.find(Entry, field) if e.kind in ("percentage", "p_value", "test_outcome")
    )
    for stratum in strata:
        shares = {e.arm: e.percent for e in record.find(Percentage, field, stratum=stratum)}
        found = (
            [f"{shares['treated']}% v {shares['control']}%"]
            if {"treated", "control"} <= shares.keys()
            else []
        )
        found += [p_words(e.p) for e in record.find(PValue, field, stratum=stratum, arm="comparison")]
        if stratum == "all":
            found += [printed_words(e) for e in record.find(TestOutcome, field, stratum=stratum)]
        if found:
            yield ", ".join(found) + ("" if stratum == "all" else f" ({stratum_words(record, stratum)})")
    for entry in record.find(Ratio, field, stratum="all"):
        yield _with_p(entry)


def _duration(record: Record, field: str) -> Iterator[str]:
    """The comparisons by grade with their group sizes, the gravest grades first, and all grades by arm."""
    by_grade = {s: min(m.grades) for s, m in record.strata.items() if m.grades}
    for stratum in sorted(by_grade, key=lambda s: -by_grade[s]):
        found = [
            e
            for e in record.find(Entry, field, stratum=stratum, arm="comparison")
            if isinstance(e, PValue | TestOutcome)
        ]
        sizes = [group_size(record, arm, stratum) for arm in ("treated", "control")]
        numbers = f" ({sizes[0]} v {sizes[1]} patients)" if all(sizes) else ""
        with_number = sorted(found, key=lambda e: e.kind != "p_value")
        yield from (f"{stratum_words(record, stratum)}: {printed_words(e)}{numbers}" for e in with_number[:1])
    for stratum in record.strata:
        told = record.find(Entry, field, stratum=stratum)
        arms = {e.arm: e for e in told if isinstance(e, MedianRange | MedianQuartiles)}
        if {"treated", "control"} <= arms.keys():
            treated, control = (_median(arms[a]) for a in ("treated", "control"))
            p = [p_words(e.p) for e in record.find(PValue, field, stratum=stratum, arm="comparison")]
            whole = "all grades: " if QUESTION.grades else ""
            where = whole if stratum == "all" else f"{stratum_words(record, stratum)}: "
            yield f"{where}{treated} v {control} {arms['treated'].unit}" + (f", {p[0]}" if p else "")


def _continuous(record: Record, endpoint: str) -> Iterator[str]:
    """Ratios of means; numbers of both arms, of the whole cohort, else of each stratum, with the unit."""
    for field in ASKED[endpoint].fields:
        yield from map(_with_p, record.find(Ratio, field))
        of_arms = [
            e for e in record.find(Entry, field) if e.arm in BOTH_ARMS and e.unit in FIELDS[field].units
        ]
        strata = dict.fromkeys(e.stratum for e in of_arms)
        for stratum in ["all"] if "all" in strata else strata:
            treated, control = (
                ", ".join(_measured(e) for e in of_arms if (e.arm, e.stratum) == (arm, stratum))
                for arm in BOTH_ARMS
            )
            where = "" if stratum == "all" else f"{stratum_words(record, stratum)}: "
            yield f"{where}{treated or NOTHING} v {control or NOTHING} {of_arms[0].unit}"


def _measured(entry: Entry) -> str:
    """A mean with its SD in brackets, or its error; anything else as printed."""
    if isinstance(entry, MeanSd):
        return f"{entry.mean} ({entry.sd})"
    if isinstance(entry, MeanInterval):
        return f"{entry.mean} ({f'SE {entry.se}' if entry.se else f'{entry.lower}–{entry.upper}'})"
    return str(entry.printed)


def _with_p(entry: Ratio) -> str:
    """A ratio with its interval, its p, and how it was made."""
    return ratio_words(entry) + (f", {p_words(entry.p)}" if entry.p else "") + _made(entry)


def _median(entry: MedianRange | MedianQuartiles) -> str:
    """A median with its range, `6.1 (2–14)`, or its quartiles."""
    if isinstance(entry, MedianRange):
        return f"{entry.median} ({entry.minimum}–{entry.maximum})"
    return f"{entry.median} (quartiles {entry.lower_quartile}–{entry.upper_quartile})"


def ratio_words(entry: Ratio) -> str:
    """A ratio with its interval, where one is printed: `HR 0.74 (0.38–1.43)`."""
    limits = "" if entry.lower is None else f" ({entry.lower}–{entry.upper})"
    return f"{SHORT[entry.kind]} {entry.estimate}{limits}"


SHORT = {
    "hazard_ratio": "HR",
    "odds_ratio": "OR",
    "risk_ratio": "RR",
    "rate_ratio": "rate ratio",
    "subdistribution_ratio": "subdistribution HR",
    "ratio_of_means": "ratio of means",
}


def _made(entry: Ratio) -> str:
    """How a ratio was made, and which way round it is printed."""
    return ("" if not entry.is_adjusted else f", {entry.estimator or 'adjusted'}") + (
        f", {entry.contrast}" if entry.contrast == REVERSED else ""
    )


def _survival(record: Record, endpoint: str) -> Iterator[str]:
    """Hazard ratio with its interval; log-rank p-values with their stratum, and that no direction is printed;
    curves where they are digitised.
    """
    ratios = record.find(Ratio, endpoint, stratum="all")
    yield from (_with_p(e) for e in ratios if e.kind == "hazard_ratio")
    p_values = record.find(LogRankP, endpoint)
    if p_values:
        listed = ", ".join(
            p_words(e.p) + ("" if e.stratum == "all" else f" ({stratum_words(record, e.stratum)})")
            for e in p_values
        )
        silent = "" if any(e.direction for e in p_values) else ", no direction"
        yield f"log-rank {listed}{silent}"
    if curves := [e for e in record.find(SurvivalCurve, endpoint) if e.curve]:
        yield (
            "curve"
            if [e.stratum for e in curves] == ["all"]
            else f"curves ({', '.join(stratum_words(record, e.stratum) for e in curves)})"
        )

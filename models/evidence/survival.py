"""Survival endpoints: the hazard ratio where one is printed, else the digitised curve or the log-rank p of
the cohort, else those of its strata.

A curve and a p of the same patients are never both used: the curve holds the direction and the number of
events, which a p leaves open.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from extraction.derived.groups import group_size
from extraction.question import ASKED, FIELDS, TIMES
from extraction.recover import Unusable
from extraction.recover.curve_types import Curve
from extraction.recover.curves import reconstruct
from extraction.recover.log_rank import log_rank_histories
from extraction.said import said
from extraction.schema import Counts, Entry, LogRankP, NotReported, PValue, Record, SurvivalCurve, TestOutcome
from extraction.schema import Ratio as PrintedRatio
from extraction.vocabulary import BOTH_ARMS, Direction, Start
from models.evidence import survival_medians, survival_shares
from models.evidence.foreseen import LogRankForeseen
from models.evidence.ratios import in_order, note_of, report_of, the_first
from models.evidence.report import Reading, Unused, Used
from models.evidence.survival_pair import Pair
from models.likelihood.kinds.curve_ratio import CurveRatio
from models.likelihood.kinds.log_rank import LogRank
from models.likelihood.kinds.log_rank_histories import LogRankHistories

SMALLEST_ARM_FOR_A_DENSITY = 5
"""Below this many patients in an arm a log-rank z is a set of points; its histories have to be enumerated."""
LARGEST_ENUMERATED = 12
"""Patients of both arms; the histories of more, ties included, take too long to list."""
SMALLEST_ARM_FOR_NORMAL_LOG_HR = 5
"""Below this many patients in an arm the log hazard ratio of a curve is not near normal.
"""
NAMES = {
    "hazard_ratio": "hazard ratio",
    "survival_curve": "curve",
    "log_rank_p": "p-value",
    "p_value": "p-value",
    "survival_shares": "survival at a time",
    "survival_medians": "medians",
    "test_outcome": "outcome in words",
}
FROM_CURVE = "read off the digitised curve"
UNPRINTED_START: Start = "baseline"
"""Taken for the start of a time whose start is not printed, where a reading asks for one."""

type LogRankEntry = LogRankP | PValue | TestOutcome
"""A p or an outcome in words of a log-rank test."""
type Told = PrintedRatio | SurvivalCurve | LogRankEntry | Pair
"""What can enter where no hazard ratio of the whole cohort does."""


@said("The hazard ratio where one is printed, else the digitised curve or the log-rank p")
def survival(
    record: Record, endpoint: str, contrast: str, reading: Reading, curves: Mapping[str, Curve]
) -> Iterator[Used | Unused]:
    """Of a time that papers name differently the first name that gives a report; the others stand beside."""
    taken: str | None = None
    for name in ASKED[endpoint].fields:
        if name != endpoint and not record.find(Entry, name):
            continue
        found = list(_of_one_name(record, name, reading, curves))
        if name != endpoint and not reading.other_names:
            found = [_aside(report, "another name than the endpoint's") for report in found]
        elif taken:
            found = [_aside(report, f"of the same patients {taken} is used") for report in found]
        elif any(isinstance(report, Used) for report in found):
            taken = TIMES[name]
            found = found if name == endpoint else [_named(report, TIMES[name]) for report in found]
        yield from found


def _aside(report: Used | Unused, reason: str) -> Unused:
    return Unused(report.study, report.entries, reason, report.stratum)


def _named(report: Used | Unused, name: str) -> Used | Unused:
    if isinstance(report, Unused):
        return report
    return replace(report, note="; ".join(filter(None, (report.note, f"printed as {name}"))))


def _of_one_name(
    record: Record, name: str, reading: Reading, curves: Mapping[str, Curve]
) -> Iterator[Used | Unused]:
    if reading.runs_from and reading.runs_from != (start := runs_from(record, name) or UNPRINTED_START):
        yield from _of_another_start(record, name, start)
        return
    every = [e for e in record.find(PrintedRatio, name) if e.kind == "hazard_ratio"]
    ratios = [e for e in every if not _is_of_a_stratum(record, e)]
    if not reading.adjusted_first and _unadjusted(record, name):
        adjusted = [e for e in ratios if e.is_adjusted]
        ratios = [e for e in ratios if not e.is_adjusted]
        for printed in adjusted:
            yield Unused(
                record.study, (printed.id,), "adjusted: a result of the same patients that is not is used"
            )
    of_all = list(the_first(record, in_order(record, ratios, reading)))
    yield from of_all
    entered = any(isinstance(report, Used) for report in of_all)
    yield from _without_a_ratio(record, name, reading, curves, entered)
    yield from _of_other_measures(record, name)
    yield from rest(record, name, {"test_outcome", "p_value", "survival_curve", "not_reported"})


def _without_a_ratio(
    record: Record, name: str, reading: Reading, curves: Mapping[str, Curve], ratio_entered: bool
) -> Iterator[Used | Unused]:
    """Curves, log-rank p-values, shares at a time, medians and hazard ratios of strata: of each stratum the
    first, of the whole cohort before its strata, unless a hazard ratio of all has entered.
    """
    drawn = record.find(SurvivalCurve, name)
    digitised = {e.id: curves[e.curve] for e in drawn if e.curve}
    of_arms: list[Pair] = [*survival_shares.pairs(record, name), *survival_medians.pairs(record, name)]
    found: list[Told] = [
        *_log_rank_entries(record, name),
        *(e for e in drawn if e.id in digitised),
        *_of_strata(record, name),
        *of_arms,
    ]
    curves_of, tests = ["survival_curve", "survival_shares"], ["log_rank_p", "p_value"]
    order = [
        "hazard_ratio",
        *(curves_of + tests if reading.curve_first else tests + curves_of),
        "survival_medians",
        "test_outcome",
    ]
    whole_p = any(e.stratum == "all" and e.kind == "log_rank_p" for e in found)
    taken: dict[str, str] = {}  # kind of the report used, by stratum
    names = list(record.strata)
    for entry in sorted(
        found, key=lambda e: (e.stratum != "all", order.index(e.kind), names.index(e.stratum), _name(e))
    ):
        barred = _barred(record, entry.stratum, ratio_entered, whole_p, taken)
        report = _report(record, entry, reading, barred, digitised)
        if isinstance(report, Used):
            taken[entry.stratum] = entry.kind
        yield report
    told = {name for pair in of_arms for name in pair.entries}
    yield from survival_shares.left_out(record, name, told)
    yield from survival_medians.left_out(record, name, told)


def _name(entry: Told) -> str:
    return entry.entries[0] if isinstance(entry, Pair) else entry.id


def _report(
    record: Record, entry: Told, reading: Reading, barred: str | None, digitised: Mapping[str, Curve]
) -> Used | Unused:
    if isinstance(entry, SurvivalCurve):
        return _curve(record, entry, reading, barred, digitised[entry.id])
    if isinstance(entry, Pair):
        if barred:
            return Unused(record.study, entry.entries, barred, entry.stratum)
        return Used(record.study, entry.report, entry.entries, entry.stratum, entry.note)
    if isinstance(entry, PrintedRatio):
        found = barred or report_of(entry)
        if isinstance(found, str):
            return Unused(record.study, (entry.id,), found, entry.stratum)
        return Used(record.study, found, (entry.id,), entry.stratum, note_of(record, entry, found))
    return _log_rank(record, entry, reading, barred)


def _log_rank_entries(record: Record, name: str) -> list[LogRankEntry]:
    """Results of a log-rank test between the arms: its p, under either kind of entry, else its outcome in
    words.
    """
    named = [
        e
        for e in record.find(Entry, name, arm="comparison")
        if isinstance(e, PValue | TestOutcome) and e.tests == ["log_rank"] and not e.category
    ]
    p_values = [e for e in named if isinstance(e, PValue) and e.adjustment == "none"]
    printed: list[LogRankEntry] = [*record.find(LogRankP, name), *p_values]
    strata = {e.stratum for e in printed}
    return [*printed, *(e for e in named if isinstance(e, TestOutcome) and e.stratum not in strata)]


def _of_strata(record: Record, name: str) -> list[PrintedRatio]:
    return [
        e for e in record.find(PrintedRatio, name) if e.kind == "hazard_ratio" and _is_of_a_stratum(record, e)
    ]


def _is_of_a_stratum(record: Record, entry: PrintedRatio) -> bool:
    """Whether others of the arms have a ratio of their own; not of a landmark or of matched patients."""
    part = record.strata[entry.stratum]
    return entry.stratum != "all" and not part.landmark and not part.matched


def _of_other_measures(record: Record, name: str) -> Iterator[Unused]:
    """Ratios of the time that are no hazard ratio."""
    for entry in record.find(PrintedRatio, name):
        if entry.kind != "hazard_ratio":
            measure = entry.kind.replace("_", " ")
            yield Unused(
                record.study,
                (entry.id,),
                f"a {measure} is another measure than the hazard ratio",
                entry.stratum,
            )


def runs_from(record: Record, endpoint: str) -> Start | None:
    """From when a time runs, as its definition has it; None where that is not printed."""
    definition = record.definitions.get(endpoint)
    return definition.runs_from if definition else None


def _of_another_start(record: Record, endpoint: str, start: Start) -> Iterator[Unused]:
    """Every comparison of a time that does not run from where a reading has it run."""
    reason = (
        f"its time runs from {start}"
        if runs_from(record, endpoint)
        else f"from when its time runs is not printed, and {start} is taken for it"
    )
    for entry in record.find(Entry, endpoint, arm="comparison"):
        yield Unused(record.study, (entry.id,), reason, entry.stratum)


def _unadjusted(record: Record, endpoint: str) -> bool:
    """Whether a result of the whole cohort that is not adjusted can enter: a hazard ratio, a log-rank p or a
    digitised curve.
    """
    found = record.find(Entry, endpoint, stratum="all", arm="comparison")
    return any(
        isinstance(e, LogRankP)
        or (isinstance(e, SurvivalCurve) and e.curve)
        or (isinstance(e, PrintedRatio) and e.kind == "hazard_ratio" and not e.is_adjusted)
        for e in found
    )


def _barred(record: Record, stratum: str, ratios: bool, whole_p: bool, taken: dict[str, str]) -> str | None:
    """Why the patients of a report already count, if they do."""
    if ratios:
        return "the same patients as the hazard ratio used"
    if stratum in taken:
        return f"the same patients as the {NAMES[taken[stratum]]} used"
    if stratum != "all" and ("all" in taken or whole_p):
        return f"part of the patients whose {NAMES[taken.get('all', 'log_rank_p')]} is used"
    if any(overlap(record, stratum, other) for other in taken):
        return "its patients may be those of a stratum used"
    return None


def _curve(
    record: Record, entry: SurvivalCurve, reading: Reading, barred: str | None, curve: Curve
) -> Used | Unused:
    """The hazard ratio read off a digitised curve, its interval holding the error of the reading."""

    def left_out(reason: str) -> Unused:
        return Unused(record.study, (entry.id,), reason, entry.stratum)

    sizes = [arm.at_risk[0].n for arm in curve.arms.values()]
    if barred:
        return left_out(barred)
    if not reading.recovered:
        return left_out("a hazard ratio read off a curve is not a printed number")
    if min(sizes) < SMALLEST_ARM_FOR_NORMAL_LOG_HR:
        return left_out(f"{sizes[0]} v {sizes[1]} patients are too few for a normal log hazard ratio")
    try:
        found = reconstruct(curve)
    except Unusable as error:
        return left_out(f"digitised, but {error}")
    return Used(
        record.study,
        CurveRatio(*(float(f"{value:.4g}") for value in found.interval())),
        (entry.id,),
        entry.stratum,
        f"{FROM_CURVE}, not adjusted; standard error {found.se:.2f}, of which the reading "
        f"of the figure {found.se_reading:.2f}",
        recovered_by=reconstruct,
    )


def _not_0(p: str) -> str:
    """A printed p, where it is not all zeros; `0.000` is less than 0.0005."""
    _, point, decimals = p.lstrip("= ").partition(".")
    return p if not point or p[0] in "<>≤≥" or float(p.lstrip("= ")) else f"<0.{decimals}5"


def _log_rank(record: Record, entry: LogRankEntry, reading: Reading, barred: str | None) -> Used | Unused:
    treated, control = (group_size(record, arm, entry.stratum) for arm in BOTH_ARMS)
    if treated is None or control is None:
        reason = "group sizes of this stratum are not printed"
        return Unused(record.study, (entry.id,), reason, entry.stratum)
    p, direction = _p_of(entry), _direction_of(entry)
    in_words = isinstance(entry, TestOutcome)
    check = None if in_words else LogRankForeseen(p, direction, treated, control)

    def left_out(reason: str) -> Unused:
        return Unused(record.study, (entry.id,), reason, entry.stratum, check)

    if barred:
        return left_out(barred)
    if in_words and not (reading.at_their_word and reading.recovered):
        return left_out("an outcome in words is not taken at its word")
    note = "" if direction else "direction not printed"
    if in_words:
        note = "; ".join(filter(None, ("the outcome taken at its word", note if p[0] == "<" else "")))
    if min(treated, control) >= SMALLEST_ARM_FOR_A_DENSITY:
        report = LogRank(p, direction, treated, control)
        return Used(record.study, report, (entry.id,), entry.stratum, note)
    patients = f"{treated} v {control} patients"
    if not reading.recovered:
        return left_out(f"{patients} are too few for a smooth log-rank statistic")
    if treated + control > LARGEST_ENUMERATED:
        return left_out(
            f"{patients} are too few for a smooth log-rank statistic and have too many histories to list"
        )
    only = _those_counted(record, entry.field)
    note += f"; only those with {FIELDS[only.among].meaning.rstrip('.').lower()} count" if only else ""
    histories = LogRankHistories(p, direction, treated, control, counted=only.share if only else None)
    if not histories.is_possible:
        reason = f"no history of {patients} has a log-rank p of {p}"
        return Unused(record.study, (entry.id,), reason, entry.stratum)
    return Used(record.study, histories, (entry.id,), entry.stratum, note, recovered_by=log_rank_histories)


def _p_of(entry: LogRankEntry) -> str:
    """The p of a log-rank test, of an outcome in words on which side of its level it lies."""
    if isinstance(entry, TestOutcome):
        return f"{'<' if entry.significant else '≥'}{entry.alpha}"
    return _not_0(entry.p)


def _direction_of(entry: LogRankEntry) -> Direction | None:
    """The printed direction; a difference that is not significant has none."""
    return None if isinstance(entry, TestOutcome) and not entry.significant else entry.direction


class _Counted(NamedTuple):
    """The patients who alone count: the variable they have; how many of the whole cohort have it, and of how
    many, where both are printed.
    """

    among: str
    share: tuple[int, int] | None


def _those_counted(record: Record, field: str) -> _Counted | None:
    """Where a definition counts some patients alone: who they are."""
    definition = record.definitions.get(field)
    if not definition or not definition.among:
        return None
    total = next(
        (e for e in record.find(Counts, definition.among, stratum="all", arm="total") if not e.category), None
    )
    n = (total.n or group_size(record, "total")) if total else None
    return _Counted(definition.among, (total.events, n) if total and n else None)


def overlap(record: Record, one: str, other: str) -> bool:
    """Whether two strata may share patients: only strata of different grades surely do not."""
    grades, others = (record.strata[stratum].grades for stratum in (one, other))
    return not (grades and others) or bool(set(grades) & set(others))


TESTS_OF_OTHERS = {
    "gray": "Gray's test compares cumulative incidences, not hazards",
    "fine_gray": "a test of a subdistribution, not of hazards",
    "cox": "Wald's p of a Cox model whose ratio is not printed",
}


def rest(record: Record, name: str, kinds: set[str]) -> Iterator[Unused]:
    """Printed silences and reports that no likelihood here reads."""
    for entry in record.find(Entry, name):
        if entry.kind not in kinds or entry.arm != "comparison":
            continue
        if isinstance(entry, SurvivalCurve) and entry.curve:
            continue  # digitised: judged above
        if isinstance(entry, PValue | TestOutcome) and entry in _log_rank_entries(record, name):
            continue  # judged above
        yield Unused(record.study, (entry.id,), _why_not_read(entry), entry.stratum)


def _why_not_read(entry: Entry) -> str:
    if isinstance(entry, NotReported):
        return f"not reported: {entry.reason}"
    if isinstance(entry, SurvivalCurve):
        return "the curve is not digitised"
    if isinstance(entry, PValue | TestOutcome):
        if entry.category:
            return f"a comparison of one category alone: {entry.category}"
        if isinstance(entry, PValue) and entry.adjustment != "none":
            return "a p adjusted for several tests"
        if len(entry.tests) > 1:
            return "which of several tests it is of is not printed"
        if entry.tests[0] in TESTS_OF_OTHERS:
            return TESTS_OF_OTHERS[entry.tests[0]]
        if entry.tests[0] == "log_rank":
            return "an outcome in words beside the p of the same test"
        return "the test is not named, or is none of hazards"
    return f"no likelihood here reads a {entry.kind.replace('_', ' ')} of it"

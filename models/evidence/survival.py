"""Survival endpoints: the hazard ratio where one is printed, else the digitised curve or the log-rank p of
the cohort, else those of its strata.

A curve and a p of the same patients are never both used: the curve holds the direction and the number of
events, which a p leaves open.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from extraction.derived.groups import group_size
from extraction.recover import Unusable
from extraction.recover.curve_types import Curve
from extraction.recover.curves import reconstruct
from extraction.recover.log_rank import log_rank_histories
from extraction.said import said
from extraction.schema import Counts, Entry, LogRankP, NotReported, Record, SurvivalCurve
from extraction.schema import Ratio as PrintedRatio
from extraction.vocabulary import BOTH_ARMS, FIELDS, Start
from models.evidence.foreseen import LogRankForeseen
from models.evidence.report import Reading, Unused, Used
from models.likelihood.kinds.curve_ratio import CurveRatio
from models.likelihood.kinds.log_rank import LogRank
from models.likelihood.kinds.log_rank_histories import LogRankHistories
from models.likelihood.kinds.ratio import Ratio

SMALLEST_ARM_FOR_A_DENSITY = 5
"""Below this many patients in an arm a log-rank z is a set of points; its histories have to be enumerated."""
LARGEST_ENUMERATED = 12
"""Patients of both arms; the histories of more, ties included, take too long to list."""
SMALLEST_ARM_FOR_NORMAL_LOG_HR = 5
"""Below this many patients in an arm the log hazard ratio of a curve is not near normal.
"""
NAMES = {"survival_curve": "curve", "log_rank_p": "p-value"}
FROM_CURVE = "read off the digitised curve"
UNPRINTED_START: Start = "infusion"
"""Taken for the start of a time whose start is not printed, where a reading asks for one."""


@said("The hazard ratio where one is printed, else the digitised curve or the log-rank p")
def survival(
    record: Record, endpoint: str, contrast: str, reading: Reading, curves: Mapping[str, Curve]
) -> Iterator[Used | Unused]:
    if reading.runs_from and reading.runs_from != (start := runs_from(record, endpoint) or UNPRINTED_START):
        yield from _of_another_start(record, endpoint, start)
        return
    ratios = [e for e in record.find(PrintedRatio, endpoint, stratum="all") if e.kind == "hazard_ratio"]
    if not reading.adjusted_first and _unadjusted(record, endpoint):
        adjusted = [e for e in ratios if e.adjusted_for]
        ratios = [e for e in ratios if not e.adjusted_for]
        for printed in adjusted:
            yield Unused(
                record.study, (printed.id,), "adjusted: a result of the same patients that is not is used"
            )
    for printed in ratios[:1]:
        ratio = Ratio(*(float(getattr(printed, k)) for k in ("estimate", "lower", "upper", "level")))
        note = f"adjusted for {', '.join(printed.adjusted_for)}" if printed.adjusted_for else "not adjusted"
        yield Used(record.study, ratio, (printed.id,), note=note)
    for printed in ratios[1:]:
        yield Unused(record.study, (printed.id,), "the same patients as the hazard ratio used")
    drawn = record.find(SurvivalCurve, endpoint)
    digitised = {e.id: curves[e.curve] for e in drawn if e.curve}
    found: list[LogRankP | SurvivalCurve] = [
        *record.find(LogRankP, endpoint),
        *(e for e in drawn if e.id in digitised),
    ]
    first = "survival_curve" if reading.curve_first else "log_rank_p"
    whole_p = any(e.stratum == "all" and isinstance(e, LogRankP) for e in found)
    taken: dict[str, str] = {}  # kind of the report used, by stratum
    for entry in sorted(found, key=lambda e: (e.stratum != "all", e.kind != first)):
        barred = _barred(record, entry, bool(ratios), whole_p, taken)
        report = (
            _curve(record, entry, reading, barred, digitised[entry.id])
            if isinstance(entry, SurvivalCurve)
            else _log_rank(record, entry, reading, barred)
        )
        if isinstance(report, Used):
            taken[entry.stratum] = entry.kind
        yield report
    yield from rest(record, endpoint, {"test_outcome", "p_value", "survival_curve", "not_reported"})


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
        or (isinstance(e, PrintedRatio) and e.kind == "hazard_ratio" and not e.adjusted_for)
        for e in found
    )


def _barred(record: Record, entry: Entry, ratios: bool, whole_p: bool, taken: dict[str, str]) -> str | None:
    """Why the patients of a report already count, if they do."""
    if ratios:
        return "the same patients as the hazard ratio used"
    if entry.stratum in taken:
        return f"the same patients as the {NAMES[taken[entry.stratum]]} used"
    if entry.stratum != "all" and ("all" in taken or whole_p):
        return f"part of the patients whose {NAMES[taken.get('all', 'log_rank_p')]} is used"
    if any(overlap(record, entry.stratum, other) for other in taken):
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


def _log_rank(record: Record, entry: LogRankP, reading: Reading, barred: str | None) -> Used | Unused:
    toci, control = (group_size(record, arm, entry.stratum) for arm in BOTH_ARMS)
    if toci is None or control is None:
        reason = "group sizes of this stratum are not printed"
        return Unused(record.study, (entry.id,), reason, entry.stratum)
    p = _not_0(entry.p)
    check = LogRankForeseen(p, entry.direction, toci, control)

    def left_out(reason: str) -> Unused:
        return Unused(record.study, (entry.id,), reason, entry.stratum, check)

    if barred:
        return left_out(barred)
    note = "" if entry.direction else "direction not printed"
    if min(toci, control) >= SMALLEST_ARM_FOR_A_DENSITY:
        report = LogRank(p, entry.direction, toci, control)
        return Used(record.study, report, (entry.id,), entry.stratum, note)
    patients = f"{toci} v {control} patients"
    if not reading.recovered:
        return left_out(f"{patients} are too few for a smooth log-rank statistic")
    if toci + control > LARGEST_ENUMERATED:
        return left_out(
            f"{patients} are too few for a smooth log-rank statistic and have too many histories to list"
        )
    only = _those_counted(record, entry.field)
    note += f"; only those with {FIELDS[only.among].meaning.rstrip('.').lower()} count" if only else ""
    return Used(
        record.study,
        LogRankHistories(p, entry.direction, toci, control, counted=only.share if only else None),
        (entry.id,),
        entry.stratum,
        note,
        recovered_by=log_rank_histories,
    )


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
    """Whether two strata may share patients: only strata of different CRS grades surely do not."""
    grades, others = (record.strata[stratum].crs_grades for stratum in (one, other))
    return not (grades and others) or bool(set(grades) & set(others))


def rest(record: Record, name: str, kinds: set[str]) -> Iterator[Unused]:
    """Printed silences and reports that no likelihood here reads."""
    reasons = {
        "survival_curve": "the curve is not digitised",
        "test_outcome": "a verbal outcome beside the reports used",
        "p_value": "the same comparison as a report used, or group sizes not printed",
    }
    for entry in record.find(Entry, name):
        if isinstance(entry, SurvivalCurve) and entry.curve and entry.arm == "comparison":
            continue  # digitised: judged above
        if entry.kind in kinds and entry.arm == "comparison":
            reason = (
                f"not reported: {entry.reason}" if isinstance(entry, NotReported) else reasons[entry.kind]
            )
            yield Unused(record.study, (entry.id,), reason, entry.stratum)

"""Survival endpoints: the hazard ratio where one is printed, else log-rank p-values of the cohort or of its strata."""

from collections.abc import Iterator

from extraction.candidates import ARMS
from extraction.evidence.report import Reading, Unused, Used
from extraction.groups import group_size
from extraction.schema import AnyEntry, Record
from extraction.vocabulary import FIELDS

SMALLEST_ARM_FOR_NORMAL_LOG_RANK = 5
"""Below this many patients in an arm a log-rank z is not near normal; its histories have to be enumerated."""
LARGEST_ENUMERATED = 12
"""Patients of both arms; the histories of more, ties included, take too long to list."""


def survival(record: Record, endpoint: str, contrast: str, reading: Reading) -> Iterator[Used | Unused]:
    ratios = record.find(endpoint, stratum="all", kind="hazard_ratio")
    p_values = sorted(record.find(endpoint, kind="log_rank_p"), key=lambda e: e.stratum != "all")
    for entry in ratios[:1]:
        data = {k: float(getattr(entry, k)) for k in ("estimate", "lower", "upper", "level")}
        note = f"adjusted for {', '.join(entry.adjusted_for)}" if entry.adjusted_for else "not adjusted"
        yield Used(record.study, "ratio", data, (entry.id,), note=note)
    for entry in ratios[1:]:
        yield Unused(record.study, (entry.id,), "the same patients as the hazard ratio used")
    whole = any(e.stratum == "all" for e in p_values)
    taken: set[str] = set()
    for entry in p_values:
        report = _log_rank(record, entry, reading, bool(ratios), whole, taken)
        if isinstance(report, Used):
            taken.add(entry.stratum)
        yield report
    yield from rest(record, endpoint, {"test_outcome", "p_value", "survival_curve", "not_reported"})


def _log_rank(record: Record, entry: AnyEntry, reading: Reading, ratios: bool, whole: bool, taken: set[str]) -> Used | Unused:
    n = {f"n_{arm}": group_size(record, arm, entry.stratum) for arm in ARMS}
    data = {"p": entry.p, "direction": entry.direction} | n

    def left_out(reason: str, predicted: bool = True) -> Unused:
        return Unused(record.study, (entry.id,), reason, entry.stratum, {"kind": "log_rank", **data} if predicted else None)

    if None in n.values():
        return left_out("group sizes of this stratum are not printed", predicted=False)
    if ratios:
        return left_out("the same patients as the hazard ratio used")
    if whole and entry.stratum != "all":
        return left_out("part of the patients whose p-value is used")
    if any(overlap(record, entry.stratum, other) for other in taken):
        return left_out("its patients may be those of a stratum used")
    note = "" if entry.direction else "direction not printed"
    if min(n.values()) >= SMALLEST_ARM_FOR_NORMAL_LOG_RANK:
        return Used(record.study, "log_rank", data, (entry.id,), entry.stratum, note)
    patients = f"{n['n_toci']} v {n['n_control']} patients"
    if not reading.recovered:
        return left_out(f"{patients} are too few for a normal log-rank statistic")
    if sum(n.values()) > LARGEST_ENUMERATED:
        return left_out(f"{patients} are too few for a normal log-rank statistic and have too many histories to list")
    only = _those_counted(record, entry.field)
    note += f"; only those with {FIELDS[only['among']].meaning.rstrip('.').lower()} count" if only else ""
    return Used(record.study, "log_rank_histories", data | {"counted": only and only["share"]}, (entry.id,), entry.stratum, note)


def _those_counted(record: Record, field: str) -> dict | None:
    """Where a definition counts some patients alone: the variable they have, and how many of the whole cohort have it."""
    definition = record.definitions.get(field)
    if not definition or not definition.among:
        return None
    total = next((e for e in record.find(definition.among, stratum="all", arm="total", kind="counts") if not e.category), None)
    n = total and (total.n or group_size(record, "total"))
    return {"among": definition.among, "share": [total.events, n] if n else None}


def overlap(record: Record, one: str, other: str) -> bool:
    """Whether two strata may share patients: only strata of different CRS grades surely do not."""
    grades = [record.strata[stratum].crs_grades for stratum in (one, other)]
    return not all(grades) or bool(set(grades[0]) & set(grades[1]))


def rest(record: Record, name: str, kinds: set[str]) -> Iterator[Unused]:
    """Printed silences and reports that no likelihood here reads."""
    reasons = {
        "survival_curve": "the curve is not digitised",
        "test_outcome": "a verbal outcome beside the reports used",
        "p_value": "the same comparison as a report used, or group sizes not printed",
    }
    for entry in record.find(name):
        if entry.kind in kinds and entry.arm == "comparison":
            reason = f"not reported: {entry.reason}" if entry.kind == "not_reported" else reasons[entry.kind]
            yield Unused(record.study, (entry.id,), reason, entry.stratum)

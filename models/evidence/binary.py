"""Binary endpoints: counts of both arms where they are printed, else every table that prints as the paper
says.
"""

from collections.abc import Iterator

from extraction.derived.candidates import Recovered, tables_of
from extraction.derived.groups import group_size
from extraction.recover import TooLarge, Unusable
from extraction.recover.p_values import fisher
from extraction.recover.tables import recover_tables
from extraction.said import said
from extraction.schema import Counts, Entry, NotReported, PValue, Record, TestOutcome
from extraction.vocabulary import BEFORE_THE_DRUG, BOTH_ARMS
from models.evidence.foreseen import CountsForeseen, CountsOutcomeForeseen, CountsPForeseen
from models.evidence.report import Reading, Unused, Used
from models.likelihood.kinds.table import Table
from models.likelihood.kinds.table_set import TableSet

BINARY_FIELDS = {
    "severe_infection": ("severe_infection",),
    "complete_response": ("complete_response", "mrd_negative_response"),
    "icans": ("icans",),
    "severe_crs": ("severe_crs",),
}
"""Fields that can carry a binary endpoint, the preferred first."""

LARGEST_SET = 500
"""Tables; a report that more would print tells nothing worth their sum."""


@said("Counts of both arms where they are printed, else every table that prints as the paper")
def binary(record: Record, endpoint: str, contrast: str, reading: Reading) -> Iterator[Used | Unused]:
    if endpoint == "severe_crs" and contrast == "therapeutic":
        yield from _severe_crs_is_no_effect(record)
        return
    used = _report(record, endpoint, reading)
    if used:
        yield used
    for name in BINARY_FIELDS[endpoint]:
        yield from _left_out(record, name, used)


def _report(record: Record, endpoint: str, reading: Reading) -> Used | None:
    """The first report there is: of each field its printed counts, then its recovered tables; or all printed
    counts first.
    """
    printed = [(_counts, name) for name in BINARY_FIELDS[endpoint]]
    recovered = [(_recovered, name) for name in BINARY_FIELDS[endpoint]] if reading.recovered else []
    order = (
        [pair for both in zip(printed, recovered, strict=True) for pair in both]
        if recovered and reading.endpoint_first
        else printed + recovered
    )
    return next((report for find, name in order if (report := find(record, endpoint, name, reading))), None)


def _counts(record: Record, endpoint: str, name: str, reading: Reading) -> Used | None:
    arms: dict[str, Counts] = {
        e.arm: e for e in record.find(Counts, name, stratum="all") if e.category is None and e.arm != "total"
    }
    if not set(BOTH_ARMS) <= arms.keys():
        return None
    toci, control = (arms[a] for a in BOTH_ARMS)
    n_toci, n_control = (arms[a].n or group_size(record, a) for a in BOTH_ARMS)
    if n_toci is None or n_control is None:
        return None
    early = 0 if reading.before_the_drug else _before_the_drug(record, name)
    return Used(
        record.study,
        Table(toci.events - early, control.events, n_toci - early, n_control),
        (toci.id, control.id),
        note="" if name == endpoint else f"counts are those of {name}",
    )


def _recovered(record: Record, endpoint: str, name: str, reading: Reading) -> Used | None:
    """The tables of the whole cohort that print so; where there are many, those of its largest part if the
    reading asks for that.
    """
    stratum, found = "all", recover(record, name, "all", verbal=reading.at_their_word)
    if not found:
        return None
    if not reading.whole_cohort and len(found.tables) > 1:
        parts = {
            s: part for s in record.strata if s != "all" and (part := recover(record, name, s, verbal=False))
        }
        stratum = max(parts, key=lambda s: sum(parts[s].tables[0][1::2]), default="all")
        found = parts.get(stratum, found)
    early = 0 if reading.before_the_drug else _before_the_drug(record, name)
    tables = tuple((a - early, n - early, b, m) for a, n, b, m in found.tables)
    how = "one table prints so" if len(tables) == 1 else f"{len(tables)} tables print so"
    note = (
        how
        + (", taking the outcome at its word" if found.verbal else "")
        + ("" if name == endpoint else f"; counts are those of {name}")
    )
    return Used(
        record.study,
        TableSet(tables),
        found.entries,
        stratum,
        note,
        found.bounds,
        recovered_by=recover_tables,
    )


def _before_the_drug(record: Record, name: str) -> int:
    """Patients of the tocilizumab arm whose event began before the drug, as far as they are printed: the drug
    could not prevent it or lead to it, so they leave the arm's events and its patients alike.
    """
    return sum(e.events for e in record.find(Counts, name, arm="toci") if e.category == BEFORE_THE_DRUG)


def recover(record: Record, name: str, stratum: str, verbal: bool) -> Recovered | None:
    """Tables that print so, few enough to tell something; None where nothing is printed or nothing fits."""
    try:
        found = tables_of(record, name, stratum, verbal)
    except (TooLarge, Unusable):
        return None
    return found if found and 0 < len(found.tables) <= LARGEST_SET else None


def _left_out(record: Record, name: str, used: Used | None) -> Iterator[Unused]:
    """Reports of the two arms beside the one used, each with its tables and what predicts it."""
    taken = set(used.entries) if used else set()
    for entry in record.find(Entry, name):
        if entry.id in taken or entry.arm == "total" or _is_told(entry, used):
            continue
        found = recover(record, name, entry.stratum, verbal=False) if isinstance(entry, PValue) else None
        # its counts give the outcome
        own = used is not None and used.report.only_table and used.stratum == entry.stratum
        yield Unused(
            record.study,
            (entry.id,),
            _reason(entry, used),
            entry.stratum,
            None if own or not used else _check(record, entry, found),
            tuple(found.tables) if found and entry.stratum != "all" else (),
        )


def _is_told(entry: Entry, used: Used | None) -> bool:
    """Counts of an arm are the used report itself, or a part of it."""
    return isinstance(entry, Counts) and used is not None and isinstance(used.report, Table)


def _reason(entry: Entry, used: Used | None) -> str:
    if isinstance(entry, NotReported):
        return f"not reported: {entry.reason}"
    if used is None:
        return "no table of the arms can be recovered from what is printed"
    if entry.id in used.bounds:
        return "part of the patients whose tables are used, which it limits"
    return (
        "the same patients as the counts used"
        if isinstance(used.report, Table)
        else "the same patients as the tables used"
    )


def _check(record: Record, entry: Entry, found: Recovered | None) -> CountsForeseen | None:
    """What the posterior must foresee: a p, or an outcome in words, of a test in groups of known size."""
    if not isinstance(entry, PValue | TestOutcome) or entry.arm != "comparison":
        return None
    toci, control = (group_size(record, arm, entry.stratum) for arm in BOTH_ARMS)
    if found and len({table[1::2] for table in found.tables}) == 1:
        _, toci, _, control = found.tables[0]
    if not toci or not control:
        return None
    if isinstance(entry, PValue):
        return CountsPForeseen(toci, control, entry.p) if entry.adjustment == "none" else None
    extremes = (0, toci, control, control), (toci, toci, 0, control)
    if min(fisher(*extreme) for extreme in extremes) >= float(entry.alpha):
        return None  # no table of these sizes is significant
    return CountsOutcomeForeseen(toci, control, entry.significant, float(entry.alpha))


def _severe_crs_is_no_effect(record: Record) -> Iterator[Unused]:
    reason = "the grade led to the drug, so a higher share of severe CRS among the treated is not its effect"
    entries = tuple(
        e.id
        for e in record.find(Counts, "crs_grade", stratum="all")
        if e.category == "3-5" and e.arm != "total"
    )
    entries += tuple(e.id for e in record.find(Entry, "severe_crs", stratum="all") if e.arm != "total")
    if entries:
        yield Unused(record.study, entries, reason)
    for stratum in dict.fromkeys(e.stratum for e in record.find(Entry, "severe_crs") if e.stratum != "all"):
        found = recover(record, "severe_crs", stratum, verbal=False)
        yield Unused(
            record.study,
            tuple(e.id for e in record.find(Entry, "severe_crs", stratum=stratum) if e.arm != "total"),
            reason,
            stratum,
            candidates=tuple(found.tables) if found else (),
        )

"""Binary endpoints: counts of both arms where they are printed, else every table that prints as the paper
says.
"""

from collections.abc import Iterator
from dataclasses import replace

from extraction.derived.candidates import (
    Recovered,
    counts_of_arm,
    events_by_parts,
    shares_are_no_counts,
    tables_of,
)
from extraction.derived.groups import TOGETHER, group_size
from extraction.question import ASKED, HIGHEST_GRADE, QUESTION, SEVERE_GRADES
from extraction.recover import TooLarge, Unusable
from extraction.recover.p_values import fisher
from extraction.recover.tables import recover_tables
from extraction.said import said
from extraction.schema import (
    Counts,
    Difference,
    Entry,
    NotReported,
    PValue,
    Quantity,
    Ratio,
    Record,
    Share,
    TestOutcome,
    compares_incidences,
)
from extraction.vocabulary import BOTH_ARMS, ESTIMATORS
from models.evidence.binary_ratios import LARGEST_SET, OTHER_MEASURES, from_ratio, why_not
from models.evidence.foreseen import CountsForeseen, CountsOutcomeForeseen, CountsPForeseen
from models.evidence.report import Reading, Unused, Used
from models.likelihood.kinds.table import Table
from models.likelihood.kinds.table_set import TableSet


@said("Counts of both arms where they are printed, else every table that prints as the paper")
def binary(record: Record, endpoint: str, contrast: str, reading: Reading) -> Iterator[Used | Unused]:
    if contrast in ASKED[endpoint].no_effect:
        yield from _is_no_effect(record, endpoint, contrast)
        return
    used = _report(record, endpoint, reading)
    if used:
        yield used
    for name in ASKED[endpoint].fields:
        yield from _left_out(record, name, used)


def _report(record: Record, endpoint: str, reading: Reading) -> Used | None:
    """The first report there is: of each field its printed counts, then its recovered tables; or all printed
    counts first; where neither is, an odds or risk ratio; else the matched part of the patients.  A reading
    takes adjusted odds ratios, or the matched part, before all.
    """
    printed = [(_counts, name) for name in ASKED[endpoint].fields]
    recovered = [(_recovered, name) for name in ASKED[endpoint].fields] if reading.recovered else []
    order = (
        [pair for both in zip(printed, recovered, strict=True) for pair in both]
        if recovered and reading.endpoint_first
        else printed + recovered
    )
    ratios = [(_ratio, name) for name in ASKED[endpoint].fields]
    if reading.adjusted_odds_first:
        order = [(_adjusted_ratio, name) for name in ASKED[endpoint].fields] + order
    matched = [(_matched, name) for name in ASKED[endpoint].fields]
    order = matched + order + ratios if reading.matched_first else order + ratios + matched
    return next((report for find, name in order if (report := find(record, endpoint, name, reading))), None)


def _ratio(record: Record, endpoint: str, name: str, reading: Reading) -> Used | None:
    return _as_stand_in(from_ratio(record, name, reading), endpoint, name)


def _adjusted_ratio(record: Record, endpoint: str, name: str, reading: Reading) -> Used | None:
    return _as_stand_in(from_ratio(record, name, reading, adjusted=True), endpoint, name)


def _as_stand_in(used: Used | None, endpoint: str, name: str) -> Used | None:
    return used if used is None or name == endpoint else replace(used, note=f"{used.note}; of {name}")


def _matched(record: Record, endpoint: str, name: str, reading: Reading) -> Used | None:
    """Counts or tables of the patients matched on their propensity of treatment.

    The arms enter as two binomials: that pairs are alike is not used, which widens the interval.
    """
    for stratum in (stratum for stratum, meaning in record.strata.items() if meaning.matched):
        found = recover(record, name, stratum, reading.at_their_word) if reading.recovered else None
        used = _counts(record, endpoint, name, reading, stratum) or (
            found and _used_tables(record, endpoint, name, stratum, found)
        )
        if used:
            return replace(used, note="; ".join(filter(None, ("of the matched patients alone", used.note))))
    return None


def _counts(record: Record, endpoint: str, name: str, reading: Reading, stratum: str = "all") -> Used | None:
    arms = {arm: _events(record, name, arm, stratum) for arm in BOTH_ARMS}
    treated, control = (arms[a] for a in BOTH_ARMS)
    if not treated or not control:
        return None
    n_treated, n_control = (_patients(record, a, arms[a]) for a in BOTH_ARMS)
    if n_treated is None or n_control is None:
        return None
    early = 0 if reading.before_treatment else _before_treatment(record, name, stratum)
    summed = " and ".join(dict.fromkeys(e.stratum for e in (*treated, *control) if e.stratum != stratum))
    notes = [
        f"{summed} added up, which make up the arm" if summed else "",
        "" if name == endpoint else f"counts are those of {name}",
    ]
    return Used(
        record.study,
        Table(
            sum(e.events for e in treated) - early,
            sum(e.events for e in control),
            n_treated - early,
            n_control,
        ),
        tuple(e.id for e in (*treated, *control)),
        stratum,
        note="; ".join(filter(None, notes)),
    )


def _events(record: Record, name: str, arm: str, stratum: str) -> list[Counts]:
    """The count of an arm, or of the whole arm one for each of the strata that make it up."""
    found = counts_of_arm(record, name, arm, stratum)[-1:]
    return found if found or stratum != "all" else events_by_parts(record, name, arm)


def _patients(record: Record, arm: str, events: list[Counts]) -> int | None:
    sizes = [e.n or group_size(record, arm, e.stratum) for e in events]
    return None if None in sizes else sum(filter(None, sizes))


def _recovered(record: Record, endpoint: str, name: str, reading: Reading) -> Used | None:
    """The tables of the whole cohort that print so; where there are many, those of its largest part if the
    reading asks for that.
    """
    stratum, found = "all", recover(record, name, "all", verbal=reading.at_their_word)
    if not found:
        return None
    if not reading.whole_cohort and len(found.tables) > 1:
        parts = {
            s: part
            for s in record.strata
            if s != "all"
            and _tells_both_arms(record, name, s)
            and (part := recover(record, name, s, verbal=False))
        }
        stratum = max(parts, key=lambda s: sum(parts[s].tables[0][1::2]), default="all")
        found = parts.get(stratum, found)
    early = 0 if reading.before_treatment else _before_treatment(record, name)
    return _used_tables(record, endpoint, name, stratum, found, early)


def _used_tables(
    record: Record, endpoint: str, name: str, stratum: str, found: Recovered, early: int = 0
) -> Used:
    """Recovered tables as a report; `early` events that began before the treatment leave its arm."""
    tables = tuple((a - early, n - early, b, m) for a, n, b, m in found.tables)
    how = "one table prints so" if len(tables) == 1 else f"{len(tables)} tables print so"
    note = (
        how
        + (", a digit cut off rather than rounded" if found.cut_off else "")
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


def _tells_both_arms(record: Record, name: str, stratum: str) -> bool:
    """Whether a part of the patients has something printed of both arms, or of their comparison."""
    arms = {e.arm for e in record.find(Entry, name, stratum=stratum)}
    return set(BOTH_ARMS) <= arms or "comparison" in arms


def _before_treatment(record: Record, name: str, stratum: str | None = None) -> int:
    """Patients of the treated arm whose event began before the treatment, as far as they are printed: the
    treatment could not prevent it or lead to it, so they leave the arm's events and its patients alike.
    """
    early = record.find(Counts, name, arm="treated", stratum=stratum)
    return sum(e.events for e in early if e.category == QUESTION.categories.before_it)


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
            _reason(record, entry, used),
            entry.stratum,
            None if own or not used else _check(record, entry, found),
            tuple(found.tables) if found and entry.stratum != "all" else (),
        )


def _is_told(entry: Entry, used: Used | None) -> bool:
    """Counts of an arm are the used report itself, or a part of it."""
    return (
        isinstance(entry, Counts)
        and entry.is_crude
        and used is not None
        and isinstance(used.report, Table)
        and entry.stratum == used.stratum
    )


def _reason(record: Record, entry: Entry, used: Used | None) -> str:
    if isinstance(entry, NotReported):
        return f"not reported: {entry.reason}"
    if reason := _of_another_kind(record, entry):
        return reason
    if used is None:
        return why_not(record, entry) if isinstance(entry, Ratio) else _why_no_tables(record, entry)
    if entry.id in used.bounds:
        return "part of the patients whose tables are used, which it limits"
    what = {Table.name: "counts", TableSet.name: "tables"}.get(used.report.name, "odds ratio")
    return f"the same patients as the {what} used"


def _of_another_kind(record: Record, entry: Entry) -> str | None:
    """Why a number of this kind never enters: it is no count, no ratio of odds, or a test of neither."""
    if isinstance(entry, Ratio):
        return OTHER_MEASURES.get(entry.kind)
    if isinstance(entry, Difference):
        return f"a {entry.kind.replace('_', ' ')}, which no likelihood here reads"
    if isinstance(entry, Share) and not entry.is_crude:
        return f"{ESTIMATORS[entry.estimated_by]}, which no count over a number of patients gives"
    if isinstance(entry, PValue | TestOutcome) and entry.arm == "comparison":
        if compares_incidences(entry):
            return "a test of cumulative incidences, which is none of odds"
        if not entry.category and shares_are_no_counts(record, entry.field, entry.stratum):
            return "a test of the estimates beside it, which are no counts"
    return None


def _why_no_tables(record: Record, entry: Entry) -> str:
    """What keeps the arms' tables from being told."""
    if isinstance(entry, Quantity):
        return "a number that is no count of patients, as a rate over time is none"
    if entry.category:
        return f"of one category alone: {entry.category}"
    none = "no table of the arms can be recovered from what is printed"
    try:
        found = tables_of(record, entry.field, entry.stratum)
    except TooLarge:
        return f"{none}: too little is, so that there are too many to list"
    except Unusable as reason:
        return f"{none}: {reason}"
    if found is None:
        return f"{none}: nothing tells the arms apart"
    if not found.tables:
        return f"{none}: none has these numbers"
    if len(found.tables) > LARGEST_SET:
        return f"{none}: {len(found.tables):,} print so, which tell too little"
    return f"{none} of the whole cohort" if entry.stratum != "all" else none


def _check(record: Record, entry: Entry, found: Recovered | None) -> CountsForeseen | None:
    """What the posterior must foresee: a p, or an outcome in words, of a test in groups of known size."""
    if not isinstance(entry, PValue | TestOutcome) or entry.arm != "comparison":
        return None
    treated, control = (group_size(record, arm, entry.stratum) for arm in BOTH_ARMS)
    if found and len({table[1::2] for table in found.tables}) == 1:
        _, treated, _, control = found.tables[0]
    if not treated or not control:
        return None
    if isinstance(entry, PValue):
        return CountsPForeseen(treated, control, entry.p) if entry.adjustment == "none" else None
    extremes = (0, treated, control, control), (treated, treated, 0, control)
    if min(fisher(*extreme) for extreme in extremes) >= float(entry.alpha):
        return None  # no table of these sizes is significant
    return CountsOutcomeForeseen(treated, control, entry.significant, float(entry.alpha))


def _is_no_effect(record: Record, endpoint: str, contrast: str) -> Iterator[Unused]:
    """Reports of an endpoint that is no effect of the treatment under a study's contrast."""
    reason = ASKED[endpoint].no_effect[contrast]
    entries: tuple[str, ...] = ()
    if endpoint == SEVERE_GRADES:
        entries = tuple(
            e.id
            for e in record.find(Counts, HIGHEST_GRADE, stratum="all")
            if e.category == TOGETHER and e.arm != "total"
        )
    entries += tuple(e.id for e in record.find(Entry, endpoint, stratum="all") if e.arm != "total")
    if entries:
        yield Unused(record.study, entries, reason)
    for stratum in dict.fromkeys(e.stratum for e in record.find(Entry, endpoint) if e.stratum != "all"):
        found = recover(record, endpoint, stratum, verbal=False)
        yield Unused(
            record.study,
            tuple(e.id for e in record.find(Entry, endpoint, stratum=stratum) if e.arm != "total"),
            reason,
            stratum,
            candidates=tuple(found.tables) if found else (),
        )

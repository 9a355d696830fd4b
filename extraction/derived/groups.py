"""How many patients an arm and stratum hold: as printed, by grade, by subtraction, or by parts."""

import numpy as np

from extraction.question import HIGHEST_GRADE, QUESTION
from extraction.recover.rounding import printed_percent
from extraction.schema import Counts, GroupSize, Percentage, Record
from extraction.vocabulary import BOTH_ARMS, TWO_ARMS

CATEGORIES = {0: "0", 1: "1", 2: "2", 3: "3-5"}
"""Printed category of each grade; grade 3 stands for 3 to 5."""
APART = ("3", "4", "5")
"""Categories added up for grade 3 where an arm does not print them together."""


def printed_sizes(record: Record, stratum: str) -> dict[str, int]:
    """Printed size of each arm of a stratum; an arm with none, or with several in use, is left out."""
    sizes: dict[str, set[int]] = {}
    for entry in record.find(GroupSize, "group_size", stratum=stratum):
        sizes.setdefault(entry.arm, set()).add(entry.n)
    return {arm: n.pop() for arm, n in sizes.items() if len(n) == 1}


def group_size(record: Record, arm: str, stratum: str = "all") -> int | None:
    """Patients in an arm and stratum: printed, by subtraction, by grade, by strata that make up the arm, by
    how many were treated, or by counts with their percentages; None where none gives one number.
    """
    sizes = _completed(printed_sizes(record, stratum))
    if arm in sizes or stratum != "all":
        return sizes[arm] if arm in sizes else _size_by_grade(record, arm, stratum)
    by_parts = {a: n for a in BOTH_ARMS if a not in sizes and (n := _size_by_parts(record, a))}
    sizes = _completed(sizes | by_parts)
    if arm not in sizes and "total" in sizes and (treated := _treated_of_all(record, sizes["total"])):
        sizes = _completed(sizes | {"treated": treated})
    by_shares = {a: n for a in BOTH_ARMS if a not in sizes and (n := _size_by_shares(record, a))}
    return _completed(sizes | by_shares).get(arm)


def parts_of(record: Record, arm: str) -> tuple[str, ...]:
    """Strata that have no patient in common and are together all of an arm; empty where none are known.

    They share a `partition`; or they are the only strata of which nothing but this arm is told, as dose
    groups are, and their sizes add to that of the arm to the patient.
    """
    for name in dict.fromkeys(s.partition for s in record.strata.values() if s.partition):
        strata = tuple(s for s, meaning in record.strata.items() if meaning.partition == name)
        if len(strata) > 1 and all(arm in printed_sizes(record, s) for s in strata):
            return strata
    alone = [s for s in record.strata if s != "all" and _arms_told(record, s) == {arm}]
    sizes = [printed_sizes(record, s).get(arm) for s in alone]
    printed = _completed(printed_sizes(record, "all")).get(arm)
    whole = len(alone) > 1 and None not in sizes and sum(filter(None, sizes)) == printed
    return tuple(alone) if whole else ()


def _arms_told(record: Record, stratum: str) -> set[str]:
    return {e.arm for e in record.entries if e.stratum == stratum}


def _size_by_parts(record: Record, arm: str) -> int | None:
    parts = parts_of(record, arm)
    return sum(printed_sizes(record, s)[arm] for s in parts) if parts else None


def _treated_of_all(record: Record, total: int) -> int | None:
    """Of all patients those treated, where their count or percentage is printed and fits one
    number.
    """
    use = QUESTION.treatment.use
    counted = [{e.events} for e in record.find(Counts, use, stratum="all", arm="total") if _is_of(e, total)]
    shared = [
        {n for n in range(total + 1) if printed_percent(e.percent).rounds(n, total)}
        for e in record.find(Percentage, use, stratum="all", arm="total")
        if _is_of(e, total)
    ]
    fits = set.intersection(*counted, *shared) if counted or shared else set()
    return fits.pop() if len(fits) == 1 and not fits & {0, total} else None


def _size_by_shares(record: Record, arm: str) -> int | None:
    """The one number of which each of several counts of an arm is the percentage beside it: 17 (70.83 %) and
    9 (37.5 %) are of 24.

    One count alone would be checked against the size that it gave. Counts of those evaluable are of other
    numbers: where no number, or several, print all of them so, none is told.
    """
    fits: list[set[int]] = []
    for entry in record.entries:
        if (
            isinstance(entry, Counts)
            and (entry.arm, entry.stratum, entry.contrast, entry.n) == (arm, "all", TWO_ARMS, None)
            and entry.category != QUESTION.categories.given_it
            and entry.id not in record.set_aside()
            and entry.is_crude
            and entry.events
            and entry.percent
        ):
            printed = printed_percent(entry.percent)
            n = np.arange(entry.events, 2 * printed.per_whole * entry.events // (2 * printed.units - 1) + 1)
            fits.append(set(n[printed.rounds(entry.events, n)].tolist()))
    common = set.intersection(*fits) if len(fits) > 1 else set()
    return common.pop() if len(common) == 1 else None


def _is_of(entry: Counts | Percentage, total: int) -> bool:
    """Whether it is a share of that many patients, whatever their doses."""
    return not entry.category and entry.is_crude and entry.n in (None, total)


def both_sizes(record: Record, stratum: str = "all") -> tuple[int, int] | None:
    """Patients of the two arms in a stratum, the treated first; None where either is unknown or nobody."""
    treated, control = (group_size(record, arm, stratum) for arm in BOTH_ARMS)
    return (treated, control) if treated and control else None


def _size_by_grade(record: Record, arm: str, stratum: str) -> int | None:
    """The sum over the grades that define the stratum."""
    known = record.strata.get(stratum)
    if not (known and known.grades):
        return None
    counts, wanted = grade_counts(record), {min(grade, 3) for grade in known.grades}
    return sum(counts[grade][arm] for grade in wanted) if wanted <= counts.keys() else None


def grade_counts(record: Record) -> dict[int, dict[str, int]]:
    """Patients by grade, then by arm (treated, control, total); grades not printed by arm are absent."""
    printed: dict[str, dict[str, int]] = {}
    for entry in record.find(Counts, HIGHEST_GRADE, stratum="all"):
        if entry.category:
            printed.setdefault(entry.category, {}).setdefault(entry.arm, entry.events)
    found = {}
    for grade, category in CATEGORIES.items():
        sizes = dict(printed.get(category, {}))
        if grade == 3:
            for arm in {arm for c in APART for arm in printed.get(c, {})} - sizes.keys():
                sizes[arm] = sum(printed.get(c, {}).get(arm, 0) for c in APART)
        sizes = _completed(sizes)
        if {"treated", "control"} <= sizes.keys():
            found[grade] = sizes
    return found


def _completed(sizes: dict[str, int]) -> dict[str, int]:
    """With the third of two arms and their total, where two are known; no arm is what is left of a smaller
    total.
    """
    match sizes:
        case {"treated": treated, "control": control}:
            return {"total": treated + control, **sizes}
        case {"total": total, "treated": treated} if treated <= total:
            return sizes | {"control": total - treated}
        case {"total": total, "control": control} if control <= total:
            return sizes | {"treated": total - control}
    return sizes

"""How many patients an arm and stratum hold: as printed, by grade, by subtraction, or by parts."""

from collections.abc import Collection

import numpy as np

from extraction.question import GRADES, HIGHEST_GRADE, QUESTION, counted_as
from extraction.recover.rounding import printed_percent
from extraction.schema import Counts, GroupSize, Percentage, Record
from extraction.vocabulary import BOTH_ARMS, TWO_ARMS

CATEGORIES = {g: QUESTION.grades.category(g) for g in (0, *GRADES)} if QUESTION.grades else {}
"""Category of each grade that patients are counted by; the last stands for all from it on."""
TOGETHER = CATEGORIES.get(GRADES[-1], "")
"""Category of the grades that are taken together; empty without grades."""


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
    counts, wanted = grade_counts(record), set(map(counted_as, known.grades))
    return sum(counts[grade][arm] for grade in wanted) if wanted <= counts.keys() else None


def grades_in(category: str) -> frozenset[int]:
    """Grades that a category holds, `3` or `3-5`; empty for one that is of no grades."""
    names = QUESTION.grades.names if QUESTION.grades else ()
    first, _, last = category.partition("-")
    if first not in names or (last or first) not in names:
        return frozenset()
    return frozenset(range(names.index(first), names.index(last or first) + 1))


def is_part_of_severe(category: str | None) -> bool:
    """Whether a category holds some of the grades that TOGETHER does, and not all."""
    grades = grades_in(category or "")
    return bool(grades) and grades < grades_in(TOGETHER)


def are_disjoint(parts: Collection[frozenset[int]]) -> bool:
    """Whether no grade is in two of them."""
    return len(frozenset().union(*parts)) == sum(map(len, parts))


def grade_counts(record: Record) -> dict[int, dict[str, int]]:
    """Patients by grade, then by arm (treated, control, total); grades not printed by arm are absent."""
    printed: dict[str, dict[frozenset[int], int]] = {}
    for entry in record.find(Counts, HIGHEST_GRADE, stratum="all"):
        if entry.category:
            printed.setdefault(entry.arm, {}).setdefault(grades_in(entry.category), entry.events)
    found = {}
    for grade, category in CATEGORIES.items():
        told = {arm: _of_grades(grades_in(category), counts) for arm, counts in printed.items()}
        sizes = _completed({arm: n for arm, n in told.items() if n is not None})
        if {"treated", "control"} <= sizes.keys():
            found[grade] = sizes
    return found


def _of_grades(wanted: frozenset[int], counts: dict[frozenset[int], int]) -> int | None:
    """Patients of these grades together, or else of the parts of them that are printed, the others being
    nobody's; None where no part is, or one holds other grades or those of another part.
    """
    if wanted in counts:
        return counts[wanted]
    parts = [grades for grades in counts if grades & wanted]
    within = frozenset().union(*parts) <= wanted
    return sum(counts[grades] for grades in parts) if parts and within and are_disjoint(parts) else None


def patients_by_grade(record: Record) -> dict[int, dict[str, int]]:
    """The same, where without grades in the question all patients are of the one."""
    if QUESTION.grades:
        return grade_counts(record)
    both = both_sizes(record)
    return {1: dict(zip(BOTH_ARMS, both, strict=True)) | {"total": sum(both)}} if both else {}


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

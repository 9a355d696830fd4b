"""How many patients an arm and stratum hold: as printed, by CRS grade, or by subtraction."""

from extraction.schema import Counts, GroupSize, Record
from extraction.vocabulary import BOTH_ARMS

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
    """Patients in an arm and stratum: printed, by grade, or by subtraction; None where none of these gives
    one number.
    """
    sizes = _completed(printed_sizes(record, stratum))
    return sizes[arm] if arm in sizes else _size_by_grade(record, arm, stratum)


def both_sizes(record: Record, stratum: str = "all") -> tuple[int, int] | None:
    """Patients of the two arms in a stratum, tocilizumab first; None where either is unknown or nobody."""
    toci, control = (group_size(record, arm, stratum) for arm in BOTH_ARMS)
    return (toci, control) if toci and control else None


def _size_by_grade(record: Record, arm: str, stratum: str) -> int | None:
    """The sum over the grades that define the stratum."""
    known = record.strata.get(stratum)
    if not (known and known.crs_grades):
        return None
    counts, wanted = grade_counts(record), {min(grade, 3) for grade in known.crs_grades}
    return sum(counts[grade][arm] for grade in wanted) if wanted <= counts.keys() else None


def grade_counts(record: Record) -> dict[int, dict[str, int]]:
    """Patients by CRS grade, then by arm (toci, control, total); grades not printed by arm are absent."""
    printed: dict[str, dict[str, int]] = {}
    for entry in record.find(Counts, "crs_grade", stratum="all"):
        if entry.category:
            printed.setdefault(entry.category, {}).setdefault(entry.arm, entry.events)
    found = {}
    for grade, category in CATEGORIES.items():
        sizes = dict(printed.get(category, {}))
        if grade == 3:
            for arm in {arm for c in APART for arm in printed.get(c, {})} - sizes.keys():
                sizes[arm] = sum(printed.get(c, {}).get(arm, 0) for c in APART)
        sizes = _completed(sizes)
        if {"toci", "control"} <= sizes.keys():
            found[grade] = sizes
    return found


def _completed(sizes: dict[str, int]) -> dict[str, int]:
    """With the third of two arms and their total, where two are known; no arm is what is left of a smaller
    total.
    """
    match sizes:
        case {"toci": toci, "control": control}:
            return {"total": toci + control, **sizes}
        case {"total": total, "toci": toci} if toci <= total:
            return sizes | {"control": total - toci}
        case {"total": total, "control": control} if control <= total:
            return sizes | {"toci": total - control}
    return sizes

"""A stratum that is what another leaves of all patients: its sizes, and the grades its patients can have."""

from itertools import product

from extraction.derived.candidates import tables_of
from extraction.derived.groups import both_sizes, grade_counts
from extraction.question import SEVERE_GRADES
from extraction.recover import TooLarge, Unusable
from extraction.schema import Counts, Percentage, Record
from extraction.vocabulary import BOTH_ARMS

type Mix = tuple[tuple[int, int], ...]
"""Patients with the condition of one arm, as pairs of grade (3 stands for 3 to 5) and number."""
type Table = tuple[int, int, int, int]
"""Events and patients with the treatment, then without."""


def sizes_of_the_rest(record: Record, stratum: str) -> tuple[int, int] | None:
    """Patients of the two arms in a stratum, the treated first: all, less those of the stratum beside it,
    where only one size of each prints what stands there; else None.
    """
    beside, everyone = record.strata[stratum].rest_of, both_sizes(record)
    if not beside or not everyone:
        return None
    fields = {e.field for e in record.entries if isinstance(e, Counts | Percentage) and e.stratum == beside}
    for name in sorted(fields):
        sizes = {(n_treated, n_control) for _, n_treated, _, n_control in _tables(record, name, beside)}
        if len(sizes) == 1:
            n_treated, n_control = sizes.pop()
            return everyone[0] - n_treated, everyone[1] - n_control
    return None


def mixes_of_the_rest(record: Record, stratum: str) -> tuple[list[Mix], list[Mix]] | None:
    """Every mix of grades that the patients of the two arms in a stratum can have, the treated first, if all
    of them had the condition: no more of a grade than the arm has, and of grade 3 to 5 those whom the stratum
    beside it leaves, where one table of the severe condition alone prints what stands there.  None where
    sizes or grades are not known, or no mix fits.
    """
    beside, sizes, grades = (
        record.strata[stratum].rest_of,
        sizes_of_the_rest(record, stratum),
        grade_counts(record),
    )
    if not beside or not sizes or not {1, 2, 3} <= grades.keys():
        return None
    tables = _tables(record, SEVERE_GRADES, beside) if SEVERE_GRADES else []
    severe = (tables[0][0], tables[0][2]) if len(tables) == 1 else (None, None)
    treated, control = (
        _mixes({grade: grades[grade][arm] for grade in (1, 2, 3)}, size, beside_it)
        for arm, size, beside_it in zip(BOTH_ARMS, sizes, severe, strict=True)
    )
    return (treated, control) if treated and control else None


def _tables(record: Record, field: str, stratum: str) -> list[Table]:
    """Tables of a stratum that print as the record says; none where too little is printed."""
    try:
        found = tables_of(record, field, stratum, False)
    except (TooLarge, Unusable):
        return []
    return found.tables if found else []


def _mixes(most: dict[int, int], size: int, severe_beside: int | None) -> list[Mix]:
    """Every choice of `size` patients by grade, with at most so many of each, the mildest last."""
    severe = range(most[3] + 1) if severe_beside is None else [most[3] - severe_beside]
    return [
        tuple((grade, n) for grade, n in ((1, mild), (2, size - mild - grave), (3, grave)) if n)
        for grave, mild in product(severe, range(most[1] + 1))
        if grave >= 0 and 0 <= size - mild - grave <= most[2]
    ]

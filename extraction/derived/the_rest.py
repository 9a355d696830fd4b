"""A stratum that is what another leaves of all patients: its sizes, and the grades its patients can have."""

from itertools import product

from extraction.derived.candidates import tables_of
from extraction.derived.groups import both_sizes, patients_by_grade
from extraction.question import GRADES, SEVERE_GRADES
from extraction.recover import TooLarge, Unusable
from extraction.schema import Counts, Percentage, Record
from extraction.vocabulary import BOTH_ARMS

type Mix = tuple[tuple[int, int], ...]
"""Patients with the condition of one arm, as pairs of grade and number."""
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
    of them had the condition: no more of a grade than the arm has, and of the severe grades those whom the
    stratum beside it leaves, where one table of the severe condition alone prints what stands there.  None
    where sizes or grades are not known, or no mix fits.
    """
    beside, sizes, grades = (
        record.strata[stratum].rest_of,
        sizes_of_the_rest(record, stratum),
        patients_by_grade(record),
    )
    if not beside or not sizes or not grades.keys() >= set(GRADES):
        return None
    tables = _tables(record, SEVERE_GRADES, beside) if SEVERE_GRADES else []
    severe = (tables[0][0], tables[0][2]) if len(tables) == 1 else (None, None)
    treated, control = (
        _mixes({grade: grades[grade][arm] for grade in GRADES}, size, beside_it)
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
    """Every choice of `size` patients by grade, with at most so many of each; in their order the severe come
    first, and the grade below them is what the others leave.
    """
    *milder, severe = most
    gravest = range(most[severe] + 1) if severe_beside is None else [most[severe] - severe_beside]
    free = [range(most[grade] + 1) for grade in milder[:-1]]
    found = []
    for grave, *mild in product(gravest, *free):
        numbers = [*mild, size - grave - sum(mild), grave] if milder else [grave]
        mix = tuple(zip(most, numbers, strict=True))
        if sum(numbers) == size and all(0 <= n <= most[grade] for grade, n in mix):
            found.append(tuple((grade, n) for grade, n in mix if n))
    return found

"""Sizes of a stratum that is what another leaves of all patients."""

from extraction.derived.candidates import tables_of
from extraction.derived.groups import both_sizes
from extraction.recover import TooLarge, Unusable
from extraction.schema import Counts, Percentage, Record


def sizes_of_the_rest(record: Record, stratum: str) -> tuple[int, int] | None:
    """Patients of the two arms in a stratum, tocilizumab first: all, less those of the stratum beside it,
    where only one size of each prints what stands there; else None.
    """
    beside, everyone = record.strata[stratum].rest_of, both_sizes(record)
    if not beside or not everyone:
        return None
    fields = {e.field for e in record.entries if isinstance(e, Counts | Percentage) and e.stratum == beside}
    for name in sorted(fields):
        try:
            found = tables_of(record, name, beside, False)
        except (TooLarge, Unusable):
            continue
        sizes = {(n_toci, n_control) for _, n_toci, _, n_control in found.tables} if found else set()
        if len(sizes) == 1:
            n_toci, n_control = sizes.pop()
            return everyone[0] - n_toci, everyone[1] - n_control
    return None

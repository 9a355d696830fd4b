"""Durations that a paper records in whole days, and medians that no such days have."""

from decimal import ROUND_HALF_UP, Decimal

from extraction.recover.estimates import median_possible
from extraction.schema import AnyEntry, MedianRange, Record


def is_no_median_of_whole_days(record: Record, entry: AnyEntry) -> bool:
    """Whether a median is neither a whole nor a half day, though every range in days that the paper prints is
    of whole days: whatever the number of patients, the middle one or two of them cannot have it.
    """
    if not isinstance(entry, MedianRange) or entry.unit != "days":
        return False
    ranges = [e for e in record.entries if isinstance(e, MedianRange) and e.unit == "days"]
    whole = all(end == int(end) for e in ranges for end in (e.minimum, e.maximum))
    return whole and not any(median_possible(entry.median, n, 1) for n in (1, 2))


def sums_of_such_a_mean(mean: Decimal, n: int) -> list[int]:
    """Sums of n whole days whose mean prints so."""
    step = Decimal(1).scaleb(int(mean.as_tuple().exponent))
    middle = int(mean * n)
    return [
        total
        for total in range(middle - n, middle + n + 1)
        if (Decimal(total) / n).quantize(step, ROUND_HALF_UP) == mean
    ]

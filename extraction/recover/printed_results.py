"""Results of several numbers as papers print them."""

import re
from collections.abc import Iterator

from extraction.fragment import fold
from extraction.recover.printed import SIGNS, UNSIGNED, Number, meanings, tidy


def numbers_in(fragment: str) -> set[str]:
    """Every number of a fragment in every meaning it may have, with a point and a zero before it; one behind
    a dash with and without a minus.
    """
    found = set()
    for before, n in _numbers(fragment):
        found |= {f"{n.value:f}", f"{'-' if before.strip() == '-' else ''}{n.value:f}"}
    return found


def p_values_in(fragment: str) -> set[str]:
    """Every number of a fragment as a p-value in normal form: the sign before it is `=` or none, or stays."""
    found = set()
    for before, n in _numbers(fragment):
        sign = before.strip()
        found.add((sign if sign in SIGNS else "") + f"{n.value:f}")
    return found


def _numbers(fragment: str) -> Iterator[tuple[str, Number]]:
    """Each meaning of each number, with the sign before it."""
    text = fold(tidy(fragment))
    for form in re.finditer(rf"(?P<before>[-<>=≤≥]\s?)?(?<![\d.,·]){UNSIGNED.pattern}", text):
        for n in meanings(form):
            yield form["before"] or "", n

"""Cohen's κ (1960, Educ Psychol Meas 20:37-46): how far two people agree beyond chance."""

from collections import Counter
from collections.abc import Mapping


def kappa[W: str](table: Mapping[tuple[W, W], int]) -> float | None:
    """κ of categories without order; null where nothing was judged, or chance alone would agree on all.

    table : how often the first said one word and the second another
    """
    pairs = sum(table.values())
    first, second = Counter[W](), Counter[W]()
    for (one, other), often in table.items():
        first[one] += often
        second[other] += often
    by_chance = sum(first[word] * second[word] for word in first)  # of pairs², as whole numbers
    if by_chance == pairs**2:
        return None
    observed = sum(often for (one, other), often in table.items() if one == other)
    return (observed * pairs - by_chance) / (pairs**2 - by_chance)

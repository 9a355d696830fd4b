"""Which event and censoring histories print this log-rank p?

All patients leave one by one, in an event or in a censoring; patients of one arm are interchangeable.
Without ties each event has a time of its own; with ties, events with no censoring between them may share
one, and whatever their order count once. O - E and its variance V are those of the log-rank test for the
treated arm (Mantel 1966, Cancer Chemother Rep 50:163), summed over event times with the hypergeometric
variance; z^2 = (O - E)^2 / V.  A history with V = 0 has no p.

Histories that share a risk set, O - E, V and numbers of events are one state.  The first half of the exits is
swept forward to each risk set in the middle, the second half from there until an arm is empty and O - E and V
stand still; pairs are then joined.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from math import comb, erfc, inf, lcm, sqrt

import numpy as np
from scipy.special import ndtri

from extraction.recover import TooLarge, Unusable
from extraction.recover.rounding import EDGE, Convention, printed_p
from extraction.said import said

MOST_PATIENTS = 22  # V, in whole units of 1 / lcm(1..N)^2, outgrows 64 bits with 23
# event sequences: some ten seconds for a p of three digits, half a minute for `ns`
LARGEST_SEARCH = 10_000_000_000
DIRECTIONS = ("treated better", "none", "treated worse")
MATCHES = (Convention.ROUNDED, Convention.TRUNCATED)

# patients of each arm at risk; a caller may add to it what the weight of the next step depends on
RiskSet = tuple
Table = tuple[np.ndarray, np.ndarray]
"""States, shape (4, state), whole numbers: O - E, V (scaled), events of each arm; and their values, shape
(state, value).
"""
Steps = Callable[[RiskSet], Iterable[tuple[RiskSet, tuple[int, int], float | np.ndarray]]]
"""What may happen at a risk set: the next one, the events of each arm on the way, and the factor on the
values.
"""


@dataclass(frozen=True)
class LogRankHistories:
    """Rows {events_treated, events_control, direction, histories, match}, sorted.  None: not searched, and
    `note` says why.
    """

    untied: list[dict] | None
    tied: list[dict] | None
    note: str = ""


@said("Every history of a handful of patients whose log-rank p prints as the paper's")
def log_rank_histories(
    n_treated: int, n_control: int, p: str, ties: bool = True, max_size: int = LARGEST_SEARCH, sides: int = 2
) -> LogRankHistories:
    """Every history of n_treated v n_control patients whose log-rank p prints as `p`, counted by events and
    direction.

    p : as printed: `0.273`, `<0.05`, `>0.9999` or `ns`
    sides : 2, or 1 where p is one-sided, of whichever side
    max_size : event sequences above which a search is left out
    Raises Unusable for an empty group or what is no p-value.
    """
    z2 = z2_ranges(p, sides)
    if note := too_large(n_treated, n_control, False, max_size):
        return LogRankHistories(None, None, note)
    untied = counts(n_treated, n_control, z2, ties=False)
    note = too_large(n_treated, n_control, True, max_size) if ties else "Ties were not asked for"
    tied = None if note else rows(counts(n_treated, n_control, z2, ties=True) - untied)
    return LogRankHistories(rows(untied), tied, note)


def nearest_p(n_treated: int, n_control: int, p: str, ties: bool = True) -> tuple[float | None, float | None]:
    """The closest two-sided p-values below and above the printed one that a history does give; None where
    there is none.

    Raises Unusable as `log_rank_histories` does, TooLarge where that leaves the search out.
    """
    from extraction.recover.log_rank_pairs import closest

    if reason := too_large(n_treated, n_control, ties):
        raise TooLarge(reason)
    z2, best = z2_ranges(p), np.array([-1.0, inf])  # best: z^2 on either side
    for _, (states, _), (more_states, _) in halves((n_treated, n_control), counted_steps(ties), 1):
        closest(states, more_states, z2, best)
    above, below = (erfc(sqrt(z2 / 2)) if 0 <= z2 < inf else None for z2 in best)
    return below, above


def too_large(n_treated: int, n_control: int, ties: bool, max_size: int = LARGEST_SEARCH) -> str:
    """Why a search is out of reach, with its estimated size; empty where it is not.  Raises Unusable for an
    empty group.
    """
    check_groups(n_treated, n_control)
    if n_treated + n_control > MOST_PATIENTS:
        return (
            f"{n_treated} v {n_control} patients: histories are enumerated for at most {MOST_PATIENTS}"
            " patients"
        )
    size = event_sequences(n_treated, n_control, ties)
    if size > max_size:
        kind = "with ties" if ties else "without ties"
        return (
            f"{n_treated} v {n_control} patients have {size:,} event sequences {kind}, more than the limit of"
            f" {max_size:,}"
        )
    return ""


def check_groups(n_treated: int, n_control: int) -> None:
    for name, n in (("n_treated", n_treated), ("n_control", n_control)):
        if n < 1:
            raise Unusable(f"a log-rank test compares two groups; {name} is {n}")


@cache
def event_sequences(y_treated: int, y_control: int, ties: bool) -> int:
    """Histories that differ in the events while both arms are at risk, or in their risk sets: about the pairs
    of states to join.
    """
    at_risk = (
        (treated, control) for treated in range(1, y_treated + 1) for control in range(1, y_control + 1)
    )
    return 1 + sum(
        event_sequences(y1 - a, y2 - b, ties) for y1, y2 in at_risk for a, b in groups(y1, y2, ties)
    )


def groups(y_treated: int, y_control: int, ties: bool) -> Iterator[tuple[int, int]]:
    """Numbers of events of each arm that may fall on one time."""
    for events_treated in range(y_treated + 1):
        for events_control in range(y_control + 1):
            if events_treated + events_control == 1 or (ties and events_treated + events_control > 1):
                yield events_treated, events_control


def counts(n_treated: int, n_control: int, z2: np.ndarray, ties: bool) -> np.ndarray:
    """Histories with z^2 in the ranges; shape (match, direction, events_treated, events_control)."""
    total = np.zeros((len(MATCHES), len(DIRECTIONS), n_treated + 1, n_control + 1))
    for (y_treated, y_control), sums in matching((n_treated, n_control), counted_steps(ties), z2, 1).items():
        left = y_treated + y_control
        for events in range(left + 1):
            total = total + ways_to_end(left, events, ties) * np.roll(
                sums[..., 0], events, axis=2 if y_treated else 3
            )
    return np.asarray(total, np.int64)  # below 2^53, so exact


def counted_steps(ties: bool) -> Steps:
    """Each step is one way."""
    return lambda at_risk: ((after, events, 1.0) for after, events in moves(at_risk[0], at_risk[1], ties))


def moves(y_treated: int, y_control: int, ties: bool) -> Iterator[tuple[RiskSet, tuple[int, int]]]:
    """What may happen next: the risk set after it, and the events of each arm, (0, 0) at a censoring."""
    yield (y_treated - 1, y_control), (0, 0)
    yield (y_treated, y_control - 1), (0, 0)
    for events_treated, events_control in groups(y_treated, y_control, ties):
        yield (y_treated - events_treated, y_control - events_control), (events_treated, events_control)


def ways_to_end(left: int, events: int, ties: bool) -> int:
    """Histories of the patients of one arm with that many events: they fall into times, which mix with the
    censorings.
    """
    if not ties or events == 0:
        return comb(left, events)
    return sum(
        comb(events - 1, times - 1) * comb(left - events + times, times) for times in range(1, events + 1)
    )


def rows(found: np.ndarray) -> list[dict]:
    """The cells that are not empty, one row each."""
    cells = [
        {
            "events_treated": a,
            "events_control": b,
            "direction": DIRECTIONS[side],
            "histories": int(found[match, side, a, b]),
            "match": MATCHES[match],
        }
        for match, side, a, b in np.argwhere(found).tolist()
    ]
    return sorted(
        cells, key=lambda row: (row["events_treated"], row["events_control"], row["direction"], row["match"])
    )


def z2_ranges(p: str, sides: int = 2) -> np.ndarray:
    """Smallest and largest z^2 whose p rounds to the printed one (first row) or is cut off to it (second);
    shape (2, 2).

    A bound has no digits to cut off: its second row is its first.  A one-sided p above a half is that of the
    other side.
    """
    printed = printed_p(p)
    rounded = [printed.upper * (1 + EDGE), printed.lower * (1 - EDGE)]
    cut_off = [printed.upper_cut * (1 - EDGE), printed.lower_cut * (1 - EDGE)]
    ranges = [rounded, cut_off if printed.lower_cut < printed.upper_cut else rounded]
    if sides == 2:
        return ndtri(np.minimum(ranges, 1) / 2) ** 2
    z = ndtri(np.minimum(ranges, 1))
    squares = np.sort(z**2, axis=1)
    squares[(z[:, 0] > 0) & (z[:, 1] < 0), 0] = 0.0
    return squares


def matching(start: RiskSet, steps: Steps, z2: np.ndarray, width: int) -> dict[RiskSet, np.ndarray]:
    """Summed values of all ways from `start` until an arm is empty that end with z^2 in the ranges, by the
    last risk set.

    Shape (match, direction, events_treated, events_control, value); `width` is the number of values of a
    state.
    """
    from extraction.recover.log_rank_pairs import join

    shape = len(MATCHES), len(DIRECTIONS), start[0] + 1, start[1] + 1, width
    sums: dict[RiskSet, np.ndarray] = defaultdict(lambda: np.zeros(shape))
    for end, first, second in halves(start, steps, width):
        join(*first, *second, z2, sums[end])
    return sums


def halves(start: RiskSet, steps: Steps, width: int) -> Iterator[tuple[RiskSet, Table, Table]]:
    """The last risk set, the ways from `start` to a risk set in the middle, and those from there to the
    last.
    """
    n = start[0] + start[1]
    scale = lcm(*range(1, n + 1))
    for middle, first in propagate(start, n // 2, scale, steps, width).items():
        for end, second in propagate(middle, 0, scale, steps, width).items():
            yield end, first, second


def propagate(start: RiskSet, floor: int, scale: int, steps: Steps, width: int) -> dict[RiskSet, Table]:
    """All ways from `start` down to the first risk set with at most `floor` patients or an empty arm."""
    arrived: dict[RiskSet, list[Table]] = {start: [(np.zeros((4, 1), np.int64), np.ones((1, width)))]}
    stopped = {}
    while arrived:
        at_risk = max(arrived, key=lambda y: y[0] + y[1])  # nothing arrives there any more
        states, values = merged(arrived.pop(at_risk))
        if at_risk[0] + at_risk[1] <= floor or not (at_risk[0] and at_risk[1]):
            stopped[at_risk] = states, values
            continue
        for after, events, weight in steps(at_risk):
            arrived.setdefault(after, []).append(
                (states + increments(at_risk, events, scale), values * weight)
            )
    return stopped


def increments(at_risk: RiskSet, events: tuple[int, int], scale: int) -> np.ndarray:
    """What one time adds to a state, shape (4, 1); O - E in units of 1 / scale and V of 1 / scale^2 are whole
    numbers.
    """
    y_treated, y_control, d = *at_risk[:2], sum(events)
    y = y_treated + y_control
    o_minus_e = events[0] * scale - d * y_treated * scale // y
    variance = d * y_treated * y_control * (y - d) * scale**2 // (y**2 * (y - 1))
    return np.array([[o_minus_e], [variance], [events[0]], [events[1]]])


def merged(tables: list[Table]) -> Table:
    """One table in which equal states are one, their values added."""
    states = np.concatenate([states for states, _ in tables], axis=1)
    values = np.concatenate([values for _, values in tables])
    order = np.lexsort(states)
    # unlike an index, keeps rows contiguous: the loop is compiled for one layout
    states = states.take(order, axis=1)
    first = np.flatnonzero(np.append(True, (states[:, 1:] != states[:, :-1]).any(axis=0)))
    return states.take(first, axis=1), np.add.reduceat(values[order], first)

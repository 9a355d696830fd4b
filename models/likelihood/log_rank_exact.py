"""The likelihood of a log-rank p of a handful of patients: the probability of all histories that print so.

Patients leave one by one.  How many of the N exits are events is beta-binomial, every placement equally
likely; an event takes a patient in proportion to the hazards (partial likelihood: Cox 1975, Biometrika
62:269), a censoring takes anyone at risk alike.  Two events next to each other share a time with probability
`tie_share`.
"""

from collections.abc import Iterator
from functools import cache

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betaln

from extraction.recover import TooLarge
from extraction.recover.log_rank import DIRECTIONS, RiskSet, Steps, matching, moves, too_large, z2_ranges
from models.priors import EVENT_SHARE

TIE_SHARE = 0.1
"""Two neighbouring events in ten share their recorded time.  Choice of this review: ties happen, and are the
exception.
"""
# event sequences: 9 v 6 with ties, seven seconds and 1 GiB for 61 values of log_hr
LARGEST_SEARCH = 500_000_000
SIDES = {"lower": ["treated better"], "higher": ["treated worse"], None: list(DIRECTIONS)}


def log_probability(
    log_hr: ArrayLike,
    n_treated: int,
    n_control: int,
    p: str,
    direction: str | None = None,
    event_shape: tuple[float, ...] = EVENT_SHARE.parameters,
    tie_share: float = TIE_SHARE,
) -> np.ndarray:
    """Log probability that a history of n_treated v n_control patients gives a two-sided log-rank p that
    rounds to `p`.

    log_hr : any shape, which the answer has too; minus infinity where no history prints so
    direction : `lower` (fewer events with the treatment than expected), `higher`, or None where it is not
    printed
    event_shape : shapes of the beta prior of the share of exits that are events A history with no p, such as
    one without events, counts as one that prints another; its probability does not depend on log_hr. Raises
    Unusable for an empty group or what is no p-value, TooLarge where histories are too many.
    """
    if reason := too_large(n_treated, n_control, tie_share > 0, LARGEST_SEARCH):
        raise TooLarge(reason)
    effects = np.asarray(log_hr, float)
    found = matching(
        (n_treated, n_control, False), weighted_steps(effects.ravel(), tie_share), z2_ranges(p), effects.size
    )
    sides = [DIRECTIONS.index(side) for side in SIDES[direction]]
    total = sum(
        np.tensordot(ending(end, n_treated, n_control, event_shape, tie_share), sums[0, sides].sum(axis=0), 2)
        for end, sums in found.items()
    )
    with np.errstate(divide="ignore"):
        return np.log(total).reshape(effects.shape)


def weighted_steps(log_hr: np.ndarray, tie_share: float) -> Steps:
    """Steps with the probability of who leaves, and of which events share a time, at each log_hr.

    A risk set here is patients of each arm and whether an event came last.
    """
    hr = np.exp(log_hr)

    @cache
    def picks(y_treated: int, y_control: int, events_treated: int, events_control: int) -> np.ndarray:
        """Probability, over all orders, that the next events are of these arms."""
        if events_treated + events_control == 0:
            return np.ones_like(hr)
        total = np.zeros_like(hr)
        if events_treated:
            total += hr * y_treated * picks(y_treated - 1, y_control, events_treated - 1, events_control)
        if events_control:
            total += y_control * picks(y_treated, y_control - 1, events_treated, events_control - 1)
        return total / (hr * y_treated + y_control)

    def steps(at_risk: RiskSet) -> Iterator[tuple[RiskSet, tuple[int, int], float | np.ndarray]]:
        y_treated, y_control, after_event = at_risk
        for after, events in moves(y_treated, y_control, tie_share > 0):
            if sum(events):
                apart = 1 - tie_share if after_event else 1.0
                yield (
                    (*after, True),
                    events,
                    apart * tie_share ** (sum(events) - 1) * picks(y_treated, y_control, *events),
                )
            else:
                leaving = y_treated if after[0] < y_treated else y_control
                yield (*after, False), events, leaving / (y_treated + y_control)

    return steps


def ending(
    end: RiskSet, n_treated: int, n_control: int, event_shape: tuple[float, ...], tie_share: float
) -> np.ndarray:
    """Probability of a placement of the events so far, and that what follows leaves O - E and V alone.

    Shape (events_treated, events_control).  Once an arm is empty nothing moves O - E or V, unless an event
    falls on the time of the last.
    """
    left = end[0] + end[1]
    exits = n_treated + n_control - left
    a, b = event_shape
    events = np.minimum(np.add.outer(np.arange(n_treated + 1), np.arange(n_control + 1)), exits)
    placement = np.exp(betaln(a + events, b + exits - events) - betaln(a, b))
    if end[2] and left:
        placement *= 1 - tie_share * (a + events) / (a + b + exits)
    return placement

"""Compiled loops over pairs of states of a log-rank search, each of one half of the exits.

They stand apart, since numba takes long to import and few papers ask for a search.
"""

import numba
import numpy as np


@numba.njit(cache=True)
def join(
    states: np.ndarray,
    values: np.ndarray,
    more_states: np.ndarray,
    more_values: np.ndarray,
    z2: np.ndarray,
    sums: np.ndarray,
) -> None:
    """Add to `sums` the products of values of all pairs of states whose sum has z^2 in one of the two
    ranges.
    """
    lowest, highest = z2.min(), z2.max()
    o_e, variances = more_states[0].astype(np.float64), more_states[1].astype(np.float64)
    for i in range(states.shape[1]):
        for j in range(more_states.shape[1]):
            difference, variance = states[0, i] + o_e[j], states[1, i] + variances[j]
            square = difference * difference
            if not (lowest * variance <= square <= highest * variance) or variance == 0:
                continue
            if z2[0, 0] * variance <= square <= z2[0, 1] * variance:
                match = 0
            elif z2[1, 0] * variance < square <= z2[1, 1] * variance:
                match = 1
            else:
                continue
            side = 1 + (difference > 0) - (difference < 0)
            cell = sums[match, side, states[2, i] + more_states[2, j], states[3, i] + more_states[3, j]]
            for k in range(len(cell)):
                cell[k] += values[i, k] * more_values[j, k]


@numba.njit(cache=True)
def closest(states: np.ndarray, more_states: np.ndarray, z2: np.ndarray, best: np.ndarray) -> None:
    """Narrow `best`, a z^2 below both ranges and one above, to those of the nearest pairs of states."""
    lowest, highest = z2.min(), z2.max()
    for i in range(states.shape[1]):
        for j in range(more_states.shape[1]):
            difference, variance = (
                float(states[0, i] + more_states[0, j]),
                float(states[1, i] + more_states[1, j]),
            )
            if variance > 0:
                ratio = difference * difference / variance
                if ratio < lowest:
                    best[0] = max(best[0], ratio)
                elif ratio > highest:
                    best[1] = min(best[1], ratio)

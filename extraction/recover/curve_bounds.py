"""What a digitised curve and its numbers at risk allow, whatever the pattern of censoring."""

import numpy as np

from extraction.recover.curve_clicks import LAPSE, steps_of
from extraction.recover.curve_types import ArmCurve, Pixel

FUZZ = 6.0
"""Pixels of survival: two clicks with a standard deviation of one pixel each differ by more once in 40,000.
"""


def event_bounds(arm: ArmCurve, pixel: Pixel) -> tuple[int, int]:
    """Fewest and most events that a curve with its numbers at risk allows.

    Between two numbers at risk a > b with the curve falling by a factor r, all censored first leaves b (1/r -
    1) events, all censored last a (1 - r): Kaplan-Meier steps are larger where fewer are at risk.
    """
    lows, highs = share_bounds(arm, pixel)
    fewest = most = 0.0
    for i, row in enumerate(arm.at_risk):
        left = arm.at_risk[i + 1].n if i + 1 < len(arm.at_risk) else 0
        fewest += left * (max(lows[i] / max(highs[i + 1], 1e-9), 1.0) - 1.0)
        most += min(row.n - left, row.n * (1.0 - lows[i + 1] / highs[i]))
    return int(np.ceil(fewest - 1e-9)), int(np.floor(most + 1e-9))


def share_bounds(arm: ArmCurve, pixel: Pixel) -> tuple[np.ndarray, np.ndarray]:
    """Lowest and highest survival at each number at risk and at the end of the curve, as the precision of the
    clicks allows.
    """
    steps = steps_of(arm, pixel)
    at = np.array([row.time for row in arm.at_risk] + [np.inf])
    shift = LAPSE * steps.scatter * pixel.time
    half = FUZZ / 2 * steps.scatter * pixel.survival

    def share(t: np.ndarray) -> np.ndarray:
        return np.concatenate([[1.0], steps.survival])[np.searchsorted(steps.time, t, side="right")]

    lows, highs = np.clip(share(at + shift) - half, 0.0, 1.0), np.clip(share(at - shift) + half, 0.0, 1.0)
    highs[0] = 1.0
    return lows, highs

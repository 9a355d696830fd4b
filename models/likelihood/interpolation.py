"""A curve between the points at which it was computed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from models.likelihood.ops import ops_for

if TYPE_CHECKING:
    from pytensor.tensor.variable import TensorVariable


def between[V: (np.ndarray, TensorVariable)](x: V, start: float, step: float, values: np.ndarray) -> V:
    """Catmull-Rom cubic through `values` on an even grid; beyond its ends a line."""
    ops = ops_for(x)
    position = (ops.floats(x) - start) / step
    inside = ops.clip(position, 0.0, len(values) - 1.0)
    left = ops.clip(ops.floor(inside), 0.0, len(values) - 2.0)
    t = inside - left
    padded = np.concatenate([[2 * values[0] - values[1]], values, [2 * values[-1] - values[-2]]])
    a, b, c, d = (ops.take(padded, left + offset) for offset in range(4))
    cubic = b + t * ((c - a) / 2 + t * (a - 2.5 * b + 2 * c - d / 2 + t * ((d - a) / 2 + 1.5 * (b - c))))
    slope = ops.where(position > inside, values[-1] - values[-2], values[1] - values[0])
    return cubic + (position - inside) * slope

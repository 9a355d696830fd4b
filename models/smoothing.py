"""Convolution of functions on an even grid with a normal distribution of any SD."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy.special import ndtr

NARROW = 0.8  # in grid steps: a wider normal is summed to within 1e-5, a narrower one is its two first moments
WIDTH = 24.0  # in SDs: terms further out are e^-288 of the largest; short of that, small results stay exact
RESOLVE = 5.0  # points per SD at which the smooth result is computed; a cubic of its log joins them to 1e-5
FLOOR = 1e-290


def log_smooth(values, step, sd, rows, edges):
    """Log of values smoothed by a normal of the given SD, at the rows (a slice) of the grid: shape (.., row).

    values: not negative, shape (.., point), on a grid of the given step. edges: beyond the grid the values go on
    as they end (True) or are zero (False).
    """
    if sd < NARROW * step:
        padded = _widened(values, 1, edges)
        bend = padded[:, 2:] - 2 * values + padded[:, :-2]
        return np.log(np.maximum(values + 0.5 * (sd / step) ** 2 * bend, FLOOR)[:, rows])
    stride = min(max(1, int(sd / (RESOLVE * step))), rows.stop - rows.start)
    half = min(int(np.ceil(WIDTH * sd / step)), values.shape[1] + 3 * stride)  # enough to see the whole grid
    points = -(-(rows.stop - rows.start) // stride) + 3  # one before and two after the rows, for the cubic
    margin = half + 3 * stride
    padded = _widened(values, margin, edges)
    kernel = np.exp(-0.5 * (np.arange(-half, half + 1) * step / sd) ** 2) * (step / (sd * np.sqrt(2 * np.pi)))
    first = rows.start + margin - half - stride
    windows = sliding_window_view(padded, 2 * half + 1, axis=1)[:, first : first + points * stride : stride]
    smooth = np.einsum("sij,j->si", windows, kernel)
    if edges:
        smooth += (values[:, :1] + values[:, -1:]) * ndtr(-(half + 0.5) * step / sd)
    return _between(np.log(np.maximum(smooth, FLOOR)), stride, rows.stop - rows.start)


def _widened(values, margin, edges):
    """Values with `margin` more points at both ends (numpy.pad would take a third of the time of a whole fit)."""
    padded = np.zeros((values.shape[0], values.shape[1] + 2 * margin))
    padded[:, margin:-margin] = values
    if edges:
        padded[:, :margin], padded[:, -margin:] = values[:, :1], values[:, -1:]
    return padded


def _between(coarse, stride, size):
    """Cubic through four points, every stride-th from index 1 on, at `size` places: shape (.., size)."""
    if stride == 1:
        return coarse[:, 1 : size + 1]
    place = np.arange(size)
    cell, t = place // stride, (place % stride) / stride
    weights = (
        -t * (t - 1) * (t - 2) / 6,
        (t + 1) * (t - 1) * (t - 2) / 2,
        -(t + 1) * t * (t - 2) / 2,
        (t + 1) * t * (t - 1) / 6,
    )
    return sum(weight * coarse[:, cell + offset] for offset, weight in enumerate(weights))

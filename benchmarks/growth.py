"""How the time of one fit grows with the number of studies.

python -m benchmarks.growth    # measures, prints and stores what docs/scaling.md shows
"""

import datetime
import os
import resource
import sys
from time import perf_counter

import numpy as np
from rich.progress import track

from benchmarks.growth_words import STORED
from benchmarks.measure import keep, machine
from models.engines.quadrature import binomial_normal, normal_normal, normal_normal_many
from models.priors import MIDWAY, MU_LOG_RATIO, TAU_PRIMARY

SIZES = (3, 10, 30, 100, 300, 1000, 3000)
REPEATS = 5


def measure() -> dict:
    """Seconds of one fit, every marginal included, by engine and number of studies: the best of REPEATS,
    taken in turn, on one thread.
    """
    load, best = os.getloadavg()[0], {name: dict.fromkeys(SIZES, np.inf) for name in GROWTH}
    for _ in track(range(REPEATS), "fits of 3 to 3,000 studies"):
        for studies in SIZES:
            counts = simulated(studies)
            for name, fit in GROWTH.items():
                start = perf_counter()
                fit(*counts)
                best[name][studies] = min(best[name][studies], perf_counter() - start)
    return {
        "machine": machine(),
        "date": datetime.date.today().isoformat(),
        "load": load,
        "repeats": REPEATS,
        "peak_gib": (
            resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            / (2**30 if sys.platform == "darwin" else 2**20)
        ),
        "seconds": {
            name: [{"studies": studies, "seconds": took} for studies, took in times.items()]
            for name, times in best.items()
        },
    }


def simulated(studies: int, seed: int = 1):
    """events_treated, n_treated, events_control, n_control of trials with 20 to 200 patients in each arm, log
    odds ratio N(-0.5, 0.3).
    """
    random = np.random.default_rng(seed)
    n, control = random.integers(20, 200, studies), random.uniform(0.1, 0.5, studies)
    odds = control / (1 - control) * np.exp(random.normal(-0.5, 0.3, studies))
    return random.binomial(n, odds / (1 + odds)), n, random.binomial(n, control), n


def _log_odds_ratios(events_treated, n_treated, events_control, n_control) -> tuple[np.ndarray, np.ndarray]:
    """Estimates and standard errors with 0.5 added to each cell."""
    cells = (
        np.array([events_treated, n_treated - events_treated, events_control, n_control - events_control])
        + 0.5
    )
    return np.log(cells[0] * cells[3] / (cells[1] * cells[2])), np.sqrt((1 / cells).sum(axis=0))


def _twenty(estimate: np.ndarray, se: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.tile(estimate, (20, 1)), np.tile(se, (20, 1))


GROWTH = {
    "normal–normal": (
        lambda *counts: normal_normal(*_log_odds_ratios(*counts), MU_LOG_RATIO, TAU_PRIMARY).summary()
    ),
    "normal–normal, batch of 20": (
        lambda *counts: normal_normal_many(*_twenty(*_log_odds_ratios(*counts)), 0.0, 1.0, TAU_PRIMARY)
    ),
    "binomial–normal": (
        lambda a, n, b, m: binomial_normal(a, n, b, m, MU_LOG_RATIO, TAU_PRIMARY, MIDWAY).summary()
    ),
}
"""Fits of the counts of any number of trials, with the limits of every marginal."""


def rows(found: dict | None = None) -> list[dict]:
    """Every measurement: dicts of name, value, unit and target (empty where only the trend matters)."""
    found = found or measure()
    lines = []
    for name, times in found["seconds"].items():
        lines += [
            {
                "name": f"{name}, {row['studies']:,} studies",
                "value": 1000 * row["seconds"],
                "unit": "ms",
                "target": "",
            }
            for row in times
        ]
        at = {row["studies"]: row["seconds"] for row in times}
        lines += [
            {
                "name": f"{name}, from {few:,} to {10 * few:,} studies",
                "value": at[10 * few] / at[few],
                "unit": "times",
                "target": "about 10 or less, linear",
            }
            for few in (3, 30, 300)
        ]
    return [
        *lines,
        {
            "name": "peak memory of these fits, up to 3,000 studies",
            "value": found["peak_gib"],
            "unit": "GiB",
            "target": "at most 2",
        },
    ]


if __name__ == "__main__":
    keep(measure(), STORED, rows)

"""How fast the deterministic engines are: medians of repeated runs on one machine.

    python -m benchmarks.engines
"""

import csv
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np

from models.priors import BASELINE_LOGIT, MU_LOG_RATIO, TAU_PRIMARY
from models.quadrature import binomial_normal, normal_normal_many

ROOT = Path(__file__).parent.parent
REFERENCE = ROOT / "tests" / "reference"


def rows():
    """Every measurement: dicts of name, value, unit and target (empty where only the trend matters)."""
    return [
        {
            "name": "normal-normal fits, 6 studies, batch, one core",
            "value": fits_per_second(),
            "unit": "fits/s",
            "target": "at least 10,000",
        },
        {
            "name": "exact binomial-normal fit, 6 studies (crins)",
            "value": 1000 * seconds_per_binomial_fit("crins"),
            "unit": "ms",
            "target": "at most 20",
        },
        {
            "name": "exact binomial-normal fit, 13 studies, groups up to 88,391 (bcg)",
            "value": 1000 * seconds_per_binomial_fit("bcg"),
            "unit": "ms",
            "target": "",
        },
        {
            "name": "`python -m models pool` on 6 studies, whole process",
            "value": seconds_per_process(),
            "unit": "s",
            "target": "at most 1",
        },
    ]


def fits_per_second(fits=4000, repeats=5):
    """Normal-normal meta-analyses of six studies per second, in one batch."""
    random = np.random.default_rng(1)
    estimate, se = random.normal(-0.5, 0.5, (fits, 6)), random.uniform(0.2, 1.0, (fits, 6))
    return fits / _median_seconds(lambda: normal_normal_many(estimate, se, 0.0, 1.0, TAU_PRIMARY), repeats)


def seconds_per_binomial_fit(dataset, repeats=15):
    """One exact binomial-normal meta-analysis, every marginal and study included."""
    arms = np.array([[int(row[column]) for column in ("ai", "n1i", "ci", "n2i")] for row in _studies(dataset)]).T
    return _median_seconds(lambda: binomial_normal(*arms, MU_LOG_RATIO, TAU_PRIMARY, BASELINE_LOGIT).summary(), repeats)


def seconds_per_process(repeats=5):
    """From starting Python to the printed result."""
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "crins.csv"
        with open(table, "w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["study", "events_treated", "n_treated", "events_control", "n_control"])
            writer.writerows([row[column] for column in ("study", "ai", "n1i", "ci", "n2i")] for row in _studies("crins"))
        command = [sys.executable, "-m", "models", "pool", str(table), "--measure", "or", "--json"]
        return _median_seconds(lambda: subprocess.run(command, cwd=ROOT, check=True, capture_output=True), repeats)


def _studies(dataset):
    with open(REFERENCE / f"{dataset}_2x2.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _median_seconds(run, repeats):
    run()  # warm up: imports, caches
    times = []
    for _ in range(repeats):
        start = perf_counter()
        run()
        times.append(perf_counter() - start)
    return median(times)


if __name__ == "__main__":
    for row in rows():
        print(f"{row['name']}: {row['value']:.3g} {row['unit']}" + (f" (target {row['target']})" if row["target"] else ""))

"""How many fits a second, by number of workers.

python -m benchmarks.scaling    # measures, prints and stores what docs/scaling.md shows
"""

import json
import logging
import os
import pickle
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.engines import _studies
from benchmarks.measure import keep, machine
from benchmarks.scaling_words import STORED
from models.engines.quadrature import binomial_normal
from models.priors import MIDWAY, MU_LOG_RATIO, TAU_PRIMARY
from models.runs import many
from models.runs.journal import Journal

FITS, REPEATS = 200, 5
WORKERS = (1, 2, 3, 4)
PIECES = 2000
KEPT = 20_000


def fit(seed: int) -> dict:
    """An exact binomial-normal meta-analysis of six simulated trials (group sizes of Crins 2014, 30 % risk);
    `at` is when it ended.
    """
    n = np.array([[int(row["n1i"]), int(row["n2i"])] for row in _studies("crins")]).T
    events = np.random.default_rng(seed).binomial(n, 0.3)
    posterior = binomial_normal(events[0], n[0], events[1], n[1], MU_LOG_RATIO, TAU_PRIMARY, MIDWAY)
    return posterior.summary() | {"at": time.time()}


def nothing(_: int) -> None:
    """What is left is the way to a worker and back."""


def measure() -> dict:
    """Fits per second of a plain loop, of local processes and of a cluster on this machine; costs of messages
    and of keeping results.
    """
    from distributed import LocalCluster  # here, so that local workers need not import it

    load = os.getloadavg()[0]
    result = json.dumps(fit(1))
    with LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        dashboard_address=None,
        host="127.0.0.1",
        silence_logs=logging.CRITICAL,
    ) as cluster:
        address = cluster.scheduler_address
        runs = [
            (_loop(), *(_one_run(workers=count) for count in WORKERS), _one_run(scheduler=address))
            for _ in range(REPEATS)
        ]
        piece = min(_seconds_per_piece(cluster) for _ in range(REPEATS))
    loop, *local, dask = (_best(list(repeats)) for repeats in zip(*runs, strict=True))
    return {
        "machine": machine(),
        "load": load,
        "repeats": REPEATS,
        "loop": loop["fits_per_second"],
        "local": [{"workers": count} | found for count, found in zip(WORKERS, local, strict=True)],
        "cluster": {"workers": 2, "piece_seconds": piece} | dask,
        "task_bytes": len(pickle.dumps({"seed": 1})),
        "result_bytes": len(result),
        "kept": KEPT,
        "kept_in_one_file_seconds": _seconds_to_keep(result),
        "kept_in_a_file_each_seconds": _seconds_in_a_file_each(result),
    }


def _best(repeats: list[tuple[float, float]]) -> dict:
    """The best of the repeats, for other work on the machine only ever slows one."""
    return {
        "fits_per_second": max(rate for rate, _ in repeats),
        "start_seconds": min(start for _, start in repeats),
    }


def _loop() -> tuple[float, float]:
    return _rate([fit(seed)["at"] for seed in range(FITS)]), 0.0


def _one_run(**how) -> tuple[float, float]:
    """Fits per second, and seconds to the first result, which hold the start of the workers and their
    imports.
    """
    with tempfile.TemporaryDirectory() as folder:
        began = time.time()
        results = many.run(
            fit,
            [{"seed": seed} for seed in range(FITS)],
            name="scaling",
            code="none",
            folder=Path(folder),
            progress=False,
            **how,
        )
    ended = [result["at"] for result in results]
    return _rate(ended), min(ended) - began


def _rate(ended: list[float]) -> float:
    """Fits per second over the middle eight tenths, without the start and the last fits, when not every
    worker has one.
    """
    ended = sorted(ended)
    first, last = len(ended) // 10, 9 * len(ended) // 10
    return (last - first) / (ended[last] - ended[first])


def _seconds_per_piece(cluster) -> float:
    """Through the scheduler to one of two workers on loopback and back, with nothing to do there."""
    from distributed import Client

    with Client(cluster) as client:
        began = time.perf_counter()
        client.gather(client.map(nothing, range(PIECES), pure=False))
        return (time.perf_counter() - began) / PIECES


def _seconds_to_keep(result: str) -> float:
    with tempfile.TemporaryDirectory() as folder, Journal(Path(folder)) as journal:
        began = time.perf_counter()
        for number in range(KEPT):
            journal.add(f"{number:016x}", result)
        return time.perf_counter() - began


def _seconds_in_a_file_each(result: str) -> float:
    """The other way to keep results: a temporary file for each, put in its place."""
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        for number in range(KEPT):
            temporary = Path(folder) / "partial"
            temporary.write_text(result)
            temporary.replace(Path(folder) / f"{number:016x}.json")
        return time.perf_counter() - began


def rows(found: dict | None = None) -> list[dict]:
    """Every measurement: dicts of name, value, unit and target (empty where only the trend matters)."""
    found = found or measure()
    unit = {"unit": "fits/s", "target": ""}
    return [
        {"name": "exact binomial-normal fits, 6 studies, in a loop", "value": found["loop"]} | unit,
        *(
            {
                "name": f"the same by many.run, local workers: {row['workers']}",
                "value": row["fits_per_second"],
            }
            | unit
            for row in found["local"]
        ),
        {
            "name": "the same on a Dask cluster of 2 workers on this machine",
            "value": found["cluster"]["fits_per_second"],
        }
        | unit,
        {
            "name": "many.run: to the first result, 2 local workers",
            "value": found["local"][1]["start_seconds"],
            "unit": "s",
            "target": "",
        },
        {
            "name": "Dask: a piece of work that does nothing",
            "value": 1000 * found["cluster"]["piece_seconds"],
            "unit": "ms",
            "target": "",
        },
        {
            "name": f"{found['kept']:,} results kept in one file",
            "value": found["kept_in_one_file_seconds"],
            "unit": "s",
            "target": "",
        },
        {
            "name": f"{found['kept']:,} results kept in a file each",
            "value": found["kept_in_a_file_each_seconds"],
            "unit": "s",
            "target": "",
        },
    ]


if __name__ == "__main__":
    from benchmarks import scaling  # by this name workers import it

    keep(scaling.measure(), STORED, rows)

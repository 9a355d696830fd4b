"""How fast the deterministic engines and the searches of recovery are: medians of repeated runs on one
machine.

python -m benchmarks.engines
"""

import csv
import resource
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np

from extraction.recover.log_rank import log_rank_histories
from extraction.recover.log_rank_ratios import LogRankReport, simulated_ratios
from extraction.recover.p_values import TESTS
from extraction.recover.rounding import printed_p, printed_percent
from extraction.recover.table_search import Groups, Printed, PrintedEffect, search_tables
from extraction.recover.tables import Arm, recover_tables
from extraction.tree import ROOT
from models.engines.quadrature import binomial_normal, normal_normal_many
from models.priors import MIDWAY, MU_LOG_RATIO, TAU_PRIMARY

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
        *searches(),
        {
            "name": "`python -m models pool` on 6 studies, whole process",
            "value": seconds_per_process(),
            "unit": "s",
            "target": "at most 1",
        },
        *(
            {
                "name": f"`python -m models pool` on a mixture of {studies} rows, whole process",
                "value": seconds_per_mixture(studies),
                "unit": "s",
                "target": "at most 1" if studies <= 30 else "",
            }
            for studies in (6, 30, 120)
        ),
        *(
            {
                "name": f"`python -m models pool` on {studies} log-rank p without events, whole process",
                "value": seconds_per_log_rank(studies),
                "unit": "s",
                "target": "",
            }
            for studies in (1, 6, 24)
        ),
    ]


def searches():
    """Recovery of data behind printed numbers: seconds of each search alone, and the memory of the largest
    process so far.
    """
    percent, fisher = [printed_percent("47.8"), printed_percent("11.8")], ("fisher",)
    found = {
        "every table of 100 v 100 patients, Fisher's p": (
            0.2,
            lambda: recover_tables(Arm(100, 100), Arm(100, 100), printed_p("0.0204"), fisher),
        ),
        "sizes up to 50 v 50 from two percentages and p": (
            1.0,
            lambda: recover_tables(
                Arm(50, percent=percent[0]), Arm(50, percent=percent[1]), printed_p("0.0204")
            ),
        ),
        "log-rank histories, 9 v 2 with ties": (2.0, lambda: log_rank_histories(9, 2, "0.3977")),
        "log-rank histories, 12 v 6 without ties": (
            10.0,
            lambda: log_rank_histories(12, 6, "0.3977", ties=False),
        ),
        "hazard ratios behind a log-rank p, 100 v 100": (
            10.0,
            lambda: simulated_ratios(LogRankReport(100, 100, "0.03")),
        ),
    }
    found |= {
        f"every table of {n} v {n}, {test}": (0.5, partial(_tables_with, n, test))
        for test in TESTS
        for n in (50, 100, 200)
    } | {
        f"every table behind an odds ratio with limits, {words}{n} v {n}": (2.0, partial(_tables_behind, arm))
        for n in (125, 250, 500)
        for words, arm in (("", Arm(n, n)), ("up to ", Arm(n)))
    }
    rows = [
        {
            "name": f"recover: {name}",
            "value": _median_seconds(run, 3),
            "unit": "s",
            "target": f"at most {target:g}",
        }
        for name, (target, run) in found.items()
    ]
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (
        2**30 if sys.platform == "darwin" else 2**20
    )
    return [
        *rows,
        {
            "name": "recover: peak memory of this process",
            "value": memory,
            "unit": "GiB",
            "target": "at most 1",
        },
    ]


def _tables_with(n, test):
    return recover_tables(Arm(n, n), Arm(n, n), printed_p("0.0204"), (test,))


def _tables_behind(arm):
    effect = PrintedEffect("odds_ratio", "0.62", "0.41", "0.94")
    return search_tables(Groups(arm, arm), Printed(effect))


def seconds_per_mixture(studies, repeats=3):
    """From starting Python to the printed result, of a table of six kinds of row in turn."""
    kinds: list[dict[str, object]] = [
        {"hr": "0.80", "lower": "0.50", "upper": "1.28"},
        {"hr": "0.80", "lower": "0.50", "upper": "1.10"},
        {"hr": "0.74", "p": "0.036"},
        {"log_rank_p": "0.041", "direction": "lower", "events": 60, "n_treated": 50, "n_control": 62},
        {"o_minus_e": -4, "variance": 16},
        {
            "median_treated": 24,
            "lower_treated": 16,
            "upper_treated": 45,
            "median_control": 15,
            "lower_control": 12,
            "upper_control": 20,
        },
    ]
    return _seconds_per_pool([kinds[i % len(kinds)] for i in range(studies)], repeats)


def seconds_per_log_rank(studies, repeats=3):
    """The same of log-rank p-values whose events are not printed, no two studies of one size."""
    row = {"log_rank_p": "0.041", "direction": "lower"}
    return _seconds_per_pool(
        [row | {"n_treated": 40 + i, "n_control": 60 + i} for i in range(studies)], repeats
    )


def _seconds_per_pool(rows: list[dict[str, object]], repeats: int) -> float:
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "table.csv"
        with open(table, "w", encoding="utf-8", newline="") as file:
            columns = dict.fromkeys(column for row in rows for column in row)
            writer = csv.DictWriter(file, ["study", *columns])
            writer.writeheader()
            writer.writerows({"study": f"s{i}"} | row for i, row in enumerate(rows))
        command = [sys.executable, "-m", "models", "pool", str(table), "--measure", "hr", "--json"]
        return _median_seconds(
            lambda: subprocess.run(command, cwd=ROOT, check=True, capture_output=True), repeats
        )


def multiverse():
    """Every universe of every endpoint from nothing: most by quadrature, durations sampled; one run,
    compiling included.
    """
    from extraction.records import load
    from models.endpoints import ENDPOINTS, OF_DURATIONS
    from models.trust import duration_universes
    from models.trust.multiverse import universes

    review, count, start = load(), 0, perf_counter()
    integrated = [key for key, endpoint in ENDPOINTS.items() if not endpoint.engine.no_effect_alone]
    for key in integrated:
        count += len(universes(key, review))
    quadrature = perf_counter() - start
    start = perf_counter()
    with tempfile.TemporaryDirectory() as folder:  # so that nothing is found finished
        sampled = sum(
            1 for key in OF_DURATIONS for _ in duration_universes.all_universes(key, review, Path(folder))
        )
    sampling = perf_counter() - start
    return [
        {
            "name": f"multiverse: {count:,} universes of {len(integrated)} endpoints by quadrature",
            "value": quadrature,
            "unit": "s",
            "target": "",
        },
        {
            "name": f"multiverse: {sampled} universes of durations, sampled",
            "value": sampling,
            "unit": "s",
            "target": "",
        },
        {
            "name": "multiverse: all endpoints",
            "value": quadrature + sampling,
            "unit": "s",
            "target": "at most 60",
        },
    ]


def fits_per_second(fits=4000, repeats=5):
    """Normal-normal meta-analyses of six studies per second, in one batch."""
    random = np.random.default_rng(1)
    estimate, se = random.normal(-0.5, 0.5, (fits, 6)), random.uniform(0.2, 1.0, (fits, 6))
    return fits / _median_seconds(lambda: normal_normal_many(estimate, se, 0.0, 1.0, TAU_PRIMARY), repeats)


def seconds_per_binomial_fit(dataset, repeats=15):
    """One exact binomial-normal meta-analysis, every marginal and study included."""
    a, n, b, m = np.array(
        [[int(row[column]) for column in ("ai", "n1i", "ci", "n2i")] for row in _studies(dataset)]
    ).T
    return _median_seconds(
        lambda: binomial_normal(a, n, b, m, MU_LOG_RATIO, TAU_PRIMARY, MIDWAY).summary(), repeats
    )


def seconds_per_process(repeats=5):
    """From starting Python to the printed result."""
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "crins.csv"
        with open(table, "w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["study", "events_treated", "n_treated", "events_control", "n_control"])
            writer.writerows(
                [row[column] for column in ("study", "ai", "n1i", "ci", "n2i")] for row in _studies("crins")
            )
        command = [sys.executable, "-m", "models", "pool", str(table), "--measure", "or", "--json"]
        return _median_seconds(
            lambda: subprocess.run(command, cwd=ROOT, check=True, capture_output=True), repeats
        )


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
        print(
            f"{row['name']}: {row['value']:.3g} {row['unit']}"
            + (f" (target {row['target']})" if row["target"] else "")
        )

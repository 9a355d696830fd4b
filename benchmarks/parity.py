"""How fast each engine pools the public data sets, beside R where it is installed.

python -m benchmarks.parity
"""

import csv
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np

from benchmarks.engines import _median_seconds
from extraction.tree import ROOT
from models.engines.quadrature import binomial_normal, normal_normal, normal_normal_many
from models.priors import AT_CONTROL, TAU_PRIMARY
from models.trust import parity

COLUMNS = ("study", "events_treated", "n_treated", "events_control", "n_control")
WITH_R = {"bayesmeta": "at least 1,000"}
"""Targets of the ratios of one fit: time of the R package over ours."""
SAMPLED = (("schools", "nn"), ("bcg", "bn"))
"""Data sets and models that are sampled as well."""


def rows():
    """Every measurement: dicts of name, value, unit and target (empty where only the trend matters)."""
    return [*fits(), *sampling(), *whole_processes(), *beside_r()]


def row(name, value, unit, target=""):
    return {"name": name, "value": value, "unit": unit, "target": target}


def fits():
    """One fit of each data set by quadrature, all marginals included; and the same normal–normal fit in a
    batch.
    """
    found = []
    for dataset, title in parity.DATASETS.items():
        estimate, se = _effects(dataset)
        found.append(
            row(f"normal–normal, {title} ({len(se)}), every marginal", 1000 * seconds(dataset, "nn"), "ms")
        )
        found.append(
            row(
                f"normal–normal, {title} ({len(se)}), limits, in a batch",
                1 / seconds_in_batch(estimate, se),
                "fits/s",
            )
        )
        if (parity.REFERENCE / f"{dataset}_2x2.csv").exists():
            found.append(
                row(
                    f"binomial–normal, {title} ({len(parity._counts(dataset)[0])}), every marginal",
                    1000 * seconds(dataset, "bn"),
                    "ms",
                )
            )
    return found


def seconds(dataset, model, repeats=5):
    """One fit as the comparison makes it, with the limits of every marginal; its table is in memory."""
    priors = parity._priors(dataset)
    if model == "nn":
        effects = _effects(dataset)
        return _median_seconds(lambda: normal_normal(*effects, *priors).summary(), repeats)
    counts = parity._counts(dataset)
    return _median_seconds(lambda: binomial_normal(*counts, *priors, AT_CONTROL).summary(), repeats)


def seconds_in_batch(estimate, se, fits=1000):
    """One of many normal–normal fits of the same size at once: limits of mu, tau and prediction."""
    many = np.tile(estimate, (fits, 1)), np.tile(se, (fits, 1))
    return _median_seconds(lambda: normal_normal_many(*many, 0.0, 4.0, TAU_PRIMARY), 3) / fits


def sampling():
    """Seconds and effective draws of mu per second by NUTS, compilation included."""
    found = []
    for dataset, model in SAMPLED:
        took, ess = sampled(dataset, model)
        name = f"NUTS, {parity.MODELS[model]}, {parity.DATASETS[dataset]}"
        found += [
            row(f"{name}, compilation included", took, "s"),
            row(name, ess / took, "effective draws of mu/s"),
        ]
    return found


@cache
def sampled(dataset, model):
    """Seconds of building, compiling and sampling a model by NUTS, and the effective draws of mu, of bulk and
    tail the fewer.
    """
    import arviz as az

    from models.engines import hierarchy
    from models.engines.sampling import sample

    start = perf_counter()
    if model == "nn":
        built = hierarchy.normal_normal(*_effects(dataset), _studies(dataset), *parity._priors(dataset))
    else:
        built = hierarchy.binomial_normal(
            *parity._counts(dataset), _studies(dataset), *parity._priors(dataset), AT_CONTROL
        )
    draws = sample(built, dataset).posterior
    took = perf_counter() - start
    return took, min(float(az.ess(draws["mu"], method=method)) for method in ("bulk", "tail"))


def whole_processes():
    """`python -m models pool` on the 13 trials of BCG vaccine, from starting Python to the printed result:
    time and memory of each engine.
    """
    found = []
    with tempfile.TemporaryDirectory() as folder:
        table = _table_of_trials(folder)
        for engine, times, target in (
            ("quadrature", 5, "below 1 (metafor's rma.glmm 2, JAGS 2.6, brms 46)"),
            ("nuts", 2, "below 46 (brms)"),
        ):
            pool = (
                "-m",
                "models",
                "pool",
                str(table),
                "--measure",
                "or",
                "--mu-sd",
                "4",
                "--engine",
                engine,
                "--json",
            )
            took, memory = zip(*(whole_process(sys.executable, *pool) for _ in range(times)), strict=True)
            found += [
                row(f"pool --engine {engine}, 13 trials, whole process", median(took), "s", target),
                row(f"pool --engine {engine}, 13 trials, peak memory", max(memory), "GiB"),
            ]
    return found


RUN_AND_MEASURE = """
import resource, subprocess, sys, time
start = time.perf_counter()
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(time.perf_counter() - start, largest / (2**30 if sys.platform == "darwin" else 2**20))
"""


def whole_process(*command):
    """Seconds and GiB of a command, started from a small process: Linux counts the memory of the one that
    starts it as well.
    """
    done = subprocess.run(
        [sys.executable, "-c", RUN_AND_MEASURE, *command],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return tuple(map(float, done.stdout.split()))


def beside_r():
    """Time of each R package that is installed over ours, in the same run; one line where there is none."""
    others = parity.live()
    if others is None:
        return [row("the same work in R: skipped, as said above", float("nan"), "")]
    found = [
        row(
            f"{r['software']} over quadrature, {parity.MODELS[r['model']]}, {parity.DATASETS[r['dataset']]}",
            r["seconds"] / seconds(r["dataset"], r["model"]),
            "times",
            WITH_R.get(r["software"], ""),
        )
        for r in others.to_dict("records")
    ]
    return [
        *found,
        *_nuts_beside_brms(others),
        *(_processes_beside_metafor() if "metafor" in set(others["software"]) else []),
    ]


def _nuts_beside_brms(others):
    """End to end, compilation included, and effective draws of mu per second of that time."""
    found = []
    for r in others[others["software"] == "brms"].to_dict("records"):
        if (r["dataset"], r["model"]) in SAMPLED:
            took, ess = sampled(r["dataset"], r["model"])
            name = f"{parity.MODELS[r['model']]}, {parity.DATASETS[r['dataset']]}"
            found += [
                row(f"brms over NUTS, {name}, end to end", r["seconds"] / took, "times", "above 1"),
                row(
                    f"NUTS over brms, {name}, effective draws of mu/s",
                    (ess / took) / (r["ess_mu"] / r["seconds"]),
                    "times",
                    "above 1",
                ),
            ]
    return found


GLMM = """table <- read.csv("tests/reference/bcg_2x2.csv")
print(metafor::rma.glmm(measure = "OR", ai = ai, n1i = n1i, ci = ci, n2i = n2i, data = table))"""


def _processes_beside_metafor():
    """rma.glmm and our exact fit of the 13 trials, each from its start to the printed result."""
    with tempfile.TemporaryDirectory() as folder:
        pool = (
            sys.executable,
            "-m",
            "models",
            "pool",
            str(_table_of_trials(folder)),
            "--measure",
            "or",
            "--mu-sd",
            "4",
        )
        ours, theirs = (
            median(whole_process(*command)[0] for _ in range(5))
            for command in (pool, ("Rscript", "--vanilla", "-e", GLMM))
        )
    return [
        row("metafor's rma.glmm, 13 trials, whole process", theirs, "s"),
        row("metafor's rma.glmm over pool, 13 trials, whole processes", theirs / ours, "times", "above 1"),
    ]


def _table_of_trials(folder):
    table = Path(folder) / "bcg.csv"
    with open(table, "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([COLUMNS, *zip(_studies("bcg"), *parity._counts("bcg"), strict=True)])
    return table


def _effects(dataset: str) -> tuple[np.ndarray, np.ndarray]:
    with open(parity.REFERENCE / f"{dataset}_es.csv", encoding="utf-8", newline="") as file:
        table = list(csv.DictReader(file))
    return np.array([float(line["yi"]) for line in table]), np.array([float(line["sei"]) for line in table])


def _studies(dataset):
    with open(parity.REFERENCE / f"{dataset}_es.csv", encoding="utf-8", newline="") as file:
        return [line["study"] for line in csv.DictReader(file)]


if __name__ == "__main__":
    for line in rows():
        print(
            f"{line['name']}: {line['value']:.3g} {line['unit']}"
            + (f" (target {line['target']})" if line["target"] else "")
        )

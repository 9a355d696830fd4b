"""How fast each engine pools the public data sets, beside R where it is installed, and how time grows with the number of studies.

    python -m benchmarks.parity
"""

import csv
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np

from benchmarks.engines import ROOT, _median_seconds
from models import parity
from models.priors import BASELINE_LOGIT, MU_LOG_RATIO, TAU_PRIMARY
from models.quadrature import binomial_normal, normal_normal, normal_normal_many

COLUMNS = ("study", "events_treated", "n_treated", "events_control", "n_control")
SIZES = (3, 30, 300, 3000)
LONG, LONGEST = 2.0, 60.0  # seconds: beyond the first a fit is timed once, beyond the second it is not tried
WITH_R = {"bayesmeta": "at least 1,000", "metafor": "", "brms": ""}
"""Targets of the ratios of one fit: time of the R package over ours."""


def rows():
    """Every measurement: dicts of name, value, unit and target (empty where only the trend matters)."""
    return [*fits(), *sampling(), *whole_processes(), *beside_r(), *growth()]


def row(name, value, unit, target=""):
    return {"name": name, "value": value, "unit": unit, "target": target}


def fits():
    """One fit of each data set by quadrature, all marginals included; and the same normal–normal fit in a batch."""
    found = []
    for dataset, title in parity.DATASETS.items():
        estimate, se = _effects(dataset)
        found.append(row(f"normal–normal, {title} ({len(se)}), every marginal", 1000 * seconds(dataset, "nn"), "ms"))
        found.append(row(f"normal–normal, {title} ({len(se)}), limits, in a batch", 1 / seconds_in_batch(estimate, se), "fits/s"))
        if (parity.REFERENCE / f"{dataset}_2x2.csv").exists():
            found.append(row(f"binomial–normal, {title} ({len(_counts(dataset)[0])}), every marginal", 1000 * seconds(dataset, "bn"), "ms"))
    return found


def seconds(dataset, model, repeats=5):
    """One fit as the comparison makes it, its cache left out."""
    return _median_seconds(lambda: parity.ours.__wrapped__(dataset, model).summary(), repeats)


def seconds_in_batch(estimate, se, fits=1000):
    """One of many normal–normal fits of the same size at once: limits of mu, tau and prediction."""
    many = np.tile(estimate, (fits, 1)), np.tile(se, (fits, 1))
    return _median_seconds(lambda: normal_normal_many(*many, 0.0, 4.0, TAU_PRIMARY), 3) / fits


def sampling():
    """Effective draws of mu per second by NUTS, compilation included for the first model of its kind in the process."""
    import arviz as az

    from models import hierarchy
    from models.sampling import sample

    found = []
    for dataset, model in (("schools", "nn"), ("bcg", "bn")):
        if model == "nn":
            built = hierarchy.normal_normal(*_effects(dataset), _studies(dataset), *parity._priors(dataset))
        else:
            built = hierarchy.binomial_normal(*_counts(dataset), _studies(dataset), *parity._priors(dataset), BASELINE_LOGIT)
        start = perf_counter()
        draws = sample(built, dataset).posterior
        took = perf_counter() - start
        name = f"NUTS, {parity.MODELS[model]}, {parity.DATASETS[dataset]}"
        found += [row(f"{name}, compilation included", took, "s"), row(name, float(az.ess(draws["mu"])) / took, "effective draws of mu/s")]
    return found


def whole_processes():
    """`python -m models pool` on the 13 trials of BCG vaccine, from starting Python to the printed result: time and memory of each engine."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "bcg.csv"
        with open(table, "w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([COLUMNS, *zip(_studies("bcg"), *_counts("bcg").tolist())])
        for engine, times, target in (("quadrature", 5, "below 1 (metafor's rma.glmm 2, JAGS 2.6, brms 46)"), ("nuts", 2, "below 46 (brms)")):
            pool = ("-m", "models", "pool", str(table), "--measure", "or", "--mu-sd", "4", "--engine", engine, "--json")
            took, memory = zip(*(whole_process(*pool) for _ in range(times)))
            found += [row(f"pool --engine {engine}, 13 trials, whole process", median(took), "s", target),
                      row(f"pool --engine {engine}, 13 trials, peak memory", max(memory), "GiB")]
    return found


RUN_AND_MEASURE = """
import resource, subprocess, sys, time
start = time.perf_counter()
subprocess.run([sys.executable, *sys.argv[1:]], check=True, stdout=subprocess.DEVNULL)
print(time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / (2**30 if sys.platform == "darwin" else 2**20))
"""


def whole_process(*arguments):
    """Seconds and GiB of `python arguments`, started from a small process: Linux counts the memory of the one that starts it as well."""
    done = subprocess.run([sys.executable, "-c", RUN_AND_MEASURE, *arguments], cwd=ROOT, check=True, capture_output=True, text=True)
    return tuple(map(float, done.stdout.split()))


def beside_r():
    """Time of one fit by each R package that is installed over ours, in the same run; one line where there is none."""
    others = parity.live()
    if others is None:
        return [row("the same work in R: skipped, as said above", float("nan"), "")]
    return [row(f"{r['software']} over quadrature, {parity.MODELS[r['model']]}, {parity.DATASETS[r['dataset']]}",
                r["seconds"] / seconds(r["dataset"], r["model"]), "times", WITH_R[r["software"].split("-")[0]] if r["model"] == "nn" else "")
            for r in others.to_dict("records")]


def growth():
    """Milliseconds of one fit as studies are added, and by how much ten times as many studies lengthen it."""
    return [line for name, fit in GROWTH.items() for line in _growth(name, fit)]


def _growth(name, fit):
    found, times = [], {}
    for studies in SIZES:
        if (foreseen := _foreseen(times)) > LONGEST:
            found.append(row(f"{name}, {studies:,} studies: not tried, {foreseen:.0f} s foreseen", float("nan"), "ms"))
            break
        arguments = simulated(studies)
        times[studies] = _seconds_of(lambda: fit(*arguments))
        found.append(row(f"{name}, {studies:,} studies", 1000 * times[studies], "ms"))
    before, last = list(times)[-2:]
    return [*found, row(f"{name}, from {before:,} to {last:,} studies", times[last] / times[before], "times", "at most 10, linear")]


def _foreseen(times):
    """Seconds of the next size if it lengthens the fit as the last one did."""
    *_, before, last = [0.0, 0.0, *times.values()]
    return last**2 / before if before else last


def _seconds_of(run):
    """The median of three, but of one run where it takes long."""
    start = perf_counter()
    run()
    took = perf_counter() - start
    return took if took > LONG else _median_seconds(run, 3)


def simulated(studies, seed=1):
    """events_treated, n_treated, events_control, n_control of trials with 20 to 200 patients in each arm, log odds ratio N(-0.5, 0.3)."""
    random = np.random.default_rng(seed)
    n, control = random.integers(20, 200, studies), random.uniform(0.1, 0.5, studies)
    odds = control / (1 - control) * np.exp(random.normal(-0.5, 0.3, studies))
    return random.binomial(n, odds / (1 + odds)), n, random.binomial(n, control), n


def _log_odds_ratios(*counts):
    """Estimates and standard errors with 0.5 added to each cell."""
    events_treated, n_treated, events_control, n_control = counts
    cells = np.array([events_treated, n_treated - events_treated, events_control, n_control - events_control]) + 0.5
    return np.log(cells[0] * cells[3] / (cells[1] * cells[2])), np.sqrt((1 / cells).sum(axis=0))


GROWTH = {
    "normal–normal": lambda *counts: normal_normal(*_log_odds_ratios(*counts), MU_LOG_RATIO, TAU_PRIMARY),
    "normal–normal, batch of 20": lambda *counts: normal_normal_many(*(np.tile(x, (20, 1)) for x in _log_odds_ratios(*counts)), 0.0, 1.0, TAU_PRIMARY),
    "binomial–normal": lambda *counts: binomial_normal(*counts, MU_LOG_RATIO, TAU_PRIMARY, BASELINE_LOGIT),
}
"""Fits of the counts of any number of trials."""


def _effects(dataset):
    with open(parity.REFERENCE / f"{dataset}_es.csv", encoding="utf-8", newline="") as file:
        table = list(csv.DictReader(file))
    return np.array([float(line["yi"]) for line in table]), np.array([float(line["sei"]) for line in table])


def _counts(dataset):
    return parity._counts(dataset)


def _studies(dataset):
    with open(parity.REFERENCE / f"{dataset}_es.csv", encoding="utf-8", newline="") as file:
        return [line["study"] for line in csv.DictReader(file)]


if __name__ == "__main__":
    for line in rows():
        print(f"{line['name']}: {line['value']:.3g} {line['unit']}" + (f" (target {line['target']})" if line["target"] else ""))

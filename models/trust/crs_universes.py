"""CRS duration under other priors, studies, readings and biases: one compiled model, into which the data are swapped.

Every universe is sampled under wide priors of mu and tau, then weighted to the priors asked for: a narrower prior bounds the weights.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd

from extraction.evidence import Evidence
from extraction.records import BadRecords, Review, load
from models import crs_duration, many, reweight, store
from models.acceptance import diagnose
from models.bias import bias_priors
from models.crs_duration import GRADES, layout
from models.kernels import KINDS
from models.priors import Prior, parse
from models.runs import heavy
from models.settings import SAMPLER
from models.trust.multiverse import FACTORS, JUDGED, NONE, Universe, is_primary_through_bias, mean_factors, priors, readings, scaled, subsets

CRS = "crs_duration_grade3"
ARRAYS = ("layout", "integers", "reals")
WIDE_MU, WIDE_TAU = parse("normal:0:1"), parse("half-normal:1")
"""Priors sampled under: at least as wide as any asked for."""
DRAWS, TUNE, CHAINS = 900, 400, 2
POINTS = 200


@dataclass(frozen=True)
class Sampled:
    """Draws of mu, tau and the prediction under the wide priors, shape (draw,), and their diagnostics."""

    mu: np.ndarray
    tau: np.ndarray
    diagnostics: dict

    def under(self, mu_prior: Prior, tau_prior: Prior) -> dict | None:
        """Median, 95 % limits (log scale), P(mu < 0) and equally probable values of mu under narrower priors; None where too few draws count."""
        weight = weights(self.mu, self.tau, mu_prior, tau_prior)
        if weight is None:
            return None
        median, lower, upper, *points = reweight.quantiles(self.mu, weight, [0.5, 0.025, 0.975, *(np.arange(POINTS) + 0.5) / POINTS])
        return {"median": median, "lower": lower, "upper": upper, "below": float(weight[self.mu < 0].sum()), "points": np.round(points, 4).tolist()}


def weights(mu, tau, mu_prior: Prior, tau_prior: Prior) -> np.ndarray | None:
    """Weights of draws made under the wide priors for narrower ones, adding to one; None where too few draws count."""
    weight = reweight.weights(mu, WIDE_MU, mu_prior) * reweight.weights(tau, WIDE_TAU, tau_prior)
    weight /= weight.sum()
    return weight if reweight.effective_size(weight) >= reweight.SMALLEST_SAMPLE else None


@lru_cache(maxsize=1)
def compiled(studies: tuple[str, ...], shapes: tuple):
    """The nutpie model of reports of these shapes, whose biases and reports are data; each process compiles it once."""
    import nutpie
    import pymc as pm
    import pytensor.tensor as pt

    with pm.Model(coords={"study": studies, "grade": GRADES}) as model:
        # data are read-only and their integers of 32 bits: the kernels want neither
        arrays = [pt.cast(pm.Data(name, np.zeros(shape, kind)), kind) + 0 for name, shape, kind in zip(ARRAYS, shapes, ("int64", "int64", "float64"))]
        bias_mean, bias_sd = (pm.Data(name, np.zeros(len(studies)), dims="study") for name in ("bias_mean", "bias_sd"))
        mean_by_grade, tau = crs_duration.over_studies(pm.Normal("mu", *WIDE_MU.parameters), pm.HalfNormal("tau", *WIDE_TAU.parameters))
        crs_duration.in_studies(mean_by_grade, tau, tuple(arrays), bias_mean + bias_sd * pm.Normal("z_bias", dims="study"))
    return nutpie.compile_pymc_model(model)


def draw(studies: list[str], arrays: list, bias_mean: list[float], bias_sd: list[float], seed: int) -> dict:
    """Draws of mu and tau in one universe under the wide priors, as JSON; arrays as `models.crs_duration.layout` gives them."""
    import nutpie

    data = dict(zip(ARRAYS, (np.array(array, kind) for array, kind in zip(arrays, ("int64", "int64", "float64")))))
    model = compiled(tuple(studies), tuple(array.shape for array in data.values()))
    tree = nutpie.sample(model.with_data(**data, bias_mean=np.array(bias_mean), bias_sd=np.array(bias_sd)), draws=DRAWS, tune=TUNE, chains=CHAINS,
                         cores=1, seed=seed, progress_bar=False, target_accept=SAMPLER["target_accept"])
    return {"mu": tree.posterior["mu"].values.ravel().tolist(), "tau": tree.posterior["tau"].values.ravel().tolist(), "diagnostics": diagnose(tree)}


def without(evidence: Evidence, left_out) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The arrays of all reports, with those for which `left_out` holds made silent: their term is 0 whatever the effect."""
    rows, integers, reals = (array.copy() for array in layout(evidence))
    start = 0
    for row, report in zip(rows, evidence.used):
        if left_out(report):
            row[0], row[4], row[5] = KINDS["curve"], 2, 1
            reals[start : row[3]] = 0.0
            reals[start + 1] = 1.0  # step of the flat curve
        start = row[3]
    return rows, integers, reals


NAME = "crs_universes"
SOURCES = ("trust/crs_universes.py", "crs_duration.py", "kernels.py", "graph_op.py", "order_statistics.py", "power.py", "priors.py", "bias.py", "trust/multiverse.py", "reweight.py")
SAMPLED = {NONE, JUDGED}
"""Of the factors on mean and SD of the bias those that are sampled."""


def key(review: Review) -> str:
    """Fingerprint of all that these universes depend on."""
    found = readings(CRS, review)
    return store.hash_of({
        "evidence": {words: evidence.used_hash() for words, evidence in found.items()}, "code": store.source_hash(SOURCES),
        "bias": {study: prior.parameters for study, prior in bias_priors(CRS, review).items()},
        "priors": [[p.family, *p.parameters] for group in priors(CRS) for p in group.values()],
        "draws": [DRAWS, TUNE, CHAINS], "software": store.software()})


def convergence(review: Review) -> str:
    """How well the short chains of these universes mixed, at worst, in one sentence."""
    found = [row["diagnostics"] for row in _stored(review)]
    return (f"Its {len({tuple(d.items()) for d in found})} fits are short: R-hat is at most {max(d['r_hat'] for d in found):.3f}, the smallest effective sample size "
            f"{min(min(d['ess_bulk'], d['ess_tail']) for d in found):.0f}, with at most {max(d['divergences'] for d in found)} divergent steps in {CHAINS * DRAWS:,}; "
            "they are fit for comparing choices, not for a headline.")


def _stored(review: Review) -> list[dict]:
    stored = heavy.read(NAME, key(review))
    if stored is None:
        raise store.NotFitted(f"{NAME}: not computed for the present records, model and software; run `make fit`")
    return stored["universes"]


def summaries(review: Review) -> list[tuple[Universe, dict]]:
    """Every universe of CRS duration with its limits; raise store.NotFitted where they are not computed."""
    return [(Universe(**row["universe"]), row["summary"]) for row in _stored(review)]


def points(review: Review) -> np.ndarray:
    """Equally probable values of mu (log scale) in the universe that differs from the primary one in the bias alone, which is as judged."""
    found = summaries(review)
    chosen = is_primary_through_bias(pd.DataFrame([vars(universe) for universe, _ in found]), CRS)
    return np.array(next(summary["points"] for (_, summary), is_it in zip(found, chosen) if is_it))


def ensure(review: Review) -> bool:
    """Sample the universes unless they are stored; whether anything had to be sampled."""
    fingerprint = key(review)
    if heavy.read(NAME, fingerprint) is not None:
        return False
    heavy.write(NAME, fingerprint, {"universes": list(all_universes(review))})
    return True


def command(args) -> int:
    """`python -m models crs_universes`: sample what is missing and keep it in the repository, for everybody's builds."""
    try:
        review = load()
        ensure(review)
        print(heavy.write(NAME, key(review), heavy.read(NAME, key(review)), repository=True))
    except (BadRecords, many.ClusterUnreachable, many.FitFailed, many.WorkerDied) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("models crs_universes: interrupted; finished fits are kept", file=sys.stderr)
        return 130
    return 0


def all_universes(review: Review, folder: Path | None = None) -> Iterator[dict]:
    """Each universe with its limits and diagnostics; one fit for each set of reports and bias, on `models.many`."""
    found = readings(CRS, review)
    primary = next(iter(found.values()))
    labels = {study.id: study.label for study in review.register.studies}
    biases = [(mean, sd) for mean, sd in product(mean_factors(bias_priors(CRS, review)), FACTORS) if SAMPLED.issuperset((mean, sd))]
    structures = list(product(found.items(), subsets(primary, labels).items(), biases))
    tasks = [_task(primary, evidence, studies, bias, review) for (_, evidence), (_, studies), bias in structures]
    fitted = many.run(draw, tasks, name=NAME, code=key(review), folder=folder)
    for ((reading, _), (subset, _), bias), one in zip(structures, fitted):
        sampled = Sampled(np.array(one["mu"]), np.array(one["tau"]), one["diagnostics"])
        for (m, mu_prior), (t, tau_prior) in product(*(group.items() for group in priors(CRS))):
            if summary := sampled.under(mu_prior, tau_prior):
                yield {"universe": vars(Universe(reading, subset, "exact", *bias, m, t)), "summary": summary, "diagnostics": sampled.diagnostics}


def _task(primary: Evidence, evidence: Evidence, studies: list[str], bias: tuple[str, str], review: Review) -> dict:
    """The fit of one universe, by the names of its factors on mean and SD of the bias.

    Leaving out a study can leave two readings alike, which are then one fit.
    """
    kept = {name for report in evidence.used for name in report.entries}
    arrays = without(primary, lambda report: report.study not in studies or not set(report.entries) <= kept)
    biases = bias_priors(CRS, review)
    mean, sd = zip(*(scaled(biases[study], *bias) for study in primary.studies))
    return {"studies": primary.studies, "arrays": [array.tolist() for array in arrays], "bias_mean": mean, "bias_sd": sd, "seed": SAMPLER["seed"]}

"""The results as numbers: what the README, the pages and machines read."""

import tomllib

import numpy as np

from extraction import cff
from extraction.commands.parser import print_json
from extraction.question import CONTRASTS, QUESTION, TREATMENT
from extraction.records import Review, load
from extraction.tree import IS_OWN, ROOT
from models.answers.answer import answer_of
from models.endpoints import ENDPOINTS, evidence_of
from models.runs import store


def summarise(key: str, review: Review) -> dict:
    """One endpoint: estimand and studies on the ratio scale, tau on the log scale; raise store.NotFitted
    where it is not fitted.

    `mcse` is the Monte Carlo standard error of each limit on the ratio scale, 0 by quadrature, `digits` the
    decimals it supports, and `diagnostics` those of the sampled posterior: the answer itself or its check.
    """
    endpoint, stored, evidence = ENDPOINTS[key], store.read(key, review), evidence_of(key, review)
    answer = answer_of(key, review)
    estimand = answer.mu.ratio
    mcse = {name: error * estimand[name] for name, error in answer.mcse.items()}
    return {
        "title": endpoint.title,
        "scale": endpoint.scale,
        "benefit": endpoint.benefit,
        **estimand,
        "p_favours_treated": endpoint.favours(answer.below),
        "draws": answer.draws,
        "mcse": mcse,
        "digits": digits(mcse["median"]),
        "tau": dict(answer.tau.limits),
        "prediction": answer.prediction.ratio,
        "studies": {study: theta.ratio for study, theta in answer.theta.items()},
        "n_studies": len(evidence.studies),
        "n_reports": len(evidence.used),
        "diagnostics": stored.info["diagnostics"],
        "evidence_hash": evidence.used_hash(),
        "posterior_hash": stored.info["hash"],
    }


def digits(mcse: float) -> int:
    """Decimals worth printing: half a unit of the last is at least four Monte Carlo errors, so that another
    seed would print the same but for a value that lies between two; at most two.
    """
    return int(np.clip(np.floor(-np.log10(8 * mcse)), 0, 2)) if mcse > 0 else 2


def summary(review: Review) -> dict:
    """Every endpoint, with the version of the review and a fingerprint of all its evidence."""
    endpoints = {key: summarise(key, review) for key in ENDPOINTS}
    return {"version": version(), "evidence_hash": evidence_hash(review), "endpoints": endpoints}


def evidence_hash(review: Review) -> str:
    """Fingerprint of everything used and left out, over all endpoints."""
    return store.hash_of({key: evidence_of(key, review).hash() for key in ENDPOINTS})


def version() -> str:
    """Version of the review: of the project for its own, else that of its CITATION.cff."""
    if IS_OWN:
        text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
        return tomllib.loads(text)["project"]["version"]
    return str(cff.read()["version"])


def command(args) -> int:
    """`python -m models summary [--json]`."""
    result = summary(load())
    if args.json:
        print_json(result)
    else:
        _print_table(result)
    return 0


def _print_table(result: dict) -> None:
    from rich.console import Console
    from rich.table import Table

    compared = f"{TREATMENT} over {CONTRASTS[QUESTION.contrast].comparator}"
    table = Table(title=f"Version {result['version']}, evidence {result['evidence_hash']}: {compared}")
    for name in (
        "endpoint",
        "scale",
        "median (95 % interval)",
        f"P(favours {TREATMENT})",
        "tau",
        "studies",
        "reports",
    ):
        table.add_column(name)
    for key, e in result["endpoints"].items():
        d = e["digits"]
        table.add_row(
            key,
            e["scale"],
            f"{e['median']:.{d}f} ({e['lower']:.{d}f} to {e['upper']:.{d}f})",
            f"{e['p_favours_treated']:.2f}",
            f"{e['tau']['median']:.2f}",
            str(e["n_studies"]),
            str(e["n_reports"]),
        )
    Console().print(table)

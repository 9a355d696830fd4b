"""Fit every endpoint that has no posterior for the records, models and software as they stand: `python -m
models fit`.
"""

import sys
import time
from collections.abc import Iterable

from rich.console import Console

from extraction.checks import check
from extraction.records import BadRecords, load
from models.endpoints import ENDPOINTS, evidence_of
from models.engines.sampling import fitted
from models.runs import store
from models.runs.alone import alone

console = Console(stderr=True, highlight=False)


def fit(keys: Iterable[str], review) -> None:
    """Fit and store the endpoints that have no posterior yet; one line of progress for each."""
    for key in keys:
        if store.is_fitted(key, review):
            console.print(f"  {key}: already fitted")
            continue
        console.print(f"  {key}: fitting", end=" ")
        started = time.perf_counter()
        info = _fit_one(key, review)
        diagnostics = info["diagnostics"]
        console.print(
            f"{time.perf_counter() - started:.1f} s, R-hat {diagnostics['r_hat']:.3f}, smallest effective"
            f" sample size {min(diagnostics['ess_bulk'], diagnostics['ess_tail']):.0f}, divergences"
            f" {diagnostics['divergences']}"
        )


def _fit_universes(review) -> None:
    """The universes of CRS duration, which no quadrature gives."""
    from models.trust import crs_universes

    console.print("  crs_universes: other priors, studies, readings and biases,", end=" ")
    started = time.perf_counter()
    sampled = crs_universes.ensure(review)
    console.print(f"{time.perf_counter() - started:.0f} s" if sampled else "already sampled")


def _fit_changes(review) -> None:
    """What the page of changes asks of CRS duration and no universe holds: kept with the finished fits, so
    that the page need not sample.
    """
    from models.history import changes

    changes.ensure(review)


def _fit_one(key: str, review) -> dict:
    started = time.perf_counter()
    posterior, found = fitted(ENDPOINTS[key], evidence_of(key, review))
    identity = store.identity(key, review)
    info = {
        **identity,
        "hash": store.hash_of(identity),
        **found,
        "seconds": round(time.perf_counter() - started, 2),
    }
    store.write(key, identity, posterior, info)
    return info


def command(args) -> int:
    """`python -m models fit [ENDPOINT ...]`; 2 for an unknown endpoint."""
    if unknown := [key for key in args.endpoints if key not in ENDPOINTS]:
        print(
            f"models fit: no endpoint {', '.join(unknown)}; there are {', '.join(ENDPOINTS)}", file=sys.stderr
        )
        return 2
    review = load()
    if errors := check(review).errors:
        raise BadRecords(errors)
    with alone("fit"):
        fit(args.endpoints or ENDPOINTS, review)
        if not args.endpoints:
            _fit_universes(review)
            _fit_changes(review)
    return 0

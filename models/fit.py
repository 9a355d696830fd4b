"""Fit every endpoint that has no posterior for the records, models and software as they stand: `python -m
models fit`.
"""

import json
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from functools import partial

from rich.console import Console

from extraction.checks import check
from extraction.commands.parser import print_json
from extraction.fault import Fault
from extraction.records import BadRecords, load
from models.endpoints import ENDPOINTS, OF_DURATIONS, evidence_of
from models.engines.sampling import fitted
from models.runs import store
from models.runs.alone import alone
from models.runs.one_fit import failure
from models.runs.processes import cores, in_processes

console = Console(stderr=True, highlight=False)


def fit(keys: Iterable[str], review) -> None:
    """Fit and store the endpoints that have no posterior yet; one line for each when it is finished."""
    missing = []
    for key in keys:
        if store.is_fitted(key, review):
            console.print(f"  {key}: already fitted")
        else:
            missing.append(key)
    if missing:
        console.print(f"  fitting {', '.join(missing)}", soft_wrap=True)
    for key, info in _fits(missing, review):
        diagnostics = info["diagnostics"]
        console.print(
            f"  {key}: fitted in {info['seconds']:.1f} s, R-hat {diagnostics['r_hat']:.3f}, smallest"
            f" effective sample size {min(diagnostics['ess_bulk'], diagnostics['ess_tail']):.0f},"
            f" divergences {diagnostics['divergences']}"
        )


def _fits(keys: list[str], review) -> Iterator[tuple[str, dict]]:
    """Endpoints with what is told of their fits, as they are finished; several side by side, one a core."""
    if min(len(keys), cores()) < 2:
        yield from ((key, _fit_one(key, review)) for key in keys)
        return
    tasks = {key: {"key": key} for key in keys}
    with closing(in_processes(partial(_fit_or_fault, review=review), tasks, cores())) as arriving:
        for key, finished, text in arriving:
            if not finished:
                raise failure("fit", tasks[key], text)
            info = json.loads(text)
            if "fault" in info:
                raise Fault(info["fault"])
            yield key, info


def _fit_or_fault(key: str, review) -> dict:
    """What is told of a fit in a process of its own, from which a fault comes back as its text."""
    try:
        return _fit_one(key, review)
    except Fault as fault:
        return {"fault": str(fault)}


def _fit_universes(key: str, review) -> None:
    """The universes of an endpoint of durations, which no quadrature gives."""
    from models.trust import duration_universes

    console.print(f"  {key}: under other priors, studies, readings and biases,", end=" ")
    started = time.perf_counter()
    sampled = duration_universes.ensure(key, review)
    console.print(f"{time.perf_counter() - started:.0f} s" if sampled else "already sampled")


def _tabulate(key: str, review) -> None:
    """What each study says of durations, for the explorer: no quadrature of the endpoint gives it."""
    from models.answers import duration_tables

    console.print(f"  {key}: what each study says of durations,", end=" ")
    started = time.perf_counter()
    computed = duration_tables.ensure(key, evidence_of(key, review))
    console.print(f"{time.perf_counter() - started:.0f} s" if computed else "already computed")


def _fit_changes(review) -> None:
    """What the page of changes asks of durations and no universe holds: kept with the finished fits, so
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
    """`python -m models fit [ENDPOINT ...] [--json]`; 2 for an unknown endpoint."""
    if unknown := [key for key in args.endpoints if key not in ENDPOINTS]:
        print(
            f"models fit: no endpoint {', '.join(unknown)}; there are {', '.join(ENDPOINTS)}", file=sys.stderr
        )
        return 2
    review, keys = load(), args.endpoints or list(ENDPOINTS)
    checked_and_fitted(review, args.endpoints)
    if args.json:
        print_json({key: store.read(key, review).info for key in keys})
    return 0


def checked_and_fitted(review, keys: Iterable[str] = ()) -> None:
    """Fit these endpoints, or every one and all that pages need; raise BadRecords where the check finds an
    error.
    """
    if errors := check(review).errors:
        raise BadRecords(errors)
    with alone("fit"):
        fit(keys or ENDPOINTS, review)
        if not keys:
            for key in OF_DURATIONS:
                _fit_universes(key, review)
            _fit_changes(review)
            for key in OF_DURATIONS:
                _tabulate(key, review)

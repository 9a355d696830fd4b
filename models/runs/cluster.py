"""Many fits on a Dask cluster that already runs.

Dask hands the tasks of a lost worker to another; results come back to the caller, who keeps them.  Scheduler
and workers need this repository at the commit of the caller; workers have one thread each: `dask worker
ADDRESS --nworkers -1 --nthreads 1`.
"""

import logging
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import CancelledError
from contextlib import suppress
from typing import Any

from extraction.extras import of_extra
from extraction.fault import Fault
from models.runs.one_fit import LONGEST_FIT, FitFailed, Waiting, WorkerDied, attempt, short

PIECE_SECONDS = 0.5
"""Work handed out at once: the scheduler spends about a millisecond on each piece."""
AHEAD = 2  # pieces for each thread of the cluster, so that none waits for the network
PATIENCE = 10.0
"""Seconds without an answer of the scheduler or without any worker until the run gives up."""


class ClusterUnreachable(Fault):
    """No scheduler answers, or it has no workers."""


POLL = 0.1  # seconds between two looks for a first worker


def on_cluster(address: str, function: Callable, tasks: dict[str, dict]) -> Generator[tuple[str, bool, str]]:
    """Key, success and JSON (or traceback) of each task, as they arrive.

    Raises ClusterUnreachable, also where scheduler or all workers are lost midway, and WorkerDied where a
    task ends every worker it is given, or where nothing comes back for an hour.
    """
    if not tasks:
        return
    client = _connect(address)
    suspects: dict[str, dict] = {}
    try:
        yield from _outcomes(client, function, tasks, suspects)
        for key, task in suspects.items():  # one at a time, so that none is blamed for another
            guilty: dict[str, dict] = {}
            yield from _outcomes(client, function, {key: task}, guilty)
            if guilty:
                raise WorkerDied(
                    f"task {short(task)} ended every worker of the Dask cluster that it was given"
                )
    except (OSError, CancelledError) as error:
        raise ClusterUnreachable(
            f"the Dask scheduler at {address!r} was lost ({type(error).__name__})"
        ) from None
    finally:
        with suppress(TimeoutError):
            client.close(timeout=PATIENCE)


def _connect(address: str):
    """A client of a scheduler that has a worker."""
    with of_extra("cluster"):
        from distributed import Client

    # it would print tracebacks of what is raised here in words
    logging.getLogger("distributed.client").setLevel(logging.CRITICAL)
    try:
        # else, lost, it would stay xarray's scheduler
        client = Client(address, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError):
        raise ClusterUnreachable(
            f"no Dask scheduler answers at {address!r} within {PATIENCE:g} s; an address looks like"
            " tcp://host:8786"
        ) from None
    with suppress(TimeoutError):  # of a scheduler that no longer answers
        for _ in range(round(PATIENCE / POLL) + 1):
            if client.nthreads(callback_timeout=PATIENCE):
                return client
            time.sleep(POLL)
    client.close(timeout=PATIENCE)
    raise ClusterUnreachable(f"the Dask scheduler at {address!r} has had no worker for {PATIENCE:g} s")


def _outcomes(
    client, function: Callable, tasks: dict[str, dict], lost: dict[str, dict]
) -> Iterator[tuple[str, bool, str]]:
    """Outcomes as they arrive; the tasks of a piece that ended several workers go to `lost` instead."""
    from distributed.scheduler import KilledWorker

    waiting, heard = Waiting(tasks, PIECE_SECONDS), time.monotonic()
    running: dict[Any, deque[tuple[str, dict]]] = {}
    while waiting or running:
        threads = sum(client.nthreads(callback_timeout=PATIENCE).values())
        while waiting and len(running) < AHEAD * max(threads, 1):
            piece = waiting.take(threads)
            running[client.submit(_fit_piece, function, [task for _, task in piece], pure=False)] = piece
        before = len(running)
        for future, outcome in _settled(client, list(running)):
            piece, heard = running.pop(future), time.monotonic()
            if isinstance(outcome, KilledWorker):
                lost.update(piece)
                continue
            if isinstance(outcome, Exception):
                raise FitFailed(
                    f"the Dask cluster cannot read {function.__module__}.{function.__qualname__}"
                    f" ({type(outcome).__name__}): its scheduler and its workers need this repository, at the"
                    " commit of the caller"
                ) from outcome
            seconds, outcomes = outcome
            waiting.took(len(piece), seconds)
            for (key, _), result in zip(piece, outcomes, strict=True):
                yield key, *result
        if len(running) < before:
            continue
        if not client.nthreads(callback_timeout=PATIENCE):
            raise ClusterUnreachable(
                f"every worker of the Dask cluster was lost, and none came back in {PATIENCE:g} s"
            )
        if time.monotonic() - heard > LONGEST_FIT:
            (_, task), *_ = next(iter(running.values()))
            raise WorkerDied(
                f"no fit came back from the Dask cluster for {LONGEST_FIT:g} s; the first it has is task"
                f" {short(task)}"
            )


def _settled(client, futures: list) -> Iterator[tuple]:
    """The pieces that have ended, each with its error or result; none where nothing ends, or comes over,
    within `PATIENCE`.

    A piece may end and be lost with its worker before it is fetched: then it is made again, and waited for
    like the others.
    """
    from distributed import wait
    from distributed.scheduler import KilledWorker

    with suppress(TimeoutError):
        with client.as_current():
            done = wait(futures, timeout=PATIENCE, return_when="FIRST_COMPLETED").done
        for future in done:
            try:
                outcome = future.exception(timeout=PATIENCE) or future.result(timeout=PATIENCE)
            except KilledWorker as killed:
                outcome = killed
            yield future, outcome


def _fit_piece(function: Callable, tasks: list[dict]) -> tuple[float, list[tuple[bool, str]]]:
    """Seconds and outcomes; runs on a worker."""
    started = time.perf_counter()
    outcomes = [attempt(function, task) for task in tasks]
    return time.perf_counter() - started, outcomes

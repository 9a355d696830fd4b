"""Many fits on a Dask cluster that already runs.

Dask hands the tasks of a lost worker to another; results come back to the caller, who keeps them.  Scheduler and workers need this
repository at the commit of the caller; workers have one thread each: `dask worker ADDRESS --nworkers -1 --nthreads 1`.
"""

import logging
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError

from models.runs.one_fit import FitFailed, Waiting, WorkerDied, attempt, short

PIECE_SECONDS = 0.5
"""Work handed out at once: the scheduler spends about a millisecond on each piece."""
AHEAD = 2  # pieces for each thread of the cluster, so that none waits for the network
PATIENCE = 10.0
"""Seconds without a scheduler or without any worker until the run gives up."""


class ClusterUnreachable(Exception):
    """No scheduler answers, or it has no workers."""


def on_cluster(address: str, function: Callable, tasks: dict[str, dict]) -> Iterator[tuple[str, bool, str]]:
    """Key, success and JSON (or traceback) of each task, as they arrive.

    Raises ClusterUnreachable, also where scheduler or all workers are lost midway, and WorkerDied where a task ends every worker it is given.
    """
    if not tasks:
        return
    client = _connect(address)
    suspects = {}
    try:
        yield from _outcomes(client, function, tasks, suspects)
        for key, task in suspects.items():  # one at a time, so that none is blamed for another
            yield from _outcomes(client, function, {key: task}, guilty := {})
            if guilty:
                raise WorkerDied(f"task {short(task)} ended every worker of the Dask cluster that it was given")
    except (OSError, CancelledError) as error:
        raise ClusterUnreachable(f"the Dask scheduler at {address!r} was lost ({type(error).__name__})") from None
    finally:
        client.close()


def _connect(address: str):
    """A client of a scheduler that has a worker."""
    from distributed import Client

    logging.getLogger("distributed.client").setLevel(logging.CRITICAL)  # it would print tracebacks of what is raised here in words
    try:
        client = Client(address, timeout=PATIENCE, set_as_default=False)  # else, lost, it would stay xarray's scheduler
    except (OSError, ValueError):
        raise ClusterUnreachable(f"no Dask scheduler answers at {address!r} within {PATIENCE:g} s; an address looks like tcp://host:8786") from None
    try:
        client.wait_for_workers(1, timeout=PATIENCE)
    except TimeoutError:
        client.close()
        raise ClusterUnreachable(f"the Dask scheduler at {address!r} has had no worker for {PATIENCE:g} s") from None
    return client


def _outcomes(client, function: Callable, tasks: dict[str, dict], lost: dict[str, dict]) -> Iterator[tuple[str, bool, str]]:
    """Outcomes as they arrive; the tasks of a piece that ended several workers go to `lost` instead."""
    from distributed import wait
    from distributed.scheduler import KilledWorker

    waiting, running = Waiting(tasks, PIECE_SECONDS), {}
    while waiting or running:
        threads = sum(client.nthreads().values())
        while waiting and len(running) < AHEAD * max(threads, 1):
            piece = waiting.take(threads)
            running[client.submit(_fit_piece, function, [task for _, task in piece], pure=False)] = piece
        try:
            with client.as_current():
                done = wait(list(running), timeout=PATIENCE, return_when="FIRST_COMPLETED").done
        except TimeoutError:
            if not client.nthreads():
                raise ClusterUnreachable(f"every worker of the Dask cluster was lost, and none came back in {PATIENCE:g} s") from None
            continue
        for future in done:
            piece = running.pop(future)
            error = future.exception()
            if isinstance(error, KilledWorker):
                lost.update(piece)
                continue
            if error:
                raise FitFailed(f"the Dask cluster cannot read {function.__module__}.{function.__qualname__} ({type(error).__name__}): "
                                "its scheduler and its workers need this repository, at the commit of the caller") from error
            seconds, outcomes = future.result()
            waiting.took(len(piece), seconds)
            for (key, _), outcome in zip(piece, outcomes):
                yield key, *outcome


def _fit_piece(function: Callable, tasks: list[dict]) -> tuple[float, list[tuple[bool, str]]]:
    """Seconds and outcomes; runs on a worker."""
    started = time.perf_counter()
    outcomes = [attempt(function, task) for task in tasks]
    return time.perf_counter() - started, outcomes

"""Many fits, one interface: local processes by default, or a Dask cluster, and resumable either way.

    run(fit, [{"seed": 1}, {"seed": 2}], name="calibration", code=fingerprint_of_the_model)

Each result is written down as it arrives, under the hash of all it depends on, so an interrupted run loses no
finished fit and a rerun makes only those that are missing.
"""

import hashlib
import json
import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from extraction.tree import BUILD
from models.runs.cluster import ClusterUnreachable, on_cluster
from models.runs.journal import Journal
from models.runs.one_fit import FitFailed, WorkerDied, failure, short
from models.runs.processes import cores, in_processes

__all__ = ["ClusterUnreachable", "FitFailed", "WorkerDied", "run"]

FOLDER = BUILD / "many"
QUIET_SECONDS = 2.0


def run(
    function: Callable,
    tasks: list[dict],
    *,
    name: str,
    code: str,
    scheduler: str | None = None,
    folder: Path | None = None,
    progress: bool = True,
    workers: int | None = None,
) -> list:
    """Results of `function(**task)` for every task, in the order of `tasks`.

    function : stands at the top of a module; what it returns must be JSON (numpy arrays as lists), and is
    returned as JSON gives it back
    tasks : keyword arguments, JSON; equal tasks are fitted once, so a random fit needs its seed in the task
    name : of the kind of fits, and of their folder; code : fingerprint of the code and versions behind
    `function`, which results are kept under
    scheduler : address of a Dask scheduler, by default that in DASK_SCHEDULER_ADDRESS; without one, local
    processes
    workers : local processes, by default one per core this process may use
    progress : show a bar on stderr where it takes over two seconds

    Raises ValueError for a name, function or task that cannot serve, FitFailed where `function` raises,
    WorkerDied where one task ends its process every time, ClusterUnreachable where no scheduler or no worker
    answers.  What was finished stays.
    """
    _require_usable(function, name)
    keys = [_key(task, name, place) for place, task in enumerate(tasks)]
    scheduler = scheduler or os.environ.get("DASK_SCHEDULER_ADDRESS")
    with Journal(
        (folder or FOLDER) / name / _hash([name, function.__module__, function.__qualname__, code])
    ) as journal:
        found = journal.read()
        missing = {key: task for key, task in zip(keys, tasks, strict=True) if key not in found}
        arriving = (
            on_cluster(scheduler, function, missing)
            if scheduler
            else in_processes(function, missing, workers or cores())
        )
        with _bar(name, len(set(keys)), len(missing), progress) as advance, closing(arriving):
            for key, finished, text in arriving:
                if not finished:
                    raise failure(name, missing[key], text)
                journal.add(key, text)
                found[key] = text
                advance()
    return [json.loads(found[key]) for key in keys]


def _require_usable(function: Callable, name: str) -> None:
    if not re.fullmatch(r"[a-z][a-z0-9_-]*", name):
        raise ValueError(f"name {name!r}: lower-case letters, digits, hyphens and underscores, please")
    if "<" in function.__qualname__:
        raise ValueError(
            f"{name}: {function.__qualname__} must stand at the top of a module, where another process can"
            " import it"
        )


def _key(task: dict, name: str, place: int) -> str:
    try:
        return _hash(task)
    except TypeError as error:
        raise ValueError(f"{name}: task {place} ({short(task)}) is not JSON: {error}") from None


def _hash(content) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


@contextmanager
def _bar(name: str, total: int, missing: int, shown: bool) -> Iterator[Callable[[], None]]:
    """A function to call after each fit; it shows a bar on stderr from two seconds on."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    bar = Progress(
        TextColumn("  {task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )
    counted, started = bar.add_task(name, total=total, completed=total - missing), time.perf_counter()

    def advance() -> None:
        bar.advance(counted)
        if shown and not bar.live.is_started and time.perf_counter() - started > QUIET_SECONDS:
            bar.start()

    try:
        yield advance
    finally:
        if bar.live.is_started:
            bar.stop()

"""Many fits in processes of this machine.

Own processes and not an executor of the standard library: that ends all its workers with one, and cannot tell
which task was at fault.  Here each worker has a pipe, hands back each result when it has it, and dies alone;
its unfinished tasks go to a new one.
"""

import os
import pickle
import signal
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait

from models.runs.one_fit import LONGEST_FIT, Waiting, WorkerDied, attempt, short

PIECE_SECONDS = 0.05
"""Work handed out at once; a message there and back takes about 0.2 ms."""
PATIENCE = 5.0  # seconds for a process to end
ATTEMPTS = 3
THREADS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMBA_NUM_THREADS",
)
"""One thread in each worker: the workers themselves fill the cores."""


def cores() -> int:
    """Cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def in_processes(function: Callable, tasks: dict[str, dict], count: int) -> Generator[tuple[str, bool, str]]:
    """Key, success and JSON (or traceback) of each task, as they finish; at most `count` processes.

    Raises WorkerDied where a task ends its process three times, no process can start, or nothing is heard for
    an hour.
    """
    waiting, missing = Waiting(tasks, PIECE_SECONDS), len(tasks)
    deaths: Counter[str] = Counter()
    workers: dict[Connection, _Worker] = {}
    try:
        for _ in range(min(count, missing)):
            _start(workers, function)
        while missing:
            for pipe in _with_news(workers):
                worker = workers[pipe]
                try:
                    outcome = pipe.recv()
                except (EOFError, OSError):
                    _bury(workers.pop(pipe), waiting, deaths)
                    _start(workers, function)
                    continue
                finished = outcome and (worker.piece.popleft()[0], *outcome)
                if not worker.piece:
                    worker.go_on(waiting, count)
                if finished:
                    missing -= 1
                    yield finished
    finally:
        for worker in workers.values():
            worker.stop()


class _Worker:
    """A process with its pipe and the tasks it has not handed back."""

    def __init__(self, function: Callable):
        context = get_context("spawn")  # forking would copy locks that threads hold
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(theirs, pickle.dumps(function)), daemon=True)
        with _inherited():
            self.process.start()
        theirs.close()
        self.piece: deque[tuple[str, dict]] = deque()
        self.size, self.since = 0, 0.0

    def go_on(self, waiting: Waiting, workers: int) -> None:
        """Send the next piece, if there is one."""
        if self.size:
            waiting.took(self.size, time.perf_counter() - self.since)
        self.piece = waiting.take(workers)
        self.size, self.since = len(self.piece), time.perf_counter()
        if self.piece:
            with suppress(OSError):  # it has just died: its pipe will say so
                self.pipe.send([task for _, task in self.piece])

    def stop(self) -> str:
        """End the process; how it ended."""
        self.process.terminate()
        self.process.join(PATIENCE)
        self.process.kill()  # which none survives
        self.process.join(PATIENCE)
        code = self.process.exitcode
        self.process.close()
        self.pipe.close()
        return signal.Signals(-code).name if code is not None and code < 0 else f"exit code {code}"


def _with_news(workers: dict[Connection, _Worker]) -> list[Connection]:
    """The pipes that hold an outcome, or whose worker has died."""
    if ready := set(wait(workers, LONGEST_FIT)):
        return [pipe for pipe in workers if pipe in ready]
    stuck = "; ".join(short(worker.piece[0][1]) for worker in workers.values() if worker.piece)
    raise WorkerDied(
        f"no worker process ended a fit for {LONGEST_FIT:g} s, and they are stopped; at work on:"
        f" {stuck or 'no task yet'}"
    )


def _start(workers: dict, function: Callable) -> None:
    worker = _Worker(function)
    workers[worker.pipe] = worker


def _bury(worker: _Worker, waiting: Waiting, deaths: Counter) -> None:
    """Take back the tasks of a dead worker; raise WorkerDied where that which it was at has ended three."""
    key, task = worker.piece[0] if worker.piece else (None, None)
    waiting.put_back(worker.piece)
    deaths[key] += 1
    worker.process.join(1)  # its pipe closes a moment before it has ended
    how = worker.stop()
    if deaths[key] == ATTEMPTS:
        raise WorkerDied(
            f"task {short(task)} ended its process {ATTEMPTS} times, the last with {how}"
            if task is not None
            else (
                f"{ATTEMPTS} worker processes ended before their first fit, the last with {how}: see above. "
                'A script that starts them is a file, and does so under `if __name__ == "__main__":`'
            )
        )


def _serve(pipe: Connection, pickled: bytes) -> None:
    """A worker: say that it is ready, then hand back the outcome of each task sent, until the other end
    closes.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    function = pickle.loads(pickled)
    with suppress(EOFError, OSError):
        pipe.send(None)
        while True:
            for task in pipe.recv():
                pipe.send(attempt(function, task))


@contextmanager
def _inherited() -> Iterator[None]:
    """What a process started here inherits before it imports anything: one thread, and no Ctrl-C, which is
    for the process that started it.
    """
    before = {name: os.environ.get(name) for name in THREADS}
    os.environ.update(dict.fromkeys(THREADS, "1"))
    # no other may set what a signal does
    in_main_thread = threading.current_thread() is threading.main_thread()
    handler = signal.signal(signal.SIGINT, signal.SIG_IGN) if in_main_thread else None
    try:
        yield
    finally:
        if in_main_thread:
            signal.signal(signal.SIGINT, handler)
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value

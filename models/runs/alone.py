"""One process at a time fits or builds; another that comes meanwhile waits, and then finds it done."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

FOLDER = Path(__file__).resolve().parent.parent.parent / "_build"


@contextmanager
def alone(task: str) -> Iterator[None]:
    """Hold the lock of a task, such as `fit`; the system frees it when a process ends, however it ends.

    Where nothing may be written there is nothing to guard: whatever needs writing will say so.
    """
    lock = FileLock(FOLDER / f"{task}.lock")
    try:
        FOLDER.mkdir(exist_ok=True)
        lock.acquire(timeout=0)
    except Timeout:
        print(f"  another {task} is at work here: waiting for it", file=sys.stderr, flush=True)
        lock.acquire()
    except OSError:
        pass
    try:
        yield
    finally:
        lock.release()

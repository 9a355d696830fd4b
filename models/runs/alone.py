"""One process at a time fits, builds or computes for others; another that comes meanwhile waits, and then
finds it done.
"""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from extraction.tree import BUILD

FOLDER = BUILD
SAY_EVERY = 60.0
"""Seconds between two sentences of one that waits: it does so without a limit, as the other's work may take
as long as it takes.
"""


@contextmanager
def alone(task: str, folder: Path | None = None, patience: float | None = None) -> Iterator[None]:
    """Hold the lock of a task, such as `fit`; the system frees it when a process ends, however it ends.

    patience : seconds to wait, in silence, before going on without the lock; else the waiting has no end, and
    says so (to the error stream, which of a page's cell would stop the build)

    Where nothing may be written there is nothing to guard: whatever needs writing will say so.
    """
    folder = folder or FOLDER
    lock, holder = FileLock(folder / f"{task}.lock"), folder / f"{task}.process"
    with suppress(OSError, Timeout):
        folder.mkdir(parents=True, exist_ok=True)
        if patience is None:
            _acquire(lock, task, holder)
            holder.write_text(str(os.getpid()), encoding="utf-8")
        else:
            lock.acquire(timeout=patience)
    try:
        yield
    finally:
        lock.release()


def _acquire(lock: FileLock, task: str, holder: Path) -> None:
    """Wait for the lock, and say so at once and every minute: for whose process, how long already, and how to
    stop.
    """
    started, patience = time.monotonic(), 0.0
    while True:
        try:
            lock.acquire(timeout=patience)
            return
        except Timeout:
            process = holder.read_text(encoding="utf-8") if holder.is_file() else ""
            whose = f", process {process}" if process else ""
            waited = (
                f" ({time.monotonic() - started:.0f} s so far; Ctrl-C ends the waiting)" if patience else ""
            )
            print(
                f"  another {task} is at work here{whose}: waiting for it{waited}",
                file=sys.stderr,
                flush=True,
            )
            patience = SAY_EVERY

"""Waiting for what happens, instead of for a time that a busy machine may not keep."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

LIMIT = 120.0
"""Seconds until a wait was in vain; no measure of anything."""

AT_A_WRITE = """
import os, runpy, signal, sys

left, sent, below, *words = sys.argv[1:]
left, sys.argv = int(left), words

def watch(event, given):
    global left
    if event == "os.rename" or event == "open" and str(given[1])[0] in "wxa":
        left -= f"/_build/{below}/" in str(given[0])
        if left == 0:
            left = -1
            os.kill(os.getpid(), signal.Signals[sent])

sys.addaudithook(watch)
runpy.run_module(words[0], run_name="__main__", alter_sys=True)
"""


def at_a_write(number: int, sent: signal.Signals, below: str, *words: str) -> list[str]:
    """The command `python -m WORDS`, which sends itself a signal before it opens or moves a file in that
    folder of `_build` for the n-th time.
    """
    return [sys.executable, "-c", AT_A_WRITE, str(number), sent.name, below, *words]


def kill_at_a_write(number: int, folder: Path, below: str, *words: str) -> None:
    """Run `python -m WORDS` in a folder, and have it killed before it opens or moves a file in that folder of
    `_build` for the n-th time.
    """
    done = subprocess.run(
        at_a_write(number, signal.SIGKILL, below, *words), cwd=folder, capture_output=True, text=True
    )
    assert done.returncode == -signal.SIGKILL, done.stdout + done.stderr


def kill_when(happened: Callable[[], object], command: list[str], folder: Path, limit: float = LIMIT) -> None:
    """Kill a command, and all that it started, as soon as something has happened."""
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, start_new_session=True) as started:
        wait_until(happened, limit)
        os.killpg(started.pid, signal.SIGKILL)


def wait_until(happened: Callable[[], object], limit: float = LIMIT) -> None:
    end = time.monotonic() + limit
    while not happened():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)

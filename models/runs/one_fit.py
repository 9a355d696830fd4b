"""One fit of many, wherever it runs, and the tasks that wait for a worker."""

import json
import traceback
from collections import deque
from collections.abc import Callable
from textwrap import shorten

from extraction.fault import Fault

LARGEST_PIECE = 64
LONGEST_FIT = 3600.0
"""Seconds after which a fit that has not come to its end is taken for one that never will; the longest here
takes minutes.
"""
SHARE = 4  # a piece is at most a fourth of a worker's share of what waits, so that workers end together


class FitFailed(Fault):
    """The function raised an error on a task."""


class WorkerDied(Fault):
    """A task ended the process that worked on it, every time, or kept it busy without an end."""


def attempt(function: Callable, task: dict) -> tuple[bool, str]:
    """Whether a fit came to its end, and its result as JSON, or else the traceback."""
    try:
        return True, json.dumps(function(**task))
    except Exception:
        return False, traceback.format_exc()


def failure(name: str, task: dict, text: str) -> FitFailed:
    """What a failed task of a kind of fits is raised as; `text` is its traceback."""
    failed = FitFailed(f"{name}: task {short(task)} failed: {text.strip().splitlines()[-1]}")
    failed.add_note(f"In the worker:\n{text}")
    return failed


def short(task: dict) -> str:
    """A task for a message."""
    return shorten(str(task), 200)


class Waiting:
    """Tasks not handed out yet, by key; they leave in pieces that take about `seconds`, so that quick fits do
    not wait for messages.
    """

    def __init__(self, tasks: dict[str, dict], seconds: float):
        self.tasks, self.seconds, self.size = deque(tasks.items()), seconds, 1

    def __len__(self) -> int:
        return len(self.tasks)

    def take(self, workers: int) -> deque[tuple[str, dict]]:
        """The next piece, for one of so many workers; empty where nothing waits."""
        fair = len(self.tasks) // (SHARE * max(workers, 1)) + 1
        return deque(self.tasks.popleft() for _ in range(min(self.size, fair, len(self.tasks))))

    def put_back(self, piece: deque[tuple[str, dict]]) -> None:
        self.tasks.extendleft(reversed(piece))

    def took(self, fits: int, seconds: float) -> None:
        """Learn from a finished piece how large the next may be."""
        self.size = max(1, min(LARGEST_PIECE, int(self.seconds * fits / max(seconds, 1e-6))))

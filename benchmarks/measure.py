"""What every benchmark shares: the machine, the cost of a command, and how measurements are kept and said."""

import json
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from extraction.whole import write_whole

PYTHON = ".venv/bin/python"


def machine() -> str:
    """Cores, processor, memory, system and Python, in one line."""
    cpuinfo = Path("/proc/cpuinfo")
    named = cpuinfo.exists() and re.search(r"model name\s*:\s*(.+)", cpuinfo.read_text())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{os.cpu_count()} cores, {named[1] if named else platform.processor()}, {memory:.0f} GiB, "
        f"{platform.platform(terse=True)}, Python {platform.python_version()}"
    )


def run(
    command: tuple[str, ...], folder: Path, environment: dict[str, str] | None = None
) -> tuple[float, float]:
    """Seconds a command took, and GiB held at most by one process: itself or the largest it started."""
    # An outer make's own flags are not for the make that is timed.
    environment = {k: v for k, v in os.environ.items() if k not in {"MAKEFLAGS", "MFLAGS", "MAKELEVEL"}} | (
        environment or {}
    )
    with tempfile.TemporaryFile("w+") as said:
        start = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=said, stderr=said
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            sys.exit(f"{' '.join(command)} failed:\n{said.read()[-2000:]}")
    return seconds, usage.ru_maxrss / (2**30 if sys.platform == "darwin" else 2**20)


def repeat(
    command: tuple[str, ...],
    folder: Path,
    times: int,
    before: Callable[[], object] = lambda: None,
    environment: dict[str, str] | None = None,
) -> tuple[float, float]:
    """Median seconds and highest memory of repeats, each after `before`."""
    runs = []
    for _ in range(times):
        before()
        runs.append(run(command, folder, environment))
    return median(seconds for seconds, _ in runs), max(memory for _, memory in runs)


def keep(found: dict, path: Path, rows: Callable[[dict], list[dict]]) -> None:
    """Store measurements for the page that shows them, and say them."""
    write_whole(path, json.dumps(found, indent=1) + "\n")
    say(rows(found))


def say(rows: list[dict]) -> None:
    """A line for each measurement."""
    for row in rows:
        print(f"{row['name']}: {row['value']:.3g} {row['unit']}")

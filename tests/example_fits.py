"""Stand-ins for fits, in a file that workers import quickly: each squares a number and leaves a file, so fits
can be counted.
"""

import importlib
import os
import signal
import time
from pathlib import Path
from uuid import uuid4


def tasks(numbers, made: Path, **more) -> list[dict]:
    return [{"number": n, "made": str(made), **more} for n in numbers]


def square(number, made, seconds=0.0, closed_from=None):
    """From the number `closed_from` on, no task comes to its end before somebody makes the file `open`."""
    while closed_from is not None and number >= closed_from and not (Path(made) / "open").exists():
        time.sleep(0.01)
    time.sleep(seconds)
    (Path(made) / f"{number}.{os.getpid()}.{uuid4().hex}").touch()
    return {"square": number**2}


def kill_the_first_time(number, made, victim):
    if number == victim and not (Path(made) / "killed").exists():
        (Path(made) / "killed").touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return square(number, made, 0.01)


def kill_every_time(number, made, victim):
    if number == victim:
        os.kill(os.getpid(), signal.SIGKILL)
    return square(number, made, 0.02)


def refuse(number, made, victim):
    if number == victim:
        raise ArithmeticError(f"no posterior for {number}")
    return square(number, made)


def threads(of):
    return {"threads": os.environ.get(of), "process": os.getpid()}


def no_json(number):
    return {1, number}


def serve(command, options, log, settings):
    """A command of Dask in this process, with settings by the names of their variables."""
    import dask

    os.environ.update(settings)
    dask.config.refresh()
    for said in (1, 2):
        os.dup2(os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT), said)
    importlib.import_module(f"distributed.cli.{command}").main(options)

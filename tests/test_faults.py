"""Killed, starved of disk, run twice at once, or handed damaged files: the same result as without, or one
clear message.
"""

import ast
import hashlib
import os
import resource
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread

import example_at_hand
import pytest
import xarray as xr
from example_events import LIMIT, at_a_write, kill_at_a_write
from example_tree import ROOT

from extraction.whole import whole, write_whole
from models import fit
from models.__main__ import main
from models.runs import alone, store

ENDPOINT = "severe_crs"


class Place:
    """A folder with posteriors of its own, none at first, to be fitted with draws at hand."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.posteriors = folder, folder / "_build" / "posteriors"
        self.posteriors.mkdir(parents=True)

    def checksums(self) -> dict[str, str]:
        """Of the draws of each posterior; raises an error where a file is no whole one."""
        return {
            path.name: (
                hashlib.sha256(
                    b"".join(
                        draws.values.tobytes() for draws in xr.load_dataset(path, engine="h5netcdf").values()
                    )
                ).hexdigest()
            )
            for path in self.posteriors.glob("*.nc")
        }


@pytest.fixture
def place(tmp_path, monkeypatch) -> Place:
    """Where this process, and others that it starts, look for posteriors."""
    found = Place(tmp_path)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join((str(ROOT), str(ROOT / "tests"))))
    monkeypatch.setattr(fit, "fitted", example_at_hand.fitted)
    monkeypatch.setattr(store, "FOLDER", found.posteriors)
    monkeypatch.setattr(alone, "FOLDER", found.posteriors.parent)
    return found


# files


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path):
    path = tmp_path / "numbers.txt"
    write_whole(path, "one")
    with pytest.raises(KeyboardInterrupt), whole(path) as part:
        part.write_text("tw")
        raise KeyboardInterrupt
    assert path.read_text() == "one" and list(tmp_path.iterdir()) == [path]


# fits


def test_a_damaged_posterior_is_detected_and_fitted_again(place, review, capsys):
    fit.fit([ENDPOINT], review)
    [path] = place.posteriors.glob("*.nc")
    sound = path.read_bytes()
    middle = len(sound) // 2
    path.write_bytes(sound[:middle] + bytes([sound[middle] ^ 255]) + sound[middle + 1 :])
    with pytest.raises(store.NotFitted, match=f"{ENDPOINT}: no posterior"):
        store.read(ENDPOINT, review)
    path.write_bytes(sound)
    path.with_suffix(".json").write_text("{", encoding="utf-8")
    with pytest.raises(store.NotFitted, match=f"{ENDPOINT}: no posterior"):
        store.read(ENDPOINT, review)
    fit.fit([ENDPOINT], review)
    assert capsys.readouterr().err.count(f"{ENDPOINT}: fitted in") == 2
    assert store.read(ENDPOINT, review).draws.equals(example_at_hand.fitted()[0])


def test_a_fit_killed_while_it_writes_and_run_again_is_as_if_never_killed(place, review):
    fit.fit([ENDPOINT], review)
    sound = place.checksums()
    for path in place.posteriors.iterdir():
        path.unlink()
    # the draws stand, and the info file, written beside its place, is about to be moved there; before every
    # other change of a file it is killed in the tests of kills
    kill_at_a_write(4, place.folder, "posteriors", "example_at_hand", "fit", ENDPOINT)
    assert place.checksums() == sound and not list(place.posteriors.glob("*.json"))
    fit.fit([ENDPOINT], review)
    assert place.checksums() == sound


# waits


def test_of_two_fits_at_once_one_waits_and_finds_it_done(place, capsys, monkeypatch):
    said = []

    def hear(text, **_):
        said.append(text)
        first.send_signal(signal.SIGCONT)

    command = at_a_write(1, signal.SIGSTOP, "posteriors", "example_at_hand", "fit", ENDPOINT)
    with subprocess.Popen(command, cwd=place.folder, stderr=subprocess.PIPE, text=True) as first:
        os.waitpid(first.pid, os.WUNTRACED)  # it has stopped, with the lock in hand
        monkeypatch.setattr("builtins.print", hear)
        assert main(["fit", ENDPOINT]) == 0
        assert f"{ENDPOINT}: fitted in" in first.communicate(timeout=LIMIT)[1] and first.returncode == 0
    assert f"{ENDPOINT}: already fitted" in capsys.readouterr().err
    assert f"another fit is at work here, process {first.pid}: waiting for it" in said[0]


def test_one_that_waits_says_so_again_with_the_time(tmp_path, monkeypatch):
    monkeypatch.setattr(alone, "FOLDER", tmp_path)
    monkeypatch.setattr(alone, "SAY_EVERY", 0.01)
    held, freed, said = Event(), Event(), []

    def hold():
        with alone.alone("fit"):
            held.set()
            freed.wait(LIMIT)

    def hear(text, **_):
        said.append(text)
        if len(said) == 3:
            freed.set()

    monkeypatch.setattr("builtins.print", hear)
    holder = Thread(target=hold)
    holder.start()
    held.wait(LIMIT)
    with alone.alone("fit"):
        assert freed.is_set(), "it waited for the other"
    holder.join(LIMIT)
    assert ["s so far; Ctrl-C ends the waiting" in text for text in said[:3]] == [False, True, True]


WAITS = {"communicate", "exception", "execute_interactive", "acquire", "nthreads", "result", "wait"}
"""Calls that may wait for another process, thread or machine."""


def unlimited(path: Path) -> list[str]:
    """Calls of a file that may wait without an end."""
    calls = [
        node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)
    ]
    return [
        f"{path.name}:{call.lineno} {ast.unparse(call.func)}"
        for call in calls
        if may_wait(call) and not limited(call)
    ]


def may_wait(call: ast.Call) -> bool:
    name = ast.unparse(call.func)
    owner, _, last = name.rpartition(".")
    return (
        name == "wait"
        or owner == "subprocess"
        or (owner and (last in WAITS or (last == "join" and not call.args)))
    )


def limited(call: ast.Call) -> bool:
    return any((keyword.arg or "").endswith("timeout") for keyword in call.keywords) or (
        ast.unparse(call.func) == "wait" and len(call.args) == 2
    )


def test_every_wait_of_the_product_has_a_limit():
    assert [
        wait
        for room in ("extraction", "models", "book")
        for path in sorted((ROOT / room).rglob("*.py"))
        for wait in unlimited(path)
    ] == []


# disks


@pytest.fixture
def small_files() -> Iterator[None]:
    """As on a disk that is full after 100 kB: a larger file cannot be written."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.usefixtures("small_files")
def test_a_full_disk_is_told_in_one_line_and_leaves_nothing(place, capsys):
    assert main(["fit", ENDPOINT]) == 1
    error = capsys.readouterr().err
    assert "File too large" in error and "Traceback" not in error
    assert not list(place.posteriors.iterdir())


def test_a_folder_that_may_not_be_written_is_told_in_one_line(place, capsys):
    # A file where the folder should be: even root cannot write below it, as on a read-only disk.
    place.posteriors.rmdir()
    place.posteriors.touch()
    assert main(["fit", ENDPOINT]) == 1
    error = capsys.readouterr().err
    assert "posteriors" in error and "Traceback" not in error

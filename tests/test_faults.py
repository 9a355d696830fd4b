"""Killed, starved of disk, run twice at once, or handed damaged files: the same result as without, or one
clear message.
"""

import ast
import hashlib
import os
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread

import pytest
import xarray as xr
from example_events import LIMIT, at_a_write, kill_at_a_write
from example_tree import ROOT, Tree

from extraction.whole import whole, write_whole
from models.runs import alone

ENDPOINT = "severe_crs"  # the quickest to fit
AT_HAND = """
import sys

import numpy as np
import xarray as xr

from models import fit
from models.__main__ import main


def fitted(*_):
    draws = np.random.default_rng(1).normal(size=(4, 10_000))
    diagnostics = {"r_hat": 1.0, "ess_bulk": 10_000, "ess_tail": 10_000, "divergences": 0}
    return xr.Dataset({"mu": (("chain", "draw"), draws)}), {"diagnostics": diagnostics}


fit.fitted = fitted
sys.exit(main())
"""
"""`python -m models` with draws at hand in place of a sampler's, for tests of how they are kept: that a fit
gives the same draws again is held in the tests of fits.
"""


@pytest.fixture(scope="module")
def pristine(tmp_path_factory) -> Tree:
    tree = Tree(tmp_path_factory.mktemp("faults") / "review")
    (tree.folder / "at_hand.py").write_text(AT_HAND, encoding="utf-8")
    return tree


@pytest.fixture
def tree(pristine, tmp_path) -> Iterator[Tree]:
    """A clone with every posterior; what a test does to its `_build` is undone after it."""
    build, kept = pristine.folder / "_build", tmp_path / "kept"
    shutil.copytree(build, kept)
    yield pristine
    shutil.rmtree(build)
    kept.rename(build)


def posteriors(tree: Tree) -> dict[str, str]:
    """Checksum of the draws of each posterior; raises an error where a file is no whole one."""
    return {
        path.name: (
            hashlib.sha256(
                b"".join(
                    draws.values.tobytes() for draws in xr.load_dataset(path, engine="h5netcdf").values()
                )
            ).hexdigest()
        )
        for path in (tree.folder / "_build" / "posteriors").glob("*.nc")
    }


def forget(tree: Tree, endpoint: str = ENDPOINT) -> None:
    for path in (tree.folder / "_build" / "posteriors").glob(f"{endpoint}-*"):
        path.unlink()


# files


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path):
    path = tmp_path / "numbers.txt"
    write_whole(path, "one")
    with pytest.raises(KeyboardInterrupt), whole(path) as part:
        part.write_text("tw")
        raise KeyboardInterrupt
    assert path.read_text() == "one" and list(tmp_path.iterdir()) == [path]


# fits


def test_a_damaged_posterior_is_detected_and_fitted_again(tree):
    [path] = (tree.folder / "_build" / "posteriors").glob(f"{ENDPOINT}-*.nc")
    sound = path.read_bytes()
    middle = len(sound) // 2
    path.write_bytes(sound[:middle] + bytes([sound[middle] ^ 255]) + sound[middle + 1 :])
    done = tree.run("models", "summary")
    assert done.returncode == 1 and f"{ENDPOINT}: no posterior" in done.stderr
    path.write_bytes(sound)
    path.with_suffix(".json").write_text("{", encoding="utf-8")
    assert f"{ENDPOINT}: fitted in" in tree.run("models", "fit", ENDPOINT).stderr
    assert tree.run("models", "summary").returncode == 0


def test_a_fit_killed_while_it_writes_and_run_again_is_as_if_never_killed(tree):
    forget(tree)
    assert tree.run("at_hand", "fit", ENDPOINT).returncode == 0
    sound = posteriors(tree)  # of a fit that nobody killed
    forget(tree)
    for write in (2, 4):  # draws and info file, each written beside its place, are about to be moved there
        kill_at_a_write(write, tree.folder, "posteriors", "at_hand", "fit", ENDPOINT)
        assert all(sound[name] == checksum for name, checksum in posteriors(tree).items()), (
            f"killed before write {write}"
        )
    assert tree.run("at_hand", "fit", ENDPOINT).returncode == 0
    assert posteriors(tree) == sound


# waits


def test_of_two_fits_at_once_one_waits_and_finds_it_done(tree):
    forget(tree)
    options = {"cwd": tree.folder, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(
        at_a_write(1, signal.SIGSTOP, "posteriors", "at_hand", "fit", ENDPOINT), **options
    ) as first:
        os.waitpid(first.pid, os.WUNTRACED)  # it has stopped, with the lock in hand
        with subprocess.Popen([sys.executable, "-m", "models", "fit", ENDPOINT], **options) as second:
            said = second.stderr.readline()
            first.send_signal(signal.SIGCONT)
            assert f"{ENDPOINT}: fitted in" in first.communicate(timeout=LIMIT)[1]
            assert f"{ENDPOINT}: already fitted" in second.communicate(timeout=LIMIT)[1]
    assert f"another fit is at work here, process {first.pid}: waiting for it" in said
    assert (first.returncode, second.returncode) == (0, 0)


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


def small_files() -> None:
    """As on a disk that is full after 100 kB: a larger file cannot be written."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))


def test_a_full_disk_is_told_in_one_line_and_leaves_nothing(tree):
    forget(tree)
    before = sorted((tree.folder / "_build" / "posteriors").iterdir())
    done = tree.run("at_hand", "fit", ENDPOINT, preexec_fn=small_files)
    assert done.returncode == 1 and "File too large" in done.stderr and "Traceback" not in done.stderr
    assert sorted((tree.folder / "_build" / "posteriors").iterdir()) == before


def test_a_folder_that_may_not_be_written_is_told_in_one_line(tree, tmp_path):
    # A file where the folder should be: even root cannot write below it, as on a read-only disk.
    forget(tree)
    (tree.folder / "_build" / "posteriors").rename(tmp_path / "elsewhere")
    (tree.folder / "_build" / "posteriors").touch()
    done = tree.run("at_hand", "fit", ENDPOINT)
    assert done.returncode == 1 and "posteriors" in done.stderr and "Traceback" not in done.stderr

"""Killed, starved of disk, run twice at once, or handed damaged files: the same result as without, or one clear message."""

import hashlib
import os
import resource
import signal
import subprocess
import sys
import time

import pytest
import xarray as xr
from example_tree import Tree

from extraction.whole import whole, write_whole

ENDPOINT = "severe_crs"  # the quickest to fit


@pytest.fixture
def tree(tmp_path) -> Tree:
    return Tree(tmp_path / "review")


def posteriors(tree: Tree) -> dict[str, str]:
    """Checksum of the draws of each posterior; raises an error where a file is no whole one."""
    return {path.name: hashlib.sha256(b"".join(draws.values.tobytes() for draws in xr.load_dataset(path, engine="h5netcdf").values())).hexdigest()
            for path in (tree.folder / "_build" / "posteriors").glob("*.nc")}


def forget(tree: Tree, endpoint: str = ENDPOINT) -> None:
    for path in (tree.folder / "_build" / "posteriors").glob(f"{endpoint}-*"):
        path.unlink()


# files


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path):
    path = tmp_path / "numbers.txt"
    write_whole(path, "one")
    with pytest.raises(ZeroDivisionError), whole(path) as part:
        part.write_text("tw")
        1 / 0
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
    assert f"{ENDPOINT}: fitting" in tree.run("models", "fit", ENDPOINT).stderr
    assert tree.run("models", "summary").returncode == 0


def test_a_fit_killed_at_any_moment_and_run_again_is_as_if_never_killed(tree):
    sound = posteriors(tree)  # of fits that nobody killed
    forget(tree)
    for seconds in (0.8, 2.0, 3.5, 5.0, 6.5, 8.0):
        started = subprocess.Popen([sys.executable, "-m", "models", "fit", ENDPOINT], cwd=tree.folder, stderr=subprocess.DEVNULL, start_new_session=True)
        time.sleep(seconds)
        os.killpg(started.pid, signal.SIGKILL)
        started.wait()
        assert all(sound[name] == checksum for name, checksum in posteriors(tree).items()), f"killed after {seconds} s"
    assert tree.run("models", "fit", ENDPOINT).returncode == 0
    assert posteriors(tree) == sound


def test_of_two_fits_at_once_one_waits_and_finds_it_done(tree):
    forget(tree)
    command = [sys.executable, "-m", "models", "fit", ENDPOINT]
    both = [subprocess.Popen(command, cwd=tree.folder, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    said = sorted(process.communicate()[1] for process in both)
    assert [process.returncode for process in both] == [0, 0]
    assert [f"{ENDPOINT}: fitting" in text for text in said] == [False, True] or [f"{ENDPOINT}: fitting" in text for text in said] == [True, False]
    assert any("another fit is at work here: waiting for it" in text and "already fitted" in text for text in said)


def small_files() -> None:
    """As on a disk that is full after 100 kB: a larger file cannot be written."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))


def test_a_full_disk_is_told_in_one_line_and_leaves_nothing(tree):
    forget(tree)
    before = sorted((tree.folder / "_build" / "posteriors").iterdir())
    done = tree.run("models", "fit", ENDPOINT, preexec_fn=small_files)
    assert done.returncode == 1 and "File too large" in done.stderr and "Traceback" not in done.stderr
    assert sorted((tree.folder / "_build" / "posteriors").iterdir()) == before


def test_a_folder_that_may_not_be_written_is_told_in_one_line(tree):
    # A file where the folder should be: even root cannot write below it, as on a read-only disk.
    forget(tree)
    (tree.folder / "_build" / "posteriors").rename(tree.folder / "elsewhere")
    (tree.folder / "_build" / "posteriors").touch()
    done = tree.run("models", "fit", ENDPOINT)
    assert done.returncode == 1 and "posteriors" in done.stderr and "Traceback" not in done.stderr

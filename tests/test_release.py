"""Releases: frozen once, whole or not at all, and only of a review that is fitted, accepted and committed."""

import json
import re
import shutil
import subprocess
import sys
from datetime import date

import numpy as np
import pytest
from example_tree import Tree

from models.endpoints import OF_DURATIONS
from models.history import changes, release, versions
from models.runs.many import FOLDER as MANY

TODAY = date.today().isoformat()
FILES = ["CHANGELOG.md", "CITATION.cff", "pyproject.toml", "releases/1.0.0.json"]


@pytest.fixture(scope="module")
def released(tmp_path_factory) -> Tree:
    """A tree with version 1.0.0, as the command made it; what was sampled here of CRS duration is taken
    along.
    """
    tree = Tree(tmp_path_factory.mktemp("release") / "review")
    if MANY.is_dir():
        shutil.copytree(MANY, tree.folder / "_build" / "many")
    tree.change("CHANGELOG.md", "\n## ", "\n## Unreleased\n\nEverything.\n\n## ")
    tree.commit("Say what changed")
    tree.git("tag", "unreleased")
    done = tree.run("models", "release", "1.0.0")
    assert done.returncode == 0, done.stderr
    return tree


@pytest.fixture(scope="module")
def command(released):
    """Commands in that tree, after the one that made it."""
    with released.warm() as run:
        yield run


def frozen(tree: Tree, version: str = "1.0.0") -> dict:
    return json.loads((tree.folder / "releases" / f"{version}.json").read_text(encoding="utf-8"))


def refusal(command, version: str) -> str:
    done = command("models", "release", version)
    assert done.returncode == 1 and done.stdout == "" and done.stderr.count("\n") == 1, done.stderr
    return done.stderr


def test_a_release_carries_its_version_and_date_everywhere(released):
    texts = {name: (released.folder / name).read_text(encoding="utf-8") for name in FILES}
    assert re.search(rf"^## 1\.0\.0 \({TODAY}\)$", texts["CHANGELOG.md"], re.M)
    assert re.search(rf"^version: 1\.0\.0\ndate-released: {TODAY}$", texts["CITATION.cff"], re.M)
    assert re.search(r'^version = "1\.0\.0"$', texts["pyproject.toml"], re.M)
    found = frozen(released)
    assert (found["version"], found["date"], found["preceding"], found["trigger"]) == (
        "1.0.0",
        TODAY,
        None,
        ["first release"],
    )
    assert sorted(line[3:] for line in released.git("status", "--porcelain", "-uall").splitlines()) == FILES


def test_it_holds_every_estimate_and_enough_to_draw_each_posterior_again(released):
    for key, endpoint in frozen(released)["endpoints"].items():
        reported, kept = endpoint["reported"], endpoint["quantiles"]
        assert set(reported["mcse"]) == {"median", "lower", "upper"}, key
        at = np.interp([0.025, 0.5, 0.975], kept["probabilities"], kept["mu"])
        np.testing.assert_allclose(
            np.log([reported["lower"], reported["median"], reported["upper"]]), at, atol=1e-5
        )
        assert all(
            len(kept[name]) == len(kept["probabilities"]) for name in ("tau", "prediction", "mu_adjusted")
        )
        assert np.all(np.diff(kept["mu_adjusted"]) >= 0)
        adjusted = np.interp(0.5, kept["probabilities"], kept["mu_adjusted"])
        # of durations it is drawn here, in short chains: 400 effective draws of an SD of 0.3
        error = 0.08 if key in OF_DURATIONS else 0.01
        assert adjusted == pytest.approx(np.log(endpoint["compared"]["adjusted"]["median"]), abs=error)


def test_it_refuses_a_version_that_exists_goes_backwards_or_is_none(command):
    assert "version 1.0.0 exists" in refusal(command, "1.0.0")
    assert "version 0.9.12 goes backwards: the newest release is 1.0.0" in refusal(command, "0.9.12")
    assert "three whole numbers joined by dots" in refusal(command, "1.1")


@pytest.mark.parametrize("wrong", ["1.1", "v1.1.0", "01.1.0", "1.1.0-beta", "../1.1.0"])
def test_a_version_is_three_whole_numbers(wrong):
    with pytest.raises(release.Refused, match="three whole numbers joined by dots"):
        release.release(wrong, date.today())


def test_versions_are_ordered_as_numbers():
    assert sorted(["1.10.0", "1.9.1", "0.30.0"], key=versions.order) == ["0.30.0", "1.9.1", "1.10.0"]


def test_it_refuses_without_an_unreleased_section_then_with_uncommitted_work(released, command):
    released.commit("Release 1.0.0")
    assert "newest section must be `## Unreleased`" in refusal(command, "1.1.0")
    released.change("CHANGELOG.md", "\n## 1.0.0", "\n## Unreleased\n\nA word changed.\n\n## 1.0.0")
    released.commit("Say what changed")
    released.change("CHANGELOG.md", "A word changed.", "Two words changed.")
    assert "these differ from the last commit: CHANGELOG.md" in refusal(command, "1.1.0")
    released.git("checkout", "-q", "CHANGELOG.md")
    (released.folder / "stray.txt").touch()
    assert "these differ from the last commit: stray.txt" in refusal(command, "1.1.0")
    (released.folder / "stray.txt").unlink()


def test_it_refuses_a_review_that_is_not_fitted(released, command, tmp_path):
    posteriors = released.folder / "_build" / "posteriors"
    posteriors.rename(tmp_path / "posteriors")
    assert "no posterior for the present records" in refusal(command, "1.1.0")
    (tmp_path / "posteriors").rename(posteriors)


def test_it_refuses_a_clock_before_the_evidence(released):
    done = released.python(
        "from datetime import date; from models.history import release; release.release('1.1.0', date(2020,"
        " 1, 1))"
    )
    assert "Refused: the clock says 2020-01-01, which is before" in done.stderr


def test_a_damaged_release_is_named(released, command):
    path = released.folder / "releases/1.0.0.json"
    whole = path.read_bytes()
    path.write_bytes(whole[:1000])
    done = command("models", "diff", "1.0.0")
    path.write_bytes(whole)
    assert done.returncode == 1 and "1.0.0.json is damaged" in done.stderr and "Traceback" not in done.stderr


def test_a_second_version_says_what_triggered_it_and_the_difference_is_attributed(released, command):
    released.change(
        "extraction/register.yml",
        "contrast: early v late\n    decision: included",
        "contrast: early v late\n    decision: excluded",
    )
    [(gone, label)] = [
        (row["id"], row["label"])
        for row in frozen(released)["register"]
        if row["decision"] == "included" and row["endpoints"] == ["severe_crs"]
    ]
    assert command("models", "fit").returncode == 0
    released.commit("Exclude a study")
    done = command("models", "release", "1.1.0")
    assert done.returncode == 0, done.stderr
    second = frozen(released, "1.1.0")
    assert second["preceding"] == "1.0.0" and second["trigger"] == [f"{label}: included before, now excluded"]
    told = json.loads(command("models", "diff", "1.0.0", "1.1.0", "--json").stdout)
    for key, endpoint in told["endpoints"].items():
        had = gone in {report["study"] for report in frozen(released)["endpoints"][key]["evidence"]["used"]}
        assert [(step["what"], step["study"]) for step in endpoint["unadjusted"]["steps"]] == (
            [("removed", gone)] if had else []
        ), key
    said = changes.said(told)
    assert f"{label} removed: ratio × " in said and "Methods: unchanged." in said
    assert command("models", "diff", "1.1.0").stdout.startswith(
        "From version 1.1.0 to what is here now\n\nStudies: none changed."
    )


def test_an_unknown_version_is_refused_in_one_line(released, command):
    done = command("models", "diff", "9.9.9")
    assert done.returncode == 1 and done.stderr.startswith("there is no release 9.9.9; released: 1.0.0")


KILLED = """
import json, os, signal, sys
from datetime import date
from pathlib import Path
from models.history import release

frozen = json.loads(sys.argv[1])
release.freeze = lambda *_: frozen  # the fits behind it are killed in the tests of many fits
review = release.load()  # read and checked once for all runs
found = release.check(review)
release.load, release.check = lambda: review, lambda _: found
write_text, replace = Path.write_text, os.replace

def run(killed_at):
    steps = 0
    def step(real):
        def counted(*given, **named):
            nonlocal steps
            steps += 1
            if steps == killed_at:
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*given, **named)
        return counted
    if not (child := os.fork()):
        Path.write_text, os.replace = step(write_text), step(replace)
        release.release("1.0.0", date.fromisoformat(frozen["date"]))
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

def files():
    return {name: Path(name).read_text(encoding="utf-8") for name in sys.argv[2:]}

def put_back():
    Path("releases/1.0.0.json").unlink(missing_ok=True)
    os.system("git reset -q --hard")

assert run(0) == 0
whole, kills = files(), 0
put_back()
while (ended := run(kills + 1)) == -signal.SIGKILL:
    kills += 1
    assert not Path("releases/1.0.0.json").exists(), "its own file comes last"
    assert run(0) == 0
    assert files() == whole, kills
    put_back()
assert ended == 0
print(kills)
"""


def test_killed_before_any_step_of_writing_and_run_again_it_is_as_if_never_killed(released):
    content = json.dumps(frozen(released))
    released.git("clean", "-q", "-f", "-d")
    released.git("checkout", "-q", "-f", "unreleased")
    done = subprocess.run(
        [sys.executable, "-c", KILLED, content, *FILES], cwd=released.folder, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) == 2 * len(FILES)  # each is written beside its place, then moved there

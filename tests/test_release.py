"""Releases: frozen once, whole or not at all, and only of a review that is fitted, accepted and committed."""

import json
import re
from collections.abc import Iterator
from datetime import date

import numpy as np
import pytest
from example_tree import Repository, commands_in, of_another_review, own_texts, release_here

from models.__main__ import main
from models.history import release, versions

TODAY = date.today().isoformat()
FILES = ["CHANGELOG.md", "CITATION.cff", "pyproject.toml", "releases/1.0.0.json"]


@pytest.fixture(scope="module")
def tree(tmp_path_factory) -> Repository:
    return of_another_review(tmp_path_factory.mktemp("release") / "review")


@pytest.fixture(scope="module")
def command(tree) -> Iterator:
    """Commands in that tree."""
    with commands_in(tree.folder) as run:
        yield run


@pytest.fixture(scope="module")
def released(tree, command) -> Repository:
    """The tree with version 1.0.0, as the command made it."""
    done = command("models", "fit")
    assert done.returncode == 0, done.stderr
    done = command("models", "release", "1.0.0")
    assert done.returncode == 0, done.stderr
    return tree


@pytest.fixture
def own(tmp_path, review, monkeypatch) -> Repository:
    """What a release of the project's own review changes, in a repository where this process makes it."""
    folder = tmp_path / "own"
    folder.mkdir()
    own_texts(folder)
    release_here(monkeypatch.setattr, folder, review)
    return Repository(folder)


def frozen(tree: Repository, version: str = "1.0.0") -> dict:
    return json.loads((tree.folder / "releases" / f"{version}.json").read_text(encoding="utf-8"))


def changed(tree: Repository) -> list[str]:
    return sorted(line[3:] for line in tree.git("status", "--porcelain", "-uall").splitlines())


def test_a_release_carries_its_version_and_date_everywhere(own):
    assert main(["release", "1.0.0"]) == 0
    texts = {name: (own.folder / name).read_text(encoding="utf-8") for name in FILES}
    assert re.search(rf"^## 1\.0\.0 \({TODAY}\)$", texts["CHANGELOG.md"], re.M)
    assert re.search(rf"^version: 1\.0\.0\ndate-released: {TODAY}$", texts["CITATION.cff"], re.M)
    assert re.search(r'^version = "1\.0\.0"$', texts["pyproject.toml"], re.M)
    assert json.loads(texts["releases/1.0.0.json"]) == {"version": "1.0.0", "date": TODAY}
    assert changed(own) == FILES


def test_the_first_release_says_so_and_another_review_has_no_project_to_number(released):
    found = frozen(released)
    assert (found["version"], found["date"], found["preceding"], found["trigger"]) == (
        "1.0.0",
        TODAY,
        None,
        ["first release"],
    )
    assert changed(released) == [name for name in FILES if name != "pyproject.toml"]


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
        assert adjusted == pytest.approx(np.log(endpoint["compared"]["adjusted"]["median"]), abs=0.01)


@pytest.fixture
def refusal(capsys):
    """What the command says in one line of a version that it refuses."""

    def told(version: str) -> str:
        capsys.readouterr()
        assert main(["release", version]) == 1
        said = capsys.readouterr()
        assert said.out == "" and said.err.count("\n") == 1, said.err
        return said.err

    return told


def test_it_refuses_a_version_that_exists_goes_backwards_or_is_none(own, refusal):
    newest = versions.released()[-1]
    assert f"version {newest} exists" in refusal(newest)
    assert f"version 0.0.12 goes backwards: the newest release is {newest}" in refusal("0.0.12")
    assert "three whole numbers joined by dots" in refusal("1.1")


@pytest.mark.parametrize("wrong", ["1.1", "v1.1.0", "01.1.0", "1.1.0-beta", "../1.1.0"])
def test_a_version_is_three_whole_numbers(wrong):
    with pytest.raises(release.Refused, match="three whole numbers joined by dots"):
        release.release(wrong, date.today())


def test_versions_are_ordered_as_numbers():
    assert sorted(["1.10.0", "1.9.1", "0.30.0"], key=versions.order) == ["0.30.0", "1.9.1", "1.10.0"]


def test_it_refuses_without_an_unreleased_section_then_with_uncommitted_work(own, refusal):
    assert main(["release", "1.0.0"]) == 0
    own.commit("Release 1.0.0")
    assert "newest section must be `## Unreleased`" in refusal("1.1.0")
    own.change("CHANGELOG.md", "\n## 1.0.0", "\n## Unreleased\n\nA word changed.\n\n## 1.0.0")
    own.commit("Say what changed")
    own.change("CHANGELOG.md", "A word changed.", "Two words changed.")
    assert "these differ from the last commit: CHANGELOG.md" in refusal("1.1.0")
    own.git("checkout", "-q", "CHANGELOG.md")
    (own.folder / "stray.txt").touch()
    assert "these differ from the last commit: stray.txt" in refusal("1.1.0")


def test_it_refuses_a_clock_before_the_evidence(own):
    with pytest.raises(release.Refused, match="the clock says 2020-01-01, which is before"):
        release.release("1.1.0", date(2020, 1, 1))


def test_a_damaged_release_is_named(released, command):
    path = released.folder / "releases/1.0.0.json"
    whole = path.read_bytes()
    path.write_bytes(whole[:1000])
    done = command("models", "diff", "1.0.0")
    path.write_bytes(whole)
    assert done.returncode == 1 and "1.0.0.json is damaged" in done.stderr and "Traceback" not in done.stderr


def test_a_second_version_wants_its_fit_and_says_what_triggered_it_and_what_moved_by_what(released, command):
    newest = "\n## Unreleased\n\nA study less.\n\n## 1.0.0"
    released.change("CHANGELOG.md", "\n## 1.0.0", newest)
    gone = "anker2021"
    row = "    patients: 5988\n    contrast: added to usual care\n    decision: "
    released.change("register.yml", f"{row}included", f"{row}excluded")
    [label] = [row["label"] for row in frozen(released)["register"] if row["id"] == gone]
    released.commit("Exclude a study")
    refused = command("models", "release", "1.1.0")
    assert refused.returncode == 1 and refused.stdout == "" and refused.stderr.count("\n") == 1
    assert "no posterior for the present records" in refused.stderr
    assert command("models", "fit").returncode == 0
    done = command("models", "release", "1.1.0")
    assert done.returncode == 0, done.stderr
    second = frozen(released, "1.1.0")
    assert second["preceding"] == "1.0.0" and second["trigger"] == [f"{label}: included before, now excluded"]
    told = json.loads(command("models", "diff", "1.0.0", "1.1.0", "--json").stdout)
    assert len(told["endpoints"]) == 3
    for key, endpoint in told["endpoints"].items():
        had = gone in {report["study"] for report in frozen(released)["endpoints"][key]["evidence"]["used"]}
        steps = [(step["what"], step["study"]) for step in endpoint["unadjusted"]["steps"]]
        assert steps == ([("removed", gone)] if had else []), key
    said = command("models", "diff", "1.0.0", "1.1.0").stdout
    assert f"{label} removed: ratio × " in said and "Methods: unchanged." in said
    assert command("models", "diff", "1.1.0").stdout.startswith(
        "From version 1.1.0 to what is here now\n\nStudies: none changed."
    )


def test_an_unknown_version_is_refused_in_one_line(released, command):
    done = command("models", "diff", "9.9.9")
    assert done.returncode == 1 and done.stderr.startswith("there is no release 9.9.9; released: 1.0.0")

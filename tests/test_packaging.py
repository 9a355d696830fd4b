"""One set of pins, one version, and nothing of one machine in the repository."""

import importlib
import json
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml
from cffconvert import Citation

from models.__main__ import pool_studies

ROOT = Path(__file__).resolve().parent.parent
PIN = re.compile(r"([A-Za-z0-9._-]+)==([^\s;]+)")


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def project() -> dict:
    return tomllib.loads(read("pyproject.toml"))["project"]


@pytest.fixture(scope="module")
def tracked() -> dict[str, str]:
    """Text of every file that is in git or about to be, by its path."""
    if not (ROOT / ".git").exists():
        pytest.skip("an export without its git history")
    # A checkout owned by another user, as in a container, is still readable.
    listing = [
        "git",
        "-c",
        "safe.directory=*",
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
    ]
    names = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    return {
        n: (ROOT / n).read_text(encoding="utf-8", errors="replace")
        for n in names
        if n and (ROOT / n).is_file()
    }


def direct(project: dict) -> list[str]:
    extras = [pin for pins in project["optional-dependencies"].values() for pin in pins]
    return [pin for pin in project["dependencies"] + extras if not pin.startswith(f"{project['name']}[")]


# --- commands ---


def test_every_installed_command_is_a_function(project):
    for target in project["scripts"].values():
        module, _, name = target.partition(":")
        assert callable(getattr(importlib.import_module(module), name))


def test_the_command_that_pools_takes_what_stands_after_it(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["pool-studies", "nowhere.csv"])
    assert pool_studies() == 1
    assert "nowhere.csv: No such file" in capsys.readouterr().err


# --- pins ---


def test_every_direct_dependency_is_pinned_exactly(project):
    assert [d for d in direct(project) if not PIN.fullmatch(d)] == []


def test_conda_users_get_the_same_direct_pins(project):
    listed = yaml.safe_load(read("environment.yml"))["dependencies"]
    conda = [d for d in listed if isinstance(d, str) and not re.fullmatch(r"pip|python [<>=].*", d)]
    pip = [d for group in listed if isinstance(group, dict) for d in group["pip"] if d != "-e ."]
    assert sorted(conda + pip + project["optional-dependencies"]["env"]) == sorted(direct(project)), (
        "but for uv, in whose place conda is"
    )


def test_the_lock_holds_every_direct_pin(project):
    locked = dict(
        PIN.match(line).groups() for line in read("requirements.lock").splitlines() if PIN.match(line)
    )
    pins = [PIN.fullmatch(d).groups() for d in direct(project)]
    wanted = {name.replace(".", "-"): version for name, version in pins}  # as the lock spells names
    assert {name: locked.get(name) for name in wanted} == wanted


def test_the_lock_is_pins_and_hashes_and_nothing_else():
    text = read("requirements.lock")
    lines = [line.removesuffix(" \\") for line in text.splitlines() if not line.lstrip().startswith("#")]
    packages = [i for i, line in enumerate(lines) if re.fullmatch(rf"{PIN.pattern}(?: ; .*)?", line)]
    hashes = [i for i, line in enumerate(lines) if re.fullmatch(r" {4}--hash=sha256:[0-9a-f]{64}", line)]
    assert len(packages) > 100
    assert sorted(packages + hashes) == list(range(len(lines)))
    assert [lines[i] for i in packages if i + 1 not in hashes] == []
    assert "://" not in text


def test_the_lock_serves_windows_and_macos_too():
    # colorama is needed by click on Windows only, appnope by ipykernel on macOS only.
    assert re.search(r"^colorama==\S+ ; .*win32", read("requirements.lock"), re.M)
    assert re.search(r"^appnope==\S+ ; .*darwin", read("requirements.lock"), re.M)


# --- citing ---


def test_the_citation_file_is_valid():
    Citation(read("CITATION.cff")).validate()


def test_one_version_everywhere(project):
    cited = yaml.safe_load(read("CITATION.cff"))["version"]
    # what is not released yet may stand above it
    newest = re.search(r"^## (\d\S+)", read("CHANGELOG.md"), re.M)[1]
    assert (cited, newest) == (project["version"], project["version"])


def test_the_citation_is_dated_as_its_release_and_not_before(project):
    release = ROOT / "releases" / f"{project['version']}.json"
    released = json.loads(release.read_text(encoding="utf-8"))["date"] if release.is_file() else None
    dated = yaml.safe_load(read("CITATION.cff")).get("date-released")
    assert (str(dated) if dated else None) == released


def test_the_archive_reads_the_citation_file():
    assert not (ROOT / ".zenodo.json").exists()  # Zenodo would read it instead


# --- what the repository holds ---


FOR_TESTS = "tests/reference/axe/"
"""The rules of accessibility that tests hold the pages against, unchanged and with their licence; no part of
the book.
"""


def test_nobody_elses_javascript_is_committed_but_for_tests(tracked):
    tracked = {name: text for name, text in tracked.items() if not name.startswith(FOR_TESTS)}
    shipped = [n for n in tracked if re.search(r"\.min\.(?:m?js|css)$|(?:^|/)node_modules/", n)]
    banners = [
        n
        for n, text in tracked.items()
        if n.endswith((".js", ".mjs")) and re.search(r"/\*!|@licen[cs]e", text)
    ]
    assert shipped + banners == []


def test_no_file_names_a_folder_of_one_machine(tracked):
    here = "|".join(re.escape(f"{folder}/") for folder in {ROOT.parent, Path.home()} - {Path("/")})
    folder = re.compile(rf"(?<![\w.*/~-])(?:/(?:home|Users)/\w|/(?:root)/{'|' + here if here else ''})")
    assert [(n, m[0]) for n, text in tracked.items() if (m := folder.search(text))] == []


def test_no_file_names_a_package_index(tracked):
    index = re.compile(
        r"pypi\.org|pythonhosted\.org|npmjs\.(?:org|com)|anaconda\.(?:org|com)|(?:index|registry)[-]url|find[-]links"
    )
    assert [(n, m[0]) for n, text in tracked.items() if (m := index.search(text))] == []

"""Clones of the whole tree, to work in as a contributor would, and the walkthrough of CONTRIBUTING; small
repositories, to run commands and make releases in.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from types import SimpleNamespace

from extraction.records import Review
from models.history import release, versions

ROOT = Path(__file__).resolve().parent.parent
BUILD_SECONDS = 300  # of patience, on a machine that others use as well


def command_of(*arguments: str) -> subprocess.CompletedProcess:
    """`python -m ARGUMENTS`, in this tree."""
    return subprocess.run(
        (sys.executable, "-m", *arguments), cwd=ROOT, capture_output=True, text=True, timeout=BUILD_SECONDS
    )


def clone(folder: Path) -> Path:
    """A clone of the tree as it stands, with its environment and one commit, and with what is compiled of its
    code already.
    """
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    for name in listed.splitlines():
        source = ROOT / name
        if source.is_file() and not source.is_symlink():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, folder / name)
    copy_compiled(folder)
    (folder / ".venv").symlink_to(sys.prefix)
    begun = run("git init -q && git add . && git commit -q -m 'The tree'", folder)
    assert begun.returncode == 0, begun.stderr
    return folder


def copy_compiled(folder: Path) -> None:
    """Take along what Python and Numba have compiled of the code, which holds for files that were copied with
    their time of change.
    """
    copy_syntax(folder)
    for package in ("extraction", "models", "book"):
        for file in (ROOT / package).rglob("__pycache__/*"):
            if file.suffix in {".pyc", ".nbi", ".nbc"}:  # whole: what is being written is named otherwise
                place = folder / file.relative_to(ROOT)
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(file, place)


def copy_syntax(folder: Path) -> None:
    """Take along what each module was read to say, which holds for its text."""
    if (known := ROOT / "_build/syntax.json").is_file():
        (folder / "_build").mkdir(exist_ok=True)
        shutil.copy(known, folder / "_build")


def run(commands: str, folder: Path) -> subprocess.CompletedProcess:
    """Run lines of a shell in a clone, up to the first that fails."""
    identity = {
        f"GIT_{who}_{what}": "nobody@example.org"
        for who in ("AUTHOR", "COMMITTER")
        for what in ("NAME", "EMAIL")
    }
    environment = {
        k: v for k, v in os.environ.items() if k not in {"PYTHONPATH", "MAKEFLAGS", "MFLAGS", "MAKELEVEL"}
    }
    return subprocess.run(
        ["bash", "-ec", commands], cwd=folder, env=environment | identity, capture_output=True, text=True
    )


def walkthrough(kind: str) -> list[str]:
    """Blocks of one kind (sh, yaml, text) in the worked example."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    part = re.search(r"^## Worked example\n(.*?)^## ", text, re.M | re.S).group(1)
    return re.findall(rf"^```{kind}\n(.*?)^```$", part, re.M | re.S)


def fill_in(tree: Path, study: str, row: str, record: str) -> None:
    """Put a row in the place of the study's own, and a record in the place of its sheet."""
    register = tree / "extraction/register.yml"
    text, n = re.subn(rf"  - id: {study}\n(?:    .*\n)+", lambda _: row, register.read_text(encoding="utf-8"))
    assert n == 1
    register.write_text(text, encoding="utf-8")
    (tree / f"extraction/records/{study}.yml").write_text(record, encoding="utf-8")


class Repository:
    """A folder under git, with one commit of what it holds."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.git("init", "-q", "--template=")
        self.git("config", "user.name", "A reviewer")
        self.git("config", "user.email", "reviewer@example.org")
        self.commit("As it stands")

    def git(self, *words: str) -> str:
        return subprocess.run(
            ["git", *words], cwd=self.folder, check=True, capture_output=True, text=True
        ).stdout

    def commit(self, message: str) -> None:
        self.git("add", "-A")
        self.git("commit", "-q", "-m", message)

    def change(self, file: str, old: str, new: str) -> None:
        """Replace the first `old` in a file, which must be there."""
        path = self.folder / file
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{file} does not hold {old!r}"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")


NEWEST = "# Changelog\n\n## Unreleased\n\nEverything.\n"


def of_another_review(folder: Path) -> Repository:
    """An example review in a repository of its own, never released."""
    shutil.copytree(ROOT / "examples" / "sglt2", folder, ignore=shutil.ignore_patterns("_build"))
    (folder / "CHANGELOG.md").write_text(NEWEST, encoding="utf-8")
    (folder / ".gitignore").write_text("_build/\n", encoding="utf-8")
    return Repository(folder)


WARM = """
import json, os, runpy, sys
import example_at_hand
from models import fit
from models.history import changes, release

fit.fitted, fit.cores = example_at_hand.fitted, lambda: 1  # other processes would sample
places = sys.argv[1:]
for line in sys.stdin:
    if not (child := os.fork()):
        for number, place in enumerate(places, 1):
            os.dup2(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
        sys.argv = json.loads(line)
        runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
        sys.exit()
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


@contextmanager
def commands_in(folder: Path) -> Iterator[Callable[..., subprocess.CompletedProcess]]:
    """`python -m WORDS` in the folder of another review, where a fit has its draws at hand, by copies of one
    process that has imported the models: each begins as if it was the first, without the seconds of imports.
    """
    said = folder.with_suffix(".out"), folder.with_suffix(".error")
    paths = os.pathsep.join(map(str, (ROOT, ROOT / "tests")))
    with subprocess.Popen(
        [sys.executable, "-c", WARM, *map(str, said)],
        cwd=folder,
        env=os.environ | {"REVIEW": str(folder), "PYTHONPATH": paths},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:

        def run(*words: str) -> subprocess.CompletedProcess:
            process.stdin.write(json.dumps(words) + "\n")
            process.stdin.flush()
            code = int(process.stdout.readline())
            return subprocess.CompletedProcess(words, code, *(path.read_text("utf-8") for path in said))

        yield run


def own_texts(folder: Path) -> None:
    """What a release of the project's own review changes beside the release itself."""
    for name in ("CITATION.cff", "pyproject.toml"):
        shutil.copy(ROOT / name, folder)
    (folder / "CHANGELOG.md").write_text(NEWEST, encoding="utf-8")


def release_here(put: Callable[[object, str, object], None], folder: Path, review: Review) -> None:
    """Have releases of this process made in a repository: of that review, without the numbers that are
    frozen.
    """

    def freeze(version: str, today: date, review: Review, preceding: dict | None) -> dict:
        return {"version": version, "date": today.isoformat()}

    for module, name, value in (
        (release, "HOME", folder),
        (versions, "FOLDER", folder / "releases"),
        (release, "load", lambda: review),
        (release, "check", lambda _: SimpleNamespace(errors=[])),
        (release, "freeze", freeze),
    ):
        put(module, name, value)

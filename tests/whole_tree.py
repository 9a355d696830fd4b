"""A copy of the whole tree in a git repository of its own, with the posteriors that are fitted, to run commands in."""

import shutil
import subprocess
import sys
from pathlib import Path

from book import inputs
from extraction.records import load
from models import fit, store
from models.endpoints import ENDPOINTS

LEFT_OUT = shutil.ignore_patterns(".git", ".venv", "_build", "__pycache__", ".pytest_cache", ".hypothesis", "releases")


class Tree:
    """The copy; its posteriors are those of the real tree, which are fitted first where they are missing."""

    def __init__(self, folder: Path):
        fit.fit(ENDPOINTS, load())
        self.folder = folder
        shutil.copytree(inputs.ROOT, folder, ignore=LEFT_OUT)
        posteriors = folder / "_build" / "posteriors"
        posteriors.mkdir(parents=True)
        for key in ENDPOINTS:
            for path in store.FOLDER.glob(f"{key}-{store.hash_of(store.identity(key))}.*"):
                shutil.copy(path, posteriors)
        self.git("init", "-q")
        self.git("config", "user.name", "A reviewer")
        self.git("config", "user.email", "reviewer@example.org")
        self.commit("The review")

    def git(self, *words: str) -> str:
        return subprocess.run(["git", *words], cwd=self.folder, check=True, capture_output=True, text=True).stdout

    def commit(self, message: str) -> None:
        self.git("add", "-A")
        self.git("commit", "-q", "-m", message)

    def run(self, *words: str, **options) -> subprocess.CompletedProcess:
        """`python -m WORDS`, in the copy."""
        return subprocess.run([sys.executable, "-m", *words], cwd=self.folder, capture_output=True, text=True, **options)

    def python(self, script: str) -> subprocess.CompletedProcess:
        """A script run in the copy."""
        return subprocess.run([sys.executable, "-c", script], cwd=self.folder, capture_output=True, text=True)

    def change(self, file: str, old: str, new: str) -> None:
        """Replace the first `old` in a file, which must be there."""
        path = self.folder / file
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{file} does not hold {old!r}"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

"""Clones of the whole tree, to work in as a contributor would, and the walkthrough of CONTRIBUTING."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def clone(folder: Path) -> Path:
    """A clone of the tree as it stands, with its environment and one commit."""
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in listed.splitlines():
        source = ROOT / name
        if source.is_file() and not source.is_symlink():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, folder / name)
    (folder / ".venv").symlink_to(sys.prefix)
    begun = run("git init -q && git add . && git commit -q -m 'The tree'", folder)
    assert begun.returncode == 0, begun.stderr
    return folder


def run(commands: str, folder: Path) -> subprocess.CompletedProcess:
    """Run lines of a shell in a clone, up to the first that fails."""
    identity = {f"GIT_{who}_{what}": "nobody@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    environment = {k: v for k, v in os.environ.items() if k not in {"PYTHONPATH", "MAKEFLAGS", "MFLAGS", "MAKELEVEL"}}
    return subprocess.run(["bash", "-ec", commands], cwd=folder, env=environment | identity, capture_output=True, text=True)


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

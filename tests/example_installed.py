"""The package as others install it: a wheel in an environment of its own, which works from any folder."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
AROUND = (
    "_config.yml",
    "_toc.yml",
    "requirements.lock",
    *(str(path.relative_to(ROOT)) for path in (ROOT / "tests" / "reference").glob("*.csv")),
)
"""Files beside the packages that pages read."""
UV = shutil.which("uv") or str(Path(sys.executable).parent / "uv")


@dataclass(frozen=True)
class Installed:
    """An environment that holds the wheel, and all other libraries of this one."""

    environment: Path

    def review(self, *arguments: str, here: Path) -> subprocess.CompletedProcess:
        clean = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "REVIEW")}
        command = [str(self.environment / "bin" / "review"), *arguments]
        return subprocess.run(command, cwd=here, env=clean, capture_output=True, text=True)


def install(place: Path) -> Installed:
    """The package in an environment below `place`."""
    for package in ("review", "extraction", "models", "book"):
        shutil.copytree(
            ROOT / package, place / "tree" / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    for file in ("pyproject.toml", "setup.py", "README.md", "LICENSE", "LICENSE-TEXT", *AROUND):
        (place / "tree" / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / file, place / "tree" / file)
    environment = place / "environment"

    def uv(*words: str | Path) -> None:
        done = subprocess.run([UV, *words], capture_output=True, text=True, cwd=place)
        assert done.returncode == 0, done.stderr

    # with the setuptools that stands here: tests ask no index
    uv("build", "--quiet", "--wheel", "--offline", "--no-build-isolation", "--python", sys.executable, "tree")
    uv("venv", "--quiet", "--python", sys.executable, environment)
    [wheel] = (place / "tree" / "dist").glob("*.whl")
    uv("pip", "install", "--quiet", "--offline", "--no-deps", "--python", environment / "bin/python", wheel)
    [site] = environment.glob("lib/python3*/site-packages")
    # behind its own: what is installed here, but for the tree itself
    (site / "libraries.pth").write_text(f"{libraries()}\n")
    return Installed(environment)


def libraries() -> Path:
    import numpy

    return Path(numpy.__file__).parent.parent

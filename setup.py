"""Into the wheel go, below extraction/around, files beside the packages that they read; all else stands in
pyproject.toml.
"""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

AROUND = ("_config.yml", "_toc.yml", "requirements.lock", "tests/reference/*.csv")


class WithFilesAround(build_py):
    def run(self) -> None:
        super().run()
        for file in (file for pattern in AROUND for file in Path().glob(pattern)):
            place = Path(self.build_lib, "extraction", "around", file)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, place)


setup(cmdclass={"build_py": WithFilesAround})

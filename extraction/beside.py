"""Files beside the packages, which an installed package has in a folder of its own."""

from pathlib import Path

from extraction.tree import ROOT


def beside(*names: str, root: Path = ROOT) -> Path:
    """Where a file or folder beside the packages stands, in the tree or as setup.py installs it."""
    here = root.joinpath(*names)
    return here if here.exists() else root.joinpath("extraction", "around", *names)

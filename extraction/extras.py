"""Libraries that a plain installation leaves out."""

import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata

from extraction.fault import Fault

DISTRIBUTION = "tocilizumab-after-cart"
OWN = ("extraction", "models", "book", "review")


def version() -> str:
    """The version of this package, installed or not."""
    try:
        return metadata.version(DISTRIBUTION)
    except metadata.PackageNotFoundError:
        from extraction.tree import ROOT  # a REVIEW that is no folder stops it: commands tell that in a line

        text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
        return tomllib.loads(text)["project"]["version"]


class NotInstalled(Fault):
    """A library is missing that an extra of the package brings."""


@contextmanager
def of_extra(extra: str) -> Iterator[None]:
    """What the block imports comes with this extra; raise NotInstalled, which says how to get it."""
    try:
        yield
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing in OWN:
            raise
        raise NotInstalled(
            f"{missing} is not installed; this gets it: pip install '{DISTRIBUTION}[{extra}]'"
        ) from None

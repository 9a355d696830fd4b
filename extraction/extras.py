"""Libraries that a plain installation leaves out."""

from collections.abc import Iterator
from contextlib import contextmanager

from extraction.fault import Fault

DISTRIBUTION = "tocilizumab-after-cart"
OWN = ("extraction", "models", "book", "review")


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

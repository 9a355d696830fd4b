"""What several pages ask of a review, computed once for all of them."""

from collections.abc import Callable
from contextlib import suppress
from functools import wraps

from extraction.records import Review
from extraction.tree import BUILD
from models.runs import kept, store
from models.runs.alone import alone
from models.runs.closure import fingerprint

FOLDER = BUILD / "shared"
PATIENCE = 300.0
"""Seconds to wait for another process that computes the same; after that it is computed here too."""


def shared(function: Callable) -> Callable:
    """Keep what a function of an endpoint's key and a review returns, which must be JSON: under a key of the
    whole review, of the endpoint's posterior, and of the function's code with all that it imports.
    """

    @wraps(function)
    def kept_or_computed(key: str, review: Review):
        name = f"{function.__name__.strip('_')}-{key}"
        path = FOLDER / f"{name}.json"
        under = store.hash_of([review.fingerprint, store.identity(key, review), fingerprint(function)])
        if (found := kept.read(path, under)) is not None:
            return found
        with alone(name, FOLDER, PATIENCE):
            if (found := kept.read(path, under)) is None:
                found = function(key, review)
                with suppress(OSError):  # a tree that may not be written, or a full disk, is no hindrance
                    kept.write_on_one_line(path, under, found)
        return found

    return kept_or_computed

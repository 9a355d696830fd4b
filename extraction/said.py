"""What a function does, said to readers: the words stand on the function, so that neither is changed without
the other.
"""

from collections.abc import Callable


def said[F: Callable](words: str) -> Callable[[F], F]:
    """Give a function its words, a phrase without a full stop, as its attribute `words`."""

    def give(function: F) -> F:
        function.words = words  # type: ignore[attr-defined]
        return function

    return give

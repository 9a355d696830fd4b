"""How the command lines of all packages are read."""

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

from extraction.fault import Fault
from extraction.recover import Unusable
from extraction.recover.printed import whole


class Parser(argparse.ArgumentParser):
    """Wrong usage gets one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}\n")


@contextmanager
def ending_the_process() -> Iterator[None]:
    """A fault that imports meet, as one in question.yml, ends the process with its message and code 1."""
    try:
        yield
    except Fault as fault:
        sys.exit(str(fault))


def counted(text: str) -> int:
    """A count as printed, `1,234`, from a command line."""
    try:
        return whole(text)
    except Unusable as error:
        raise argparse.ArgumentTypeError(str(error)) from error

"""How the command lines of all packages are read."""

import argparse
from typing import NoReturn

from extraction.recover import Unusable
from extraction.recover.printed import whole


class Parser(argparse.ArgumentParser):
    """Wrong usage gets one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}\n")


def counted(text: str) -> int:
    """A count as printed, `1,234`, from a command line."""
    try:
        return whole(text)
    except Unusable as error:
        raise argparse.ArgumentTypeError(str(error)) from error

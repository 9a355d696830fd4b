"""How the command lines of all packages are read."""

import argparse
from typing import NoReturn


class Parser(argparse.ArgumentParser):
    """Wrong usage gets one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}\n")

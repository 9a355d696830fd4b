"""How answers are printed for people."""

from rich.console import Console
from rich.table import Table

SHOWN = 20
"""Candidates that the readable answer lists; `--json` gives all."""


def show_rows(heads: list[str], rows: list[list], title: str | None = None, of: int | None = None) -> None:
    """A table, cut off after SHOWN rows; of: how many there are, where not all are given."""
    if not rows:
        say("Nothing fits.")
        return
    table = Table(*heads, title=title)
    for row in rows[:SHOWN]:
        table.add_row(*map(str, row))
    Console().print(table)
    if (many := of or len(rows)) > SHOWN:
        say(f"and {many - SHOWN:,} more; --json lists all.")


def say(text: str) -> None:
    """A line, unless there is nothing to say."""
    if text:
        print(text)

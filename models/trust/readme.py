"""`python -m models answer`: today's answer, written into the README between its markers."""

from argparse import Namespace

from extraction.commands.parser import tell_files
from extraction.fault import Fault
from extraction.records import Review, load
from extraction.tree import HOME
from extraction.whole import write_whole
from models.endpoints import ENDPOINTS
from models.trust.told import told
from models.words import short

README = HOME / "README.md"
START, END = "<!-- answer:start -->", "<!-- answer:end -->"


def answer(review: Review) -> str:
    """A line for each leading endpoint; raise store.NotFitted where one is not fitted."""
    return "\n".join(
        f"- {short(told(key, review), endpoint)}"
        for key, endpoint in ENDPOINTS.items()
        if endpoint.shown.leads
    )


def with_answer(text: str, lines: str) -> str:
    """The README's text with the lines between its markers; raise Fault where they are not there."""
    before, started, rest = text.partition(START)
    _, ended, after = rest.partition(END)
    if not (started and ended):
        raise Fault(f"{README}: found no line {START} with {END} below it, between which the answer stands")
    return f"{before}{START}\n{lines}\n{END}{after}"


def command(args: Namespace) -> int:
    """Rewrite the README's answer."""
    text = README.read_text(encoding="utf-8") if README.is_file() else ""
    write_whole(README, with_answer(text, answer(load())))
    tell_files(args, [README])
    return 0

"""`python -m models answer`: today's answer, written into the README between its markers."""

from extraction.records import Review, load
from extraction.tree import ROOT
from extraction.whole import write_whole
from models.endpoints import ENDPOINTS
from models.trust.told import told
from models.words import short

README = ROOT / "README.md"
START, END = "<!-- answer:start -->", "<!-- answer:end -->"


def answer(review: Review) -> str:
    """A line for each leading endpoint; raise store.NotFitted where one is not fitted."""
    return "\n".join(
        f"- {short(told(key, review), endpoint)}"
        for key, endpoint in ENDPOINTS.items()
        if endpoint.shown.leads
    )


def with_answer(text: str, lines: str) -> str:
    """The README's text with the lines between its markers."""
    before, rest = text.split(START)
    return f"{before}{START}\n{lines}\n{END}{rest.split(END)[1]}"


def command(args) -> int:
    """Rewrite the README's answer."""
    lines = answer(load())
    write_whole(README, with_answer(README.read_text(encoding="utf-8"), lines))
    return 0

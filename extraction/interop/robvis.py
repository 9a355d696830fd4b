"""Risk of bias in the tables that robvis draws (McGuinness 2021, Res Synth Methods 12:55): a row for each
study, a column for each domain of the tool, D1 and on, and one for all together.
"""

import csv
import io
from collections.abc import Mapping, Sequence

from extraction.bias import ROB_2, ROBINS_I, Tool, judgements, overall, tool_of
from extraction.records import Review

TOOLS = {"rob2": ROB_2, "robins_i": ROBINS_I}
OVERALL = "Overall"
WORDS = {
    judgement: judgement.replace("_", " ").capitalize() for judgement in (*ROB_2.gravity, *ROBINS_I.gravity)
}
"""Judgements as robvis spells them."""
JUDGEMENTS = {word.lower(): judgement for judgement, word in WORDS.items()}


def tables(review: Review, endpoint: str) -> dict[str, str]:
    """CSV by the name of the tool, for the included studies that are judged for an endpoint; a domain that
    nobody judged is left empty.
    """
    found: dict[str, str] = {}
    for name, tool in TOOLS.items():
        rows = [
            _row(review, study, endpoint)
            for study, record in review.included().items()
            if tool_of(record) == tool and judgements(record, endpoint)
        ]
        if rows:
            found[name] = _csv(["Study", *columns(tool), OVERALL], rows)
    return found


def columns(tool: Tool) -> dict[str, str]:
    """The domains of a tool by their columns."""
    return {f"D{i}": domain for i, domain in enumerate(tool.domains, 1)}


def _row(review: Review, study: str, endpoint: str) -> list[str]:
    record = review.records[study]
    made = judgements(record, endpoint)
    domains = [WORDS[made[d].judgement] if d in made else "" for d in tool_of(record).domains]
    return [review.studies[study].label, *domains, WORDS[overall(record, endpoint) or "no_information"]]


def _csv(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([header, *rows])
    return text.getvalue()


def tool_with(header: Mapping[str, object]) -> Tool | None:
    """The tool whose columns a table has; None where it is no table of risk of bias."""
    numbered = [name for name in header if name[:1].upper() == "D" and name[1:].isdigit()]
    return next((tool for tool in TOOLS.values() if len(tool.domains) == len(numbered)), None)

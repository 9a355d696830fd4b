"""Risk of bias, of randomised trials by RoB 2 (Sterne 2019, BMJ 366:l4898), of other studies by ROBINS-I
(Sterne 2016, BMJ 355:i4919): judgements stand in the records, the overall one follows by rule.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from extraction.schema import BiasJudgement, Record
from extraction.vocabulary import DOMAINS, JUDGED, JUDGEMENTS, ROB_2_DOMAINS


class Tool(NamedTuple):
    """By what a study is judged: its name, its domains with their words, and its judgements, the gravest
    first.

    The first of these that any domain has is the overall judgement, as both tools set out in their tables of
    overall judgements.
    """

    name: str
    domains: Mapping[str, str]
    gravity: tuple[str, ...]


ROB_2 = Tool("RoB 2", ROB_2_DOMAINS, ("high", "some_concerns", "low"))
ROBINS_I = Tool("ROBINS-I", DOMAINS, ("critical", "serious", "no_information", "moderate", "low"))


def tool_of(record: Record) -> Tool:
    """The tool for the design of a study."""
    return ROB_2 if record.design.randomised else ROBINS_I


def domains_of(records: Iterable[Record]) -> list[str]:
    """The domains of all tools that some studies are judged by, in one order; of ROBINS-I where there are
    none.
    """
    wanted = {domain for record in records for domain in tool_of(record).domains} or set(DOMAINS)
    return [domain for domain in JUDGED if domain in wanted]


def judgements(record: Record, endpoint: str) -> dict[str, BiasJudgement]:
    """The judgement of each domain for an endpoint, in the order of its tool; empty where none is made."""
    found = {row.domain: row for row in record.risk_of_bias if endpoint in row.endpoints}
    return {domain: found[domain] for domain in tool_of(record).domains if domain in found}


def overall(record: Record, endpoint: str) -> str | None:
    """The gravest judgement of any domain, or a graver one that people made of all domains together; no
    information only where nothing is serious; None where none is made.
    """
    made = {row.judgement for row in record.risk_of_bias if endpoint in row.endpoints}
    return next((judgement for judgement in tool_of(record).gravity if judgement in made), None)


assert {*ROB_2.gravity, *ROBINS_I.gravity} == set(JUDGEMENTS)

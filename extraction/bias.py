"""Risk of bias by ROBINS-I (Sterne 2016, BMJ 355:i4919): judgements stand in the records, the overall one
follows by rule.
"""

from extraction.schema import BiasJudgement, Record
from extraction.vocabulary import DOMAINS, JUDGEMENTS

GRAVITY = ("critical", "serious", "no_information", "moderate", "low")
"""The first of these that any domain has is the overall judgement, as ROBINS-I sets out in its table of
overall judgements.
"""


def judgements(record: Record, endpoint: str) -> dict[str, BiasJudgement]:
    """The judgement of each domain for an endpoint, in the order of DOMAINS; empty where none is made."""
    found = {row.domain: row for row in record.risk_of_bias if endpoint in row.endpoints}
    return {domain: found[domain] for domain in DOMAINS if domain in found}


def overall(record: Record, endpoint: str) -> str | None:
    """The gravest judgement of any domain, or a graver one that people made of all domains together; no
    information only where nothing is serious; None where none is made.
    """
    made = {row.judgement for row in record.risk_of_bias if endpoint in row.endpoints}
    return next((judgement for judgement in GRAVITY if judgement in made), None)


assert set(GRAVITY) == set(JUDGEMENTS)

"""Who made the review and who paid for it, on the first page and for the next editor; what nobody has said is
"not stated".
"""

import pandas as pd

from book.html.style import Table
from book.shown.citation import citation
from extraction.people import People, Person
from extraction.records import Review
from models.words import listed, sentence_case

UNSTATED = "not stated"


def authors(told: People, review: Review) -> list[Person]:
    """Whoever is named as having made the review; where nobody is, the author that it is cited by."""
    return told.people or [Person(name=name, roles=[], interests=None) for name in citation(review).authors]


def in_short(told: People, review: Review) -> str:
    """Authors and funding in a few words, and what of roles, interests and funding nobody has said."""
    made = authors(told, review)
    said = f"By {'; '.join(person.name for person in made)}."
    silent = [
        what
        for what, is_told in (
            ("roles", all(person.roles for person in made)),
            ("competing interests", all(person.interests for person in made)),
            ("funding", told.funding),
        )
        if not is_told
    ]
    paid = f" Funding: {told.funding.rstrip('.')}." if told.funding else ""
    return f"{said}{paid}" + (f" {sentence_case(listed(silent))}: {UNSTATED}." if silent else "")


def table(told: People, review: Review) -> Table:
    """A row for each author, and one for the funding."""
    rows = [
        {
            "who": person.name,
            "roles": "; ".join(person.roles) or UNSTATED,
            "competing interests": person.interests or UNSTATED,
        }
        for person in authors(told, review)
    ]
    return Table(
        pd.DataFrame([*rows, {"who": "Funding", "roles": told.funding or UNSTATED}]).fillna(""),
        "Authors, roles, competing interests, funding",
        how="Copied from people.yml; nothing is computed.",
    )

"""`python -m models update`: check the records, fit what has no posterior, compare with the newest release,
and print the editor's letter.
"""

import json
from collections.abc import Iterable
from datetime import date

from extraction.records import Review, load
from models import fit
from models.endpoints import ENDPOINTS
from models.history import versions
from models.history.letter import Letter, letter, said
from models.trust.told import told
from models.words import headline

QUIET, VERSION_DUE, WORK_DUE = 0, 3, 4
"""Exit codes: nothing to do; a trigger of a new version is met; a search is due, or a judgement."""


def headlines(review: Review, keys: Iterable[str] = ENDPOINTS) -> dict[str, str]:
    """The sentence of each endpoint as of now."""
    return {key: headline(told(key, review)) for key in keys}


def code(found: Letter) -> int:
    """What the command ends with."""
    if found.version_due:
        return VERSION_DUE
    return WORK_DUE if found.work_due else QUIET


def command(args) -> int:
    """`python -m models update [--json]`; raises BadRecords where the check finds an error."""
    review = load()
    fit.checked_and_fitted(review)
    found = letter(versions.latest(), versions.state(review), headlines(review), review, date.today())
    print(json.dumps(found.as_dict(), indent=1, ensure_ascii=False) if args.json else said(found), end="")
    return code(found)

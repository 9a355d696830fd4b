"""`python -m models export FOLDER`: the review in the forms of other programs."""

import json
from argparse import Namespace
from collections.abc import Callable, Iterator

from extraction.commands.parser import tell_files
from extraction.interop.csl import csl
from extraction.interop.robvis import tables
from extraction.question import ENDPOINTS as OUTCOMES
from extraction.records import Review, load
from extraction.whole import write_whole
from models.answers.absolute import absolute_effects
from models.answers.fhir import bundle
from models.answers.gradepro import table
from models.answers.summary import summary

type Files = Iterator[tuple[str, str]]
"""Names of files with their texts."""


def of_csl(review: Review) -> Files:
    yield "studies.csl.json", _json(csl(review.register.studies))


def of_robvis(review: Review) -> Files:
    for endpoint in OUTCOMES:
        for tool, text in tables(review, endpoint).items():
            yield f"risk-of-bias-{endpoint}-{tool}.csv", text


def of_grade(review: Review) -> Files:
    answers = summary(review)
    absolute = {key: absolute_effects(key, review) for key in answers["endpoints"]}
    yield "summary-of-findings.csv", table(review, answers, absolute)


def of_fhir(review: Review) -> Files:
    yield "review.fhir.json", _json(bundle(review, summary(review)))


def _json(content: object) -> str:
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


FORMS: dict[str, Callable[[Review], Files]] = {
    "csl": of_csl,
    "robvis": of_robvis,
    "grade": of_grade,
    "fhir": of_fhir,
}


def command(given: Namespace) -> int:
    """Write the files of each form that is asked for, and say where."""
    review, written = load(), []
    for form in given.forms or FORMS:
        for name, text in FORMS[form](review):
            write_whole(given.folder / name, text)
            written.append(given.folder / name)
    tell_files(given, written)
    return 0

"""The evidence as tidy tables: a row for each study, printed number, judgement, verdict or report, a meaning
for every column.
"""

import json
from collections.abc import Iterable, Iterator
from decimal import Decimal

import pandas as pd
from pydantic import BaseModel

from extraction import schema
from extraction.checks import check
from extraction.dictionary import REPORTS, VOCABULARIES, rows
from extraction.records import Review
from models.evidence.collect import collect_all

STUDY = {"study": "Stem of the study."}
WHERE = {"where": "Where it stands in the paper; missing where the paper gives none."}


def _meanings(*models: type[BaseModel], without: tuple[str, ...] = ()) -> dict[str, str]:
    """Meaning of every field of models, as the schema has it."""
    return {
        name: field.description
        for model in models
        for name, field in model.model_fields.items()
        if field.description and name not in without
    }


FIRST = {"extracted", "extractor"}
"""What a record says of its own extraction."""
ADDRESS = {f"address_{name}": meaning for name, meaning in _meanings(schema.Address).items()}
OWN = {
    "median": "Median.",
    "lower": "Lower end of the printed range or interval.",
    "upper": "Upper end of the printed range or interval.",
    "p": "p-value as printed, with its digits and sign.",
    "n": "Patients; with a count its denominator, where it is printed.",
    "direction": "Printed direction: the treated lower or higher; of a log-rank test its hazard.",
}
"""Columns that several kinds of report share."""

COLUMNS: dict[str, dict[str, str]] = {
    "studies": _meanings(schema.Registration, without=("distinct_from",)),
    "distinct_studies": (
        STUDY
        | {
            "other": "A study that looks as if it shared patients with this one and does not.",
            "reason": "Why not.",
        }
    ),
    "printed_numbers": (
        STUDY
        | _meanings(schema.Entry, without=("address",))
        | ADDRESS
        | _meanings(*REPORTS, without=tuple(schema.Entry.model_fields))
        | OWN
        | {"set_aside": "Whether a contradiction of the paper led to another reading."}
    ),
    "extractions": (
        STUDY
        | {
            **{name: words for name, words in _meanings(schema.Record).items() if name in FIRST},
            "status": "single, double where two agreed, reconciled where what differed was settled.",
            **{f"second_{name}": words for name, words in _meanings(schema.SecondExtraction).items()},
        }
    ),
    "groups": (
        STUDY
        | {"group": "Arm or stratum.", "type": "arm or stratum.", "definition": "The definition."}
        | WHERE
    ),
    "definitions": (
        STUDY
        | {"variable": "Variable defined.", "definition": "The definition."}
        | _meanings(schema.VariableDefinition, without=tuple(schema.Definition.model_fields))
        | WHERE
    ),
    "contradictions": STUDY | _meanings(schema.Contradiction),
    "risk_of_bias": STUDY | _meanings(schema.BiasJudgement, without=("address",)) | WHERE,
    "certainty": (
        {"endpoint": "Endpoint that is rated.", "limitation": "What may lower the certainty, by GRADE."}
        | _meanings(schema.Lowering)
        | _meanings(schema.Certainty, without=("endpoints",))
    ),
    "external_numbers": _meanings(schema.ExternalNumber),
    "verdicts": (
        STUDY
        | {
            "entry": "Entry of printed_numbers that is judged.",
            "verdict": "agrees, differs or cannot_be_checked.",
            "severity": (
                "last_digit where a rounding slip explains a difference, other_test where a test does that is"
                " not named, else error; missing where nothing differs."
            ),
            "acknowledged": "Whether the record names the difference among its contradictions.",
            "printed": "As printed.",
            "expected": "What the paper's other numbers give.",
            "rule": "The rule, or why nothing can be checked.",
        }
    ),
    "reports": (
        {"endpoint": "Endpoint."}
        | STUDY
        | {
            "stratum": "Stratum of patients.",
            "used": "Whether the report enters the likelihood.",
            "term": "Likelihood it has; missing where it is left out.",
            "entries": "Entries of printed_numbers that it is made of.",
            "bounds": "Entries of other strata that only limit it.",
            "reason": "Why it is left out; missing where it is used.",
            "note": "What a reader of the report must know.",
            "data": "JSON: arguments of its likelihood; of a report left out those that predict it.",
        }
    ),
}
"""Meaning of each column by table; also the order of the columns."""


def tables(review: Review) -> dict[str, pd.DataFrame]:
    """Every table by name.  Cells are numbers, texts, dates, lists of texts, or None."""
    found = {
        "studies": (_plain(study) for study in review.register.studies),
        "distinct_studies": _distinct(review),
        "external_numbers": (_plain(number) for number in review.register.external),
        "printed_numbers": _printed(review),
        "extractions": _extractions(review),
        "groups": _groups(review),
        "definitions": _definitions(review),
        "contradictions": _of_records(review, "contradictions"),
        "risk_of_bias": _of_records(review, "risk_of_bias"),
        "certainty": _certainty(review),
        "verdicts": (vars(finding) for finding in check(review).findings),
        "reports": _reports(review),
    }
    return {name: _frame(found[name], columns) for name, columns in COLUMNS.items()}


def _frame(rows: Iterable[dict], columns: Iterable[str]) -> pd.DataFrame:
    """Rows as a table of these columns; a cell that a row lacks is None."""
    cells = [[row.get(column) for column in columns] for row in rows]
    return pd.DataFrame(cells, columns=list(columns), dtype=object)


def dictionary() -> pd.DataFrame:
    """The data dictionary: every field of register and records."""
    return pd.DataFrame(rows(), dtype=object)


def vocabulary() -> pd.DataFrame:
    """Every word that a record may use, with its meaning."""
    return pd.DataFrame(
        [
            {"vocabulary": name, "word": word, "meaning": getattr(meaning, "meaning", meaning)}
            for name, known in VOCABULARIES.items()
            for word, meaning in known.items()
        ]
    )


def _plain(model: BaseModel) -> dict:
    """Fields of a model; a Decimal as text, which keeps its printed digits."""
    return {name: _digits(getattr(model, name)) for name in type(model).model_fields}


def _digits(value: object) -> object:
    return str(value) if isinstance(value, Decimal) else value


def _distinct(review: Review) -> Iterator[dict]:
    for study in review.register.studies:
        for other in study.distinct_from:
            yield {"study": study.id, "other": other.study, "reason": other.reason}


def _printed(review: Review) -> Iterator[dict]:
    for study, record in review.records.items():
        aside = record.set_aside()
        for entry in record.entries:
            address = (
                {f"address_{name}": value for name, value in _plain(entry.address).items()}
                if entry.address
                else {}
            )
            yield {"study": study, **_plain(entry), **address, "set_aside": entry.id in aside}


def _extractions(review: Review) -> Iterator[dict]:
    for study, record in review.records.items():
        second = _plain(record.second_extraction) if record.second_extraction else {}
        yield {
            "study": study,
            **{name: getattr(record, name) for name in FIRST},
            "status": record.extraction_status,
            **{f"second_{name}": value for name, value in second.items()},
        }


def _groups(review: Review) -> Iterator[dict]:
    for study, record in review.records.items():
        for type_, groups in (("arm", record.arms), ("stratum", record.strata)):
            for name, group in groups.items():
                yield {
                    "study": study,
                    "group": name,
                    "type": type_,
                    "definition": group.definition,
                    "where": _where(group),
                }


def _definitions(review: Review) -> Iterator[dict]:
    for study, record in review.records.items():
        for name, meaning in record.definitions.items():
            yield {
                "study": study,
                "variable": name,
                "definition": meaning.definition,
                "among": meaning.among,
                "runs_from": meaning.runs_from,
                "where": _where(meaning),
            }


def _of_records(review: Review, part: str) -> Iterator[dict]:
    for study, record in review.records.items():
        for row in getattr(record, part):
            yield {"study": study, **_plain(row), "where": _where(row)}


def _where(row: BaseModel) -> str | None:
    address = getattr(row, "address", None)
    return str(address) if address else None


def _certainty(review: Review) -> Iterator[dict]:
    if not review.certainty:
        return
    for endpoint, rating in review.certainty.endpoints.items():
        for limitation, row in rating.lowerings.items():
            yield {
                "endpoint": endpoint,
                "limitation": limitation,
                **_plain(row),
                "judged": review.certainty.judged,
                "judge": review.certainty.judge,
            }


def _reports(review: Review) -> Iterator[dict]:
    for endpoint, evidence in collect_all(review).items():
        for report in evidence.used:
            yield report.as_json() | {
                "endpoint": endpoint,
                "used": True,
                "data": _json(report.report.data),
                "note": report.note or None,
            }
        for left_out in evidence.unused:
            foreseen = left_out.check.data if left_out.check else None
            yield left_out.as_json() | {"endpoint": endpoint, "used": False, "data": _json(foreseen)}


def _json(data: dict | None) -> str | None:
    return None if data is None else json.dumps(data, sort_keys=True, ensure_ascii=False, default=str)

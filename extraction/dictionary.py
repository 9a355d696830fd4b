"""The data dictionary, generated: each field's meaning, type and legal values, from the schema and the
vocabulary.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from pydantic import BaseModel

from extraction import living, people, question, schema, vocabulary

REPORTS: tuple[type[schema.Entry], ...] = (
    schema.GroupSize,
    schema.Counts,
    schema.Percentage,
    schema.Bound,
    schema.PValue,
    schema.LogRankP,
    schema.Ratio,
    schema.Difference,
    schema.MedianRange,
    schema.MedianQuartiles,
    schema.MedianTime,
    schema.MeanSd,
    schema.MeanInterval,
    schema.Quantity,
    schema.TestOutcome,
    schema.SurvivalCurve,
    schema.NotReported,
)
BLOCKS: tuple[type[BaseModel], ...] = (
    schema.Record,
    schema.SecondExtraction,
    schema.Text,
    schema.Design,
    schema.Definition,
    schema.VariableDefinition,
    schema.Stratum,
    schema.Contradiction,
    schema.Integrity,
    schema.BiasJudgement,
    schema.Entry,
    schema.Address,
    schema.Certainty,
    schema.Rating,
    schema.Lowering,
)
REGISTER: tuple[type[BaseModel], ...] = (
    schema.Register,
    schema.Registration,
    schema.Distinct,
    schema.ExternalNumber,
)
QUESTION: tuple[type[BaseModel], ...] = (
    question.Question,
    question.Treatment,
    question.Contrast,
    question.Variable,
    question.Bias,
    question.Asked,
    question.Lasting,
    question.Level,
    question.Shown,
    question.Important,
    question.Grades,
    question.Categories,
)
LIVING: tuple[type[BaseModel], ...] = (
    living.Living,
    living.SearchSource,
    living.Step,
    living.Role,
    living.Search,
    living.Trigger,
    living.ReviewDoi,
    people.People,
    people.Person,
)

VOCABULARIES: dict[str, Mapping[str, object]] = {
    "variable": question.FIELDS,
    "unit": question.UNITS,
    "test": vocabulary.TESTS,
    "estimator": vocabulary.ESTIMATORS,
    "arm": vocabulary.ARMS,
    "endpoint": question.ENDPOINTS,
    "contrast": question.CONTRASTS,
    "ground of exclusion": question.GROUNDS,
}
TYPES = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "null": "null",
}
LIMITS = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}


class Row(NamedTuple):
    """One field of one model."""

    model: str
    field: str
    meaning: str
    type: str
    legal: str
    required: bool
    default: str


def rows() -> list[Row]:
    """Every field of question, register, living mode and records; a report's own fields only, as all share
    those of an
    entry.
    """
    return [row for model in (*QUESTION, *REGISTER, *LIVING, *BLOCKS, *REPORTS) for row in fields(model)]


def fields(model: type[BaseModel]) -> Iterator[Row]:
    """Every field of a model; of a report, its own."""
    shared = schema.Entry.model_fields if model in REPORTS else {}
    for name, spec in model.model_json_schema()["properties"].items():
        if name not in shared:
            field = model.model_fields[name]
            yield Row(
                model.__name__,
                name,
                field.description or "",
                _type(spec),
                _legal(spec),
                field.is_required(),
                "" if field.is_required() or not field.default else str(field.default),
            )


def _type(spec: dict) -> str:
    """A field's type in words."""
    match spec:
        case {"$ref": ref}:
            return ref.rsplit("/", 1)[-1]
        case {"enum": _} | {"const": _}:
            return "word"
        case {"anyOf": [{"type": "number"}, {"type": "string"}, *rest]}:  # a Decimal
            return " or ".join(["number, digits kept", *map(_type, rest)])
        case {"anyOf": options}:
            return " or ".join(map(_type, options))
        case {"oneOf": _}:
            return "report"
        case {"type": "array", "prefixItems": items}:
            return f"list of {len(items)}: {_type(items[0])}"
        case {"type": "array", "items": items}:
            return f"list of {_type(items)}"
        case {"additionalProperties": values}:
            return f"{_type(values)} by name"
        case {"patternProperties": by_pattern}:
            return f"{_type(next(iter(by_pattern.values())))} by name"
        case {"type": "string", "format": "date"}:
            return "date, YYYY-MM-DD"
        case _:
            return TYPES[spec["type"]]


def _legal(spec: dict) -> str:
    """A field's legal values: words of the vocabulary, limits, or the form of a text."""
    match spec:
        case {"enum": words}:
            known = [name for name, vocabulary_of in VOCABULARIES.items() if set(words) == set(vocabulary_of)]
            return f"any {known[0]} of the vocabulary" if known else ", ".join(words)
        case {"anyOf": [{"type": "number"} as number, {"type": "string"}, *_]}:
            return _legal(number)
        case {"anyOf": options}:
            return "; ".join(filter(None, map(_legal, options)))
        case {"type": "array", "items": items}:
            return _legal(items)
        case {"type": "object", "propertyNames": names}:
            return _legal(names)
        case {"pattern": pattern}:
            return f"`{pattern}`"
        case _:
            return ", ".join(f"{sign} {spec[limit]:g}" for limit, sign in LIMITS.items() if limit in spec)


def markdown() -> str:
    """The dictionary as MyST: vocabularies, register, living mode, blocks of a record, and one table for each
    kind of report.
    """
    parts = [
        _vocabulary_tables(),
        "## The question",
        *map(_section, QUESTION),
        "## The register",
        *map(_section, REGISTER),
        "## The living mode, and who made the review",
        *map(_section, LIVING),
        "## A record, and the ratings of certainty",
        *map(_section, BLOCKS),
        "## Kinds of report",
        *map(_section, REPORTS),
    ]
    return "\n\n".join(parts) + "\n"


def _section(model: type[BaseModel]) -> str:
    kinds = model.model_json_schema()["properties"].get("kind", {}) if model in REPORTS else {}
    title = (
        ", ".join(f"`{kind}`" for kind in kinds.get("enum", [kinds.get("const")]) if kind) or model.__name__
    )
    body = [(f"`{row.field}`", row.meaning, row.type, row.legal, _absent(row)) for row in fields(model)]
    table = _table(("field", "meaning", "type", "legal values", "required"), body)
    unit = f"Unit: {', '.join(units)}." if (units := _units(kinds)) else ""
    return "\n\n".join(filter(None, (f"### {title}", model.__doc__, unit, table)))


def _absent(row: Row) -> str:
    """Whether a field is required, and what it is taken for where absent."""
    return "yes" if row.required else f"no; else {row.default}" if row.default else "no"


def _units(kinds: dict) -> tuple[str, ...]:
    """The unit that a kind of report fixes, or where to find it."""
    named = kinds.get("enum", [kinds.get("const")])[0]
    return vocabulary.UNITS_OF_KIND.get(named, ("that of the variable",)) if named else ()


def _vocabulary_tables() -> str:
    variables = [(f"`{name}`", v.meaning, ", ".join(v.units)) for name, v in question.FIELDS.items()]
    parts = ["## Vocabulary", "### variable", _table(("variable", "meaning", "unit of a value"), variables)]
    for name, words in VOCABULARIES.items():
        if name != "variable":
            parts += [
                f"### {name}",
                _table((name, "meaning"), [(f"`{word}`", str(meaning)) for word, meaning in words.items()]),
            ]
    return "\n\n".join(parts)


def _table(heads: tuple[str, ...], body: Sequence[tuple[str, ...]]) -> str:
    if not body:
        return "No further fields."
    lines = [heads, ("---",) * len(heads), *body]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def json_schemas() -> dict[str, str]:
    """JSON Schema for editors, by file name."""
    models: dict[str, type[BaseModel]] = {
        "record.schema.json": schema.Record,
        "register.schema.json": schema.Register,
        "living.schema.json": living.Living,
        "question.schema.json": question.Question,
        "people.schema.json": people.People,
    }
    draft = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return {
        name: json.dumps(draft | model.model_json_schema(), indent=2, ensure_ascii=False) + "\n"
        for name, model in models.items()
    }

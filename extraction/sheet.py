"""Sheets to fill in, as YAML: every key below its meaning, as the schema has it."""

import json
import re
from collections.abc import Iterable, Mapping

from pydantic import BaseModel

from extraction import dictionary
from extraction.source import FILL_IN, NULLS


def meanings(model: type[BaseModel]) -> list[str]:
    return [f"{row.field}:  # {meaning(row)}" for row in dictionary.fields(model)]


def meaning(row: dictionary.Row) -> str:
    needed = "" if row.required else f"optional{f', else {row.default}' if row.default else ''}"
    return f"{row.meaning} ({'; '.join(filter(None, (row.type, row.legal, needed)))})"


def block(
    model: type[BaseModel],
    given: Mapping[str, str | list[str]],
    brief: bool = False,
    optional: dict[str, list[str]] | None = None,
    explained: Iterable[str] = (),
) -> list[str]:
    """Keys of a model, each below its meaning unless `explained`; optional ones not given stand behind a #,
    or, in a `brief` block, not at all.
    """
    lines: list[str] = []
    for row in dictionary.fields(model):
        if not brief and row.field not in explained:
            lines.append(f"# {meaning(row)}")
        if row.field in given or row.required:
            lines += under(row.field, given.get(row.field, FILL_IN))
        elif not brief:
            lines += [f"# {line}".rstrip() for line in under(row.field, (optional or {}).get(row.field, ""))]
    return lines


def under(key: str, value: str | list[str]) -> list[str]:
    """A key with its value beside or below it."""
    return [f"{key}: {value}".rstrip()] if isinstance(value, str) else [f"{key}:", *indent(value, 2)]


def item(lines: list[str]) -> list[str]:
    """The lines as one item of a list; comments above the first go above the item."""
    first = next(i for i, line in enumerate(lines) if not line.startswith("#"))
    return [*lines[:first], f"- {lines[first]}", *indent(lines[first + 1 :], 2)]


def indent(lines: Iterable[str], by: int) -> list[str]:
    return [" " * by + line if line else line for line in lines]


def scalar(value: object) -> str:
    """A value as YAML that reads back the same; JSON's quoting is YAML's too."""
    if isinstance(value, list):
        return f"[{', '.join(map(scalar, value))}]"
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    plain = re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_./()-]*", str(value)) and str(value).lower() not in NULLS
    return str(value) if plain else json.dumps(str(value), ensure_ascii=False)

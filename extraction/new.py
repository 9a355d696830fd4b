"""`python -m extraction new`: a commented record to fill in, and its row in the register.

Every key, meaning and legal value comes from the schema, so the sheet asks for exactly what the check will
accept.
"""

import argparse
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import get_args

from pydantic import BaseModel, ValidationError

from extraction import dictionary, schema
from extraction.fault import Fault
from extraction.listed import with_another, with_item
from extraction.question import ENDPOINTS, FIELDS
from extraction.sheet import block, indent, item, meanings, scalar, under
from extraction.source import FILL_IN, Source, parse
from extraction.typed import rule

DECISIONS = get_args(schema.Registration.model_fields["decision"].annotation)


INVENTED = "none: an invented study, whose place the first real one takes"
"""Identifier of the study with which `start` begins a review."""


class Refused(Fault):
    """The study cannot be added; the message says why."""


def declare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("study", help="surname and year of the paper, e.g. smith2025")
    parser.add_argument(
        "--doi", help="registers the paper; left out for the record of a study that is registered already"
    )
    parser.add_argument(
        "--identifier",
        metavar="WORDS",
        help="registers a paper without DOI: its address, a registration, an ISBN, the number of an abstract",
    )
    parser.add_argument("--title")
    parser.add_argument("--authors", nargs="+", metavar="NAME", help="each author as printed, in quotes")
    parser.add_argument("--journal")
    parser.add_argument("--year", help="default: the year in the study's name")
    parser.add_argument(
        "--text", metavar="FILE", help="file name of the text read; it goes into every address"
    )
    parser.add_argument(
        "--decision",
        choices=DECISIONS,
        default="included",
        help="default: included; a record is written for these only",
    )


def run(given: argparse.Namespace) -> int:
    """Write record and row, and say where; raise Refused or BadRecords, and write nothing."""
    written = (
        _register(given)
        if given.doi or given.identifier
        else {_record_path(given): record(given.study, given.text, _registered(given))}
    )
    invented = _invented(parse(given.root / "register.yml")) if given.decision == "included" else None
    _write(written)
    if invented:
        (given.root / "records" / f"{invented[1]}.yml").unlink(missing_ok=True)
    if given.json:
        print(json.dumps({"written": [str(path) for path in written], "replaced": invented and invented[1]}))
        return 0
    for path in written:
        print(f"{path}: {given.study}, to fill in")
    print(f"Each place to fill in says {FILL_IN}; python -m extraction check names those left.")
    return 0


def _registered(given: argparse.Namespace) -> str:
    """DOI, or other identifier, of a study that has its row already."""
    for row in _rows(parse(given.root / "register.yml")):
        if row.get("id") == given.study:
            return str(row.get("doi") or row.get("identifier"))
    raise Refused(
        f"{given.study}: --doi: found nothing: a study that is not in the register needs its DOI, or"
        " --identifier where it has none"
    )


def _record_path(given: argparse.Namespace) -> Path:
    path = given.root / "records" / f"{given.study}.yml"
    if path.exists():
        raise Refused(f"{given.study}: the record {path} exists already")
    return path


def _register(given: argparse.Namespace) -> dict[Path, str]:
    """Texts of the new record, where the study is included, and of the register with the new row; raise
    Refused.
    """
    known = {
        "id": given.study,
        "title": given.title,
        "authors": given.authors,
        "journal": given.journal,
        "year": given.year,
        "doi": given.doi and schema.without_resolver(given.doi),
        "identifier": given.identifier,
        "decision": given.decision,
        "decided": date.today().isoformat(),
        "text_held": given.text and True,
    }
    known = {key: value for key, value in known.items() if value is not None}
    if year := re.search(r"[12][0-9]{3}", given.study):
        known.setdefault("year", year.group())
    _refuse_bad_values(known)
    register = given.root / "register.yml"
    source = parse(register)
    _refuse_known_study(given, source)
    written = {}
    if given.decision == "included":
        path = given.root / "records" / f"{given.study}.yml"
        text = record(given.study, given.text, known.get("doi") or given.identifier)
        if (
            path.exists() and path.read_text(encoding="utf-8") != text
        ):  # the same text is what an interrupted run leaves
            raise Refused(f"{given.study}: the record {path} exists already")
        written[path] = text
    lines, invented = register.read_text(encoding="utf-8"), _invented(source)
    if invented and given.decision == "included":
        return written | {register: with_another(lines, source, "studies", invented[0], row(known))}
    return written | {register: with_item(lines, source, "studies", "\n" + row(known))}


def _invented(register: Source) -> tuple[int, str] | None:
    """Place and id of the invented study with which a review was started."""
    rows = enumerate(_rows(register))
    return next(((i, str(row.get("id"))) for i, row in rows if row.get("identifier") == INVENTED), None)


def _refuse_bad_values(known: dict) -> None:
    """Hold the values given to the schema; those still to be given are not missed here."""
    try:
        json.dumps(known, ensure_ascii=False).encode()
        schema.Registration.model_validate(known)
    except UnicodeEncodeError:
        raise Refused(f"{known['id']!a}: found bytes that are not UTF-8 text") from None
    except ValidationError as error:
        wrong = [e for e in error.errors(include_url=False) if e["type"] != "missing"]
        if wrong:
            raise Refused(
                "\n".join(
                    f"{known['id']}: {e['loc'][0]}: found {e['input']!r}: {rule(e, e['loc'])}" for e in wrong
                )
            ) from None


def _refuse_known_study(given: argparse.Namespace, source: Source) -> None:
    for other in _rows(source):
        if other.get("id") == given.study:
            raise Refused(
                f"{given.study}: is in the register already ({other.get('decision')}); for its record alone,"
                " leave out --doi"
            )
        for key in ("doi", "identifier"):
            named = getattr(given, key)
            if named and str(other.get(key)).lower() == schema.without_resolver(named).lower():
                raise Refused(
                    f"{given.study}: {key}: found {named!r}: is registered already, for {other.get('id')}"
                )


def _rows(source: Source) -> list[dict]:
    studies = source.data.get("studies")
    return [study for study in studies if isinstance(study, dict)] if isinstance(studies, list) else []


def _write(texts: dict[Path, str]) -> None:
    """Put every file in its place, or none: the register, the last, makes the others count."""
    parts = {path: path.with_name(f".{path.name}.part") for path in texts}
    placed = []
    try:
        for path, text in texts.items():
            parts[path].write_text(text, encoding="utf-8")
            # a register in another style than one row below the other would not bear a further row
            parse(parts[path])
        for path, part in parts.items():
            if not path.exists():
                placed.append(path)
            os.replace(part, path)
    except BaseException:
        for path in placed:
            path.unlink(missing_ok=True)
        raise
    finally:
        for part in parts.values():
            part.unlink(missing_ok=True)


def row(known: dict) -> str:
    """The study's row of the register: what is known, and each thing to fill in under its meaning."""
    shown = known | {"patients": FILL_IN, "endpoints": None, "cohort": known["id"]}
    first, *rest = block(
        schema.Registration, {key: scalar(value) for key, value in shown.items()}, explained=known
    )
    return "".join(f"{line}\n" for line in (f"  - {first}", *indent(rest, 4)))


def record(
    study: str,
    text: str | None,
    named: str,
    reported: Iterable[Mapping[str, object]] = (),
    judged: Iterable[Mapping[str, object]] = (),
) -> str:
    """The record to fill in: every block of the schema, an entry for each endpoint, and every kind of report
    with its fields.

    reported : what is known of entries, each with its kind, in the place of an entry for each endpoint
    judged : what is known of judgements of the risk of bias
    """
    address = f"{{source: {scalar(text or FILL_IN)}, section: {FILL_IN}}}"
    definition = {"address": address}
    blocks: dict[str, str | list[str]] = {
        "study": study,
        "extracted": date.today().isoformat(),
        "texts": item(block(schema.Text, {"file": scalar(text or FILL_IN)})),
        "design": block(schema.Design, {"centres": f"[{FILL_IN}]", "address": address}),
        "arms": [
            *under("treated", block(schema.Definition, definition)),
            *under("control", block(schema.Definition, definition, brief=True)),
        ],
        "strata": under("all", block(schema.Stratum, definition)),
        "entries": [line for known in reported for line in _reported(known, address)]
        or list(_entries(address)),
    }
    if judgements := [line for known in judged for line in _judged(known)]:
        blocks["risk_of_bias"] = judgements
    optional = {
        "definitions": under(next(iter(ENDPOINTS)), block(schema.VariableDefinition, definition)),
        "contradictions": item(block(schema.Contradiction, {"entries": f"[{FILL_IN}]"})),
        "integrity": block(schema.Integrity, {"entries": f"[{FILL_IN}]"}),
        "risk_of_bias": item(block(schema.BiasJudgement, {"endpoints": f"[{FILL_IN}]", "address": address})),
    }
    head = [
        "# yaml-language-server: $schema=../record.schema.json",
        f"# https://doi.org/{named}" if named.startswith("10.") else f"# {named}",
        (
            f"# Each place to fill in says {FILL_IN}; lines behind a # are optional. Comments may go when all"
            " is filled in."
        ),
        "# An address is:",
        *(f"#   {line}" for line in meanings(schema.Address)),
    ]
    return (
        "\n".join(
            [*head, *block(schema.Record, blocks, optional=optional), "", "# Kinds of report", *_kinds()]
        )
        + "\n"
    )


def _entries(address: str) -> Iterator[str]:
    """The two arms' sizes, then one number of each endpoint, whose kind is for the reader to choose."""
    for arm in ("treated", "control"):
        fixed = {
            "id": f"group_size.{arm}",
            "kind": "group_size",
            "field": "group_size",
            "arm": arm,
            "unit": "patients",
            "address": address,
        }
        yield from item(
            block(schema.Entry, fixed, brief=arm != "treated")
            + block(schema.GroupSize, {}, brief=arm != "treated")
        )
    yield (
        "# One entry per printed number, as many as the paper prints; what it does not print is one of kind"
        f" {_of_kind(schema.NotReported)}."
    )
    yield "# The lines of each kind stand at the end of this file."
    for endpoint, title in ENDPOINTS.items():
        yield from (
            "",
            f"# {title}: {FIELDS[endpoint].meaning} Unit of a value: {' or '.join(FIELDS[endpoint].units)}.",
        )
        yield from item(
            block(schema.Entry, {"id": endpoint, "field": endpoint, "address": address}, brief=True)
        )


def _reported(known: Mapping[str, object], address: str) -> list[str]:
    """An entry of which something is known, its kind among it; the rest is left to fill in."""
    [kind] = [m for m in dictionary.REPORTS if known["kind"] in get_args(m.model_fields["kind"].annotation)]
    given = {"address": address} | {key: scalar(value) for key, value in known.items()}
    return item(block(schema.Entry, given, brief=True) + block(kind, given, brief=True))


def _judged(known: Mapping[str, object]) -> list[str]:
    return item(block(schema.BiasJudgement, {key: scalar(value) for key, value in known.items()}, brief=True))


def _of_kind(model: type[BaseModel]) -> str:
    return " | ".join(get_args(model.model_fields["kind"].annotation))


def _kinds() -> Iterator[str]:
    for model in dictionary.REPORTS:
        yield f"#   kind: {_of_kind(model)}  # {' '.join((model.__doc__ or '').split())}"
        yield from (f"#     {line}" for line in meanings(model))

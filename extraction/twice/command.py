"""`python -m extraction compare A.yml B.yml`: do two people read a paper alike?"""

import argparse
import json
from pathlib import Path

from rich.console import Console
from rich.table import Table

from extraction.fault import Fault
from extraction.schema import Record
from extraction.source import parse
from extraction.twice.compare import FEWEST_RATED, GROUPS, Comparison, Extraction, compare
from extraction.twice.merge import merged
from extraction.typed import validate
from extraction.whole import write_whole


def declare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("first", metavar="A.yml", type=Path, help="record of one extractor")
    parser.add_argument("second", metavar="B.yml", type=Path, help="record of the same paper by another")
    parser.add_argument(
        "--merged",
        metavar="OUT.yml",
        type=Path,
        help="write one record of both; what differs is left to fill in, under what either reads",
    )


def run(given: argparse.Namespace) -> int:
    """Print where two extractions agree and what is to be settled; 1 where anything is."""
    found = compare(_extraction(given.first), _extraction(given.second))
    if given.merged:
        if given.merged.exists():
            raise Fault(f"{given.merged} exists already: a record is not overwritten")
        texts = [path.read_text(encoding="utf-8") for path in (given.first, given.second)]
        write_whole(given.merged, merged(found, *texts))
    if given.json:
        print(json.dumps(as_dict(found), indent=2, ensure_ascii=False))
    else:
        _show(found, given.merged)
    return 0 if found.settled else 1


def _extraction(path: Path) -> Extraction:
    source = parse(path)
    return Extraction(validate(source, Record), source)


def as_dict(found: Comparison) -> dict:
    """The comparison for machines."""
    readers = [
        {"file": side.source.file, "extractor": side.record.extractor} for side in (found.first, found.second)
    ]
    return {
        "study": found.first.record.study,
        "extractors": readers,
        "entries": {
            "both": len(found.partner),
            "first_alone": found.first_alone,
            "second_alone": found.second_alone,
            "not_read_by_second": found.not_read,
        },
        "blocks_alone": {side: [list(block) for block in of] for side, of in found.blocks_alone.items()},
        "agreement": {
            group or "all": {"compared": of.compared, "agreed": of.agreed, "share": of.share}
            for group in (*GROUPS, None)
            if (of := found.agreement(group))
        },
        "kappa": [vars(kappa) for kappa in found.kappas],
        "differences": [
            {
                "where": d.where,
                "field": d.field,
                "group": d.group,
                "first": d.first,
                "second": d.second,
                "address": d.address,
                "first_line": d.first_line,
                "second_line": d.second_line,
            }
            for d in found.differences
        ],
        "settled": found.settled,
    }


def _show(found: Comparison, out: Path | None) -> None:
    first, second = (side.record.extractor for side in (found.first, found.second))
    print(f"{found.first.record.study}: A is {first}, B is {second}.")
    print(f"{len(found.partner)} numbers by both.")
    for words, names in (
        ("A alone", found.first_alone),
        ("B alone", found.second_alone),
        ("Variables of which B has no number", found.not_read),
        ("Blocks of A alone", [" ".join(block) for block in found.blocks_alone["first"]]),
        ("Blocks of B alone", [" ".join(block) for block in found.blocks_alone["second"]]),
    ):
        if names:
            print(f"{words} ({len(names)}): {', '.join(names)}.")
    console = Console(markup=False, highlight=False)
    _show_agreement(found, console)
    for kappa in found.kappas:
        said = f"{kappa.kappa:.2f}" if kappa.kappa is not None else "has no meaning"
        print(f"κ of {kappa.field}, pairs {kappa.pairs}: {said}.")
    if any(kappa.kappa is None for kappa in found.kappas):
        print(f"κ is given from {FEWEST_RATED} pairs on in which more than one word is used.")
    _show_differences(found, console)
    if out:
        print(f"{out}: one record of both" + ("." if found.settled else ", to be settled: check says what."))


def _show_agreement(found: Comparison, console: Console) -> None:
    table = Table("", "compared", "agree", "share", title="Fields that at least one of them fills in")
    for group, words in (*GROUPS.items(), (None, "all")):
        of = found.agreement(group)
        if of.share is not None:
            table.add_row(words, str(of.compared), str(of.agreed), f"{100 * of.share:.1f} %")
    console.print(table)


def _show_differences(found: Comparison, console: Console) -> None:
    """The table for reconciliation, then the words of their own that differ."""
    for title, rows in (
        ("To settle", found.conflicts),
        ("Words of their own, nothing to settle", [d for d in found.differences if d.group == "words"]),
    ):
        if rows:
            table = Table(title=f"{title} ({len(rows)})")
            for head in ("entry", "field", "A", "B", "address"):
                table.add_column(head, overflow="fold")
            for d in rows:
                table.add_row(d.where, d.field, _cell(d.first), _cell(d.second), d.address)
            console.print(table)


def _cell(words: str | None) -> str:
    return words or "—"

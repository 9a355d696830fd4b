"""`python -m extraction search import FILE… --source pubmed --date 2026-01-31`: what databases exported
becomes candidates, and the search stands in the log.
"""

import argparse
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from datetime import date
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from extraction.commands.parser import print_json
from extraction.commands.shown import say
from extraction.fault import Fault
from extraction.living import Living, SearchSource
from extraction.records import load
from extraction.schema import Registration
from extraction.search import candidates, known_items, log
from extraction.search.candidates import Candidate
from extraction.search.export import Export
from extraction.search.take_in import Intake, take_in
from extraction.typed import Day

SHOWN = 20
"""Items of a list that are printed; how many more there are is said."""
IN_WORDS = {
    "doi": "DOI",
    "pmid": "PubMed identifier",
    "registration": "number of a registry",
    "title": "title, year and page",
}


def declare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("step", choices=["import"], help="take in what a database exported")
    parser.add_argument("files", metavar="FILE", nargs="+", type=Path, help="files exported by one search")
    parser.add_argument("--source", required=True, help="source searched, by its id in living.yml")
    parser.add_argument("--date", required=True, type=day, help="day of the search, YYYY-MM-DD")
    parser.add_argument("--by", default="searcher", help="who ran it, by role (default: searcher)")


def day(text: str) -> date:
    """A day that is past, from a command line."""
    try:
        return TypeAdapter(Day).validate_python(text)
    except ValidationError as error:
        rule = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise argparse.ArgumentTypeError(f"found {text!r}: {rule}") from None


def run(given: argparse.Namespace) -> int:
    """Take the files in, write rows and log, and say what came; raise a Fault, and change nothing."""
    from extraction.search.read import export  # its libraries come with an extra

    review = load(given.root)
    place = _source(review.living, given.source)
    rows = candidates.read(given.root)
    exports = [export(path) for path in given.files]
    taken = take_in(rows, exports, place.id, given.date)
    if taken.added:
        candidates.write(taken.rows, given.root)
    # the log says what the rows say, also where a run was interrupted between the two
    numbers = log.found_and_new(taken.rows, place.id, given.date)
    log.write(given.root, review.register, place.id, given.date, given.by, numbers)
    missed = _missed(review.register.studies, taken.rows, place)
    notices = _notices(review.register.studies, rows, taken.added)
    if given.json:
        print_json(_as_dict(exports, taken, missed, notices))
        return 0
    _tell(exports, taken, place)
    _tell_of_register(missed, notices, place)
    return 0


def _source(living: Living | None, named: str) -> SearchSource:
    if living is None:
        raise Fault("living.yml is missing: it names the sources, and a search is written into its log")
    found = next((place for place in living.sources if place.id == named), None)
    if found is None:
        known = ", ".join(place.id for place in living.sources)
        raise Fault(f"--source: found {named!r}: must be one of {known}, the sources of living.yml")
    return found


def _as_dict(
    exports: list[Export], taken: Intake, missed: list[Registration], notices: list[known_items.Notice]
) -> dict:
    """What the files held, what of it is new, and what it says of the register, for machines."""
    return {
        "files": [
            {
                "file": read.file,
                "format": read.format,
                "records": len(read.works),
                "known": read.file in taken.files_known,
                "remarks": [asdict(remark) for remark in read.remarks],
            }
            for read in exports
        ],
        **taken.counts,
        "same": [{"id": row.id, "same_as": row.same_as, "by": row.by} for row in taken.repeated],
        "missed": [study.id for study in missed],
        "notices": [{"study": n.study, "kind": n.kind, "candidate": n.row.id} for n in notices],
    }


def _tell(exports: list[Export], taken: Intake, place: SearchSource) -> None:
    """What the files held, and what of it is new."""
    for read in exports:
        known = ": taken in before, so nothing changes" if read.file in taken.files_known else ""
        say(f"{read.file}: {len(read.works):,} records, {read.format}{known}.")
        _list(f"{read.file}, to look at", map(str, read.remarks))
    say(
        "{place}, {day}: {added:,} records added, {new:,} of them new; {known_before:,} known from an earlier"
        " search, {found_twice:,} found twice.".format(place=place.name, day=taken.day, **taken.counts)
    )
    for rule, count in sorted(Counter(row.by for row in taken.repeated).items()):
        say(f"  {count:,} by {IN_WORDS[rule]}")
    _list(
        "The same by title, year and page alone, to look at",
        (f"{row.id} is {row.same_as}: {row.title}" for row in taken.repeated if row.by == "title"),
    )


def _tell_of_register(
    missed: list[Registration], notices: list[known_items.Notice], place: SearchSource
) -> None:
    """Included studies that the source did not bring, and notices of registered ones."""
    _list(
        f"Included studies that {place.name} did not bring; it does not hold them, or the strategy misses"
        " them",
        map(_named, missed),
    )
    _list(
        "Notices about papers of the register: read them, and change register and record",
        (f"{n.study}: {n.kind}: {n.row.id}: {n.row.title} {n.row.notice}".rstrip() for n in notices),
    )


def _notices(
    studies: list[Registration], before: list[Candidate], added: list[Candidate]
) -> list[known_items.Notice]:
    """Notices of registered papers that no row told before."""
    told = {(notice.study, notice.kind) for notice in known_items.notices(studies, before)}
    return [n for n in known_items.notices(studies, added) if (n.study, n.kind) not in told]


def _missed(
    studies: Iterable[Registration], rows: list[Candidate], place: SearchSource
) -> list[Registration]:
    """Included studies that no search of a database or registry has brought so far."""
    included = [study for study in studies if study.decision == "included"]
    own = [row for row in rows if row.source == place.id]
    return known_items.missed(included, own) if place.kind != "citations" and own else []


def _named(study: Registration) -> str:
    return f"{study.id}: {study.title} ({study.named_by})"


def _list(title: str, items: Iterable[str]) -> None:
    told = list(items)
    if told:
        say(f"{title} ({len(told):,}):")
        for item in told[:SHOWN]:
            say(f"  {item}")
        if len(told) > SHOWN:
            say(f"  and {len(told) - SHOWN:,} more")

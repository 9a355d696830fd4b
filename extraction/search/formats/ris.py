"""RIS, as Embase, the Cochrane Library, Web of Science and CNKI write it: read by rispy, record by record, so
that what cannot be read has its line.
"""

import re
from collections.abc import Iterator
from functools import partial

from rispy import RisParser

from extraction.search.formats.loose import paper
from extraction.search.work import Found, Remark, Work

BEGIN = re.compile(r"TY  ?- ?")
END = re.compile(r"ER  ?-")
ELSEWHERE = ("notes", "urls", "note", "file_attachments1", "file_attachments2", "call_number", "type_of_work")


def read(text: str) -> Iterator[Found]:
    """Each record with the line it begins on, and each line that belongs to none."""
    parser = RisParser()
    for began, lines, ended in _records(text):
        if not BEGIN.match(lines[0]):
            yield Remark(began, lines[0].strip(), "stands outside of any record")
            continue
        if not ended:
            yield Remark(began, lines[0].strip(), "the record has no end (ER); it is read as far as it goes")
        yield began, partial(_work, parser.parse_lines(iter([*lines, "ER  - "]))[0])


def _records(text: str) -> Iterator[tuple[int, list[str], bool]]:
    """Line, lines and whether there is an end, of each record; a line outside of any by itself."""
    began = 0
    lines: list[str] = []
    for number, line in enumerate(text.split("\n"), 1):
        if BEGIN.match(line):
            if lines:
                yield began, lines, False
            began, lines = number, [re.sub(BEGIN, "TY  - ", line)]
        elif lines and END.match(line):
            yield began, lines, True
            lines = []
        elif lines:
            lines.append(line)
        elif line.strip():
            yield number, [line], True
    if lines:
        yield began, lines, False


def _work(record: dict) -> Work:
    def first(*names: str) -> str:
        return next((record[name] for name in names if record.get(name)), "")

    unknown = [value for values in record.get("unknown_tag", {}).values() for value in values]
    title = first("title", "primary_title")
    pages = "-".join(filter(None, (first("start_page"), first("end_page"))))
    return paper(
        title=title or first("translated_title", "short_title"),
        other_title=first("translated_title") if title else "",
        authors=record.get("authors") or record.get("first_authors") or (),
        dates=(first("year"), first("publication_year"), first("date")),
        journal=first(
            "journal_name", "alternate_title3", "secondary_title", "alternate_title1", "alternate_title2"
        ),
        volume=first("volume"),
        pages=pages,
        doi=first("doi"),
        accession=first("accession_number"),
        database=f"{first('name_of_database')} {first('database_provider')}",
        elsewhere=[
            *(" ".join(v) if isinstance(v := record.get(name), list) else v for name in ELSEWHERE),
            *(record.get(f"custom{n}") for n in range(1, 9)),
            *unknown,
        ],
        abstract=first("abstract", "notes_abstract"),
    )

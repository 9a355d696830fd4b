"""BibTeX, read by bibtexparser; accents typed in LaTeX become letters."""

import logging
import re
from collections.abc import Iterator
from functools import partial
from typing import cast

import bibtexparser
from bibtexparser.model import (
    DuplicateBlockKeyBlock,
    DuplicateFieldKeyBlock,
    Entry,
    ImplicitComment,
    ParsingFailedBlock,
)
from pylatexenc.latex2text import LatexNodes2Text

from extraction.search.formats.loose import paper
from extraction.search.work import Found, Remark, Work

ESCAPED = re.compile(r"\\([%&_#$])")
LATEX = LatexNodes2Text()
for library in ("bibtexparser", "pylatexenc"):  # what they would log, remarks tell with its line
    logging.getLogger(library).addHandler(logging.NullHandler())
ELSEWHERE = ("url", "note", "annote", "pmid", "keywords", "eprint", "howpublished", "crossref")


def read(text: str) -> Iterator[Found]:
    """Each entry with the line it begins on, and each block that is none; an entry whose key, or a field of
    which, stands there twice is read all the same.
    """
    for block in bibtexparser.parse_string(text).blocks:
        line = (block.start_line or 0) + 1
        twice = isinstance(block, DuplicateBlockKeyBlock | DuplicateFieldKeyBlock)
        entry = cast(ParsingFailedBlock, block).ignore_error_block if twice else block
        if isinstance(entry, Entry):
            if isinstance(block, DuplicateFieldKeyBlock):
                yield Remark(line, entry.key, "a field stands there twice; the first is read")
            yield line, partial(_work, entry)
        elif isinstance(block, ImplicitComment) or hasattr(block, "error"):
            yield Remark(line, (block.raw or "").strip().split("\n")[0], "is no entry of BibTeX")


def _work(entry: Entry) -> Work:
    fields: dict[str, str] = {}
    for field in entry.fields:
        fields.setdefault(field.key.lower(), str(field.value))

    def plain(*names: str) -> str:
        return _without_latex(next((fields[name] for name in names if fields.get(name)), ""))

    pmid = fields.get("pmid", "")
    return paper(
        title=plain("title"),
        other_title=plain("titletranslation", "translatedtitle", "origtitle"),
        authors=re.split(r"\s+and\s+", plain("author")),
        dates=(fields.get("year"), fields.get("date")),
        journal=plain("journal", "journaltitle", "booktitle"),
        volume=plain("volume"),
        pages=plain("pages").replace("--", "-"),
        doi=ESCAPED.sub(r"\1", fields.get("doi", "")),
        accession=pmid,
        database="pubmed" if pmid else "",
        elsewhere=[ESCAPED.sub(r"\1", fields.get(name, "")) for name in ELSEWHERE],
        abstract=ESCAPED.sub(r"\1", fields.get("abstract", "")),
    )


def _without_latex(value: str) -> str:
    """Text without braces, and with letters in the place of their commands."""
    return LATEX.latex_to_text(value) if "\\" in value else value.replace("{", "").replace("}", "")

"""EndNote's XML, without entities: a declaration of one is refused before it is expanded."""

from collections import defaultdict
from collections.abc import Iterator
from functools import partial
from io import StringIO
from xml.sax import SAXParseException
from xml.sax.handler import ContentHandler
from xml.sax.xmlreader import Locator

from defusedxml.common import DefusedXmlException
from defusedxml.sax import make_parser

from extraction.search import work
from extraction.search.formats.loose import paper
from extraction.search.work import Found, Remark, Work

Fields = dict[str, list[str]]
ELSEWHERE = ("url", "notes", "research-notes", "label", "call-num", *(f"custom{n}" for n in range(1, 8)))


class _Records(ContentHandler):
    """Records as fields: the text of each element under its name, with what is nested in it."""

    _locator: Locator  # the reader gives it

    def __init__(self) -> None:
        self.whole: list[tuple[int, Fields]] = []
        self._record: Fields | None = None
        self._began = 0
        self._open: list[str] = []

    def startElement(self, name, attributes) -> None:
        if name == "record":
            self._record, self._open = defaultdict(list), []
            self._began = self._locator.getLineNumber() or 1
        elif self._record is not None:
            self._open.append(name)
            self._record[name].append("")

    def characters(self, content) -> None:
        if self._record is not None:
            for name in self._open:
                self._record[name][-1] += content

    def endElement(self, name) -> None:
        if name == "record" and self._record is not None:
            self.whole.append((self._began, self._record))
            self._record = None
        elif self._open:
            self._open.pop()


def read(text: str) -> Iterator[Found]:
    """Each record with the line it begins on, and what ends the reading, if the file is no XML to its end."""
    handler, fault = _Records(), None
    reader = make_parser()
    reader.setContentHandler(handler)
    try:
        reader.parse(StringIO(text))  # text: what it says of its encoding is past
    except SAXParseException as error:
        fault = Remark(error.getLineNumber() or 1, error.getMessage(), "the file is no XML from here on")
    except DefusedXmlException as error:
        fault = Remark(1, type(error).__name__, "entities are not read")
    for line, record in handler.whole:
        yield line, partial(_work, record)
    if fault:
        yield fault


def _work(record: Fields) -> Work:
    def first(*names: str) -> str:
        return next((value for name in names for value in record.get(name, ()) if value.strip()), "")

    title = first("title")
    return paper(
        title=title or first("translated-title"),
        other_title=first("translated-title") if title else "",
        authors=record.get("author", ()),
        dates=(first("year"), first("date")),
        journal=first("secondary-title", "full-title", "abbr-1"),
        volume=first("volume"),
        pages=first("pages"),
        doi=first("electronic-resource-num"),
        accession=first("accession-num"),
        database=f"{first('remote-database-name')} {first('database')}",
        elsewhere=[value for name in ELSEWHERE for value in work.texts(record.get(name, ()))],
        abstract=first("abstract"),
    )

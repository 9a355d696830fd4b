"""A paper or registered trial as a database describes it, and the normal forms of what identifies it."""

import html
import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from extraction.fault import Fault
from extraction.fragment import TAG
from extraction.source import is_unseen
from extraction.typed import Model

LONGEST = 100_000
"""Characters of a field; csv reads no longer one back."""
INLINE = re.compile(r"</?(?:i|b|u|em|strong|sub|sup|sc)(?:\s[^<>]*)?>", re.I)
DOI = re.compile(r"\b10\.[0-9]{4,9}/[^\s\"<>]+")
DOI_ALONE = re.compile(r"(?:https?://(?:dx\.)?doi\.org/|doi:\s*)?(10\.[0-9]{4,9}/[^\s\"<>]+)", re.I)
PMID_AT_FIRST = re.compile(
    r"(?:(?:PMID|PubMed(?: ID)?|MEDLINE)[:\s]+|https?://(?:www\.)?(?:pubmed\.ncbi|ncbi)\.nlm\.nih\.gov/(?:pubmed/)?)"
    r"([0-9]{6,9})\b",
    re.I,
)
REGISTRATION = re.compile(
    r"\b(?:NCT ?[0-9]{8}|ChiCTR-?[A-Z]{0,3}-?[0-9]{8,11}|ISRCTN ?[0-9]{8}|UMIN[0-9]{9}|jRCTs?[0-9]{9,10}"
    r"|(?:EUCTR ?|EudraCT[ :]*)[0-9]{4}-[0-9]{6}-[0-9]{2}|ACTRN[0-9]{14}|DRKS[0-9]{8}|KCT[0-9]{7}"
    r"|IRCT[0-9A-Z]{10,20}|CTRI/[0-9]{4}/[0-9]{2}/[0-9]{6})",
    re.I,
)
"""Numbers of trial registries, as they print them; the country after a European one is left off."""


class Work(Model):
    """A paper or a registered trial as one database describes it; what that leaves out is empty."""

    kind: Literal["paper", "trial"] = Field("paper", description="A paper, or the entry of a registry.")
    title: str = Field("", description="Title.")
    other_title: str = Field("", description="Title in the paper's own language, or the other way round.")
    authors: tuple[str, ...] = Field((), description="Authors as printed.")
    year: Annotated[int, Field(ge=1800, le=2100)] | None = Field(None, description="Year.")
    journal: str = Field("", description="Journal or registry.")
    volume: str = Field("", description="Volume.")
    pages: str = Field("", description="Pages as printed.")
    doi: str = Field("", description="DOI in lower case, without its resolver.")
    pmid: str = Field("", description="PubMed identifier.")
    registrations: tuple[str, ...] = Field(
        (), description="Numbers of trial registries; that of a registry's own entry comes first."
    )
    notice: str = Field("", description="What the database says of retraction or correction.")
    abstract: str = Field("", description="Abstract, or the summary of a trial.")


@dataclass(frozen=True)
class Remark:
    """What is to be told of a line of a file: what stands there, and why it was not read, or not whole."""

    line: int
    found: str
    rule: str

    def __str__(self) -> str:
        found = self.found if len(self.found) <= 80 else f"{self.found[:77]}..."
        return f"line {self.line}: found {found!r}: {self.rule}"


Found = tuple[int, Callable[[], Work]] | Remark
"""What a reader finds: the line a record begins on and how to read it, or a remark."""


class TooLong(Fault):
    """A field is longer than any that is read back."""


def clean(text: object) -> str:
    """Text on one line, without mark-up, entities and characters that nobody sees; raise TooLong."""
    written = "" if text is None else str(text)
    if len(written) > LONGEST:
        raise TooLong(f"a field may have {LONGEST:,} characters, and one has {len(written):,}")
    if not (written.isascii() and written.isprintable()) or "<" in written or "&" in written:
        written = html.unescape(TAG.sub(" ", INLINE.sub("", written)))
        written = unicodedata.normalize("NFC", "".join(c for c in written if c == " " or not is_unseen(c)))
    return " ".join(written.split())


def doi_of(field: str, *elsewhere: str) -> str:
    """The DOI in its own field, else in a text that is nothing but one, in lower case; empty where there is
    none.  One inside other words may be that of another paper.
    """
    found = DOI.search(field)
    alone = filter(None, (DOI_ALONE.fullmatch(text.strip()) for text in elsewhere))
    written = found.group() if found else next((match[1] for match in alone), "")
    written = written.rstrip(".,;]").lower()
    return written.rstrip(")") if written.count(")") > written.count("(") else written


def pmid_of(*elsewhere: str) -> str:
    """The PubMed identifier with which one of these texts begins; empty where none does."""
    found = filter(None, (PMID_AT_FIRST.match(text.strip()) for text in elsewhere))
    return next((match[1].lstrip("0") for match in found), "")


def registrations_in(*texts: str) -> tuple[str, ...]:
    """Numbers of trial registries in these texts, in one form each, in their order."""
    return tuple(dict.fromkeys(registration(found) for text in texts for found in REGISTRATION.findall(text)))


def registration(number: str) -> str:
    """A number of a registry in one form: upper case, no spaces, a European one without its country and, as
    papers print it, without the registry's name.
    """
    written = re.sub(r"\s+|^JPRN-", "", number.upper().strip()).replace("EUDRACT:", "EUDRACT")
    european = re.match(r"(?:EUCTR|EUDRACT)?([0-9]{4}-[0-9]{6}-[0-9]{2})", written)
    return f"EUCTR{european[1]}" if european else written


def year_in(*texts: str) -> int | None:
    """The first year, 1800 to 2100, in these texts."""
    for text in texts:
        if found := re.search(r"\b(1[89][0-9]{2}|20[0-9]{2}|2100)\b", text):
            return int(found[1])
    return None


def letters(title: str) -> str:
    """A title's letters and digits, of any script, without case, accents, brackets and signs."""
    parts = unicodedata.normalize("NFKD", title).casefold()
    return "".join(c for c in parts if c.isalnum())


def first_page(pages: str) -> str:
    """The page on which a paper begins, or its article's number, without what is written around it."""
    return re.split(r"[-–—−,;]", pages.strip().casefold())[0].removeprefix("pp.").strip(" p.")


def names(written: Iterable[str]) -> tuple[str, ...]:
    """Names, cleaned and without the sign that parts them in a row; what is none is left out."""
    return tuple(filter(None, (clean(name).replace(";", ",") for name in written)))


def texts(values: Iterable[object]) -> list[str]:
    """Those values that say something, as text."""
    return [str(value) for value in values if value]

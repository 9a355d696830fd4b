"""Two extractions of one paper, field by field.

A field is compared where both hold the block it stands in (an entry, a judgement, a stratum) and at least one
of them fills it in: two silences are no agreement.  Numbers are compared as printed, digits and all.  Words
of the extractors' own are shown beside each other and not counted.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

from pydantic import BaseModel

from extraction.fault import Fault
from extraction.fragment import fold
from extraction.kappa import kappa
from extraction.question import QUESTION
from extraction.schema import DECIMALS, Address, AnyEntry, Record
from extraction.source import Source

Block = tuple[str, str]
"""A part of a record and the name of a block in it, e.g. (`entries`, `relapse.treated`)."""
Group = Literal["numbers", "meanings", "places", "judgements", "words"]
GROUPS: dict[Group, str] = {
    "numbers": "numbers",
    "meanings": "what numbers mean, and the design",
    "places": "as printed, and where",
    "judgements": "risk of bias and contradictions",
}
"""What is counted, and its name; the extractors' own words are not."""
NUMBERS = {*DECIMALS, "n", "events", "at_least", "at_most", "p", "at", "given_at_grade"}
OWN_WORDS = {"note", "definition", "reason", "about", "said", "licence", "type", *QUESTION.design}
MATCHED = {"id", "field", "domain", "endpoints", "entries"}
"""Fields by which blocks are found to be the same."""
PLACES = {"printed", "source"} | {f"address.{name}" for name in Address.model_fields}
ALIKE: tuple[Callable[[AnyEntry], tuple], ...] = (
    lambda e: (e.id, e.field),
    lambda e: (e.field, e.arm, e.stratum, e.category, e.kind, e.contrast),
    lambda e: (e.field, e.arm, e.stratum, e.category),
    lambda e: (e.field, e.arm, fold(e.printed or "")),
)
"""What makes two entries the same number, the surest first; each where it names one entry on either side."""
RATED = {"judgement", "direction", "significant"}
"""Fields of a short closed list by which no entry is matched: κ is of these."""
FEWEST_RATED = 10
"""Pairs from which κ is given."""


class NotOfOnePaper(Fault):
    """The two records cannot be compared; the message says why."""


@dataclass(frozen=True)
class Difference:
    """One field that the two fill in differently, as texts (null: nothing), with the lines it stands on."""

    block: Block
    field: str
    group: Group
    first: str | None
    second: str | None
    address: str
    first_line: int | None
    second_line: int | None

    @property
    def where(self) -> str:
        part, name = self.block
        return name if part in ("entries", "design") else f"{part} {name}"


@dataclass(frozen=True)
class Agreement:
    """How many fields of a group were compared, and in how many the two agree."""

    compared: int
    agreed: int

    @property
    def share(self) -> float | None:
        return self.agreed / self.compared if self.compared else None


@dataclass(frozen=True)
class Kappa:
    """Cohen's κ of one field over pairs that both filled in; null where fewer than FEWEST_RATED pairs or a
    single word leave it without meaning.
    """

    field: str
    pairs: int
    kappa: float | None


class Extraction:
    """A record as its extractor wrote it: typed, with its lines."""

    def __init__(self, record: Record, source: Source):
        self.record, self.source = record, source

    @cached_property
    def entries(self) -> dict[str, AnyEntry]:
        return {entry.id: entry for entry in self.record.entries}

    @cached_property
    def blocks(self) -> dict[Block, tuple[BaseModel, tuple]]:
        """Every block but the entries, with its path in the file: a judgement once for each endpoint."""
        record = self.record
        found: dict[Block, tuple[BaseModel, tuple]] = {("design", "design"): (record.design, ("design",))}
        for part in ("arms", "strata", "definitions"):
            for name, block in getattr(record, part).items():
                found[part, name] = (block, (part, name))
        for i, row in enumerate(record.risk_of_bias):
            for endpoint in row.endpoints:
                found["risk_of_bias", f"{row.domain} of {endpoint}"] = (row, ("risk_of_bias", i))
        for i, told in enumerate(record.contradictions):
            found["contradictions", " and ".join(sorted(told.entries))] = (told, ("contradictions", i))
        return found


@dataclass(frozen=True)
class Comparison:
    """What two extractions of a paper have in common.

    partner : id of the second's entry by that of the first's
    not_read : variables of which the second holds no number
    """

    first: Extraction
    second: Extraction
    partner: dict[str, str]
    not_read: list[str]
    first_alone: list[str]
    second_alone: list[str]
    blocks_alone: dict[str, list[Block]]
    fields: list[tuple[Block, str, Group, bool]]
    differences: list[Difference]
    kappas: list[Kappa]

    def agreement(self, group: Group | None = None) -> Agreement:
        """Of one group, or of all that is counted."""
        same = [same for _, _, of, same in self.fields if of != "words" and group in (None, of)]
        return Agreement(len(same), sum(same))

    @property
    def conflicts(self) -> list[Difference]:
        """What has to be settled; differing words of the extractors' own need not be."""
        return [difference for difference in self.differences if difference.group != "words"]

    @property
    def settled(self) -> bool:
        """Whether nothing is left to settle."""
        return not (self.conflicts or self.first_alone or self.second_alone)


def compare(first: Extraction, second: Extraction) -> Comparison:
    """Compare two extractions; raise NotOfOnePaper where they are of two papers or by one person."""
    a, b = first.record, second.record
    if a.study != b.study:
        raise NotOfOnePaper(f"{a.study} and {b.study} are two papers: an extraction is compared with its own")
    if a.extractor == b.extractor:
        raise NotOfOnePaper(f"{a.extractor} is named as the extractor of both: name two people")
    if one := next((record for record in (a, b) if record.second_extraction), None):
        raise NotOfOnePaper(f"a record by {one.extractor} is one of two already: compare the extractions")
    partner = partners(a.entries, b.entries)
    read = {entry.field for entry in b.entries}
    pairs: list[tuple[Block, tuple[BaseModel, tuple], tuple[BaseModel, tuple]]] = [
        (("entries", name), _entry(first, name), _entry(second, other)) for name, other in partner.items()
    ]
    shared = [block for block in first.blocks if block in second.blocks]
    pairs += [(block, first.blocks[block], second.blocks[block]) for block in shared]
    compared = [field for pair in pairs for field in _fields(first, second, partner, *pair)]
    return Comparison(
        first,
        second,
        partner,
        list(dict.fromkeys(e.field for e in a.entries if e.field not in read)),
        [e.id for e in a.entries if e.id not in partner and e.field in read],
        [e.id for e in b.entries if e.id not in partner.values()],
        {
            "first": [block for block in first.blocks if block not in second.blocks],
            "second": [block for block in second.blocks if block not in first.blocks],
        },
        [(d.block, d.field, d.group, d.first == d.second) for d in compared],
        [d for d in compared if d.first != d.second],
        list(_kappas(compared)),
    )


def _entry(extraction: Extraction, name: str) -> tuple[BaseModel, tuple]:
    return extraction.entries[name], ("entries", list(extraction.entries).index(name))


def partners(first: Sequence[AnyEntry], second: Sequence[AnyEntry]) -> dict[str, str]:
    """Entries that are the same number, by their ids, in the first's order."""
    found: dict[str, str] = {}
    for key in ALIKE:
        ours = _once(key, [e for e in first if e.id not in found])
        theirs = _once(key, [e for e in second if e.id not in found.values()])
        found |= {ours[named]: theirs[named] for named in ours if named in theirs}
    return {entry.id: found[entry.id] for entry in first if entry.id in found}


def _once(key: Callable[[AnyEntry], tuple], entries: Sequence[AnyEntry]) -> dict[tuple, str]:
    """Entries by a key, those that are alone with theirs."""
    often = Counter(map(key, entries))
    return {key(entry): entry.id for entry in entries if often[key(entry)] == 1}


def _fields(
    first: Extraction,
    second: Extraction,
    partner: Mapping[str, str],
    block: Block,
    one: tuple[BaseModel, tuple],
    other: tuple[BaseModel, tuple],
) -> Iterator[Difference]:
    """Every field of two blocks that at least one fills in, whether or not they differ."""
    (a, at), (b, beside) = one, other
    ours, theirs = dict(_leaves(a)), dict(_leaves(b))
    if of := theirs.get("contrast_of", NOTHING).words:  # named by the first's ids
        back = {value: key for key, value in partner.items()}
        theirs["contrast_of"] = Leaf(back.get(of, of), False)
    address = getattr(a, "address", None) or getattr(b, "address", None)
    either = {**ours, **theirs}
    if ours.get("kind") != theirs.get("kind"):  # what only one of the kinds has follows from the kind
        either = {name: value for name, value in either.items() if name in ours and name in theirs}
    for name in either:
        path = tuple(name.split("."))
        texts = [found.get(name, NOTHING) for found in (ours, theirs)]
        if name == "printed" and fold(texts[0].words or "") == fold(texts[1].words or ""):
            texts[1] = texts[0]
        if not all(text.silent for text in texts):
            yield Difference(
                block,
                name,
                _group(block, name),
                texts[0].words,
                texts[1].words,
                str(address or ""),
                first.source.line((*at, *path)),
                second.source.line((*beside, *path)),
            )


class Leaf(NamedTuple):
    """What a field says, and whether that is what it says where nobody fills it in."""

    words: str | None
    silent: bool


NOTHING = Leaf(None, True)


def _leaves(block: BaseModel, before: str = "") -> Iterator[tuple[str, Leaf]]:
    """Each field as text, `address.table` and its like one by one."""
    for name, value in block:
        field = type(block).model_fields[name]
        if name in MATCHED:
            continue
        if isinstance(value, BaseModel):
            yield from _leaves(value, f"{before}{name}.")
        else:
            silent = not field.is_required() and value == field.default
            yield f"{before}{name}", Leaf(_text(value), silent or value is None)


def _text(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _group(block: Block, field: str) -> Group:
    if field.split(".")[-1] in OWN_WORDS:
        return "words"
    if field in PLACES:
        return "places"
    if block[0] in ("risk_of_bias", "contradictions"):
        return "judgements"
    return "numbers" if field in NUMBERS and block[0] == "entries" else "meanings"


def _kappas(compared: list[Difference]) -> Iterator[Kappa]:
    for name in sorted(RATED):
        pairs = [(d.first, d.second) for d in compared if d.field == name and d.first and d.second]
        if pairs:
            yield Kappa(name, len(pairs), meaningful_kappa(pairs))


def meaningful_kappa(pairs: Sequence[tuple[str, str]]) -> float | None:
    """κ where it tells anything."""
    words = {word for pair in pairs for word in pair}
    return kappa(Counter(pairs)) if len(pairs) >= FEWEST_RATED and len(words) > 1 else None

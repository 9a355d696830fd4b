"""One record of two extractions: the first's file with its order and comments, what only the second holds put
where it had it, and each field in which they differ left to fill in, under what either reads.

So `check` refuses the record until all is settled, and until `reconciled_by` says by whom.
"""

import io
from collections.abc import Iterator
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.resolver import VersionedResolver

from extraction.source import FILL_IN
from extraction.twice.compare import Block, Comparison, Difference

WIDEST = 1_000_000  # characters of a line: none is broken that was not
TAKEN = ("strata", "definitions", "contradictions", "risk_of_bias")
"""Parts of which blocks that only the second holds are taken over."""


def merged(found: Comparison, first: str, second: str) -> str:
    """The record of both, from the texts of their files."""
    yaml = _round_trip()
    data, other = yaml.load(first), yaml.load(second)
    keys = [*found.first.entries]  # of the entries as they stand in `data` while more are put in
    for name, entry in _new_entries(found, other):
        at = _place(found, name, keys)
        keys.insert(at, name)
        data["entries"].insert(at, entry)
    _take_over(found, data, other)
    for block in dict.fromkeys(d.block for d in found.differences):
        _mark(found, data, keys, block)
    for alone, whose in ((found.first_alone, found.first), (_new_names(found), found.second)):
        for name in alone:
            _comment(data["entries"], keys.index(name), [f"{whose.record.extractor} alone"], 2)
    data.insert(list(data).index("extractor") + 1, "second_extraction", _second(found))
    out = io.StringIO()
    yaml.dump(data, out)
    return out.getvalue()


class _AllText(VersionedResolver):
    """Takes no scalar for a number, a date or a null: `47.80` and `.04` stay as they are typed."""

    @property
    def versioned_resolver(self) -> dict:
        return {}


def _round_trip() -> YAML:
    """Reads and writes a record with all but its values as they were; every scalar is text, as typed."""
    yaml = YAML()
    yaml.Resolver = _AllText
    yaml.preserve_quotes = True
    yaml.width = WIDEST
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml


def _new_names(found: Comparison) -> list[str]:
    """Ids of the entries that only the second holds; one that the first gave another number is changed."""
    return [f"{name}.second" if name in found.first.entries else name for name in found.second_alone]


def _new_entries(found: Comparison, other: CommentedMap) -> Iterator[tuple[str, CommentedMap]]:
    by_id = {str(entry["id"]): entry for entry in other["entries"]}
    ours = {theirs: name for name, theirs in found.partner.items()}
    for old, new in zip(found.second_alone, _new_names(found), strict=True):
        entry = by_id[old]
        entry["id"] = new
        if of := entry.get("contrast_of"):
            entry["contrast_of"] = ours.get(of, of)
        yield new, entry


def _place(found: Comparison, name: str, keys: list[str]) -> int:
    """Where an entry of the second goes: after the nearest one before it that the record has."""
    ours = {theirs: mine for mine, theirs in found.partner.items()}
    ours |= dict(zip(found.second_alone, _new_names(found), strict=True))
    order = [ours[entry] for entry in found.second.entries]
    before = [entry for entry in order[: order.index(name)] if entry in keys]
    return keys.index(before[-1]) + 1 if before else 0


def _take_over(found: Comparison, data: CommentedMap, other: CommentedMap) -> None:
    """Put in the blocks that only the second holds, each under its name."""
    said = f"{found.second.record.extractor} alone"
    taken: set[tuple] = set()
    for part, name in found.blocks_alone["second"]:
        path = found.second.blocks[part, name][1]
        if part not in TAKEN or path in taken:
            continue
        taken.add(path)
        block, key = other[part][path[1]], path[1]
        if isinstance(key, int):
            here = data.setdefault(part, CommentedSeq())
            here.append(_by_our_ids(found, part, block))
            key = len(here) - 1
        else:
            data.setdefault(part, CommentedMap())[key] = block
        _comment(data[part], key, [said], 2)


def _by_our_ids(found: Comparison, part: str, block: CommentedMap) -> CommentedMap:
    """A contradiction of the second with the ids that entries have in the record."""
    ours = {theirs: mine for mine, theirs in found.partner.items()}
    ours |= dict(zip(found.second_alone, _new_names(found), strict=True))
    if part == "contradictions":
        block["entries"] = [ours.get(str(entry), str(entry)) for entry in block["entries"]]
        block["used"] = ours.get(str(block["used"]), str(block["used"]))
    return block


def _mark(found: Comparison, data: CommentedMap, keys: list[str], block: Block) -> None:
    """Leave to fill in what differs in a block, and say above it what either reads."""
    differences = [d for d in found.differences if d.block == block]
    part, name = block
    path = ("entries", keys.index(name)) if part == "entries" else found.first.blocks[block][1]
    node = data
    for key in path:
        node = node[key]
    for difference in differences:
        if difference.group != "words":
            _leave_open(node, difference.field.split("."))
    above = data if len(path) == 1 else data[path[0]]
    _comment(above, path[-1], [_readings(found, d) for d in differences], 2 * (len(path) - 1))


def _leave_open(node: Any, field: list[str]) -> None:
    for key in field[:-1]:
        if not isinstance(node.get(key), CommentedMap):  # `address: null` beside an address
            node[key] = FILL_IN
            return
        node = node[key]
    node[field[-1]] = FILL_IN


def _readings(found: Comparison, difference: Difference) -> str:
    """What either reads, on one line."""
    said = [
        f"{side.record.extractor}: {' '.join((words or 'nothing').split())}"
        for side, words in ((found.first, difference.first), (found.second, difference.second))
    ]
    return f"{difference.field}: {' | '.join(said)}"


def _comment(here: CommentedMap | CommentedSeq, key: object, lines: list[str], indent: int) -> None:
    here.yaml_set_comment_before_after_key(key, before="\n".join(lines), indent=indent)


def _second(found: Comparison) -> CommentedMap:
    """The block that names the second reader, and what is left to settle."""
    counted, record = found.agreement(), found.second.record
    block = CommentedMap(
        extractor=record.extractor,
        extracted=record.extracted.isoformat(),
        compared=str(counted.compared),
        differed=str(counted.compared - counted.agreed),
    )
    for name, listed in (
        ("not_read", found.not_read),
        ("first_alone", found.first_alone),
        ("second_alone", _new_names(found)),
    ):
        if listed:
            block[name] = CommentedSeq(listed)
            block[name].fa.set_flow_style()
    if not found.settled:
        block |= {"reconciled_by": FILL_IN, "reconciled": FILL_IN}
    return block

"""One file as read: plain data, the line each value stands on, and the words for a fault in it.

Every scalar is read as text, so `47.80` keeps its digits and `no` stays a word; the schema types it later.
"""

import re
import unicodedata
from dataclasses import asdict, dataclass
from pathlib import Path

import yaml

from extraction.fault import Fault
from extraction.limits import DEEPEST_NESTING, LARGEST_FILE, LONGEST_TEXT, MOST_VALUES

NULLS = {"", "~", "null"}
FILL_IN = "FILL_IN"
"""What a new record says where a value is still to be given."""
UNSEEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}
"""Unicode's categories of what no reader can see, terminals obey, or that turns the direction of the text
around it.
"""
BLANK = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\uffa0\ufe00-\ufe0f\U000e0100-\U000e01ef]"
)
"""What no reader can see either, though its category does not say so: joiners, fillers, selectors."""


def is_unseen(character: str) -> bool:
    """Whether a character is one that no reader can see; a line break and a tab are seen."""
    hidden = unicodedata.category(character) in UNSEEN or BLANK.match(character)
    return bool(hidden) and character not in "\n\t"


@dataclass(frozen=True)
class Problem:
    """One broken rule, with its place."""

    file: str
    line: int | None
    study: str
    field: str
    value: str
    rule: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.study}: {self.field}: found {self.value!r}: {self.rule}"

    def as_dict(self) -> dict:
        return asdict(self)


class BadRecords(Fault):
    """The records break at least one rule; `problems` lists each with its place."""

    def __init__(self, problems: list):
        self.problems = problems
        super().__init__("\n".join(str(p) for p in problems))


@dataclass(frozen=True)
class Source:
    """A parsed file: plain data, the line each value stands on, keyed by its path of keys and indices, and
    the paths left to fill in.
    """

    file: str
    data: dict
    lines: dict[tuple, int]
    unfilled: tuple[tuple, ...] = ()

    def line(self, path: tuple) -> int | None:
        """Line of the value at `path`, or of its nearest parent that stands in the file."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path)

    def problem(self, path: tuple, value: object, rule: str) -> Problem:
        """A broken rule at `path`, in the reader's words."""
        found = "a block" if isinstance(value, (dict, list)) else str(value)
        found = found if len(found) <= 80 else found[:77] + "..."
        return Problem(self.file, self.line(path), self._study(path), _dotted(path, self.data), found, rule)

    def _study(self, path: tuple) -> str:
        """The study that `path` speaks of: a row of the register, or the record's own."""
        named = child(self.data, "study")
        if path[:1] == ("studies",) and len(path) > 1:
            named = child(child(child(self.data, "studies"), path[1]), "id")
        return named if isinstance(named, str) else Path(self.file).stem


def parse(path: Path) -> Source:
    """Read one YAML file as text scalars; raise BadRecords for what is not plain YAML."""
    file = short_name(path)

    def refusal(line: int | None, found: object, rule: str) -> BadRecords:
        return BadRecords([Problem(file, line, path.stem, "file", str(found), rule)])

    try:
        if path.is_symlink() or (path.parent.name == "records" and path.parent.is_symlink()):
            raise refusal(
                None, "a link", "a file of the review stands in the tree itself, it is not a link to another"
            )
        if path.exists() and not path.is_file():
            raise refusal(None, "no file", "it must be a plain file")
        if path.stat().st_size > LARGEST_FILE:
            raise refusal(None, f"{path.stat().st_size} bytes", f"a file may have {LARGEST_FILE} bytes")
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise refusal(None, "no file", "the file is required") from None
    except (OSError, UnicodeDecodeError) as error:
        raise refusal(None, type(error).__name__, "the file cannot be read as UTF-8 text") from None
    reader = _PlainYaml(text)
    try:
        return Source(file, reader.document(), reader.lines, tuple(reader.unfilled))
    except _NotPlain as fault:
        raise refusal(*fault.args) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        found = getattr(error, "problem", None) or getattr(error, "reason", "unreadable text")
        raise refusal(mark and mark.line + 1, found, "the file is not valid YAML") from None


class _NotPlain(Exception):
    """YAML that a record may not use: line, what was found, rule."""


class _PlainYaml:
    """Mappings, lists and text from YAML events.  Events, not nodes: depth is refused before it is built."""

    def __init__(self, text: str):
        self.lines: dict[tuple, int] = {}
        self.unfilled: list[tuple] = []
        self._events = yaml.parse(text, Loader=yaml.CSafeLoader)

    def document(self) -> dict:
        next(self._events)  # start of the stream
        if not isinstance(next(self._events), yaml.DocumentStartEvent):
            raise _NotPlain(1, "an empty file", "the file must hold keys and values")
        data = self._value(next(self._events), ())
        if not isinstance(data, dict):
            raise _NotPlain(1, "no keys", "the file must hold keys and values")
        next(self._events)  # end of the document
        if not isinstance(event := next(self._events), yaml.StreamEndEvent):
            raise _NotPlain(_line(event), "a second document", "a file holds one document")
        return data

    def _value(self, event: yaml.Event, at: tuple) -> object:
        self.lines.setdefault(at, _line(event))
        if len(self.lines) > MOST_VALUES:
            raise _NotPlain(
                _line(event),
                f"more than {MOST_VALUES} values",
                "the file holds too many values for a record or a register",
            )
        if found := _reference(event):
            raise _NotPlain(_line(event), found, "anchors, aliases and tags are not allowed in a record")
        if len(at) > DEEPEST_NESTING:
            raise _NotPlain(_line(event), f"{len(at)} levels", "the file is nested too deeply")
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(at)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._list(at)
        assert isinstance(event, yaml.ScalarEvent)  # nothing else begins a value
        self._require_text(event, at)
        if event.value == FILL_IN:
            self.unfilled.append(at)
        return None if not event.style and event.value.lower() in NULLS else event.value

    def _require_text(self, event: yaml.ScalarEvent, at: tuple) -> None:
        """A value is text that a page and a terminal show as it is."""
        if len(event.value) > LONGEST_TEXT:
            raise _NotPlain(
                _line(event), f"{len(event.value)} characters", f"a value may have {LONGEST_TEXT} characters"
            )
        if event.value.isascii() and event.value.isprintable():
            return
        if unseen := next(filter(is_unseen, event.value), None):
            raise _NotPlain(
                _line(event),
                f"U+{ord(unseen):04X} in {'.'.join(map(str, at)) or 'a key'}",
                "a value is plain text, without control characters or marks that cannot be seen",
            )

    def _mapping(self, at: tuple) -> dict:
        data = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent) or event.anchor or event.tag or event.value == "<<":
                raise _NotPlain(_line(event), "a key that is not a word", "keys are plain words")
            self._require_text(event, at)
            if event.value in data:
                raise _NotPlain(_line(event), event.value, "a key may stand only once")
            self.lines[(*at, event.value)] = _line(event)
            data[event.value] = self._value(next(self._events), (*at, event.value))
        return data

    def _list(self, at: tuple) -> list:
        items: list = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            items.append(self._value(event, (*at, len(items))))
        return items


def _reference(event: yaml.Event) -> str | None:
    """The anchor, alias or tag of a value, if it has one."""
    return getattr(event, "anchor", None) or getattr(event, "tag", None)


def _line(event: yaml.Event) -> int:
    assert event.start_mark  # the loader marks every event
    return event.start_mark.line + 1


def child(data: object, part: object) -> object:
    """What stands under a key or index, or None."""
    if isinstance(data, dict):
        return data.get(part)
    return data[part] if isinstance(data, list) and isinstance(part, int) and part < len(data) else None


def _dotted(path: tuple, data: object) -> str:
    """`entries[relapse.treated].events`: keys joined by dots, list items by their id."""
    words = ""
    for part in path:
        data = child(data, part)
        if isinstance(part, int):
            words += f"[{child(data, 'id') or part}]"
        else:
            words += f".{part}" if words else str(part)
    return words or "file"


def short_name(path: Path) -> str:
    """The file as a user of the top folder would name it."""
    return Path(*path.parts[-3 if path.parent.name == "records" else -2 :]).as_posix()

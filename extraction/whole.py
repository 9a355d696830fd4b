"""Files written whole or not at all."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LONGEST_LINE = 600
"""Characters of JSON that still stand on one line."""


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """A path beside `path`, to write to: it takes the other's place when the block ends well, and is removed
    when it does not.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}.partial")
    try:
        yield part
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def write_whole(path: Path, text: str) -> None:
    """Put the text in place of the file's."""
    with whole(path) as part:
        part.write_text(text, encoding="utf-8")


def json_lines(content: object, depth: int = 0) -> str:
    """JSON that a diff shows well: a list of numbers on one line, and anything else that is short."""
    line = json.dumps(content, ensure_ascii=False)
    items = content.values() if isinstance(content, dict) else content if isinstance(content, list) else ()
    if len(line) <= LONGEST_LINE or not any(isinstance(item, (dict, list, str)) for item in items):
        return line
    names = (
        [json.dumps(name, ensure_ascii=False) + ": " for name in content]
        if isinstance(content, dict)
        else [""] * len(items)
    )
    inside = ",\n".join(
        " " * (depth + 1) + name + json_lines(item, depth + 1)
        for name, item in zip(names, items, strict=True)
    )
    first, last = "{}" if isinstance(content, dict) else "[]"
    return f"{first}\n{inside}\n{' ' * depth}{last}"

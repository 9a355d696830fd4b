"""A list in a YAML file with one item more, or another; comments, order and all other lines stay."""

import re

from extraction.source import Source


def with_item(text: str, source: Source, key: str, item: str, before: int | None = None) -> str:
    """The text of `source` with the lines `item` after the last item of the list under `key` of the file, or
    before its item number `before`.
    """
    lines = text.splitlines(keepends=True)
    start = source.lines.get((key,), 0)
    if not source.data.get(key) and start:  # `key: []`
        lines[start - 1] = re.sub(r":.*", ":", lines[start - 1], count=1)
        return "".join([*lines[:start], item, *lines[start:]])
    if before is not None:
        at = source.lines[key, before] - 1
    else:
        later = [line for path, line in source.lines.items() if len(path) == 1 and line > start]
        at = min(later, default=len(lines) + 1) - 1
        while later and at > start and (lines[at - 1].startswith("#") or not lines[at - 1].strip()):
            at -= 1  # what stands above the next key belongs to it
    above = "".join(lines[:at])
    return above + ("" if above.endswith("\n") else "\n") + item + "".join(lines[at:])


def with_another(text: str, source: Source, key: str, number: int, item: str) -> str:
    """The text of `source` with the lines `item` in the place of item `number` of the list under `key`."""
    own = (key, number)
    lines = text.splitlines(keepends=True)
    start = source.lines[key, number]
    later = [line for path, line in source.lines.items() if line > start and len(path) < 3 and path != own]
    return "".join([*lines[: start - 1], item, *lines[min(later, default=len(lines) + 1) - 1 :]])

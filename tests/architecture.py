"""The street as a picture: which room imports which, drawn from the imports themselves into ARCHITECTURE.md.

`python tests/architecture.py` draws it anew.
"""

import re

import grimp

from extraction.tree import ROOT
from extraction.whole import write_whole

FILE = ROOT / "ARCHITECTURE.md"
TOPS = ("review", "book", "models", "extraction")
PICTURE = re.compile(r"(?<=<!-- picture:start -->\n).*?(?=<!-- picture:end -->)", re.S)


def room(module: str) -> str:
    """The folder, or the file on top of a package, that a module is or lies in."""
    return ".".join(module.split(".")[:2])


def doors() -> dict[str, set[str]]:
    """Rooms by the rooms that they import, at run time."""
    graph = grimp.build_graph(*TOPS, exclude_type_checking_imports=True, cache_dir=None)
    modules = [module for module in graph.modules if module not in TOPS]
    found: dict[str, set[str]] = {room(module): set() for module in modules}
    for module in modules:
        found[room(module)] |= {room(other) for other in graph.find_modules_directly_imported_by(module)}
    return {name: others - {name, *TOPS} for name, others in found.items()}


def picture() -> str:
    """The rooms as a Mermaid diagram; a door is left out where a longer way implies it."""
    found = doors()
    lines = ["```mermaid", "flowchart LR"]
    for top in TOPS:
        own = sorted(name for name in found if name.startswith(f"{top}."))
        lines += [f"  subgraph {top}", *(f"    {name}[{name.partition('.')[2]}]" for name in own), "  end"]
    lines += [f"  {name} --> {other}" for name in sorted(found) for other in sorted(_told(found, name))]
    return "\n".join([*lines, "```", ""])


def _told(found: dict[str, set[str]], name: str) -> set[str]:
    """Doors of a room that no way through another room implies."""
    return {
        other for other in found[name] if not any(_leads(found, via, other) for via in found[name] - {other})
    }


def _leads(found: dict[str, set[str]], start: str, end: str, seen: frozenset[str] = frozenset()) -> bool:
    onward = found[start] - seen
    return end in onward or any(_leads(found, via, end, seen | {start} | onward) for via in onward)


if __name__ == "__main__":
    write_whole(FILE, PICTURE.sub(lambda _: picture(), FILE.read_text(encoding="utf-8")))

"""Results too heavy for every build, kept by a key of all they depend on: those in the repository, else those computed here.

A changed record or model has another key, so an old result is never met; `python -m models fit` computes what is missing.
"""

import json
from pathlib import Path

from extraction.whole import write_whole

REPOSITORY = Path(__file__).resolve().parent.parent / "results"
COMPUTED = Path(__file__).resolve().parent.parent.parent / "_build" / "results"


def read(name: str, key: str) -> dict | None:
    """The stored result of this name and key; None where there is none, or where a file is damaged."""
    for path in (REPOSITORY / f"{name}.json", COMPUTED / f"{name}-{key}.json"):
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        if isinstance(content, dict) and content.get("key") == key:
            return content["result"]
    return None


def write(name: str, key: str, result: dict, repository: bool = False) -> Path:
    """Store a result whole or not at all; in the repository, in place of the last."""
    path = REPOSITORY / f"{name}.json" if repository else COMPUTED / f"{name}-{key}.json"
    write_whole(path, json.dumps({"key": key, "result": result}, indent=1) + "\n")
    return path

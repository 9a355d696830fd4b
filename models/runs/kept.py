"""What is kept on disk as JSON: under a checksum, and under the key of all that it comes from.  It is read
under that key alone.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

from extraction.whole import json_lines, write_whole


def write(path: Path, key: str, content: object) -> None:
    """Keep content whole or not at all."""
    write_whole(path, json_lines(sealed(key, content)) + "\n")


def write_on_one_line(path: Path, key: str, content: object) -> None:
    """The same for what nobody reads line by line, in a quarter of the time."""
    write_whole(path, json.dumps(sealed(key, content)))


def read(path: Path, key: str) -> Any:
    """The content of a file that was kept under this key; None where there is none, or where it is not as it
    was written.
    """
    try:
        return opened(json.loads(path.read_text(encoding="utf-8")), key)
    except (OSError, ValueError, RecursionError):
        return None


def sealed(key: str, content: object) -> dict:
    """Content with its key, and a checksum over both."""
    return {"key": key, "checksum": _checksum(key, content), "content": content}


def opened(found: object, key: str) -> Any:
    """The content of what was sealed under this key; None for anything else."""
    if not isinstance(found, dict) or found.keys() != {"key", "checksum", "content"} or found["key"] != key:
        return None
    return found["content"] if found["checksum"] == _checksum(key, found["content"]) else None


def checksum(path: Path) -> str:
    """SHA-256 of a file; raise OSError where it cannot be read."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def hash_of(content: object) -> str:
    """Fingerprint of JSON, whatever the order of its keys."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def _checksum(key: str, content: object) -> str:
    return hash_of([key, content])

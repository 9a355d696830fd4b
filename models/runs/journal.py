"""Results of many fits on disk: one line for each, with its checksum.

A line is appended as soon as its fit is finished.  Each run writes a file of its own, so runs can share a
folder, and a line cut short by a killed process is never written on; it fails its checksum and its fit is
made again.  The checksum covers the folder's name, which tells the code that a line comes from.
"""

import hashlib
from io import FileIO
from pathlib import Path
from uuid import uuid4


class Journal:
    """The results kept in a folder; a context manager that closes the file of this run."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.file: FileIO | None = None

    def __enter__(self) -> "Journal":
        return self

    def __exit__(self, *_) -> None:
        if self.file:
            self.file.close()

    def read(self) -> dict[str, str]:
        """Every undamaged result, JSON by key."""
        lines = [
            line for path in sorted(self.folder.glob("*.txt")) for line in path.read_bytes().split(b"\n")
        ]
        return dict(entry for line in lines if (entry := self._entry(line)))

    def add(self, key: str, text: str) -> None:
        """Append one result; it outlives this process from here on."""
        if not self.file:
            self.folder.mkdir(parents=True, exist_ok=True)
            self.file = open(self.folder / f"{uuid4().hex}.txt", "xb", buffering=0)  # noqa: SIM115 (__exit__ closes it)
        body = f"{key} {text}".encode()
        self.file.write(self._checksum(body) + b" " + body + b"\n")

    def _entry(self, line: bytes) -> tuple[str, str] | None:
        """Key and result of a line, None where it is damaged or of another folder."""
        checksum, _, body = line.partition(b" ")
        if checksum != self._checksum(body):
            return None
        key, _, text = body.decode().partition(" ")
        return key, text

    def _checksum(self, body: bytes) -> bytes:
        return hashlib.sha256(self.folder.name.encode() + b" " + body).hexdigest()[:16].encode()

"""A small invented review on disk, to plant faults in."""

import json
import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from extraction.__main__ import main
from extraction.records import Review
from extraction.schema import Registration

EXAMPLE = Path(__file__).parent / "example"
REGISTER = "register.yml"
RECORD = "records/example2020.yml"


def with_one_awaiting(review: Review) -> Review:
    """The review with one more of its registered studies, invented, that awaits data."""
    row = Registration(
        id="waiting2022",
        title="An invented paper that nobody could read",
        authors=["Wim Waiting"],
        journal="Journal of Invented Results",
        year=2022,
        doi="10.1234/invented.2022.3",
        contrast="therapeutic",
        decision="awaiting_data",
        reason="Invented; no text of it could be reached.",
        decided=date(2024, 1, 31),
        cohort="invented_waiting",
        text_held=False,
        registered=True,
    )
    register = review.register.model_copy(update={"studies": [*review.register.studies, row]})
    return replace(review, register=register)


class Invented:
    """A copy of the invented review; `plant` changes it, `check` runs the command on it."""

    def __init__(self, root: Path, capsys: pytest.CaptureFixture[str]):
        self.root, self._capsys = root, capsys
        shutil.copytree(EXAMPLE, root, dirs_exist_ok=True)

    def plant(self, file: str, after: str, old: str, new: str) -> int:
        """Replace the first `old` that follows `after`; the line it stood on."""
        text = (self.root / file).read_text()
        at = text.index(old, text.index(after))
        (self.root / file).write_text(text[:at] + new + text[at + len(old) :])
        return text.count("\n", 0, at) + 1

    def run(self, *arguments: str) -> tuple[int, str]:
        """Exit code and output of a command on this review."""
        try:
            code = main([*arguments, "--root", str(self.root)])
        except SystemExit as stopped:
            code = stopped.code
        printed = self._capsys.readouterr()
        return code, printed.out + printed.err

    def check(self) -> tuple[int, dict]:
        """Exit code and JSON of `check`."""
        code, printed = self.run("check", "--json")
        return code, json.loads(printed)

    def problem(self) -> dict:
        """The only problem of the review; `check` ends with 1."""
        code, printed = self.check()
        assert code == 1
        assert len(printed["problems"]) == 1, printed["problems"]
        return printed["problems"][0]

    def findings(self, entry: str) -> list[dict]:
        """What differs about an entry, in a review without problems."""
        _, printed = self.check()
        assert not printed["problems"], printed["problems"]
        return [f for f in printed["findings"] if f["entry"] == entry and f["verdict"] == "differs"]

"""The review without one study's record and with it, read from copies: nothing in place is touched."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml

from extraction.digitised.read import FOLDER
from extraction.git import GitFailed, git
from extraction.question import ENDPOINTS, QUESTION, TREATMENT
from extraction.records import ROOT, Review, load
from extraction.schema import Record
from extraction.source import parse
from extraction.typed import validate
from models.evidence.collect import collect_all

CODE = {".py", ".pyc"}


@dataclass(frozen=True)
class WhatIf:
    """Both reviews, the study, what `before` is in words, and what had to be supposed for `after`."""

    study: str
    before: Review
    after: Review
    without: str
    supposed: list[str]


def what_if(path: Path, root: Path = ROOT) -> WhatIf:
    """The review before and after the record at `path`, which need not lie among the others.

    After it the study is included whatever the register says, and takes the place of studies it may share
    patients with, in the endpoints it enters. Raises BadRecords for a record, or a review around it, that
    breaks a rule; OSError where the file cannot be read.
    """
    path.stat()
    study = validate(parse(path), Record).study
    text, committed = path.read_text(encoding="utf-8"), _committed(path, root)
    corrected = committed is not None and committed != text
    with _copy(root) as folder:
        before, _ = _with_record(
            folder, parse(root / "register.yml").data, study, committed if corrected else None
        )
    with _copy(root) as folder:
        after, supposed = _with_record(folder, parse(root / "register.yml").data, study, text)
    return WhatIf(study, before, after, "as last committed" if corrected else "without the study", supposed)


def _committed(path: Path, root: Path) -> str | None:
    """The record as it stands in the last commit; None where it has none, or where there is no git."""
    if path.resolve().parent != (root / "records").resolve():
        return None
    try:
        return git("show", f"HEAD:./{path.name}", folder=path.resolve().parent)
    except GitFailed:
        return None


@contextmanager
def _copy(root: Path) -> Iterator[Path]:
    """A copy of the register, the records and what is read beside them; it may be changed, whether or not
    they may.
    """
    with TemporaryDirectory() as scratch:
        folder = Path(scratch) / "extraction"
        for path in root.rglob("*"):
            if path.is_file() and path.suffix not in CODE:
                (folder / path.relative_to(root)).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, folder / path.relative_to(root))
        yield folder


def _with_record(folder: Path, register: dict, study: str, text: str | None) -> tuple[Review, list[str]]:
    """The review with this record of the study and no other, or without any; and what that supposes."""
    record = folder / "records" / f"{study}.yml"
    for curve in (folder / FOLDER).glob(f"{study}-*.csv"):
        if curve.name not in (text or ""):
            curve.unlink()
    rows = register["studies"]
    row = next((row for row in rows if row["id"] == study), None)
    if text is None:
        record.unlink(missing_ok=True)
        if row and row["decision"] == "included":
            row["decision"] = "awaiting_data"
        return _load(folder, register), []
    record.write_text(text, encoding="utf-8")
    supposed = []
    if row is None:
        row = _provisional(study)
        rows.append(row)
        supposed.append(
            f"{study} is not in register.yml: taken as {row['contrast']} {TREATMENT}, sharing no patients"
            " with any other study"
        )
    elif row["decision"] != "included":
        supposed.append(f"the register says {row['decision'].replace('_', ' ')}: taken as included")
    row["decision"] = "included"
    for key in ("ground", "retracted"):  # those of an exclusion
        row.pop(key, None)
    return _load(folder, _in_place_of_its_cohort(folder, register, row, supposed)), supposed


def _provisional(study: str) -> dict:
    """A row of the register for a study that has none yet."""
    year = "".join(c for c in study if c.isdigit())
    return {
        "id": study,
        "title": "[not registered]",
        "authors": ["and others"],
        "journal": "[not registered]",
        "year": year,
        "doi": f"10.0000/{study}",
        "contrast": QUESTION.contrast,
        "reason": "Not registered yet.",
        "decided": date.today().isoformat(),
        "cohort": study,
        "text_held": "false",
    }


def _in_place_of_its_cohort(folder: Path, register: dict, row: dict, supposed: list[str]) -> dict:
    """The register in which included studies of the same overlap group leave the study the endpoints it
    enters.
    """
    rivals = [
        other
        for other in register["studies"]
        if other is not row and other["cohort"] == row["cohort"] and other["decision"] == "included"
    ]
    if not rivals:
        return register
    alone = {
        **register,
        "studies": [
            {**other, "decision": "awaiting_data"} if other in rivals else other
            for other in register["studies"]
        ],
    }
    entered = [
        endpoint
        for endpoint, found in collect_all(_load(folder, alone)).items()
        if row["id"] in found.studies
    ]
    row["endpoints"] = entered
    for rival in rivals:
        rival["endpoints"] = [
            endpoint for endpoint in rival.get("endpoints") or ENDPOINTS if endpoint not in entered
        ]
        supposed.append(
            f"{row['id']} may share patients with {rival['id']} (overlap group {row['cohort']}): it takes its"
            f" place in {', '.join(ENDPOINTS[e] for e in entered) or 'no endpoint'}"
        )
    return register


def _load(folder: Path, register: dict) -> Review:
    (folder / "register.yml").write_text(
        yaml.safe_dump(register, sort_keys=False, allow_unicode=True), encoding="utf-8"
    )
    return load(folder)

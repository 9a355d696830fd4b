"""What pages share is computed once, keyed by review and code, and never met by another review."""

import dataclasses

import pytest
from filelock import FileLock

from extraction.records import load
from models.runs import shared
from models.runs.alone import alone


@pytest.fixture
def counted(tmp_path, monkeypatch):
    """A function whose calls are counted, kept in a folder of its own."""
    monkeypatch.setattr(shared, "FOLDER", tmp_path)
    monkeypatch.setattr(shared, "fingerprint", lambda function: "code")
    calls = []

    @shared.shared
    def rows(key, review):
        calls.append(key)
        return {"columns": [key], "n": len(review.records)}

    return rows, calls


def test_it_is_computed_once_for_all_readings_of_the_same_files(counted):
    rows, calls = counted
    assert rows("icans", load()) == rows("icans", load()) and calls == ["icans"]


def test_another_review_or_endpoint_is_computed_anew(counted):
    rows, calls = counted
    review = load()
    changed = review.records["zhou2025"].model_copy(update={"extractor": "another reader"})
    other = dataclasses.replace(review, records={**review.records, "zhou2025": changed})
    assert rows("icans", review) == rows("icans", other) and len(calls) == 2
    assert rows("severe_infection", review)["columns"] == ["severe_infection"] and len(calls) == 3


def test_a_damaged_file_is_made_anew(counted, tmp_path):
    rows, calls = counted
    rows("icans", load())
    [path] = tmp_path.glob("*.json")
    path.write_text(path.read_text()[:-20])
    assert rows("icans", load())["columns"] == ["icans"] and len(calls) == 2


def test_one_that_waits_in_a_notebook_says_nothing_and_goes_on(tmp_path, capsys):
    """A word on the error stream of a page's cell stops the build."""
    with FileLock(tmp_path / "rows.lock"), alone("rows", tmp_path, patience=0.01):
        pass
    assert capsys.readouterr() == ("", "") and not list(tmp_path.glob("*.process"))

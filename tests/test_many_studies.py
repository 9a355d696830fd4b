"""The invented reviews that the benchmarks measure are valid ones of the size asked for."""

import shutil

import pytest

from benchmarks.many_studies import write
from extraction.checks import check
from extraction.records import ROOT, Review, load
from models.evidence.collect import collect_all


def invented(folder, studies: int, seed: int = 1) -> Review:
    shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    write(folder, studies, seed)
    return load(folder)


@pytest.mark.parametrize("studies", [1, 40])
def test_invented_studies_pass_every_check_and_enter_their_endpoints(tmp_path, studies):
    review = invented(tmp_path / "review", studies)
    checked = check(review)
    assert len(review.register.studies) == len(review.included()) == studies
    assert not checked.errors and not checked.problems
    used = {endpoint: len(evidence.studies) for endpoint, evidence in collect_all(review).items()}
    assert {
        used[e]
        for e in (
            "severe_infection",
            "overall_survival",
            "progression_free_survival",
            "complete_response",
            "icans",
        )
    } == {studies}
    assert used["crs_duration"] <= 10 and used["severe_crs"] == 0


def test_the_seed_alone_says_which_studies(tmp_path):
    one, again, other = (
        invented(tmp_path / name, 3, seed) for name, seed in (("one", 5), ("again", 5), ("other", 6))
    )
    assert one.records == again.records and one.records != other.records

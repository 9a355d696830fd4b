"""The evidence changes in one place and everything follows: a study that was awaited, a correction, a
retraction, two papers of one cohort.

Everything is done to a copy of the real records, or of the invented ones where these say as much; every
number put into it is invented.
"""

import json
import re
import shutil
from pathlib import Path

import pytest
from example_review import EXAMPLE

from book.make import pages
from book.shown import register
from extraction.__main__ import main
from extraction.checks import check
from extraction.question import ENDPOINTS
from extraction.records import ROOT, BadRecords, Review, load
from extraction.schema import Record
from models.evidence.collect import collect, collect_all

PLACE = {"source": "wang2024.txt", "section": "Results"}


class Copy:
    """A copy of a register and its records; `row` and `record` change them, as an editor would."""

    def __init__(self, root: Path, original: Path):
        self.root = Path(
            shutil.copytree(original, root, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
        )

    @classmethod
    def before_wang2024(cls, root: Path) -> "Copy":
        """Of the real review, in which wang2024 still awaits its data."""
        copy = cls(root, ROOT)
        (copy.root / "records/wang2024.yml").unlink()
        copy.row("wang2024", "decision", "awaiting_data")
        for study in ("wang2024", "ma2024"):
            copy.row(study, "endpoints", "null")
        return copy

    def row(self, study: str, key: str, value: str) -> None:
        path = self.root / "register.yml"
        before, own, after = re.split(
            rf"^(  - id: {study}\n(?:    .*\n)+)", path.read_text(encoding="utf-8"), flags=re.M
        )
        own, n = re.subn(rf"^    {key}:.*\n(?:      .*\n)*", f"    {key}: {value}\n", own, flags=re.M)
        path.write_text(before + (own if n else own + f"    {key}: {value}\n") + after, encoding="utf-8")

    def record(self, study: str, record: dict) -> None:
        (self.root / f"records/{study}.yml").write_text(json.dumps(record), encoding="utf-8")  # JSON is YAML

    def review(self) -> Review:
        review = load(self.root)
        assert not check(review).errors, check(review).errors
        return review

    def rules(self) -> str:
        """What `check` says of a copy that it refuses."""
        with pytest.raises(BadRecords) as refused:
            load(self.root)
        return str(refused.value)


@pytest.fixture
def copy(tmp_path) -> Copy:
    return Copy.before_wang2024(tmp_path / "extraction")


@pytest.fixture(scope="module")
def real(tmp_path_factory) -> Review:
    return Copy.before_wang2024(tmp_path_factory.mktemp("real") / "extraction").review()


def entry(
    name: str, kind: str, field: str, arm: str, unit: str = "patients", printed: object = "x", **values
) -> dict:
    return {
        "id": name,
        "kind": kind,
        "field": field,
        "arm": arm,
        "unit": unit,
        "printed": printed,
        "address": PLACE,
        **values,
    }


SIZES = [
    entry("group_size.treated", "group_size", "group_size", "treated", printed="45", n=45),
    entry("group_size.control", "group_size", "group_size", "control", printed="48", n=48),
]
INFECTIONS = [
    entry("severe_infection.treated", "counts", "severe_infection", "treated", printed="9", events=9),
    entry("severe_infection.control", "counts", "severe_infection", "control", printed="6", events=6),
]
SURVIVAL = [
    entry(
        "overall_survival.hazard_ratio",
        "hazard_ratio",
        "overall_survival",
        "comparison",
        "ratio",
        "1.10 (0.60-2.02)",
        estimate="1.10",
        lower="0.60",
        upper="2.02",
        adjusted_for=[],
    )
]


def invented(*entries: dict, study: str = "wang2024") -> dict:
    return {
        "study": study,
        "extracted": "2026-01-01",
        "extractor": "nobody; invented",
        "texts": [{"file": "wang2024.txt", "licence": "none"}],
        "design": {
            "type": "invented",
            "centres": ["An invented hospital"],
            "first_patient": None,
            "last_patient": None,
            "product": "invented",
            "lymphodepletion": None,
            "address": PLACE,
        },
        "arms": {arm: {"definition": "Invented."} for arm in ("treated", "control")},
        "strata": {"all": {"definition": "All."}},
        "entries": [*SIZES, *entries],
    }


def studies_of(review: Review) -> dict[str, tuple[str, ...]]:
    return {endpoint: evidence.studies for endpoint, evidence in collect_all(review).items()}


# a study that was awaited


def test_an_awaited_study_begins_with_its_sheet_and_no_new_row(copy, capsys):
    before = (copy.root / "register.yml").read_text()
    assert main(["new", "wang2024", "--root", str(copy.root)]) == 0
    assert (copy.root / "register.yml").read_text() == before
    assert "wang2024: design.product: found 'FILL_IN': is left to fill in" in copy.rules()
    capsys.readouterr()


def test_an_awaited_study_that_may_share_patients_enters_only_after_a_choice(copy):
    copy.record("wang2024", invented(*INFECTIONS, *SURVIVAL))
    copy.row("wang2024", "decision", "included")
    assert "ma2024 and wang2024 may share patients and both may enter every endpoint" in copy.rules()


def test_an_awaited_study_enters_and_its_twin_keeps_what_was_chosen(copy, real):
    copy.record("wang2024", invented(*INFECTIONS, *SURVIVAL))
    copy.row("wang2024", "decision", "included")
    copy.row("wang2024", "endpoints", "[severe_infection, overall_survival]")
    copy.row("ma2024", "endpoints", "[progression_free_survival]")
    review = copy.review()
    before, after = studies_of(real), studies_of(review)
    assert "wang2024" not in {study for studies in before.values() for study in studies}
    assert {endpoint for endpoint, studies in after.items() if "wang2024" in studies} == {
        "severe_infection",
        "overall_survival",
    }
    assert {endpoint for endpoint, studies in after.items() if "ma2024" in studies} == {
        "progression_free_survival"
    }
    assert all(not {"ma2024", "wang2024"} <= set(studies) for studies in after.values())
    page = pages.generated(review)["studies/wang2024.md"]
    assert (
        "Awaiting data" not in page
        and "Enters severe infection." in page
        and "Enters overall survival." in page
    )
    assert not [said for said in register.missing(review) if "awaits data" in said]


def test_of_two_papers_of_one_cohort_the_register_says_which_enters(copy):
    """The same numbers in both: whichever is chosen, each endpoint holds them once."""
    copy.record("wang2024", invented(*SURVIVAL))
    for enters, stays in (("wang2024", "ma2024"), ("ma2024", "wang2024")):
        copy.row(enters, "decision", "included")
        copy.row(stays, "decision", "excluded")
        review = copy.review()
        assert (
            enters in collect(review, "overall_survival").studies
            and stays not in collect(review, "overall_survival").studies
        )
        table = register.overlaps(review).set_index("study_id")["decision"]
        assert (table[enters], table[stays]) == ("included", "excluded")


# a correction


def test_a_corrected_number_changes_its_endpoint_alone(copy, real):
    [report] = [r for r in collect(real, "overall_survival").used if r.study == "ma2024"]
    [held] = [e for e in real.records["ma2024"].entries if e.id == report.entries[0]]
    path = copy.root / "records/ma2024.yml"
    head, own, tail = re.split(
        rf"^(  - id: {re.escape(held.id)}\n(?:    .*\n)+)", path.read_text(encoding="utf-8"), flags=re.M
    )
    path.write_text(head + own.replace(str(held.upper), f"{held.upper}9") + tail, encoding="utf-8")
    before, after = collect_all(real), collect_all(copy.review())
    assert {e for e in before if before[e].used_hash() != after[e].used_hash()} == {"overall_survival"}


# a retraction


def test_a_retracted_study_leaves_every_result_and_keeps_its_page(copy, real):
    copy.row("zhou2025", "decision", "excluded")
    copy.row("zhou2025", "retracted", "2026-02-03")
    copy.row("zhou2025", "reason", "Invented notice of retraction.")
    review = copy.review()
    assert "zhou2025" in {s for studies in studies_of(real).values() for s in studies}
    assert "zhou2025" not in {s for studies in studies_of(review).values() for s in studies}
    assert review.records["zhou2025"] == real.records["zhou2025"]
    page = pages.generated(review)["studies/zhou2025.md"]
    assert (
        "{admonition} Retracted" in page
        and "retracted on 2026-02-03" in page
        and "Invented notice of retraction." in page
    )
    assert 'id="entry-severe_infection.treated"' in page and "Enters " not in page
    assert (
        register.decisions(review).set_index("study_id").loc["zhou2025", "decision"]
        == "excluded, retracted 2026-02-03"
    )


def test_a_retracted_study_cannot_stay_included(copy):
    copy.row("zhou2025", "retracted", "2026-02-03")
    assert "a paper retracted on 2026-02-03 is excluded; its record is kept" in copy.rules()


# every kind of report, alone


COMPARED = {"field": "severe_infection", "arm": "comparison"}
ALONE = {
    "group_size": [],
    "counts": INFECTIONS,
    "percentage": [entry("x", "percentage", "severe_infection", "treated", printed="20.0", percent="20.0")],
    "bound": [entry("x", "bound", "severe_infection", "treated", printed=None, at_least=1)],
    "p_value": [
        entry("x", "p_value", **COMPARED, unit="probability", printed="P=0.40", p="0.40", tests=["fisher"])
    ],
    "log_rank_p": [
        entry("x", "log_rank_p", "overall_survival", "comparison", "probability", "P=0.40", p="0.40")
    ],
    "hazard_ratio": SURVIVAL,
    **{
        kind: [
            entry(
                "x",
                kind,
                **COMPARED,
                unit="ratio",
                printed=f"1.50 ({lower}-{upper})",
                estimate="1.50",
                lower=lower,
                upper=upper,
                adjusted_for=[],
            )
        ]
        for kind, lower, upper in (
            ("odds_ratio", "0.50", "4.50"),
            ("risk_ratio", "0.75", "3.00"),
            ("rate_ratio", "0.75", "3.00"),
            ("subdistribution_ratio", "0.75", "3.00"),
            ("ratio_of_means", "0.75", "3.00"),
        )
    },
    **{
        kind: [
            entry(
                "x",
                kind,
                field,
                "comparison",
                unit,
                "1.50 (-0.75 to 3.00)",
                estimate="1.50",
                lower="-0.75",
                upper="3.00",
            )
        ]
        for kind, field, unit in (
            ("risk_difference", "severe_infection", "percentage points"),
            ("mean_difference", "crs_duration", "days"),
            ("restricted_mean_difference", "overall_survival", "months"),
        )
    },
    "median_range": [
        entry(
            "x", "median_range", "crs_duration", "treated", "days", "5 (1-9)", median=5, minimum=1, maximum=9
        )
    ],
    "median_quartiles": [
        entry(
            "x",
            "median_quartiles",
            "crs_duration",
            "treated",
            "days",
            "5 (3-7)",
            median=5,
            lower_quartile=3,
            upper_quartile=7,
        )
    ],
    "median_time": [
        entry(
            "x",
            "median_time",
            "overall_survival",
            "treated",
            "months",
            "14.1 (9.0-NR)",
            median="14.1",
            lower="9.0",
        )
    ],
    "mean_sd": [entry("x", "mean_sd", "crs_duration", "treated", "days", "5.1 (2.0)", mean="5.1", sd="2.0")],
    "mean_interval": [
        entry("x", "mean_interval", "crs_duration", "treated", "days", "5.1 (0.4)", mean="5.1", se="0.4")
    ],
    "quantity": [entry("x", "quantity", "follow_up", "total", "months", "14", value=14)],
    "test_outcome": [
        entry(
            "x",
            "test_outcome",
            "crs_duration",
            "comparison",
            "none",
            "ns",
            significant=False,
            tests=["mann_whitney"],
        )
    ],
    "survival_curve": [entry("x", "survival_curve", "overall_survival", "comparison", "none", None)],
    "not_reported": [entry("x", "not_reported", "icans", "comparison", "none", None, reason="Not printed.")],
}


def test_the_list_of_kinds_is_that_of_the_schema():
    assert set(ALONE) == set(
        Record.model_json_schema()["properties"]["entries"]["items"]["discriminator"]["mapping"]
    )


@pytest.fixture(scope="module")
def of_the_others() -> dict[str, tuple[str, ...]]:
    return studies_of(load(EXAMPLE))


@pytest.mark.parametrize("kind", ALONE)
def test_a_study_of_one_kind_of_report_is_checked_read_and_shown(tmp_path, of_the_others, kind):
    study, copy = "waiting2022", Copy(tmp_path / "extraction", EXAMPLE)
    copy.record(study, invented(*ALONE[kind], study=study))
    copy.row(study, "decision", "included")
    copy.row(study, "cohort", "of_its_own")
    review = copy.review()
    written = pages.generated(review)[f"studies/{study}.md"]
    assert all(f'id="entry-{e["id"]}"' in written for e in ALONE[kind])
    told = {
        name
        for evidence in collect_all(review).values()
        for r in (*evidence.used, *evidence.unused)
        if r.study == study
        for name in r.entries
    }
    # used, or left out with a reason
    assert {e["id"] for e in ALONE[kind] if e["field"] in ENDPOINTS} <= told
    assert all(
        set(studies) - set(of_the_others[endpoint]) <= {study}
        and set(of_the_others[endpoint]) <= set(studies)
        for endpoint, studies in studies_of(review).items()
    )

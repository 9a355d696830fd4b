"""The review in the forms of other programs; every number that enters is found again."""

import csv
import io
import json
import math
from collections.abc import Iterator

import pytest
from fhir.resources.bundle import Bundle

from extraction.interop.csl import csl
from extraction.interop.robvis import tables
from models.__main__ import FORMS as NAMED
from models.answers import export
from models.answers.absolute import AbsoluteEffect, Baseline
from models.answers.fhir import bundle
from models.answers.gradepro import table
from models.endpoints import ENDPOINTS


def invented_summary() -> dict:
    """A summary of every endpoint whose numbers all differ and have all digits of a float; invented."""
    numbers = (math.sqrt(n) / 7 for n in range(2, 10_000) if math.isqrt(n) ** 2 != n)

    def limits() -> dict[str, float]:
        return dict(zip(("lower", "median", "upper"), sorted(next(numbers) for _ in range(3)), strict=True))

    return {
        "version": "0",
        "endpoints": {
            key: limits()
            | {
                "title": endpoint.title,
                "scale": endpoint.scale,
                "p_favours_treated": next(numbers),
                "tau": limits(),
                "prediction": limits(),
                "studies": {"zhou2025": limits(), "zhang2022": limits()},
                "n_studies": 2,
            }
            for key, endpoint in ENDPOINTS.items()
        },
    }


def numbers_in(content: object) -> Iterator[float]:
    if isinstance(content, dict | list):
        for item in content.values() if isinstance(content, dict) else content:
            yield from numbers_in(item)
    elif isinstance(content, float):
        yield content


@pytest.fixture(scope="module")
def fhir(review) -> dict:
    return bundle(review, invented_summary())


def resources(fhir: dict, kind: str) -> list[dict]:
    return [e["resource"] for e in fhir["entry"] if e["resource"]["resourceType"] == kind]


def test_fhir_is_valid_by_its_own_classes_and_loses_no_number(fhir):
    # fhir.resources is made from the definitions that HL7 publishes for R5
    read = json.loads(Bundle.model_validate_json(json.dumps(fhir)).model_dump_json())
    found = set(numbers_in(read))
    wanted = set(numbers_in(invented_summary()))
    assert len(wanted) > 100 and wanted <= found


def test_a_resource_that_is_none_of_fhir_is_refused(fhir):
    broken = json.loads(json.dumps(fhir))
    broken["entry"][0]["resource"]["invented"] = True
    with pytest.raises(ValueError, match="invented"):
        Bundle.model_validate_json(json.dumps(broken))


def test_every_reference_of_fhir_leads_to_a_resource(fhir):
    there = {f"{e['resource']['resourceType']}/{e['resource']['id']}" for e in fhir["entry"]}
    assert len(there) == len(fhir["entry"])
    named = [
        *(a["artifactReference"]["reference"] for a in resources(fhir, "ArtifactAssessment")),
        *(v["observed"]["reference"] for e in resources(fhir, "Evidence") for v in e["variableDefinition"]),
    ]
    assert named and set(named) <= there


def test_fhir_has_each_study_each_judgement_and_each_rating(fhir, review):
    assert len(resources(fhir, "Citation")) == len(review.register.studies)
    judged = {
        (s, row.domain, e) for s, r in review.records.items() for row in r.risk_of_bias for e in row.endpoints
    }
    # several endpoints of the models may be judged as one outcome
    per_outcome = {(s, d, key) for s, d, e in judged for key in ENDPOINTS if ENDPOINTS[key].evidence == e}
    assert sum(
        len(content["component"]) for a in resources(fhir, "ArtifactAssessment") for content in a["content"]
    ) == len({(s, d, key) for s, d, key in per_outcome if d != "overall"})
    rated = {
        e["id"]: e["certainty"][0]["rating"]["text"] for e in resources(fhir, "Evidence") if "certainty" in e
    }
    assert rated["severe-infection"] == "very low"  # as the first page of the review says


def test_robvis_has_the_judgements_of_the_records(review):
    [(tool, text)] = tables(review, "severe_infection").items()
    rows = {row["Study"]: row for row in csv.DictReader(io.StringIO(text))}
    assert tool == "robins_i"
    # read off extraction/records/zhou2025.yml by eye
    assert list(rows["Zhou 2025"].values())[1:] == [
        "Critical", "Serious", "Low", "Moderate", "Moderate", "Serious", "Moderate", "Critical",
    ]  # fmt: skip


def test_reference_managers_get_every_study(review):
    items = {item["id"]: item for item in csl(review.register.studies)}
    assert items.keys() == review.studies.keys()
    zhou = items["zhou2025"]
    assert zhou["DOI"] == "10.3389/fimmu.2025.1530623" and zhou["issued"] == {"date-parts": [[2025]]}
    assert zhou["author"][0] == {"literal": "Qianyi Zhou"}
    assert all(value is not None for item in items.values() for value in item.values())


def test_the_summary_of_findings_has_levels_numbers_and_absolute_effects(review):
    limits = {"median": 25.5, "lower": -10.25, "upper": 61.125}  # invented
    effect = AbsoluteEffect(Baseline("an invented hospital", 4, 40), {}, {}, limits, {})
    summary = invented_summary()
    rows = {
        row["Outcome"]: row
        for row in csv.DictReader(io.StringIO(table(review, summary, {"severe_infection": [effect]})))
    }
    row = rows["Severe infection"]
    assert (row["Risk of bias"], row["Certainty"]) == ("extremely serious", "very low")  # three levels down
    assert float(row["Relative effect"]) == summary["endpoints"]["severe_infection"]["median"]
    # 4 of 40 are 100 of 1,000
    assert (float(row["Baseline risk per 1000"]), float(row["Difference lower"])) == (100, -10.25)
    assert rows["Overall survival"]["Difference per 1000"] == ""


def test_the_forms_that_are_asked_for_are_written_whole(tmp_path, monkeypatch, review):
    from models.__main__ import main

    assert set(NAMED) == set(export.FORMS)
    monkeypatch.setattr(export, "summary", lambda _: invented_summary())
    monkeypatch.setattr(export, "absolute_effects", lambda *_: [])
    assert main(["export", str(tmp_path), "--form", "csl", "--form", "fhir"]) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["review.fhir.json", "studies.csl.json"]
    assert len(json.loads((tmp_path / "studies.csl.json").read_text())) == len(review.studies)

"""The question of the review: refused where it says what cannot be; its words for readers are in no key."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from extraction import question
from extraction.question import FILE, read
from extraction.records import load
from extraction.source import BadRecords
from extraction.tree import OWN, ROOT
from extraction.vocabulary import HOURS
from models.endpoints import ENDPOINTS, evidence_of, prior_of
from models.runs.closure import Tree


@pytest.fixture
def asked(tmp_path):
    """Write the question with one piece of its text replaced, and read it."""

    def changed(old: str, new: str) -> question.Question:
        text = FILE.read_text(encoding="utf-8")
        assert old in text
        path = tmp_path / "question.yml"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        return read(path)

    return changed


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("kind: survival", "kind: surviving", "must be one of binary, survival, durations"),
        ("kind: binary", "kind: continuous", "is about a variable with units"),
        ("better: above", "better: more", "must be one of below, above"),
        ("bias: hazard", "bias: hazards", "bias hazards: the question has none of that name"),
        ("contrast: early v late", "contrast: early", "contrast early: the question has none of that name"),
        ("key: icans", "key: severe_crs", "key severe_crs: stands for two endpoints"),
        ("units: [lines]", "units: [line]", "unit line: the question has none of that name"),
        ("sum_of: [complete_response,", "sum_of: [completed,", "variable completed: the question has none"),
        ("per_1000: 50", "per_1000: 5000", "must be less than or equal to 1000"),
        ("treatment:\n", "treatmint:\n", "is not a field of the schema"),
        ('names: ["0", "1", ', 'names: ["1", "1", ', "one stands twice"),
        ("severe_from: 3", "severe_from: 6", "severe_from 6: the highest grade is 5"),
        ("severe_from: 3", "severe_from: 4", "durations are told apart by at most 3 grades"),
        ("reference: 2", "reference: 4", "reference 4: grades from 3 on are taken together"),
        ("kind: durations", "kind: binary", "lasting stands with an endpoint of kind durations"),
        ("unit: days\n", "unit: weeks\n", "must be one of hours, days, months, years"),
        ("log: [1.8, 0.5]", "log: [1.8, 0]", "must be greater than 0"),
        ("units: [days, hours]", "units: [days, lines]", "unit lines: a duration is in hours, days"),
    ],
)
def test_a_question_that_cannot_be_is_refused_by_place_value_and_rule(asked, old, new, told):
    with pytest.raises(BadRecords) as refused:
        asked(old, new)
    assert "question.yml" in str(refused.value) and told in str(refused.value)


def test_a_prior_that_is_none_is_refused_with_what_is_legal():
    with pytest.raises(Exception, match=r"question.yml: icans: .*half-normals.*half_normal_0.5"):
        prior_of("icans", "half-normals:1")


def test_every_variable_that_adds_up_or_is_some_of_another_is_known():
    for name, parts in question.SUMS.items():
        assert name in question.FIELDS and set(parts) <= question.FIELDS.keys()


def test_papers_name_the_treatment_as_they_like():
    for words in (
        "tocilizumab v control",
        "TCZ vs. none",
        "with toci over without",
        "Toci versus no tocilizumab",
    ):
        assert question.as_contrast(words) == "treated v control", words
    for words in ("control / treated", "without v with tocilizumab", "no TCZ v TCZ"):
        assert question.as_contrast(words) == "control v treated", words
    assert question.as_contrast("early v late") == "early v late"


def test_words_for_readers_enter_no_key_and_all_else_does(tmp_path):
    """A page counts the whole file besides (book.make.inputs)."""
    from book.make import inputs

    copy = tmp_path / "tree"
    for room in ("extraction", "models", "book"):
        shutil.copytree(ROOT / room, copy / room, ignore=shutil.ignore_patterns("__pycache__"))
    for name in (inputs.PINS, inputs.CONFIGURATION, "_toc.yml"):
        shutil.copy(ROOT / name, copy / name)
    file, code = copy / "extraction/question.yml", [("models.evidence.collect", "collect")]
    text = file.read_text(encoding="utf-8")

    def keys() -> tuple[str, str]:
        tree = Tree(copy)
        return tree.fingerprint(code), inputs.of_cells("", tree)

    before = keys()
    file.write_text(text.replace("better: less ICANS", "better: ICANS less often"), encoding="utf-8")
    words_changed = keys()
    file.write_text(text.replace("bias: hazard", "bias: duration", 1), encoding="utf-8")
    assert words_changed[0] == before[0] != keys()[0]
    assert words_changed[1] != before[1]


# code of any review

ROOMS = ("extraction", "models", "book", "benchmarks")
"""Rooms whose code names nothing of this review."""
CODE = (".py", ".js", ".css", ".html", ".j2", ".jinja")
SHORT = ("CRS", "ICANS", "CAR-T", "CART", "leukaemia", "leukemia", "B-ALL", "infection")
"""Words of the field that no name of the question consists of."""
OTHERS = {
    "models/priors.py": ("infection",),
    "models/pool/named_priors.py": ("infection",),
    "models/pool/command.py": ("infection",),
    "models/pool/fit.py": ("infection",),
    "models/words.py": ("infection",),
    "models/trust/parity.py": ("infection",),
    "extraction/extras.py": ("tocilizumab", "cart"),
}
"""Words of others: what Turner calls a group of outcomes, a public data set, and the name of the package."""


def own_words() -> set[str]:
    """What only this question and its register say: treatment, condition, studies, and variables whose names
    are of more than one word, since `age` and `relapse` are words of any review.
    """
    asked = question.QUESTION
    names = [name for name in asked.variables if "_" in name] + [
        one.key for one in asked.endpoints if "_" in one.key
    ]
    return {*asked.treatment.called, asked.treatment.name, *names, *SHORT, *load().studies}


@pytest.mark.parametrize("room", ROOMS)
def test_no_code_names_what_only_this_review_asks(room):
    words = "|".join(sorted(map(re.escape, own_words()), key=len, reverse=True))
    form = re.compile(rf"(?<![a-z0-9])(?=({words})(?![a-z0-9]))", re.IGNORECASE)
    found = [
        f"{name}:{number}: {word}"
        for path in sorted((ROOT / room).rglob("*"))
        if path.suffix in CODE and "__pycache__" not in path.parts
        for name in [path.relative_to(ROOT).as_posix()]
        for number, line in enumerate([name, *path.read_text(encoding="utf-8").splitlines()])
        for word in form.findall(line)
        if word.lower() not in OTHERS.get(name, ())
    ]
    assert not found, "\n".join(found)


# other questions, each in a folder of its own

LEAST = """
title: An invented question, of one endpoint without grades
population: invented patients
uncertain_since: nothing was ever observed
treatment: {name: inventomab, called: [inventomab]}
contrasts:
  given: {meaning: inventomab against none, treated: inventomab, comparator: none}
grounds: {population: other patients}
variables:
  cured: {meaning: Patients cured.}
biases:
  any:
    low: [0.0, 0.05]
    moderate: [0.0, 0.2]
    serious: [0.0, 0.5]
    critical: [0.0, 1.0]
    plain: Invented.
    source: Invented.
endpoints:
  - key: cured
    variable: cured
    name: cure
    title: Cure
    kind: binary
    better: above
    role: primary
    mu_prior: normal:0:1
    tau_prior: half-normal:0.5
    bias: any
    important: {reason: Invented.}
    shown: {better: more cured, worse: fewer cured, page: cure.html}
"""


def _entry(name: str, kind: str, field: str, arm: str, **numbers: int) -> dict:
    (printed,) = numbers.values()
    about = {"id": name, "kind": kind, "field": field, "arm": arm, "unit": "patients"}
    return about | numbers | {"printed": str(printed), "address": {"source": None, "table": "1"}}


@pytest.fixture
def folder(tmp_path) -> Path:
    """A copy of the review's data, in which another question may be asked."""
    for path in OWN.iterdir():
        if path.suffix == ".yml":
            shutil.copy(path, tmp_path)
    for name in ("records", "curves"):
        shutil.copytree(OWN / name, tmp_path / name)
    return tmp_path


def ask(folder: Path, script: str) -> dict:
    """What a script on the review of a folder prints, as JSON."""
    ran = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env=os.environ | {"REVIEW": str(folder), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return json.loads(ran.stdout)


def edit(folder: Path, *changes: tuple[str, str]) -> None:
    """Replace pieces of the question's text."""
    file = folder / "question.yml"
    text = file.read_text(encoding="utf-8")
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    file.write_text(text, encoding="utf-8")


def block(folder: Path, key: str) -> str:
    """The text of an endpoint in the question."""
    text = (folder / "question.yml").read_text(encoding="utf-8")
    return re.search(rf"  - key: {key}\n(?:    .*\n)+", text).group()


def only(folder: Path, asked: str, entries: dict[str, list[dict]]) -> None:
    """Make the review of the folder one of another question, with these entries of invented studies alone."""
    (folder / "question.yml").write_text(asked, encoding="utf-8")
    for path in [*(folder / "records").iterdir(), *(folder / "curves").iterdir(), folder / "certainty.yml"]:
        path.unlink()
    nowhere = {"source": None, "section": "Methods"}
    design = {"type": "invented", "first_patient": None, "last_patient": None, "address": nowhere}
    rows = []
    for study, told in entries.items():
        record = {
            "study": study,
            "extracted": "2026-01-31",
            "extractor": "nobody",
            "texts": [],
            "design": design | {"centres": [f"Hospital of {study}"]},
            "arms": {arm: {"definition": "Invented."} for arm in ("treated", "control")},
            "strata": {"all": {"definition": "All patients."}},
            "entries": told,
        }
        row = {
            "id": study,
            "title": "Invented",
            "authors": [f"Nobody of {study}"],
            "journal": "Journal of Invented Results",
            "year": 2031,
            "identifier": study,
            "contrast": "given",
            "decision": "included",
            "reason": "Invented.",
            "decided": "2026-01-31",
            "cohort": study,
            "text_held": False,
        }
        (folder / f"records/{study}.yml").write_text(json.dumps(record), encoding="utf-8")
        rows.append(row)
    (folder / "register.yml").write_text(json.dumps({"studies": rows}), encoding="utf-8")


def test_a_question_of_one_endpoint_without_grades_is_checked_and_pooled(folder):
    """Two invented arms of 7 of 20 and 3 of 20: log odds ratio 1.116, precision 1 / (1/7 + 1/13 + 1/3 + 1/17)
    or 1.634, which a prior N(0, 1) draws to 0.69 where studies do not differ, and farther where they may.
    """
    entries = [
        entry
        for arm, events in (("treated", 7), ("control", 3))
        for entry in (
            _entry(f"group_size.{arm}", "group_size", "group_size", arm, n=20),
            _entry(f"cured.{arm}", "counts", "cured", arm, events=events),
        )
    ]
    only(folder, LEAST, {"invented2031": entries})
    found = ask(folder, EVERY_MODULE + ASK)
    assert found["errors"] == [] and found["tables"] == {"cured": [[7, 20, 3, 20]]}
    assert 0.4 < found["medians"]["cured"] < 0.75  # the counts are exact, 1.634 is of a normal likelihood


LASTING = """    kind: durations
    lasting:
      unit: hours
      level: {log: [2.0, 1.0], plain: Invented., source: Invented.}
"""
FIT = """
import json
import nutpie
import numpy as np
from book.shown.endpoint.printed import printed_result
from extraction.checks import check
from extraction.records import load
from models.answers.duration_tables import MU, TAU
from models.endpoints import ENDPOINTS, evidence_of
from models.engines import duration_tables
from models.engines.durations import build
from models.engines.sampling import compile_model
from models.trust.findings import informing
review = load()
endpoint, evidence = ENDPOINTS["cured"], evidence_of("cured", review)
model = build(evidence, endpoint.mu_prior, endpoint.tau_prior)
draws = nutpie.sample(
    compile_model(model), draws=400, tune=400, chains=2, cores=1, seed=1, progress_bar=False
).posterior
tables = [duration_tables.table(evidence, study, MU, TAU) for study in evidence.studies]
log = sum(table.log_likelihood[0] for table in tables)
weight = np.exp(log - log.max() + endpoint.mu_prior.log_density(MU)) * (
    TAU * np.exp(endpoint.tau_prior.log_density(TAU))
)[:, None]  # the nodes of tau are even on the log scale
print(json.dumps({
    "errors": [str(error) for error in check(review).errors],
    "reports": [used.report.data for used in evidence.used],
    "free": sorted(variable.name for variable in model.free_RVs),
    "mean": float(draws["mu"].mean()),
    "of_study": draws["theta"].mean(("chain", "draw")).values.tolist(),
    "tabulated": float((weight * MU).sum() / weight.sum()),
    "informing": informing(evidence, review),
    "printed": printed_result(review.records["hours2031"], "cured"),
}))
"""


def test_durations_without_grades_have_one_level_in_the_unit_that_is_asked(folder):
    """Two invented studies of 200 v 200 with medians of 10 v 5 hours, printed in hours and in days, and
    quartiles of log-normals with SD 0.5: the log ratio is 0.693 with a standard error of 0.5 sqrt(pi / 2 x
    2 / 200), or 0.06.  With a prior N(0, 1) its mean stays within a tenth below it, where studies agree.
    """
    entries: dict[str, list[dict]] = {"hours2031": [], "days2031": []}
    for study, told in entries.items():
        unit = study.removesuffix("2031")
        for arm, median in (("treated", 10), ("control", 5)):
            low, middle, high = (
                round(median * float(np.exp(0.5 * z)) / HOURS[unit], 4) for z in (-0.6745, 0.0, 0.6745)
            )
            size = _entry(f"group_size.{arm}", "group_size", "group_size", arm, n=200)
            told.append(size)
            told.append(
                {name: value for name, value in size.items() if name != "n"}
                | {"id": f"cured.{arm}", "kind": "median_quartiles", "field": "cured", "unit": unit}
                | {"median": middle, "lower_quartile": low, "upper_quartile": high}
                | {"printed": f"{middle} ({low}-{high})"}
            )
    asked = LEAST.replace("    kind: binary\n", LASTING).replace(
        "cured: {meaning: Patients cured.}", "cured: {meaning: Time to cure., units: [hours, days]}"
    )
    only(folder, asked, entries)
    found = ask(folder, FIT)
    assert found["errors"] == [] and found["informing"] == "800 patients"
    assert {report["unit"] for report in found["reports"]} == {"hours"}
    assert [report["median"] for report in found["reports"]] == pytest.approx([10.0, 5.0] * 2, rel=1e-3)
    assert found["printed"] == "10.0 (quartiles 7.1373–14.0109) v 5.0 (quartiles 3.5687–7.0054) hours"
    assert found["free"] == ["level", "mu", "sigma", "tau", "z", "z_new"]  # no step, no trend
    assert found["of_study"] == pytest.approx([np.log(2)] * 2, abs=0.06)
    assert np.log(2) - 0.1 < found["mean"] < np.log(2) + 0.02
    assert found["tabulated"] == pytest.approx(found["mean"], abs=0.05)


TELL = """
import json
from extraction.records import BadRecords, load
try:
    load()
except BadRecords as bad:
    print(json.dumps([str(one) for one in bad.problems]))
"""
EVERY_MODULE = """
import importlib, pkgutil
import extraction, models
for room in (extraction, models):
    for found in pkgutil.walk_packages(room.__path__, f"{room.__name__}."):
        importlib.import_module(found.name)
"""
ASK = """
import json
from extraction.checks import check
from extraction.records import load
from models.endpoints import ENDPOINTS, OF_DURATIONS, evidence_of, quadrature
review = load()
evidence = {key: evidence_of(key, review) for key in ENDPOINTS}
print(json.dumps({
    "errors": [str(error) for error in check(review).errors],
    "hashes": {key: one.used_hash() for key, one in evidence.items()},
    "tables": {
        key: [table for used in one.used for table in getattr(used.report, "tables", ())]
        for key, one in evidence.items()
    },
    "medians": {
        key: quadrature(key, review).mu.quantile(0.5) for key in ENDPOINTS if key not in OF_DURATIONS
    },
}))
"""
"""Prints faults of the review, tables and medians (log scale) of its endpoints."""


@pytest.fixture(scope="module")
def own_hashes() -> dict[str, str]:
    """What enters each endpoint of the own question."""
    review = load()
    return {key: evidence_of(key, review).used_hash() for key in ENDPOINTS}


GRADED = """
import json
from extraction.derived.groups import patients_by_grade
from extraction.question import ESTIMAND, grade_words
from extraction.records import load
from models.evidence.report import graded_of
graded = graded_of("crs_duration")
print(json.dumps({
    "counts": list(patients_by_grade(load().records["zhang2022"]).items()),
    "steps": graded.steps,
    "reference": graded.from_reference([0.3]),
    "estimand": grade_words(ESTIMAND),
}))
"""


def test_grades_are_taken_together_from_where_the_question_says(folder):
    """Zhang 2022, section Patients: of grade 1 17 v 10, of 2 9 v 2, of 3 to 5 5 v 1."""
    together = ("severe_from: 3\n", "severe_from: 2\n")
    edit(folder, together, ("estimand: 3 ", "estimand: 1 "))
    found = ask(folder, GRADED)
    by_grade = {grade: (sizes["treated"], sizes["control"]) for grade, sizes in found["counts"]}
    assert by_grade[1] == (17, 10) and by_grade[2] == (9 + 5, 2 + 1) and max(by_grade) == 2
    assert found["steps"] == ["step_1_to_2"] and found["reference"] == [-0.3, 0.0]
    assert found["estimand"] == "grade 1"


def test_records_that_speak_of_no_endpoint_are_told_file_and_line(folder):
    edit(folder, (block(folder, "icans"), ""))
    told = ask(folder, TELL)
    assert any(re.search(r"register.yml:\d+: .*icans", one) for one in told)
    assert any(re.search(r"records/zhou2025.yml:\d+: .*icans", one) for one in told)


def test_an_endpoint_is_dropped_renamed_or_added_by_the_question_alone(folder, own_hashes):
    """Records, register and ratings still speak of the one that is dropped, which the question allows by
    naming it.  Another is added on a variable of the records, earlier transplants, as printed: 3 (17.6 %) of
    17 and 6 (21.4 %) of 28 in Zhou 2025, 7 (21.9 %) of 32 and 5 (14.3 %) of 35 in Zhang 2022.
    """
    added = block(folder, "icans").replace("icans", "prior_transplant").replace("ICANS", "earlier transplant")
    last = block(folder, "severe_crs")
    edit(
        folder,
        (block(folder, "complete_response"), ""),
        ("# Said and drawn", "dropped: [complete_response]\n\n# Said and drawn"),
        ("key: icans\n", "key: neurotoxicity\n"),
        (last, last + added),
    )
    found = ask(folder, ASK)
    assert found["errors"] == []
    names = {"icans": "neurotoxicity"}
    kept = {names.get(key, key): one for key, one in own_hashes.items() if key != "complete_response"}
    assert list(found["hashes"]) == [*kept, "prior_transplant"]
    assert {key: found["hashes"][key] for key in kept} == kept
    assert sorted(found["tables"]["prior_transplant"]) == [[3, 17, 6, 28], [7, 32, 5, 35]]

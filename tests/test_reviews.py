"""Another review than the project's own: its folder is named, and all that is read and kept follows."""

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pandas as pd
import pytest
import yaml
from example_markup import article, nothing_planted_runs, nothing_planted_stands, plant_markup

from extraction.extras import DISTRIBUTION
from extraction.fault import Fault
from extraction.tree import OWN, ROOT, folder_of_review
from models.runs.closure import Tree

EVIDENCE = [("models.evidence.collect", "collect")]
"""Code whose key counts the question."""
BCG = ROOT / "examples" / "bcg"
OF_THE_OWN = re.compile(r"tocilizumab|\bCRS\b|\bCAR-?T\b|\bICANS\b|leuk|zhou|cytokine|B-ALL", re.IGNORECASE)
"""Words of the project's own review."""


def words_of_the_own(texts: dict[str, str]) -> set[tuple[str, str]]:
    """Words of the project's own review, with where they stand; the name of the program is none."""
    return {
        (name, word)
        for name, text in texts.items()
        for word in OF_THE_OWN.findall(text.replace(DISTRIBUTION, ""))
    }


def told_of(command: tuple[str, ...], folder: Path | str) -> subprocess.CompletedProcess:
    return subprocess.run(
        (sys.executable, *command),
        cwd=ROOT,
        env=os.environ | {"REVIEW": str(folder), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_without_a_name_it_is_the_own_review():
    assert folder_of_review(None, ROOT) == folder_of_review("", ROOT) == OWN


def test_a_folder_that_is_missing_is_told(tmp_path):
    with pytest.raises(Fault, match="there is no folder"):
        folder_of_review(str(tmp_path / "nowhere"), ROOT)


@pytest.mark.parametrize("command", ["extraction check", "models fit", "book", "review check"])
def test_a_command_tells_of_a_missing_folder_in_one_line(tmp_path, command):
    ran = told_of(("-m", *command.split()), tmp_path / "nowhere")
    assert ran.returncode == 1 and ran.stderr.count("\n") == 1
    assert ran.stderr.endswith(f"there is no folder {tmp_path / 'nowhere'}\n")


@pytest.mark.parametrize("room", ["extraction", "models", "book"])
def test_a_folder_without_a_question_is_told_in_one_sentence(tmp_path, room):
    ran = told_of(("-m", room, *{"extraction": ["check"], "models": ["fit"], "book": []}[room]), tmp_path)
    assert ran.returncode == 1
    assert ran.stderr.endswith(f"{tmp_path} is no folder of a review: it holds no question.yml\n")
    assert ran.stderr.count("\n") == 1


def test_keys_count_the_question_of_the_other_review_in_the_place_of_the_own(tmp_path):
    question = tmp_path / "question.yml"

    def key(text: str) -> str:
        question.write_text(text, encoding="utf-8")
        return Tree(ROOT, tmp_path).fingerprint(EVIDENCE)

    own = Tree(ROOT).fingerprint(EVIDENCE)
    assert Tree(ROOT, OWN).fingerprint(EVIDENCE) == own
    assert key((OWN / "question.yml").read_text(encoding="utf-8")) == own
    assert len({own, key("title: one\n"), key("title: another\n")}) == 3
    assert key("title: one\nshown:\n  of: a\n") == key("title: one\nshown:\n  of: b\n")


PAGES = """
import ast, re
from book.make import inputs, written
from book.shown.endpoint import chapter
pages = written.pages()
for text in pages.values():
    cells = inputs.cells(text)
    ast.parse(cells)
    missing = [name for name in re.findall(r"chapter\\.(\\w+)\\(", cells) if not hasattr(chapter, name)]
    assert not missing, missing
print(*sorted(pages))
"""


@pytest.mark.parametrize(
    ("example", "pages"),
    [("sglt2", {"worsening", "cardiovascular-death", "death"}), ("normand", {"length-of-stay"})],
)
def test_each_kind_of_endpoint_has_its_page_whose_code_is_there_to_run(example, pages):
    """That of counts runs in the book of BCG."""
    ran = told_of(("-c", PAGES), ROOT / "examples" / example)
    assert not ran.returncode, ran.stderr
    assert {"intro", "summary-of-findings", "studies", *pages} <= set(ran.stdout.split())


# the example: BCG vaccine against tuberculosis

POOLED = """
from extraction.records import load
from models import endpoints
found, review = [0.025, 0.5, 0.975], load()
answer = endpoints.quadrature("tuberculosis", review)
studies = len(endpoints.evidence_of("tuberculosis", review).used)
print(studies, *answer.mu.quantile(found), answer.tau.quantile(0.5))
"""


def test_its_records_are_the_reference_tables():
    """Its data sets are not the files of `tests/reference`, which were written by R from metadat."""
    register = yaml.safe_load((BCG / "register.yml").read_text(encoding="utf-8"))["studies"]
    reference = pd.read_csv(ROOT / "tests" / "reference" / "bcg_2x2.csv")
    for study, row in zip(register, reference.itertuples(), strict=True):
        record = yaml.safe_load((BCG / "records" / f"{study['id']}.yml").read_text(encoding="utf-8"))
        held = {entry["id"]: entry for entry in record["entries"]}
        found = [
            held[f"{field}.{arm}"][number]
            for arm in ("treated", "control")
            for field, number in (("tuberculosis", "events"), ("group_size", "n"))
        ]
        assert found == [row.ai, row.n1i, row.ci, row.n2i] and str(study["year"]) == row.study[-4:]


def test_its_answer_is_that_of_other_software():
    """JAGS samples the same exact binomials under the same priors: 18,000 effective draws of a mean effect
    whose SD is 0.2 leave an error of 0.002 in its median and 0.005 in a limit.  REML of normal log odds
    ratios has no priors and another likelihood.  Both as `tests/reference/results.csv` has them.
    """
    studies, *found = map(float, told_of(("-c", POOLED), BCG).stdout.split())
    assert studies == 13
    results = pd.read_csv(ROOT / "tests" / "reference" / "results.csv").set_index(
        ["dataset", "model", "software"]
    )
    jags, reml = results.loc[("bcg", "bn", "jags")], results.loc[("bcg", "nn", "metafor")]
    assert found == pytest.approx([jags.mu_lower, jags.mu_median, jags.mu_upper, jags.tau_median], abs=0.015)
    assert found[1] == pytest.approx(reml.mu_median, abs=0.02)
    assert reml.mu_median == pytest.approx(-0.7452, abs=1e-4) and reml.tau_median**2 == pytest.approx(
        0.3378, abs=1e-4
    )


LIFE = """
import subprocess
import sys
from book.__main__ import main as book
from book.make import execute
from models.__main__ import main as models

def all_well(*codes):
    if any(codes):
        sys.exit(str(codes))

def commit(what):
    by = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    for words in (["add", "-A"], [*by, "commit", "-qm", what]):
        subprocess.run(["git", *words], cwd=HOME, check=True)

execute.AT_ONCE = 1  # a second kernel would import and read everything again
HOME = sys.argv[1]
subprocess.run(["git", "init", "-q", HOME], check=True)
commit("begun")
all_well(models(["fit"]), models(["release", "0.1.0"]))
commit("released")
all_well(book([]), book(["deposit"]), models(["export", f"{HOME}/_build/exports"]), models(["diff", "0.1.0"]))
"""
"""What an editor types from evidence to a deposit, in one process."""
NOT_TEXT = {".nc", ".parquet"}


@pytest.fixture(scope="module")
def released(tmp_path_factory) -> tuple[Path, str]:
    """The folder of the example, every text of which holds mark-up that wants to run, released, built and
    deposited; what was said of it.
    """
    review = Path(shutil.copytree(BCG, tmp_path_factory.mktemp("released") / "bcg"))
    assert plant_markup(review) > 50
    (review / ".gitignore").write_text("_build/\n")
    (review / "CHANGELOG.md").write_text("# Changelog\n\n## Unreleased\n\n- Nothing.\n")
    (review / "_config.yml").write_text("html:\n  baseurl: https://example.org/bcg\n")
    ran = told_of(("-c", LIFE, str(review)), review)
    assert not ran.returncode, ran.stdout + ran.stderr
    return review, ran.stdout


@pytest.mark.book
def test_its_book_is_built_strictly_and_says_no_word_of_the_own_review(released):
    html = released[0] / "_build" / "html"
    pages = {
        path.relative_to(html).as_posix(): path.read_text(encoding="utf-8") for path in html.rglob("*.html")
    }
    assert {"book/intro.html", "book/tuberculosis.html", "book/studies/aronson1948.html"} <= pages.keys()
    assert not words_of_the_own(pages)
    assert "MIT" not in pages["book/editing.html"] and "under CC-BY-4.0" in pages["book/editing.html"]
    assert "<title>Version 0.1.0</title>" in (html / "feed.xml").read_text(encoding="utf-8")


@pytest.mark.book
def test_its_studies_stand_on_every_page_that_tells_of_its_endpoint_and_no_text_of_theirs_runs(released):
    html = released[0] / "_build" / "html"
    for page in ("studies", "tuberculosis", "trust", "summary-of-findings", "studies/aronson1948"):
        assert "Aronson 1948" in article(html, page), page
    nothing_planted_stands(html)


@pytest.mark.book
@pytest.mark.browser
def test_nothing_planted_runs_in_a_browser(released, chromium):
    nothing_planted_runs(released[0] / "_build" / "html", chromium)


@pytest.mark.book
def test_its_release_and_deposit_hold_its_folder_and_no_word_of_the_own_review(released):
    review, said = released
    assert "git add releases/0.1.0.json CHANGELOG.md CITATION.cff\n" in said
    assert "Studies: none changed." in said and "Methods: unchanged." in said
    place = review / "_build" / "deposit" / "0.1.0"
    held = json.loads((place / "zenodo.json").read_text(encoding="utf-8"))["metadata"]
    assert (held["upload_type"], held["license"], "keywords" in held) == ("dataset", "cc-by-4.0", False)
    with zipfile.ZipFile(next(place.glob("*.zip"))) as archive:
        files = {name.partition("/")[2]: archive.read(name) for name in archive.namelist()}
    own = {path.relative_to(BCG).as_posix() for path in BCG.rglob("*") if path.is_file()}
    assert own - {path for path in own if path.startswith("_build/")} <= files.keys()
    assert "releases/0.1.0.json" in files and "bundle/requirements.lock" in files
    assert not [name for name in files if name.startswith(("extraction/", "models/", "tests/"))]
    assert sum(name.startswith("_build/posteriors/tuberculosis-") for name in files) == 2
    crate = json.loads(files["ro-crate-metadata.json"])["@graph"]
    assert {row["license"]["@id"] for row in crate if "sha256" in row} == {"#cc-by-4.0"}
    exports = {path.name: path.read_bytes() for path in (review / "_build" / "exports").iterdir()}
    assert {"studies.csl.json", "summary-of-findings.csv", "review.fhir.json"} <= exports.keys()
    texts = {name: text for name, text in (files | exports).items() if Path(name).suffix not in NOT_TEXT}
    assert not words_of_the_own({name: text.decode() for name, text in texts.items()})
    assert "`review book` in this\nfolder" in files["bundle/README.md"].decode()

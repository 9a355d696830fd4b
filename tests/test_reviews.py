"""Another review than the project's own: its folder is named, and all that is read and kept follows."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import yaml

from extraction.fault import Fault
from extraction.tree import OWN, ROOT, folder_of_review
from models.runs.closure import Tree

EVIDENCE = [("models.evidence.collect", "collect")]
"""Code whose key counts the question."""
BCG = ROOT / "examples" / "bcg"
OF_THE_OWN = re.compile(r"tocilizumab|\bCRS\b|\bCAR-?T\b|\bICANS\b|leuk|zhou|cytokine|B-ALL", re.IGNORECASE)
"""Words of the project's own review."""


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
    [("bcg", {"tuberculosis"}), ("sglt2", {"worsening", "cardiovascular-death", "death"})],
)
def test_each_kind_of_endpoint_has_its_page_whose_code_is_there_to_run(example, pages):
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


@pytest.mark.book
def test_its_book_is_built_strictly_and_says_no_word_of_the_own_review(tmp_path):
    review = Path(shutil.copytree(BCG, tmp_path / "bcg"))
    for command in (("-m", "models", "fit"), ("-m", "book")):
        ran = told_of(command, review)
        assert not ran.returncode, ran.stdout + ran.stderr
    html = review / "_build" / "html"
    pages = {
        path.relative_to(html).as_posix(): path.read_text(encoding="utf-8") for path in html.rglob("*.html")
    }
    assert {"book/intro.html", "book/tuberculosis.html", "book/studies/aronson1948.html"} <= pages.keys()
    found = {(name, said) for name, text in pages.items() for said in OF_THE_OWN.findall(text)}
    assert not found

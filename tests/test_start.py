"""A new review builds at once, and the guide that begins one works command by command."""

import json
import re
import shlex
from pathlib import Path

import pytest
import yaml

from extraction.__main__ import main
from extraction.start.command import LICENCES

ROOT = Path(__file__).resolve().parent.parent
GUIDE = (ROOT / "docs" / "your-own-review.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(sh|text|yaml) ?(\S*)\n(.*?)^```$", GUIDE, re.M | re.S)
LONG = ("review fit", "review book")


@pytest.fixture(scope="module")
def guided(tmp_path_factory, installed) -> Path:
    """The folder to which the guide leads, with the package installed, but for what takes long."""
    here = tmp_path_factory.mktemp("guided")
    for kind, name, text in BLOCKS:
        if kind != "sh":
            (here / name).parent.mkdir(parents=True, exist_ok=True)
            (here / name).write_text(text, encoding="utf-8")
            continue
        for line in text.splitlines():
            command, *arguments = shlex.split(line)
            if command == "cd":
                here = here / arguments[0]
            elif line not in LONG:
                done = installed.review(*arguments, here=here)
                assert done.returncode == 0, (line, done.stdout, done.stderr)
    return here


def test_the_guide_leads_from_nothing_to_a_checked_record(guided, installed):
    # each command of the guide ended well; the invented study has made room for the first real one
    assert [path.name for path in (guided / "records").iterdir()] == ["sample2030.yml"]
    assert "example2031" not in (guided / "register.yml").read_text(encoding="utf-8")
    # 6 and 9 of 30 are 20.0 % and 30.0 %, and Fisher's exact test of them 0.552 (scipy.stats.fisher_exact)
    told = json.loads(installed.review("check", "--json", here=guided).stdout)["studies"]["sample2030"]
    assert told["verdicts"].keys() == {"agrees"} and told["problems"] == 0


def test_the_first_real_study_takes_the_place_of_the_invented_one(tmp_path):
    folder = tmp_path / "new"
    assert main(["start", str(folder), "--question", "Invented"]) == 0
    excluded = [
        "new",
        "other2029",
        "--doi",
        "10.1234/other.2029",
        "--decision",
        "excluded",
        "--root",
        str(folder),
    ]
    assert main(excluded) == 0
    rows = yaml.safe_load((folder / "register.yml").read_text())["studies"]
    assert [row["id"] for row in rows] == ["example2031", "other2029"], "an excluded paper replaces nothing"
    assert main(["new", "sample2030", "--doi", "10.1234/sample.2030", "--root", str(folder)]) == 0
    rows = yaml.safe_load((folder / "register.yml").read_text())["studies"]
    assert [row["id"] for row in rows] == ["sample2030", "other2029"]
    assert not (folder / "records" / "example2031.yml").exists()


def test_a_new_review_says_what_it_was_told_and_nothing_of_this_one(tmp_path):
    title = 'Vitamin Q: "more" & less — a review'
    asked = [
        "start",
        str(tmp_path / "new"),
        "--question",
        title,
        "--treatment",
        "vitamin Q",
        "--licence",
        "CC0-1.0",
    ]
    assert main(asked) == 0
    files = {p.name: p.read_text(encoding="utf-8") for p in (tmp_path / "new").rglob("*") if p.is_file()}
    question = yaml.safe_load(files["question.yml"])
    assert question["title"] == title == yaml.safe_load(files["CITATION.cff"])["title"]
    assert question["treatment"]["name"] == "vitamin Q"
    assert LICENCES["CC0-1.0"] in files["LICENCE"]
    assert re.search(r"^tocilizumab-after-cart\[book\]==\d+\.\d+\.\d+$", files["requirements.txt"], re.M)
    assert yaml.safe_load(files["review.yml"])["jobs"]
    words = r"(?i)tocilizumab(?!-after-cart)|car-t|leuk|crs\b|zhou|\$\{?(title|version|licence)"
    assert [name for name, text in files.items() if re.search(words, text)] == []


def test_every_field_of_the_question_is_explained(tmp_path):
    assert main(["start", str(tmp_path / "new"), "--question", "Invented"]) == 0
    lines = (tmp_path / "new" / "question.yml").read_text(encoding="utf-8").splitlines()
    keys = [i for i, line in enumerate(lines) if re.match(r" *(- )?[a-z_]+:", line)]
    named = {
        "treatment",
        "outcome",
        "comparison",
        *("population", "comparison", "outcomes"),
        *("no_patients",),
    }
    named |= {"same_patients", "retracted"}  # names of one's own, not fields
    bare = [lines[i] for i in keys if not lines[i - 1].lstrip().startswith("#")]
    assert {re.match(r" *(?:- )?([a-z_]+):", line)[1] for line in bare} <= named


def test_a_folder_that_holds_something_is_left_alone(tmp_path, capsys):
    (tmp_path / "mine.txt").write_text("mine")
    assert main(["start", str(tmp_path), "--question", "Invented"]) == 1
    assert "is not an empty folder" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


@pytest.mark.book
def test_the_guide_ends_with_a_book(guided, installed):
    for line in LONG:
        assert f"\n{line}\n" in GUIDE
        done = installed.review(*line.split()[1:], "--json", here=guided)
        assert done.returncode == 0, (line, done.stdout, done.stderr)
    assert json.loads(done.stdout)["built"]
    assert installed.review("answer", here=guided).returncode == 0
    assert "No answer yet" not in (guided / "README.md").read_text(encoding="utf-8")
    page = (guided / "_build/html/book/intro.html").read_text(encoding="utf-8")
    assert "vitamin Q" in page and "tocilizumab" not in page.replace("tocilizumab-after-cart", "")

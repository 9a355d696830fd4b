"""How to cite: one source for words, BibTeX, RIS and CFF; held to parsers and converters not ours."""

import datetime
import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from cffconvert import Citation as Converter
from pybtex.database import parse_string

from book.shown import citation as module
from book.shown.citation import HOME, citation, newest
from book.sphinx import foot
from extraction.records import Review
from models import fit
from models.endpoints import ENDPOINTS
from models.history import versions

HELD = yaml.safe_load((HOME / "CITATION.cff").read_text(encoding="utf-8"))
DOI = "10.5281/zenodo.1234567"


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """A tree with a citation file, where a release, a DOI or other authors can be added."""
    (tmp_path / "releases").mkdir()
    shutil.copy(HOME / "CITATION.cff", tmp_path)
    monkeypatch.setattr(module, "HOME", tmp_path)
    return tmp_path


def release(review: Review, tree: Path, evidence: str, moved: float = 0.0) -> None:
    """Freeze as much of a version as tells whether the tree is still that version; of CRS duration with a
    median `moved` by so many Monte Carlo errors.
    """
    fit.fit(ENDPOINTS, review)
    answers = {key: versions.answer(key, review) for key in ENDPOINTS}
    reported = answers["crs_duration_grade3"]["reported"]
    reported["median"] += moved * reported["mcse"]["median"]
    kept = {"version": HELD["version"], "date": "2026-12-01", "evidence_hash": evidence, "endpoints": answers}
    (tree / "releases" / f"{HELD['version']}.json").write_text(json.dumps(kept))


def with_dois(review: Review, versions: dict[str, str]) -> Review:
    """The review, its versions having these DOIs."""
    living = review.living.model_copy(
        update={"doi": review.living.doi.model_copy(update={"versions": versions})}
    )
    return replace(review, living=living)


def with_authors(tree, *authors: dict) -> None:
    (tree / "CITATION.cff").write_text(yaml.safe_dump(HELD | {"authors": list(authors)}), encoding="utf-8")


def ris(text: str) -> dict[str, list[str]]:
    """Values by tag, by the format's own rule: two characters, two blanks, a hyphen, a blank."""
    assert text.endswith("ER  - \r\n")
    fields: dict[str, list[str]] = {}
    for line in text.splitlines():
        assert line[2:6] == "  - "
        fields.setdefault(line[:2], []).append(line[6:])
    return fields


def entry(bibtex: str):
    [found] = parse_string(bibtex, "bibtex").entries.values()
    return found


# what is said


def test_a_tree_without_a_release_says_so_and_has_no_clock(tree, review):
    cited = citation(review, tree)
    decided = max(study.decided for study in review.register.studies)
    assert cited.date == newest(review) >= decided
    assert (
        f"Version {HELD['version']}, unreleased, built from evidence {cited.evidence}, newest decision"
        f" {cited.date.isoformat()}." in cited.words
    )
    assert "date-released" not in yaml.safe_load(cited.cff())


def test_a_version_has_the_date_of_its_release(tree, review):
    release(review, tree, citation(review, tree).evidence, moved=1)
    cited = citation(review, tree)
    assert cited.released and cited.date == datetime.date(2026, 12, 1)
    assert cited.words.endswith(f"Version {HELD['version']}, released 2026-12-01.")
    assert str(yaml.safe_load(cited.cff())["date-released"]) == "2026-12-01"


@pytest.mark.parametrize("moved", ["evidence", "an answer"])
def test_a_tree_that_moved_on_after_a_release_is_not_that_release(moved, tree, review):
    (tree / "CITATION.cff").write_text(
        (tree / "CITATION.cff").read_text(encoding="utf-8") + "date-released: 2026-12-01\n", encoding="utf-8"
    )
    before = citation(review, tree)
    release(review, tree, *((before.evidence, 20) if moved == "an answer" else ("0" * 16,)))
    assert citation(review, tree) == before and not before.released
    assert "date-released" not in yaml.safe_load(before.cff())


def test_a_doi_shows_everywhere_once_it_exists_and_nowhere_before(tree, review):
    def everywhere(review):
        cited = citation(review, tree)
        return [cited.words, foot.box(cited.words, [*cited.files()], "cite", None), *cited.files().values()]

    assert not [text for text in everywhere(with_dois(review, {})) if "doi" in text.lower()]
    assert all(DOI in text for text in everywhere(with_dois(review, {HELD["version"]: DOI})))


def test_another_versions_doi_or_no_living_mode_gives_none(tree, review):
    assert citation(with_dois(review, {"0.0.1": DOI}), tree).doi is None
    assert citation(replace(review, living=None), tree).doi is None


# formats


def test_bibtex_is_read_by_pybtex_with_the_same_title_author_year_and_version(tree, review):
    found = entry(citation(review, tree).bibtex())
    assert (found.fields["title"].strip("{}"), found.fields["year"], found.fields["version"]) == (
        HELD["title"],
        "2026",
        HELD["version"],
    )
    assert [str(person).strip("{}") for person in found.persons["author"]] == [HELD["authors"][0]["name"]]


def test_people_keep_family_and_given_names_and_a_team_keeps_its_name(tree, review):
    with_authors(tree, {"family-names": "Núñez & Sons", "given-names": "Ada"}, {"name": "The team of And"})
    cited = citation(review, tree)
    person, team = entry(cited.bibtex()).persons["author"]
    assert (person.last_names, person.first_names) == (["Núñez", r"\&", "Sons"], ["Ada"])
    assert team.last_names == ["{The team of And}"] and not team.first_names
    assert ris(cited.ris())["AU"] == ["Núñez & Sons, Ada", "The team of And"]


def test_ris_agrees_with_an_independent_converter(tree, review):
    with_authors(tree, {"family-names": "Curie", "given-names": "Marie"}, *HELD["authors"])
    cited = citation(review, tree)
    theirs, ours = (
        ris(
            Converter(cited.cff()).as_ris().rstrip("\n").replace("\n", "\r\n").removesuffix("ER")
            + "ER  - \r\n"
        ),
        ris(cited.ris()),
    )
    assert {tag: ours[tag] for tag in ("AU", "TI")} == {tag: theirs[tag] for tag in ("AU", "TI")}


@pytest.mark.parametrize("released", [False, True])
@pytest.mark.parametrize("doi", [None, DOI])
def test_the_cff_download_is_valid(released, doi, tree, review):
    read = with_dois(review, {HELD["version"]: doi} if doi else {})
    if released:
        release(read, tree, citation(read, tree).evidence)
    Converter(citation(read, tree).cff()).validate()


# the box


def test_the_box_shows_markup_of_a_name_as_text_and_offers_a_notebook_only_where_there_is_one(tree, review):
    with_authors(tree, {"name": "<script>alert(1)</script>"})
    cited = citation(review, tree)
    of = cited.words, [*cited.files()], "../cite"
    box = foot.box(*of, None)
    assert "<script" not in box and "notebook" not in box
    assert 'href="../_sources/book/x.ipynb"' in foot.box(*of, "../_sources/book/x.ipynb")
    assert all(f'href="../cite/{name}"' in box for name in cited.files())

"""Papers that may describe the same patients: what they share, how often chance alone shares as much, and
what the register must say.
"""

import math
import shutil
from pathlib import Path

import numpy as np
import pytest
from example_review import REGISTER, Invented

from extraction.checks import check
from extraction.checks.authors import agree, chance_of, name_of, names_of, shared_authors
from extraction.checks.overlap import THRESHOLD, WEIGHTS, pairs
from extraction.records import ROOT, load

SAMPLE = "records/sample2021.yml"
WAITING = "id: waiting2022"

# names


@pytest.mark.parametrize(
    ("one", "other", "how"),
    [
        ("Xiangmin Wang", "Wang X", "initials"),
        ("Xiangmin Wang", "Wang XM", "initials"),
        ("Xiangmin Wang", "X. Wang", "initials"),
        ("Xiangmin Wang", "Xiang-Min Wang", "full"),
        ("Xiangmin Wang", "Wang Xiangmin", "full"),
        ("Xiangmin Wang", "Wang, Xiangmin", "full"),
        ("Xiangmin Wang", "XIANGMIN WANG", "full"),
        ("Regina M. Myers", "Myers RM", "initials"),
        ("José Álvarez", "Jose Alvarez", "full"),
        ("Jan van der Berg", "van der Berg J", None),
        ("J. O'Neil", "O'Neil J", "initials"),
        ("Myers RM", "Myers R", "initials"),
        ("Xiangmin Wang", "Xiaoming Wang", None),
        ("Xiangmin Wang", "Wang Y", None),
        ("Myers RM", "Myers RK", None),
        ("Wang X", "Wang", None),
        ("Dou", "Dou", None),
        ("Xiangmin Wang", "Zhang X", None),
        ("Yang Li", "Li Yang", "full"),
        ("Ana-Maria Cruz", "Cruz A", "initials"),
    ],
)
def test_names_agree_however_they_are_printed(one, other, how):
    assert agree(name_of(one), name_of(other)) == agree(name_of(other), name_of(one)) == how


def test_one_author_agrees_with_one_only_and_and_others_is_none():
    one, other = (
        names_of(["Xin Wang", "Xiaoming Wang", "and others"]),
        names_of(["Wang X", "and others", "et al."]),
    )
    assert len(shared_authors(one, other)) == 1 and list(one) == ["Xin Wang", "Xiaoming Wang"]


def test_the_chance_of_agreement_is_that_of_a_poisson_count():
    """Four shortened names of 6 x 16 pairs: expected 96 x 0.025 x 0.1 = 0.24; P(4 or more) by hand."""
    one, other = names_of([f"Aa{i} X" for i in "abcdef"]), names_of([f"Bb{c} Y" for c in "abcdefghijklmnop"])
    rare = 1 - math.exp(-0.24) * (1 + 0.24 + 0.24**2 / 2 + 0.24**3 / 6)
    assert chance_of([("x", "initials")] * 4, one, other) == pytest.approx(rare, rel=1e-9)
    assert chance_of([("x", "initials")], one, other) == pytest.approx(1 - math.exp(-0.24), rel=1e-9)


SURNAMES = {
    "Wang": 7,
    "Li": 7,
    "Zhang": 7,
    "Liu": 5,
    "Chen": 4.5,
    "Yang": 3,
    "Huang": 2.5,
    "Zhao": 2.5,
    "Wu": 2,
    "Zhou": 2,
    "Xu": 1.5,
    "Sun": 1.5,
    "Ma": 1.3,
    "Zhu": 1.3,
    "Hu": 1.3,
    "Guo": 1.2,
    "He": 1.2,
    "Lin": 1.1,
    "Gao": 1,
    "Luo": 1,
} | {f"Rare{c}{d}": 0.45 for c in "abcdefghij" for d in "abcdefghij"}
"""Invented people: three surnames of 7 %, some of 1 to 5 %, and a hundred rare ones; the squares add to about
0.025.
"""


def people(rng: np.random.Generator, n: int, shortened: bool) -> list[str]:
    shares = np.array(list(SURNAMES.values())) / sum(SURNAMES.values())
    surnames = rng.choice(list(SURNAMES), size=n, p=shares)
    if shortened:
        return [f"{surname} {rng.choice(list('XYZJLHQWCFGMSTBDKNRP'))}" for surname in surnames]
    return [
        f"{rng.choice(list('XYZJLHQWCFGMSTBDKNRP'))}{rng.integers(400):03d}".translate(
            str.maketrans("0123456789", "abcdefghij")
        )
        + f" {surname}"
        for surname in surnames
    ]


@pytest.mark.parametrize(("shortened", "sizes"), [(True, (15, 15)), (True, (6, 16)), (False, (15, 15))])
def test_unrelated_papers_with_common_surnames_are_seldom_flagged(shortened, sizes):
    rng = np.random.default_rng(1)
    flagged = 0
    for _ in range(3000):
        one, other = (names_of(people(rng, n, shortened)) for n in sizes)
        shared = shared_authors(one, other)
        flagged += bool(shared) and -math.log10(chance_of(shared, one, other)) >= THRESHOLD
    # 0.001 is meant; 9 of 3000 would come by chance once in a thousand runs at that rate
    assert flagged / 3000 <= 0.003


def test_a_team_that_writes_twice_is_found():
    """Four of six shortened names return among sixteen in full."""
    rng = np.random.default_rng(2)
    team = people(rng, 16, shortened=False)
    short = [f"{name.split()[1]} {name[0]}" for name in team[:4]] + people(rng, 2, shortened=True)
    one, other = names_of(team), names_of(short)
    assert -math.log10(chance_of(shared_authors(one, other), one, other)) >= THRESHOLD


# the register of the review


def test_pairs_of_the_register_that_share_centre_or_authors_are_found_and_no_other(review):
    found = {(pair.first.id, pair.second.id): pair for pair in pairs(review) if pair.score >= THRESHOLD}
    assert set(found) == {("ma2024", "wang2024"), ("ma2024", "zhou2023")}
    assert {"Xiangmin Wang", "Bingpei Zhang", "Qing Zhang", "Hongyuan Zhou"} == set(
        found["ma2024", "wang2024"].features[0][1].split("(")[1][:-1].split(", ")
    )
    assert "93 patients each" in found["ma2024", "wang2024"].evidence
    assert "Tongji Hospital" in found["ma2024", "zhou2023"].evidence
    assert all(pair.stated == "shared: xuzhou_multicentre" for pair in found.values())


@pytest.mark.parametrize(
    ("study", "told"), [("wang2024", "4 authors"), ("zhou2023", "centre Tongji Hospital")]
)
def test_a_pair_without_its_group_fails_the_check_with_the_evidence(tmp_path, study, told):
    root = Path(
        shutil.copytree(ROOT, tmp_path / "extraction", ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    )
    before, row = (root / REGISTER).read_text().split(f"id: {study}")
    (root / REGISTER).write_text(
        before + f"id: {study}" + row.replace("cohort: xuzhou_multicentre", "cohort: of_its_own", 1)
    )
    found = [p for p in check(load(root)).problems if "may share patients with ma2024" in p.rule]
    assert [(p.study, p.field, p.value) for p in found] == [(study, f"studies[{study}].cohort", "of_its_own")]
    assert told in found[0].rule and "score" in found[0].rule and found[0].line


# each feature, on the invented review


def of_two(
    invented: Invented, example: str, sample: str, row: str = "", product: str = "invented CAR"
) -> list:
    """Pairs once the design of each invented study says what is given; `row` goes into sample2021's row."""
    for file, design in (("records/example2020.yml", example), (SAMPLE, sample)):
        text = (invented.root / file).read_text()
        start, end = text.index("design:"), text.index("arms:")
        (invented.root / file).write_text(text[:start] + "design:\n" + design + text[end:])
    invented.plant(REGISTER, "id: sample2021", "cohort: second_invented", f"cohort: second_invented{row}")
    return [
        pair
        for pair in pairs(load(invented.root))
        if {pair.first.id, pair.second.id} == {"example2020", "sample2021"}
    ]


def design(centre: str, source: str, first="2018-01", last="2019-12", product="CD19 CAR") -> str:
    return (
        f'  type: invented cohort\n  centres: ["{centre}"]\n  first_patient: {first}\n  last_patient:'
        f" {last}\n  product: {product}\n  lymphodepletion: null\n  address: {{source: {source}, section:"
        " Design}\n"
    )


def both(invented: Invented, one: dict, other: dict, row: str = "") -> list:
    return of_two(invented, design(source="example2020.xml", **one), design(source="null", **other), row)


CENTRE = "The First Affiliated Hospital of Example University, Sampleton"


def test_one_hospital_makes_a_pair(invented):
    [pair] = both(invented, {"centre": CENTRE}, {"centre": "First Affiliated Hospital of Example University"})
    assert pair.score == WEIGHTS["centre"][0] + WEIGHTS["dates"][0] and not pair.stated
    rules = [p["rule"] for p in invented.check()[1]["problems"]]
    assert len(rules) == 1 and rules[0].startswith(
        f"may share patients with example2020: centre {CENTRE} (+3); enrolment"
    )


@pytest.mark.parametrize(
    "other",
    [
        "The Second Affiliated Hospital of Example University, Sampleton",
        "Example Hospital",
        "not known: no text held",
    ],
)
def test_another_hospital_makes_none(invented, other):
    assert not both(invented, {"centre": CENTRE}, {"centre": other})


def test_dates_apart_outweigh_the_hospital(invented):
    assert not both(invented, {"centre": CENTRE}, {"centre": CENTRE, "first": "2020-01", "last": "2021-01"})


def test_a_last_patient_in_the_others_first_month_is_not_apart(invented):
    assert both(invented, {"centre": CENTRE}, {"centre": CENTRE, "first": "2019-12", "last": "2021-01"})


def test_another_product_counts_against(invented):
    assert not both(
        invented,
        {"centre": CENTRE, "product": "CD19 CAR with 4-1BB", "first": "null"},
        {"centre": CENTRE, "product": "CD19 CAR with CD28"},
    )


@pytest.mark.parametrize(
    "one, other, known",
    [
        ("NCT 01234567", "nct01234567", "NCT01234567"),
        ("2031-001234-56", "EUCTR2031-001234-56-GB", "EUCTR2031-001234-56"),
        ("JPRN-UMIN000099999", "UMIN000099999", "UMIN000099999"),
    ],
)
def test_a_shared_registration_makes_a_pair(one, other, known, invented):
    invented.plant(REGISTER, "id: example2020", "patients: 30", f"patients: 30\n    registrations: [{one}]")
    invented.plant(REGISTER, "id: sample2021", "contrast:", f"registrations: [{other}]\n    contrast:")
    assert invented.problem()["rule"].startswith(
        f"may share patients with example2020: registration {known} (+3); score 3.0"
    )


# what the register says


DISTINCT = (
    "\n    distinct_from:\n      - {study: STUDY, reason: Children in one paper and adults in the other.}"
)


@pytest.mark.parametrize("side", ["id: example2020", "id: sample2021"])
def test_a_pair_found_distinct_is_let_through_with_its_reason(invented, side):
    both(invented, {"centre": CENTRE}, {"centre": CENTRE})
    other = "sample2021" if "example" in side else "example2020"
    invented.plant(
        REGISTER,
        side,
        "text_held:",
        f"text_held: {'true' if 'example' in side else 'false'}{DISTINCT.replace('STUDY', other)}\n    # ",
    )
    assert invented.check()[0] == 0
    [pair] = [pair for pair in pairs(load(invented.root)) if pair.score >= THRESHOLD]
    assert pair.stated == "distinct: Children in one paper and adults in the other."


@pytest.mark.parametrize(
    ("named", "rule"),
    [
        ("nobody1999", "is not another study of the register"),
        ("waiting2022", "is not another study of the register"),
        ("example2020", "is in the same overlap group, first_invented, so it is not distinct"),
    ],
)
def test_a_statement_of_distinctness_that_is_none_is_refused(invented, named, rule):
    invented.plant(
        REGISTER,
        WAITING,
        "cohort: first_invented",
        f"cohort: first_invented{DISTINCT.replace('STUDY', named)}",
    )
    problem = invented.problem()
    assert (problem["field"], problem["value"], problem["rule"]) == (
        "studies[waiting2022].distinct_from[0].study",
        named,
        rule,
    )

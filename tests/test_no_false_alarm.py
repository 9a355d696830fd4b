"""The check's own rules, and `recover`, on reports that R, SciPy, statsmodels and lifelines print: none that
is correct is called wrong, and of planted errors the share that is found is told by kind.

Ratios with intervals stand in test_recover_ratio_claims.py, statistics with degrees of freedom in
test_recover_claims.py.
"""

import csv
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import NamedTuple

import numpy as np
import pytest
from lifelines.statistics import logrank_test
from pydantic import TypeAdapter
from scipy import stats
from statsmodels.stats.contingency_tables import Table

from extraction.checks import comparisons, counts, means, ranges, ratios
from extraction.recover.rounding import printed_p
from extraction.recover.table_search import Groups, Printed, search_tables
from extraction.recover.tables import Arm
from extraction.schema import AnyEntry, Record

REFERENCE = Path(__file__).parent / "reference"
RULES = [rule for module in (counts, ranges, means, comparisons, ratios) for rule in module.RULES]
ENTRIES = TypeAdapter(list[AnyEntry])
ADDRESS = {"source": None, "section": "Results"}
BASE = Record.model_validate(
    {
        "study": "printed2030",
        "extracted": "2024-01-31",
        "extractor": "nobody",
        "texts": [],
        "design": {
            "type": "invented", "centres": ["Nowhere"], "first_patient": "2018-01", "last_patient": "2019-12",
            "product": "invented", "lymphodepletion": None, "address": ADDRESS,
        },
        "arms": {arm: {"definition": "Invented.", "address": ADDRESS} for arm in ("treated", "control")},
        "strata": {"all": {"definition": "All patients."}},
        "entries": [
            {"id": "none", "kind": "not_reported", "field": "age", "arm": "total", "unit": "none",
             "printed": None, "address": ADDRESS, "reason": "Invented."}
        ],
    }
)  # fmt: skip


class Report(NamedTuple):
    """A p that other software gives, and what is printed beside it.

    test : which test; names : as a record names it; beside : other entries, without what all have in common
    """

    test: str
    names: tuple[str, ...]
    p: float
    field: str
    sizes: tuple[int, int]
    beside: tuple[dict, ...] = ()
    kind: str = "p_value"


def written(p: float, digits: int) -> str:
    """As journals print it."""
    least = 10.0**-digits
    return f"<{least:.{digits}f}" if p < least / 2 else f"{min(p, 1.0):.{digits}f}"


def record_of(report: Report, p: str) -> Record:
    sizes = [
        {"kind": "group_size", "field": "group_size", "arm": arm, "unit": "patients", "n": n}
        for arm, n in zip(("treated", "control"), report.sizes, strict=True)
    ]
    tests = {"tests": list(report.names)} if report.kind == "p_value" else {}
    own = {
        "kind": report.kind,
        "field": report.field,
        "arm": "comparison",
        "unit": "probability",
        "p": p,
        **tests,
    }
    every = [
        {"id": f"e{i}", "printed": "as printed", "address": ADDRESS, **entry}
        for i, entry in enumerate([*sizes, *report.beside, own])
    ]
    return BASE.model_copy(update={"entries": ENTRIES.validate_python(every)})


def judged(report: Report, p: str) -> list:
    """What every rule says of every entry."""
    record = record_of(report, p)
    return [judgement for entry in record.entries for rule in RULES for judgement in rule(record, entry)]


def rows(path: str) -> Iterator[dict[str, str]]:
    with (REFERENCE / path).open(newline="") as file:
        yield from csv.DictReader(file)


def two_arms(a: int, c: int) -> tuple[dict, ...]:
    return tuple(
        {"kind": "counts", "field": "icans", "arm": arm, "unit": "patients", "events": events}
        for arm, events in (("treated", a), ("control", c))
    )


def of_two_arms() -> Iterator[Report]:
    """R's tests of 60 random tables, and of 40 that of one stratum by Mantel and Haenszel."""
    named = {
        "fisher": "fisher", "fisher_greater": "fisher", "fisher_less": "fisher", "chi_squared": "chi_squared",
        "yates": "chi_squared", "likelihood_ratio": "likelihood_ratio", "wald": "unnamed",
        "wald_rr": "unnamed",
    }  # fmt: skip
    for row in rows("reports/tables.csv"):
        a, n, c, m = (int(row[f"{what}_{arm}"]) for arm in ("treated", "control") for what in ("events", "n"))
        for i, (test, name) in enumerate(named.items()):
            names = (name,) if (a + i) % 2 else ("unnamed",)
            yield Report(test, names, float(row[f"p_{test}"]), "icans", (n, m), two_arms(a, c))
    for row in rows("reports/categories.csv"):
        if row["test"].startswith("mantel"):
            (a, b), (c, d) = (map(int, part.split("/")) for part in row["table"].split(" v "))
            yield Report(
                row["test"], ("mantel_haenszel",), float(row["p"]), "icans", (a + b, c + d), two_arms(a, c)
            )


def unconditional() -> Iterator[Report]:
    """SciPy's, of 15 random tables."""
    random = np.random.default_rng(5)
    for _ in range(15):
        n, m = (int(x) for x in random.integers(5, 45, 2))
        a, c = (
            int(random.binomial(n, random.uniform(0.1, 0.9))),
            int(random.binomial(m, random.uniform(0.1, 0.9))),
        )
        if not 0 < a + c < n + m:
            continue
        table = [[a, c], [n - a, m - c]]
        for name, test in (("barnard", stats.barnard_exact), ("boschloo", stats.boschloo_exact)):
            for side in ("two-sided", "less"):
                p = float(test(table, alternative=side).pvalue)
                yield Report(f"{name}, {side}", (name,), p, "icans", (n, m), two_arms(a, c))


def of_categories() -> Iterator[Report]:
    """R's tests of two groups by ordered categories, and statsmodels' linear-by-linear one."""
    names = {
        "kruskal_wallis": "kruskal_wallis", "rank_sum_corrected": "mann_whitney", "cochran_armitage": "trend",
        "linear_by_linear": "trend",
    }  # fmt: skip
    for row in rows("reports/categories.csv"):
        table = np.array([list(map(int, part.split("/"))) for part in row["table"].split(" v ")])
        if row["test"] not in names or len(table) != 2:
            continue
        told = [(row["test"], float(row["p"]))]
        if row["test"] == "kruskal_wallis" and (table.sum(axis=0) > 0).all():
            found = Table(table, shift_zeros=False).test_ordinal_association()
            told.append(("linear_by_linear", float(found.pvalue)))
        beside = tuple(
            {"kind": "counts", "field": "crs_grade", "arm": arm, "unit": "patients", "events": int(events),
             "category": f"grade {grade}"}
            for arm, group in zip(("treated", "control"), table, strict=True)
            for grade, events in enumerate(group)
        )  # fmt: skip
        sizes = int(table[0].sum()), int(table[1].sum())
        for test, p in told:
            yield Report(test, (names[test],), p, "crs_grade", sizes, beside)


def of_pairs() -> Iterator[Report]:
    """R's McNemar tests; two arms' numbers do not tell pairs, and the check has to say no more."""
    for row in rows("reports/categories.csv"):
        if row["test"].startswith("mcnemar"):
            (a, b), (c, d) = (map(int, part.split("/")) for part in row["table"].split(" v "))
            n = a + b + c + d
            yield Report(row["test"], ("mcnemar",), float(row["p"]), "icans", (n, n), two_arms(a + b, a + c))


def of_ranks() -> Iterator[Report]:
    """R's default wilcox.test of whole days: 80 of 10 v 10 patients, 120 of other sizes."""
    for row in rows("wilcoxon.csv"):
        sizes = int(row["n_treated"]), int(row["n_control"])
        yield Report("wilcoxon", ("mann_whitney",), float(row["p"]), "crs_duration", sizes)


def of_means() -> Iterator[Report]:
    """SciPy's t tests; the p is that of the values, whose means and SDs are printed to two decimals."""
    random = np.random.default_rng(6)
    for i in range(80):
        n, m = (int(x) for x in random.integers(6, 60, 2))
        x, y = random.normal(7, 2, n), random.normal(7 + random.normal(0, 1), 3, m)
        beside = tuple(
            {"kind": "mean_sd", "field": "crs_duration", "arm": arm, "unit": "days",
             "mean": f"{v.mean():.2f}", "sd": f"{v.std(ddof=1):.2f}"}
            for arm, v in (("treated", x), ("control", y))
        )  # fmt: skip
        for equal in (True, False):
            side = ("two-sided", "less")[i % 4 == 0]
            p = float(stats.ttest_ind(x, y, equal_var=equal, alternative=side).pvalue)
            yield Report(f"t{'' if equal else ', Welch'}, {side}", ("t",), p, "crs_duration", (n, m), beside)


def of_survival() -> Iterator[Report]:
    """lifelines' log-rank test of few patients, half of them with ties."""
    random = np.random.default_rng(7)
    for i in range(40):
        n, m = (int(x) for x in random.integers(2, 5, 2))
        time = random.exponential(1.0, n + m)
        time = np.ceil(3 * time) if i % 2 else time
        seen = random.random(n + m) < 0.8
        if not seen.any():
            continue
        found = logrank_test(time[:n], time[n:], seen[:n], seen[n:])
        if 0 <= found.p_value <= 1:
            yield Report("log-rank", (), float(found.p_value), "overall_survival", (n, m), (), "log_rank_p")


FAMILIES = {
    "two arms": (of_two_arms, 500),
    "unconditional": (unconditional, 50),
    "categories": (of_categories, 100),
    "pairs": (of_pairs, 100),
    "ranks": (of_ranks, 200),
    "means": (of_means, 100),
    "survival": (of_survival, 30),
}
"""Reports by family, and the fewest there have to be."""


@pytest.mark.parametrize("family", FAMILIES)
def test_no_correct_report_is_called_wrong(family):
    """Each printed to two, three or four decimals in turn."""
    made, least = FAMILIES[family]
    alarms, told = [], Counter()
    for i, report in enumerate(made()):
        p = written(report.p, 2 + i % 3)
        found = judged(report, p)
        told.update(judgement.verdict for judgement in found)
        told["reports"] += 1
        alarms += [(report, p, j.rule) for j in found if j.verdict == "differs"]
    assert alarms == []
    assert told["reports"] >= least
    if family in ("two arms", "unconditional", "categories", "means", "survival"):
        assert told["agrees"] >= told["reports"]


@pytest.mark.parametrize("family", ["two arms", "unconditional"])
def test_recover_table_gives_each_of_them(family):
    """The counts of both arms are known, so that the p alone decides."""
    for i, report in enumerate(FAMILIES[family][0]()):
        n, m = report.sizes
        a, c = (entry["events"] for entry in report.beside)
        p = printed_p(written(report.p, 2 + i % 3))
        found = search_tables(Groups(Arm(n, n, a, a), Arm(m, m, c, c)), Printed(p=p))
        assert found.tables == [(a, n, c, m)], report


# planted errors


def swapped(text: str, random: Random) -> str:
    """Two neighbouring digits that differ exchanged."""
    places = [i for i, (a, b) in enumerate(pairwise(text)) if a != b and (a + b).isdigit()]
    at = random.choice(places) if places else len(text)
    return text[:at] + text[at + 1 : at + 2] + text[at : at + 1] + text[at + 2 :]


def mistyped(text: str, random: Random) -> str:
    """One decimal, not the last, replaced by another."""
    at = random.randrange(2, len(text) - 1)
    return text[:at] + random.choice([d for d in "0123456789" if d != text[at]]) + text[at + 1 :]


def planted(reports: list[Report], kind: str, random: Random) -> tuple[Report, str]:
    """A report with one error, of more than one in the last of three decimals."""
    while True:
        report = random.choice(reports)
        right = written(report.p, 3)
        if right.startswith("<"):
            continue
        if kind == "an event too many":
            events = [entry["events"] for entry in report.beside]
            if events[0] + 1 < report.sizes[0]:
                return report._replace(beside=two_arms(events[0] + 1, events[1])), right
            continue
        wrong = {
            "p, digits swapped": lambda text: swapped(text, random),
            "p, a digit wrong": lambda text: mistyped(text, random),
            "p of another report": lambda text: written(random.choice(reports).p, 3).lstrip("<"),
        }[kind](right)
        if 0 < float(wrong) <= 1 and abs(float(wrong) - float(right)) > 0.0016:
            return report, wrong


EACH = 60
KINDS = ("p, digits swapped", "p, a digit wrong", "p of another report", "an event too many")


def test_planted_errors_are_found(record_property):
    """60 of each kind in tables of up to 60 patients by R, 60 of three kinds in categories and in means: 600.

    What is not found is the p of another test of the same numbers, one-sided ones among them.
    """
    random, shares = Random(3), {}
    for family in ("two arms", "categories", "means"):
        reports = [r for r in FAMILIES[family][0]() if family != "two arms" or sum(r.sizes) <= 60]
        for kind in KINDS if family == "two arms" else KINDS[:3]:
            told = [judged(*planted(reports, kind, random)) for _ in range(EACH)]
            share = sum(any(j.verdict == "differs" for j in judgements) for judgements in told) / EACH
            shares[f"{family}: {kind}"] = share
            record_property(f"{family}: {kind}", share)
    words = "\n".join(f"{kind}: {share:.0%}" for kind, share in shares.items())
    print(words)
    assert len(shares) * EACH >= 500
    assert sum(shares.values()) / len(shares) > 0.5, words

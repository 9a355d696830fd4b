"""Whether a p can be one of a rank-sum test: held to R and SciPy, to every order of few patients, and to
planted truths that may never be called impossible.
"""

import csv
import json
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from scipy import stats
from test_recover_ranks import arrangements, permutation_p, tie_patterns

from extraction.__main__ import main
from extraction.recover import Unusable
from extraction.recover.rank_conventions import (
    APPROXIMATIONS,
    SOFTWARE,
    RankReport,
    judge_ranks,
    smallest_two_sided,
)
from extraction.recover.rank_samples import Sample, statistics
from extraction.recover.rounding import printed_p

R = Path(__file__).parent / "reference/wilcoxon.csv"


def verdict(n, m, p, **given):
    return judge_ranks(RankReport(n, m, p, **given)).verdict


# public cases


def test_ties_allow_a_p_that_8_v_8_patients_lack_without_them():
    """Heathers & Grimes 2025 (GRIM-U): p = .017 of 8 v 8 is attainable; without ties the exact test gives
    .0148 and .0207 about it.
    """
    assert verdict(8, 8, ".017") == verdict(8, 8, ".017", conventions=("exact",)) == "attainable"
    assert verdict(8, 8, ".017", ties=False, conventions=("exact",)) == "impossible"


def test_larger_groups_with_ties_are_judged_by_approximation():
    """r-help, September 2014: 25 v 26 with ties, p = .00015."""
    assert verdict(25, 26, ".00015") == "attainable"
    found = judge_ranks(RankReport(25, 26, "0.0001517"))
    assert found.verdict == "attainable"


# conventions


def random_sample(generator, largest=25):
    n, m = (int(x) for x in generator.integers(3, largest + 1, 2))
    spread = int(generator.choice([3, 6, 12, 40]))
    shift = int(generator.integers(0, 1 + spread // 2))
    return generator.integers(0, spread, n), generator.integers(0, spread, m) + shift


def by_scipy(x, y, corrected):
    return stats.mannwhitneyu(x, y, method="asymptotic", use_continuity=corrected).pvalue


def test_the_approximations_are_scipys_and_that_of_t():
    """The t approximation refers the corrected z to N - 1 degrees of freedom (SAS, NPAR1WAY)."""
    generator = np.random.default_rng(1)
    for _ in range(50):
        x, y = random_sample(generator)
        sizes = len(x), len(y)
        away, ties = statistics(Sample(tuple(x), tuple(y)))
        p = {name: float(way.p(away, ties, sizes)) for name, way in APPROXIMATIONS.items()}
        assert p["normal"] == pytest.approx(by_scipy(x, y, False), rel=1e-9)
        assert p["normal_corrected"] == pytest.approx(by_scipy(x, y, True), rel=1e-9)
        z = stats.norm.isf(p["normal_corrected"] / 2)
        assert p["t"] == pytest.approx(2 * stats.t.sf(z, sum(sizes) - 1), rel=1e-9)


@pytest.mark.parametrize(("n", "m"), [(3, 3), (2, 4)])
def test_of_few_patients_the_possible_p_are_those_of_every_order_and_tie(n, m):
    """Every sample's p by permutation, both two-sided conventions, and SciPy's approximations; no other p of
    three digits is usual and possible.
    """
    possible, against = set(), set()
    for values in tie_patterns(n + m):
        possible.update(permutation_p(values, n))
        if values.any():
            for x, y in arrangements(values, n):
                possible.update(by_scipy(x, y, corrected) for corrected in (False, True))
                against.update(
                    stats.mannwhitneyu(x, y, method="asymptotic", alternative=side).pvalue
                    for side in ("less", "greater")
                )
    usual = ("exact", "exact_distance", "normal", "normal_corrected")
    values = np.array(sorted(possible))
    halves = np.unique(np.concatenate([values, values / 2, 1 - values / 2, list(against)]))
    exact = np.array(sorted(permutation_tails(n, m)))
    for p in [f"{k / 1000:.3f}" for k in range(5, 1000, 7)]:
        expected = bool(printed_p(p).rounds(np.concatenate([halves, exact])).any())
        found = verdict(n, m, p, conventions=usual) == "attainable"
        assert found or not printed_p(p).rounds(values).any(), p
        assert expected or not found, p


def permutation_tails(n, m):
    """One-sided p of every order and tie."""
    for values in tie_patterns(n + m):
        ranks = stats.rankdata(values)
        sums = np.array([ranks[list(chosen)].sum() for chosen in combinations(range(n + m), n)])
        for found in np.unique(sums):
            yield np.mean(sums <= found)
            yield np.mean(sums >= found)


def test_the_smallest_p_is_that_of_two_arms_of_one_value_each():
    """4 v 3: over every order and tie, by SciPy's approximations and by permutation."""
    p = []
    for values in tie_patterns(7):
        if values.any():
            p += [by_scipy(x, y, False) for x, y in arrangements(values, 4)]
        p += permutation_p(values, 4)
    assert smallest_two_sided((4, 3)) == pytest.approx(min(p))


# no false alarm


def test_no_p_of_rs_default_test_is_called_impossible():
    """200 samples of whole days, 80 of them 10 v 10, by R's wilcox.test, printed to 2 to 4 digits and in
    full: R is among the programs that give it.
    """
    with R.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 200
    found = []
    for row in rows:
        n, m, p = int(row["n_treated"]), int(row["n_control"]), float(row["p"])
        texts = [f"{p:.{digits}f}" for digits in (2, 3, 4)]
        found += [(row, verdict(n, m, text)) for text in texts if float(text) > 0]
        if n + m > 16:
            found.append((row, verdict(n, m, row["p"], conventions=SOFTWARE["R"])))
    assert [pair for pair in found if pair[1] not in ("attainable", "undecided")] == []
    assert sum(told == "attainable" for _, told in found) > 0.9 * len(found)


def planted(generator):
    """A random sample and its p by a random convention, printed to two to four digits."""
    while True:
        x, y = random_sample(generator, 22)
        if len(set(x) | set(y)) < 2:
            continue
        way = int(generator.integers(4))
        if way < 2:
            p = by_scipy(x, y, bool(way))
        elif way == 2:
            p = stats.mannwhitneyu(x, y, method="asymptotic", alternative="less").pvalue
        else:  # SciPy's exact test, which does not see the ties
            p = stats.mannwhitneyu(x, y, method="exact").pvalue
        text = f"{min(p, 1.0):.{int(generator.integers(2, 5))}f}"
        if float(text) > 0:
            return x, y, text


def test_a_planted_p_is_never_called_impossible():
    generator = np.random.default_rng(2)
    decided = 0
    for _ in range(125):
        x, y, p = planted(generator)
        found = verdict(len(x), len(y), p)
        assert found in ("attainable", "undecided"), (x, y, p)
        decided += found == "attainable"
    assert decided > 122


def test_a_planted_p_with_its_u_is_never_called_impossible():
    generator = np.random.default_rng(3)
    for i in range(125):
        x, y, p = planted(generator)
        u = float(stats.mannwhitneyu(x, y).statistic)
        n, m = len(x), len(y)
        told = [(u, False), (n * m - u, False), (u + n * (n + 1) / 2, True)][i % 3]
        found = verdict(n, m, p, statistic=f"{told[0]:g}", rank_sum=told[1])
        assert found in ("attainable", "undecided"), (x, y, p, told)


def test_a_sample_that_is_shown_gives_the_p():
    """By SciPy, by the convention that is named."""
    shown = 0
    for n, m, p in [(10, 10, "0.0133"), (30, 17, "0.04271"), (12, 11, "0.00219"), (40, 40, "0.5013")]:
        found = judge_ranks(RankReport(n, m, p, conventions=("normal_corrected",)))
        if not found.sample:
            continue
        shown += 1
        x, y = found.sample
        assert (len(x), len(y)) == (n, m)
        assert printed_p(p).rounds(by_scipy(x, y, True))
    assert shown >= 2


# what is impossible


@pytest.mark.parametrize(
    ("report", "why"),
    [
        (RankReport(9, 2, "0.0004"), "below every p"),
        (RankReport(10, 10, "0.0000001"), "below every p"),
        (RankReport(10, 10, "0.35", "10"), "U = 10 is p = .003 and less with ties"),
        (RankReport(5, 5, "0.0312", ties=False, conventions=("exact",)), "between .0159 and .0317"),
    ],
)
def test_what_no_convention_gives_is_impossible(report, why):
    assert judge_ranks(report).verdict == "impossible", why


def test_a_large_group_is_told_what_was_assumed():
    assert "more than 300 patients" in judge_ranks(RankReport(200, 200, "0.0312")).note


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: RankReport(0, 5, "0.3"), "n_treated is 0"),
        (lambda: RankReport(5, 5, "0.3", "26"), "U 26: 5 v 5 patients have none such"),
        (lambda: RankReport(5, 5, "0.3", "3.3"), "have none such"),
        (lambda: RankReport(5, 5, "0.3", "3.5", ties=False), "have none such"),
        (lambda: RankReport(5, 5, "0.3", "12", rank_sum=True), "rank sum 12"),
        (lambda: RankReport(5, 5, "0.3", conventions=("median",)), "convention 'median'"),
    ],
)
def test_what_is_no_report_is_refused(call, message):
    with pytest.raises(Unusable, match=message):
        call()


# the command


def test_the_command_names_conventions_and_software(capsys):
    assert main(["recover", "rank", "--n-treated", "8", "--n-control", "8", "--p", ".017", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["possible"] is True and told["ties"] is True and told["by"]
    asked = ["recover", "rank", "--n-treated", "8", "--n-control", "8", "--p", ".017", "--software", "SPSS"]
    assert main([*asked, "--no-ties", "--u", "10"]) == 0
    assert capsys.readouterr().out.startswith("A rank-sum test of 8 v 8 patients")

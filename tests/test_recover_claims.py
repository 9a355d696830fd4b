"""Statistics, degrees of freedom and p-values: held to R's tests, to statcheck's cases, to planted errors."""

import csv
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from extraction.recover import Unusable
from extraction.recover.claims import Claim, judge_claim, read_claim

STATISTICS = Path(__file__).parent / "reference" / "reports" / "statistics.csv"
"""What R's t.test, cor.test, prop.test, chisq.test and anova print of random data, by the script beside."""


def correct_claims(digits):
    """Each with whether its test was two-sided (of F and chi-squared: the upper tail)."""
    with STATISTICS.open() as file:
        for row in csv.DictReader(file):
            df = tuple(round(float(row[key]), 2) for key in ("df1", "df2") if row[key] != "NA")
            statistic, p = f"{float(row['statistic']):.{digits}f}", f"{float(row['p']):.{digits + 1}f}"
            yield Claim(row["kind"], df, statistic, p), row["sided"] not in ("less", "greater")


@pytest.mark.parametrize("digits", [1, 2, 3])
def test_no_correct_result_of_r_is_called_wrong(digits):
    judged = Counter()
    for claim, two_sided in correct_claims(digits):
        found = judge_claim(claim)
        judged[two_sided, found.verdict] += 1
        assert found.verdict == "agrees" or (not two_sided and found.verdict == "agrees_if"), (claim, found)
        assert found.decision is not False or not two_sided
    assert judged.total() == 240 and judged[True, "agrees"] > 100 and judged[False, "agrees_if"] > 60


def other_digit(text, random):
    """One digit replaced, so that more than the last is off."""
    while True:
        at = random.choice([i for i, digit in enumerate(text) if digit.isdigit()])
        new = text[:at] + random.choice([d for d in "0123456789" if d != text[at]]) + text[at + 1 :]
        if abs(float(new) - float(text)) > 1.6 * 10.0 ** -len(text.partition(".")[2]) and float(new) <= 1:
            return new


def test_planted_errors_are_found(record_property):
    """A wrong digit in p (three decimals), the p of another result, wrong degrees of freedom: 200 of each."""
    random, shares = Random(2), {}
    correct = [claim for claim, two_sided in correct_claims(2) if two_sided]
    kinds = {
        "a digit of p": lambda claim: replace(claim, p=other_digit(claim.p, random)),
        "p of another result": lambda claim: replace(claim, p=random.choice(correct).p),
        "a digit of the statistic": lambda claim: replace(
            claim, statistic=f"{abs(float(claim.statistic)) + random.choice([0.1, 0.3, 1]):.2f}"
        ),
    }
    for kind, change in kinds.items():
        found = Counter()
        while found.total() < 200:
            claim = random.choice(correct)
            try:
                wrong = change(claim)
            except Unusable:  # a correlation above 1
                continue
            found[judge_claim(wrong).verdict] += wrong != claim
        shares[kind] = {verdict: round(n / found.total(), 3) for verdict, n in found.items()}
        record_property(kind, shares[kind])
    print(shares)
    assert all(share.get("impossible", 0) > 0.5 for share in shares.values()), shares


@pytest.mark.parametrize(
    ("text", "verdict", "condition"),
    [
        # by R's pt and pnorm; the examples of statcheck's manual and tests
        ("r(97) = .17, p = .084", "agrees", "two-sided"),  # from 0.0886 to 0.0970, or to 0.1021 with r .165
        ("t(10) = 3, p = .009", "agrees", "two-sided"),
        ("t(40) = 1.80, p < .04", "agrees_if", "one-sided, on the side of the statistic"),
        ("t(18) = −1.861, p = .96", "agrees_if", "one-sided, on the side that the statistic is not on"),
        ("t(28) = 2.20, p = .036", "agrees", "two-sided"),
        ("t(28) = 2.20, p = .03", "agrees_if", "two-sided, from the normal distribution"),  # 0.0278
        ("t(28) = 2.20, p = .20", "impossible", ""),
        ("F(1, 28) = 4.84, p = .036", "agrees", "the upper tail"),
        ("F(1, 28) = 4.84, p = .018", "agrees_if", "one-sided, half of the upper tail"),
        ("χ2(1, N = 90) = 3.84, p = .05", "agrees", "the upper tail"),
        ("χ²(2) = 5.99, p < .05", "agrees", "the upper tail"),  # 5.9915 is the 95 % point
        ("z = 1.96, p = .05", "agrees", "two-sided"),
        ("z = 2.576, p = .03", "agrees_if", "two-sided, multiplied for 3 comparisons"),  # 0.01 each
        ("t(4) = 2.13, p = .033", "agrees_if", "two-sided, from the normal distribution"),
        ("F(2, 30) < 1, p = ns", "agrees", "the upper tail"),
        ("t(28) = 2.204, p = .035", "last_digit", "two-sided"),  # 0.0359
    ],
)
def test_what_is_said_of_printed_results(text, verdict, condition):
    found = judge_claim(read_claim(text))
    assert found.verdict == verdict and (condition in found.conditions or not condition), found


def test_a_p_on_the_other_side_of_5_per_cent_is_a_decision_error():
    assert judge_claim(read_claim("t(28) = 1.90, p < .05")).decision is False  # 0.0678
    assert judge_claim(read_claim("t(28) = 2.20, p < .05")).decision is True
    assert judge_claim(read_claim("z = 1.96, p = .05")).decision is None


def test_comparisons_that_are_known_are_asked_for():
    claim = read_claim("z = 2.576, p = .03")
    assert judge_claim(claim, comparisons=3).verdict == "agrees"
    assert judge_claim(claim, comparisons=5).verdict == "impossible"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("t = 2.20, p = .03", "t has 1 degrees of freedom, not 0"),
        ("F(1) = 2.20, p = .03", "F has 2"),
        ("r(10) = 1.20, p = .03", "a correlation lies"),
        ("F(1, 0) = 1.20, p = .03", "above 0"),
        ("F(1, 5) = -1.20, p = .03", "not below 0"),
        ("mean 3, p = .03", "a result reads t(18)"),
    ],
)
def test_what_is_no_result_is_refused_by_name(text, words):
    with pytest.raises(Unusable, match=re.escape(words)):
        read_claim(text)

"""Printed numbers: forms made by rule from their ingredients, and forms of journals and programs, each with
the reading that its ingredients have.
"""

from decimal import Decimal
from itertools import product

import pytest

from extraction.recover import Unusable
from extraction.recover.printed import number, percent, whole, written_p
from extraction.recover.printed_results import count, estimate, mean_sd, median
from extraction.schema import LogRankP, Ratio

P_SIGNS = {
    "": ["", "=", " = ", "= ", " =", "\u2009=\u2009"],
    "<": ["<", " < ", "< ", "＜", " = <", "&lt;"],
    "≤": ["≤", " ≤ ", "<=", "⩽"],
    ">": [">", " > ", "&gt; "],
    "≥": ["≥", ">=", " ≥ "],
}
P_DIGITS = ["039", "04", "001", "0204", "9", "0005", "50"]
MARKS = [".", ",", "·", "∙"]
P_PREFIXES = ["", "p", "P", "p-value", "P value", "two-sided P"]
P_SUFFIXES = ["", "*", "**", " *", "†", " (ns)"]


def p_forms():
    """Each form with the sign and the value of its ingredients."""
    for (sign, prints), digits, mark, zero in product(P_SIGNS.items(), P_DIGITS, MARKS, ["0", ""]):
        for printed, prefix in product(prints, P_PREFIXES):
            if prefix and not printed.strip():
                printed = " "  # `p.04` has lost its sign; `p .04` has not
            for suffix in P_SUFFIXES if len(digits) == 2 else ("",):
                yield f"{prefix}{printed}{zero}{mark}{digits}{suffix}", sign, Decimal(f"0.{digits}")


def exponent_forms():
    powers = ["e-{}", "E-{}", "e−0{}", "×10−{}", " × 10^-{}", " x 10-{}", "·10⁻⁵", " × 10⁻⁵", "*10^-{}"]
    for power, (mantissa, value), prefix in product(
        powers, [("1.2", "1.2"), ("1,2", "1.2"), ("3", "3")], ["", "P = "]
    ):
        yield f"{prefix}{mantissa}{power.format(5)}", "", Decimal(f"{value}e-5")
    for text in ("P < 10^-4", "p<10−4", "P < 10⁻⁴"):
        yield text, "<", Decimal("0.0001")


PUBLIC_P = [
    # what each journal or program prints; the reading follows from its own rule of style
    ("P = .04", "", "0.04"),  # JAMA, Blood: no zero before the point, P upper-case
    ("P < .001", "<", "0.001"),
    ("P>.99", ">", "0.99"),
    ("p=0·04", "", "0.04"),  # Lancet: middle dot
    ("p<0·0001", "<", "0.0001"),
    ("P=0.04", "", "0.04"),  # NEJM
    ("p = 0,039", "", "0.039"),  # German, French and Spanish journals
    ("p<0,001", "<", "0.001"),
    (".039", "", "0.039"),  # APA; statcheck issues 12, 17, 21, 36, 75
    ("<.001", "<", "0.001"),
    ("0.039*", "", "0.039"),
    ("1.222e-17", "", "1.222e-17"),  # R
    ("< 2.2e-16", "<", "2.2e-16"),
    ("p-value = 0.0412", "", "0.0412"),
    ("p-value < 2.2e-16", "<", "2.2e-16"),
    ("2.00E-05", "", "2.00e-5"),  # spreadsheets
    ("0,000", "", "0.000"),  # SPSS with a German locale
    (".000", "", "0.000"),  # SPSS
    ("1.000", "", "1.000"),
    ("<.0001", "<", "0.0001"),  # SAS
    ("P =.02", "", "0.02"),
    ("P ≤ .05", "≤", "0.05"),
    ("(P = .13)", "", "0.13"),
    ("P = .04.", "", "0.04"),
    ("0.00", "", "0.00"),
    ("1", "", "1"),
]
NOT_SIGNIFICANT = [
    "ns",
    "NS",
    "n.s.",
    "N.S.",
    "P = NS",
    "p: n.s.",
    "not significant",
    "non-significant",
    "P=n.s.",
]


def test_p_values_made_by_rule_are_read_as_their_ingredients():
    forms = [*p_forms(), *exponent_forms()]
    assert len({text for text, _, _ in forms}) > 5_000
    for text, sign, value in forms:
        read = written_p(text)
        assert (read.sign, read.value) == (sign, value), text
        # digits kept: the last printed one has the place that it has in print
        assert read.value.as_tuple().exponent == value.as_tuple().exponent, text


@pytest.mark.parametrize(("text", "sign", "value"), PUBLIC_P)
def test_p_values_as_journals_and_programs_print_them(text, sign, value):
    read = written_p(text)
    assert (read.sign, read.value) == (sign, Decimal(value))
    assert read.value.as_tuple().exponent == Decimal(value).as_tuple().exponent


@pytest.mark.parametrize("text", NOT_SIGNIFICANT)
def test_an_outcome_in_words_is_no_number(text):
    assert written_p(text).value is None and written_p(text).normal == "ns"


REFUSED_P = [
    ("*", "only where a legend says"),
    ("***", "only where a legend says"),
    ("p.04", "no sign and no space"),
    ("P04", "no sign and no space"),
    ("=<0.05", "may mean either"),
    ("<>0.05", "contradict"),
    ("~0.05", "about a number"),
    ("-0.04", "not negative"),
    ("5%", "no percentage"),
    ("0.03-0.04", "a range"),
    ("0.03 to 0.04", "a range"),
    ("0.04a", "a letter stands behind"),
    ("0. 04", "a space stands within"),
    ("0 .04", "a space stands within"),
    ("1.2.3", "thousands"),
    ("1.2×105", "not read"),
    ("one-sided P = .03", "not read"),
    ("", "no number"),
    ("P =", "no number"),
    ("0.04 0.05", "a space stands within"),
]


@pytest.mark.parametrize(("text", "why"), REFUSED_P)
def test_what_is_no_p_value_is_refused_with_the_form_that_it_has(text, why):
    with pytest.raises(Unusable, match="p = ") as refused:
        written_p(text)
    assert why in str(refused.value)


def test_stars_mean_what_the_legend_says():
    legend = {"*": "P<.05", "**": "<0·01"}
    assert [written_p(stars, legend).normal for stars in ("*", "**", "∗")] == ["<0.05", "<0.01", "<0.05"]
    with pytest.raises(Unusable, match="legend"):
        written_p("***", legend)


# percentages, numbers, counts


def test_percentages_made_by_rule_are_read_as_their_ingredients():
    whole_parts, decimals, suffixes = (
        ["0", "", "7", "47", "100"],
        ["", "8", "35", "0"],
        ["", "%", " %", " per cent"],
    )
    seen = 0
    for before, after, mark, suffix in product(whole_parts, decimals, MARKS, suffixes):
        if not before and not after:
            continue
        text = before + (mark + after if after else "") + suffix
        value = Decimal(f"{before or 0}" + (f".{after}" if after else ""))
        read = percent(text).value
        assert read == value and read.as_tuple().exponent == value.as_tuple().exponent, text
        seen += 1
    assert seen > 250


@pytest.mark.parametrize("text", ["<1%", "-3", "a few", "12.5.1", "1,234,567", "5% of 40", ""])
def test_what_is_no_percentage_is_refused(text):
    with pytest.raises(Unusable, match="percentage"):
        percent(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1,234.5", "1234.5"),
        ("1.234,5", "1234.5"),
        ("1,234,567", "1234567"),
        ("1.234.567", "1234567"),
        ("1.234.567,8", "1234567.8"),
        ("12’345", "12345"),
        ("12\u2009345", "12345"),
        ("12\u202f345,6", "12345.6"),
        ("0,123", "0.123"),  # a thousand does not begin with 0
        ("1,23", "1.23"),
        ("1,2345", "1.2345"),
        ("1234,567", "1234.567"),
        ("1.234", "1.234"),
        ("−0.5", "-0.5"),
        ("- .37", "-0.37"),
        ("1e3", "1000"),
    ],
)
def test_thousands_and_decimals_follow_the_stated_rule(text, value):
    assert number(text).value == Decimal(value)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("1,234", "1234 with a thousands separator, or 1.234 with a decimal comma"),
        ("1,2,3", "no rule"),
        ("1.2,3.4", "no rule"),
        ("12 345", "a number"),
        ("1,234e2", "thousands separator"),
        ("five", "a number"),
    ],
)
def test_a_number_with_two_meanings_or_none_is_refused(text, why):
    with pytest.raises(Unusable, match="number") as refused:
        number(text)
    assert why in str(refused.value)


@pytest.mark.parametrize(("text", "value"), [("40", 40), ("1,234", 1234), ("12\u202f345", 12345), ("0", 0)])
def test_counts_are_whole_numbers(text, value):
    assert whole(text) == value


@pytest.mark.parametrize("text", ["1.234", "5.0", "1,23", "-3", "about 5", "12 345"])
def test_what_may_be_a_decimal_is_no_count(text):
    with pytest.raises(Unusable, match="count"):
        whole(text)


# results of several numbers

TRIPLES = [
    ("0.74", "0.40", "1.20"),
    ("1.78", "0.84", "3.76"),
    ("-0.15", "-0.37", "0.07"),
    ("12", "5.5", "30"),
]
MEASURES = {
    "": None,
    "HR ": "hazard ratio",
    "aHR ": "hazard ratio",
    "HR, ": "hazard ratio",
    "hazard ratio, ": "hazard ratio",
    "OR = ": "odds ratio",
    "Adjusted odds ratio ": "odds ratio",
    "RR: ": "risk ratio",
}
INTERVALS = {
    " ({})": None,
    " [{}]": None,
    " (95% CI {})": "95",
    " (95%CI: {})": "95",
    ", 95% CI {}": "95",
    "; 95% CI, {}": "95",
    " (95 % CI, {})": "95",
    " [90% CrI {}]": "90",
    "; 95% confidence interval [CI], {}": "95",
}
BETWEEN = [" to ", "–", "-", "; ", ", ", " – "]
P_AFTER = {"": None, "; p = .04": ("", "0.04"), ", P<.001": ("<", "0.001")}


def as_typeset(plain: str, mark: str, zero: bool) -> str:
    text = plain if zero else plain.replace("0.", ".", 1) if plain.lstrip("-").startswith("0.") else plain
    return text.replace("-", "−").replace(".", mark)


def estimate_forms():
    for numbers, mark, zero in product(TRIPLES, MARKS[:3], (True, False)):
        value, lower, upper = (as_typeset(n, mark, zero) for n in numbers)
        for (measure, named), (around, level), between in product(
            MEASURES.items(), INTERVALS.items(), BETWEEN
        ):
            if "-" in numbers[1] and "ratio" in (named or ""):
                continue  # a ratio is not negative
            for after, p in P_AFTER.items() if between in (" to ", "–") else [("", None)]:
                text = measure + value + around.format(lower + between + upper) + after
                yield text, named, [Decimal(n) for n in numbers], level, p


def test_estimates_made_by_rule_are_read_as_their_ingredients():
    forms = list(estimate_forms())
    assert len({text for text, *_ in forms}) > 5_000
    for text, named, numbers, level, p in forms:
        read = estimate(text)
        assert [read.value, read.lower, read.upper] == numbers, text
        assert [n.as_tuple().exponent for n in (read.value, read.lower, read.upper)] == [
            n.as_tuple().exponent for n in numbers
        ], text
        assert (read.measure, read.level) == (named, level and Decimal(level)), text
        assert (read.p and (read.p.sign, read.p.value)) == (p and (p[0], Decimal(p[1]))), text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        # Stack Overflow 63110191, and the styles of JAMA, Lancet, NEJM, BMJ and a German journal
        ("1.78 (.84–3.76)", "estimate 1.78, interval 0.84 to 3.76"),
        ("1,2 [0,3; 4,1]", "estimate 1.2, interval 0.3 to 4.1"),
        ("HR, 0.74 [95% CI, 0.40-1.20]; P = .04", "hazard ratio 0.74, 95 % interval 0.40 to 1.20; p is 0.04"),
        ("0·74 (95% CI 0·40–1·20; p=0·04)", "estimate 0.74, 95 % interval 0.40 to 1.20; p is 0.04"),
        (
            "hazard ratio, 0.74; 95% confidence interval [CI], 0.40 to 1.20; P=0.04",
            "hazard ratio 0.74, 95 % interval 0.40 to 1.20; p is 0.04",
        ),
        (
            "odds ratio 1.78 (95% confidence interval 0.84 to 3.76)",
            "odds ratio 1.78, 95 % interval 0.84 to 3.76",
        ),
        ("1,234 (0,980; 1,555)", "estimate 1.234, interval 0.980 to 1.555"),
        ("1,234 (0.98 to 1,555.5)", "estimate 1234, interval 0.98 to 1555.5"),
        ("1.2 (0.3,4.1)", "estimate 1.2, interval 0.3 to 4.1"),
        ("-0.15 (-0.37--0.05)", "estimate -0.15, interval -0.37 to -0.05"),
        (
            "HR 0.74 (95% CI 0.4 to 1.2), P=NS",
            "hazard ratio 0.74, 95 % interval 0.4 to 1.2; p is called not significant",
        ),
    ],
)
def test_estimates_as_journals_print_them(text, words):
    assert estimate(text).words == words


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("1,234 (1,100–1,400)", "thousands separator"),
        ("1.2 (0,3–4.1)", "two decimal signs, a comma and a point"),
        ("1,2 (0,3,4,1)", "an estimate and its interval read"),
        ("-0.4 (-0.6 -0.2)", "an estimate and its interval read"),
        ("0.74", "an estimate and its interval read"),
        ("0.74-1.20", "an estimate and its interval read"),
        ("12 345-678", "an estimate and its interval read"),
        ("0.74 (SE 0.12)", "an estimate and its interval read"),
        ("0.74 (0.4-1.2; p < )", "no number"),
    ],
)
def test_an_estimate_with_two_meanings_or_none_is_refused(text, why):
    with pytest.raises(Unusable) as refused:
        estimate(text)
    assert why in str(refused.value)


@pytest.mark.parametrize("mark", MARKS)
@pytest.mark.parametrize(
    "form",
    [
        "{} ± {}",
        "{}±{}",
        "{} +/- {}",
        "{} ({})",
        "{} (SD {})",
        "{} [SD, {}]",
        "mean {}, SD {}",
        "M = {}, SD = {}",
        "{} ± {} days",
        "{} days (SD {} days)",
        "{} (±{})",
        "mean (SD) {} ({})",
    ],
)
def test_means_made_by_rule_are_read_as_their_ingredients(form, mark):
    for mean, sd in product(("5.3", "0.50", "12", "−2.25"), ("1.2", "0.75", "10")):
        read = mean_sd(form.format(mean.replace(".", mark), sd.replace(".", mark)))
        assert (str(read.mean), str(read.sd)) == (mean.replace("−", "-"), sd)


@pytest.mark.parametrize(
    "text", ["5.3 (SE 1.2)", "5.3 ± 1.2 (SEM)", "5.3 (4.1–6.5)", "5.3", "1,234 ± 1,234", "5 ± -1"]
)
def test_what_is_no_mean_with_its_sd_is_refused(text):
    with pytest.raises(Unusable):
        mean_sd(text)


@pytest.mark.parametrize("mark", MARKS)
@pytest.mark.parametrize(
    ("form", "ends"),
    [
        ("{} ({}–{})", None),
        ("{} [{}; {}]", None),
        ("{} ({} to {})", None),
        ("{} (range {}–{})", "range"),
        ("{} days (range, {}-{})", "range"),
        ("median {} (IQR {}–{})", "quartiles"),
        ("{} (IQR, {} to {})", "quartiles"),
        ("median of {} days (interquartile range {} to {})", "quartiles"),
        ("{} (min-max {}-{})", "range"),
        ("{}, range {} to {}", "range"),
    ],
)
def test_medians_made_by_rule_are_read_as_their_ingredients(form, ends, mark):
    for printed in (("12", "5", "30"), ("6.5", "0.5", "11.0"), ("7", "2.5", "9")):
        read = median(form.format(*(n.replace(".", mark) for n in printed)))
        assert (str(read.median), str(read.low), str(read.high), read.ends) == (*printed, ends)


@pytest.mark.parametrize("text", ["12 (IQR 25)", "12", "12 345-678", "12 (5–30; 2)", "1.5 (0,5–3.0)"])
def test_what_is_no_median_with_its_ends_is_refused(text):
    with pytest.raises(Unusable):
        median(text)


@pytest.mark.parametrize("mark", MARKS)
@pytest.mark.parametrize(
    ("form", "has"),
    [
        ("{e}", ""),
        ("n = {e}", ""),
        ("{e}/{n}", "n"),
        ("{e} of {n}", "n"),
        ("{e} out of {n}", "n"),
        ("{e} ({p}%)", "p"),
        ("{e} ({p} %)", "p"),
        ("{e} ({p})", "p"),
        ("{e} [{p}%]", "p"),
        ("{e}/{n} ({p}%)", "np"),
        ("{p}% ({e}/{n})", "np"),
        ("{p}% ({e} of {n})", "np"),
        ("{p}% ({e})", "p"),
        ("{e} of {n}, {p}%", "np"),
        ("n={e} ({p}%)", "p"),
    ],
)
def test_counts_made_by_rule_are_read_as_their_ingredients(form, has, mark):
    for (e, events), (n, of), p in product(
        [("5", 5), ("1,234", 1234)], [("40", 40), ("2,345", 2345)], ("12.5", "0.4", "8")
    ):
        read = count(form.format(e=e, n=n, p=p.replace(".", mark)))
        assert read.events == events
        assert read.n == (of if "n" in has else None)
        assert (read.percent is not None and str(read.percent)) == (p if "p" in has else False)


@pytest.mark.parametrize(
    "text", ["1.234", "5.0", "five", "12 345", "5/40/80", "5 (12.5%", "1.234 (5%)", "5 (3–8)"]
)
def test_what_is_no_count_is_refused(text):
    with pytest.raises(Unusable, match="count"):
        count(text)


# where they are used


def test_a_record_holds_a_number_in_one_form():
    entry = {
        "id": "a",
        "field": "overall_survival",
        "arm": "comparison",
        "address": {"source": None, "section": "R"},
    }
    p = LogRankP.model_validate(
        {**entry, "kind": "log_rank_p", "unit": "probability", "printed": "P = .019", "p": ".019"}
    )
    assert p.p == "0.019" and p.printed == "P = .019"
    ratio = Ratio.model_validate(
        {
            **entry,
            "kind": "hazard_ratio",
            "unit": "ratio",
            "printed": "0,84 (0,41–1,70)",
            "estimate": "0,84",
            "lower": "0,41",
            "upper": "1·70",
            "adjusted_for": [],
            "p": "p=0·6",
        }
    )
    assert [str(n) for n in (ratio.estimate, ratio.lower, ratio.upper, ratio.p)] == [
        "0.84",
        "0.41",
        "1.70",
        "0.6",
    ]

"""Printed numbers: forms made by rule from their ingredients, and forms of journals and programs, each with
the reading that its ingredients have.
"""

from decimal import Decimal
from itertools import product

import pytest

from extraction.recover import Unusable
from extraction.recover.printed import number, percent, whole, written_p

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

"""One number as papers print it: p-values, percentages, counts and plain numbers, read here for records,
commands and tables of studies alike.  Results of several numbers are read in printed_results.py.

The decimal sign may be a point, a comma or a middle dot, with or without a zero before it.  A thousands
separator may be a comma, a point, an apostrophe or a thin space.  Which of the two a sign is follows from
rules:

- a middle dot is a decimal sign; an apostrophe or a thin space separates thousands;
- two different signs: the last is the decimal sign (1,234.5 and 1.234,5); one sign several times separates
  thousands (1,234,567);
- a lone point is a decimal sign;
- a lone comma is a decimal sign unless it stands after one to three digits, not beginning with 0, and before
  just three: `1,234` is a whole number where a count is read, a decimal where a p-value or a percentage is,
  and otherwise refused unless its neighbours show what their comma or point is;
- a count with a lone point and three digits after it (`1.234`) is refused.
"""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from extraction.recover import Unusable

SIGNS = ("<", ">", "≤", "≥")
"""What may stand before a p-value that is a bound; `=` and nothing mean the value itself."""
SAYS = {"": "is", "<": "is below", "≤": "is at most", ">": "is above", "≥": "is at least"}
LARGEST_EXPONENT = 600
"""A larger one is a slip, not a result."""
LARGEST_COUNT = 10**12
"""More than all people that ever lived."""

SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
VARIANTS = str.maketrans(
    {
        **dict.fromkeys("−–—‐‑‒﹣－", "-"),
        **dict.fromkeys("∙⋅‧・･", "·"),
        **dict.fromkeys("⩽≦⪕", "≤"),
        **dict.fromkeys("⩾≧⪖", "≥"),
        **dict.fromkeys("’ʼ′", "'"),
        **dict.fromkeys("∗＊⁎", "*"),
        "＜": "<",
        "﹤": "<",
        "＞": ">",
        "﹥": ">",
        "＝": "=",
        "％": "%",
        "，": ",",
        "．": ".",
        "✕": "×",
        "⨯": "×",
        **dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff\u00ad", None),
    }
)
THIN = "\u00a0\u2007\u2008\u2009\u202f"

DIGITS = r"(?:\d|[.,·](?=\d))(?:\d|[.,·'](?=\d))*"
POWER = r"(?:\s?[eE]\s?(?P<e>[+-]?\d+)|\s?[×xX*·]\s?10\s?(?:\^\s?(?P<to>[+-]?\d+)|(?P<flat>-\d+)))?"
UNSIGNED = re.compile(rf"(?P<digits>{DIGITS}){POWER}", re.ASCII)
POWER_OF_TEN = re.compile(r"10\s?(?:\^\s?([+-]?\d+)|(-\d+))", re.ASCII)
MARKS = r"\s*(?:\*{1,4}|[†‡§¶#‖]+)?"
NOT_SIGNIFICANT = re.compile(
    r"n\.?\s?s\.?|n/s|(?:not|non)(?:[\s-]?statistically)?[\s-]?significant", re.IGNORECASE
)
P_PREFIX = re.compile(
    r"(?:(?:two|2)[\s-](?:sided|tailed)\s+)?p(?:[\s-]?values?)?(?P<gap>\s?(?::\s?|,\s)?(?:of\s)?)",
    re.IGNORECASE,
)
P_SIGN = re.compile(r"(?:=\s+)?(<=|>=|[<>≤≥]|less than|greater than)\s?|=\s?", re.IGNORECASE)
SIGN_WORDS = {"<=": "≤", ">=": "≥", "less than": "<", "greater than": ">"}
P_READS = "a p-value reads 0.0204, .02, <0.05, P = .04, 1.2e-5 or ns"


@dataclass(frozen=True)
class Number:
    """A printed number.

    text : as printed; value : with the digits printed, so that 1.50 has two decimals
    mark : its decimal sign, empty for a whole number
    """

    text: str
    value: Decimal
    mark: str = ""

    @property
    def words(self) -> str:
        """What was read."""
        return f"{self.value:f}"


@dataclass(frozen=True)
class WrittenP:
    """A p-value as written, which may be above 1 where it is adjusted.

    sign : empty or one of SIGNS; value : None where only `not significant` is written
    """

    text: str
    sign: str
    value: Decimal | None

    @property
    def normal(self) -> str:
        """The same with a zero before a decimal point: `0.0204`, `<0.05`, `ns`."""
        return "ns" if self.value is None else f"{self.sign}{self.value:f}"

    @property
    def words(self) -> str:
        """What was read."""
        if self.value is None:
            return "p is called not significant"
        return f"p {SAYS[self.sign]} {self.value:f}"


def tidy(text: str) -> str:
    """Text with one character for each meaning: minus, spaces, signs, superscripts, thousands in thin
    spaces.
    """
    text = html.unescape(text).translate(VARIANTS)
    text = re.sub(r"[⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺]+", lambda found: "^" + found[0].translate(SUPERSCRIPTS), text)
    text = re.sub(rf"(?<![\d.,·])(\d{{1,3}})((?:[{THIN}]\d{{3}})+)(?!\d)", _apostrophes, text)
    return " ".join(text.split())


def _apostrophes(found: re.Match) -> str:
    return found[1] + re.sub(f"[{THIN}]", "'", found[2])


def number(text: str, name: str = "number") -> Number:
    """Read one plain number, positive or negative; raise Unusable for what is none or has two meanings."""
    written = tidy(text)
    sign = re.match(r"[+-]\s?", written)
    body = written[sign.end() :] if sign else written
    form = UNSIGNED.fullmatch(body)
    if not form:
        raise Unusable(f"{name} {text!r}: give a number with the digits printed, such as 1.50")
    value = one_meaning(meanings(form), f"{name} {text!r}")
    return Number(text, -value.value if sign and sign[0][0] == "-" else value.value, value.mark)


def whole(text: str, name: str = "count") -> int:
    """Read a count, `40` or `1,234`; raise Unusable for what is none or may be a decimal."""
    return whole_of(tidy(text), f"{name} {text!r}")


def whole_of(written: str, what: str) -> int:
    """The count of a tidied text; `what` begins the message of what is none."""
    form = UNSIGNED.fullmatch(written)
    if not form:
        raise Unusable(f"{what}: a count is a whole number such as 40 or 1,234")
    digits = form["digits"]
    if re.fullmatch(r"[1-9]\d{0,2}\.\d{3}", digits):
        raise Unusable(f"{what}: a thousand or a decimal? Give a count without a point")
    found = [n for n in meanings(form) if not n.mark and n.value == n.value.to_integral_value()]
    if not found:
        raise Unusable(f"{what}: a count has no decimals")
    if found[0].value > LARGEST_COUNT:
        raise Unusable(f"{what}: a count is up to {LARGEST_COUNT:,}")
    return int(found[0].value)


def written_p(text: str, stars: Mapping[str, str] | None = None) -> WrittenP:
    """Read a p-value as written; raise Unusable, naming the form, for what is none.

    stars : what the legend of the table says that stars mean, as `{"*": "<0.05"}`; without one, stars alone
    have no meaning, and beside a number they add nothing
    """
    written = tidy(text)
    written = re.sub(r"^[(\[](.*)[)\]]$", r"\1", written).strip()
    if re.fullmatch(r"\*+", written):
        return _starred(text, written, stars)
    prefix = P_PREFIX.match(written)
    rest = written[prefix.end() :] if prefix else written
    sign = P_SIGN.match(rest)
    body = (rest[sign.end() :] if sign else rest).strip()
    if NOT_SIGNIFICANT.fullmatch(body) and (not sign or not sign[1]):
        return WrittenP(text, "", None)
    if prefix and not prefix["gap"] and not sign:
        raise Unusable(f"p = {text!r}: no sign and no space stand between p and its number; {P_READS}")
    body = re.sub(r"(?<=\d)[\s,;]*\(?(?:ns|NS|n\.s\.)\)?$", "", body.rstrip(" ;,"))
    body = re.sub(r"(?<=[\d*])\.$", "", body)
    body = re.sub(rf"{MARKS}$", "", body)
    mark = ((sign and sign[1]) or "").lower()
    return WrittenP(text, SIGN_WORDS.get(mark, mark), _p_value(text, body))


def _starred(text: str, written: str, stars: Mapping[str, str] | None) -> WrittenP:
    if stars is None or written not in stars:
        raise Unusable(f"p = {text!r}: stars stand for a p-value only where a legend says which")
    meant = written_p(stars[written])
    return WrittenP(text, meant.sign, meant.value)


def _p_value(text: str, body: str) -> Decimal:
    power = POWER_OF_TEN.fullmatch(body)
    if power:
        return _scaled(Decimal(1), power[1] or power[2], f"p = {text!r}")
    form = UNSIGNED.fullmatch(body)
    if not form:
        raise Unusable(f"p = {text!r}: {_why_no_p(body)}")
    found = [n for n in meanings(form) if n.mark or re.fullmatch(r"\d+", form["digits"])]
    if len(found) != 1:
        raise Unusable(f"p = {text!r}: thousands in a p-value; {P_READS}")
    return found[0].value


def _why_no_p(body: str) -> str:
    """The form found, in words."""
    forms = {
        r"": "no number is written",
        r"-.*": "a p-value is not negative",
        r"[<>=≤≥].*": "two signs that contradict each other, or `=<`, which may mean either",
        r"[~≈≃∼].*|(?:about|approximately).*": "about a number is no p-value as printed",
        r".*%": "a p-value is no percentage",
        r"[\d.,·]+\s?(?:-|to)\s?[\d.,·]+": "a range is no p-value; give its ends as bounds",
        r"[\d.,·]+\s?[a-z]": "a letter stands behind the number; leave a footnote's mark out",
        r"[\d.,·]+ [\d.,·]+": "a space stands within the number",
    }
    why = next(
        (words for form, words in forms.items() if re.fullmatch(form, body, re.IGNORECASE)), "not read"
    )
    return f"{why}; {P_READS}"


def percent(text: str) -> Number:
    """Read a percentage, `47.8`, `47,8 %` or `47·8%`, of any size; raise Unusable for what is none."""
    written = re.sub(r"\s?(?:%|per\s?cent)$", "", tidy(text), flags=re.IGNORECASE)
    form = UNSIGNED.fullmatch(written)
    if not form:
        bound = " a bound has no digits to compare," if written[:1] in SIGNS else ""
        raise Unusable(f"percentage {text!r}:{bound} a percentage reads 47.8")
    found = [n for n in meanings(form) if n.mark or re.fullmatch(r"\d+", form["digits"])]
    if len(found) != 1:
        raise Unusable(f"percentage {text!r}: thousands in a percentage; a percentage reads 47.8")
    return Number(text, found[0].value, found[0].mark)


def meanings(form: re.Match) -> list[Number]:
    """What a match of UNSIGNED may mean: one number, two where a lone comma may separate thousands, none
    where its signs follow no rule.
    """
    digits, text = form["digits"], form[0]
    found = [Number(text, Decimal(plain), mark) for plain, mark in _readings(digits)]
    power = form["e"] or form["to"] or form["flat"]
    return [Number(n.text, _scaled(n.value, power, text), n.mark) for n in found] if power else found


def _readings(digits: str) -> list[tuple[str, str]]:
    """Digits with a point as the decimal sign, and the decimal sign printed."""
    parts, marks = re.split(r"[.,·']", digits), re.findall(r"[.,·']", digits)
    if not marks:
        return [(digits, "")]
    last, before = marks[-1], marks[:-1]
    found = []
    if last in ".,·" and last not in before and _thousands(parts[:-1], before):
        found.append((f"{''.join(parts[:-1]) or '0'}.{parts[-1]}", last))
    if _thousands(parts, marks) and (last in ",'" or len(marks) > 1):
        found.append(("".join(parts), ""))
    return found


def _thousands(parts: list[str], marks: list[str]) -> bool:
    """Whether parts are a whole number whose thousands, if any, one sign separates."""
    if not marks:
        return True
    first, rest = parts[0], parts[1:]
    one_sign = all(a == b for a, b in pairwise(marks)) and marks[0] != "·"
    return one_sign and bool(re.fullmatch(r"[1-9]\d{0,2}", first)) and all(len(part) == 3 for part in rest)


def _scaled(value: Decimal, power: str, what: str) -> Decimal:
    if len(power) > 5 or abs(int(power)) > LARGEST_EXPONENT:
        raise Unusable(f"{what}: no result has an exponent of {power}")
    return value.scaleb(int(power))


def one_meaning(found: list[Number], what: str) -> Number:
    """The only meaning of a number; raise Unusable where there are two or none."""
    if not found:
        raise Unusable(f"{what}: its points and commas follow no rule of decimals or thousands")
    if len(found) > 1:
        raise Unusable(
            f"{what}: {found[1].value:f} with a thousands separator, or {found[0].value:f} with a decimal"
            " comma? Write it with a point, or without a separator"
        )
    return found[0]

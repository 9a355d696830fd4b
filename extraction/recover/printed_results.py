"""Results of several numbers as papers print them: ratios and differences with their interval, means with
their SD, medians with their range or quartiles, counts with their percentage.

Each reader takes one result and nothing else, and says in words what it read; a form that it does not know,
or that has two meanings, is refused by name.  Within a result all numbers have one decimal sign, so that a
lone comma before three digits means what its neighbours' signs leave it.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from extraction.fragment import fold
from extraction.recover import Unusable, printed
from extraction.recover.printed import (
    SIGNS,
    UNSIGNED,
    Number,
    WrittenP,
    meanings,
    one_meaning,
    percent,
    tidy,
    whole_of,
    written_p,
)

DIGITS = rf"(?>{printed.DIGITS})"
"""A number is taken whole: 0.74-1.20 is not 0.7 and 4."""
GAP = r"(?:[:=]\s?|,\s|\s)*"
"""Between a name and its number; a comma without a space after it is the number's own."""
N = rf"[+-]?\s?{DIGITS}"
TO = r"(?:\s?(?:;|\.\.|…)\s?|,\s|\s(?:to|and)\s|\s-\s|(?<=\S)-(?=\S))"
"""Between the ends of an interval; a dash has spaces on both sides or on none, else it is a minus."""
UNIT = r"(?:\s?(?:%|[a-zA-Zµ]+(?:/[a-zA-Zµ]+)?))?"
MEASURES = {
    "hazard ratio": r"hazard ratio|s?hr|cause-specific hr",
    "odds ratio": r"odds ratio|or",
    "risk ratio": r"risk ratio|relative risk|rr",
    "rate ratio": r"(?:incidence )?rate ratio|irr",
    "mean difference": r"mean difference|md|wmd",
    "standardised mean difference": r"standardi[sz]ed mean difference|smd",
    "risk difference": r"(?:absolute )?risk difference|a?rd",
}
MEASURE = re.compile(
    r"(?:(?:un)?adjusted\s|crude\s|[acu](?=[hor][rd]\b))?(?P<measure>"
    + "|".join(MEASURES.values())
    + rf")\b(?:\s?[\[(][a-z]+[\])])?{GAP}(?:of\s|was\s)?",
    re.IGNORECASE,
)
INTERVAL_NAME = (
    r"(?:(?P<level>\d{2}(?:[.,·]\d{1,2})?)\s?%[\s-]?)?"
    rf"(?:(?:confidence|credible)\sintervals?(?:\s?[\[(]C[rI]*I[\])])?|CrI|C\.?I\.?s?)?{GAP}"
)
ESTIMATE = re.compile(
    rf"(?P<value>{N})(?:\s?%)?(?:[,;:]?\s?[\[(]|[,;:]\s|\s(?=\d\d[\d.,·]*\s?%|C)){INTERVAL_NAME}[\[(]?\s?"
    rf"(?P<lower>{N})(?:\s?%)?{TO}(?P<upper>{N})(?:\s?%)?\s?[\])]?"
    r"(?:[\s,;]*(?P<p>p\b.*?|p[\s=<>≤≥].*?))?[\])]?\.?",
    re.IGNORECASE,
)
MEAN = re.compile(
    rf"(?:mean\s?|m(?=\s?=))?(?:\s?[\[(](?:±\s?)?SD[\])])?{GAP}(?P<mean>{N}){UNIT}"
    rf"(?:\s?(?:±|\+/-|\+-)\s?(?P<plus>{DIGITS}){UNIT}"
    rf"|\s?[\[(]\s?(?:±|\+/-|SD|s\.d\.)?{GAP}(?P<inside>{DIGITS}){UNIT}\s?[\])]"
    rf"|[,;]\s?(?:SD|s\.d\.){GAP}(?P<after>{DIGITS}){UNIT})",
    re.IGNORECASE,
)
ENDS = {
    "range": r"range|min\s?[-,]\s?max",
    "quartiles": r"IQR|interquartile range|q1\s?[-,]\s?q3|quartiles|25th\s?[-,]\s?75th percentiles?",
}
MEDIAN = re.compile(
    rf"(?:median\s?)?{GAP}(?:of\s)?(?P<median>{N}){UNIT}(?:[,;]?\s?[\[(]|[,;]\s|\s(?=[a-z]))\s?"
    rf"(?P<ends>{'|'.join(ENDS.values())})?{GAP}(?P<low>{N}){UNIT}{TO}(?P<high>{N}){UNIT}\s?[\])]?",
    re.IGNORECASE,
)
EVENTS, GROUP = rf"(?:n\s?=\s?)?(?P<events>{DIGITS})", rf"\s?(?:/|of|out of)\s?(?P<n>{DIGITS})"
MARK_NAMES = {".": "a point", ",": "a comma", "·": "a middle dot"}
SHARE = rf"(?P<percent>{DIGITS})\s?%"
BRACKETED = rf"\s?[\[(]\s?(?P<percent>{DIGITS})\s?%?\s?[\])]"
COUNTS = [
    re.compile(form, re.IGNORECASE)
    for form in (
        rf"{EVENTS}(?:\s(?:patients|cases|events))?",
        rf"{EVENTS}{GROUP}",
        rf"{EVENTS}(?:{GROUP})?{BRACKETED}",
        rf"{EVENTS}(?:{GROUP})?(?:[,;]\s|\s=\s|=|\s){SHARE}",
        rf"{SHARE}\s?[\[(]\s?{EVENTS}(?:{GROUP})?\s?[\])]",
    )
]


@dataclass(frozen=True)
class PrintedEstimate:
    """An estimate with its interval.

    measure : in words, a key of MEASURES, None where none is printed; level : per cent, None likewise
    """

    text: str
    measure: str | None
    value: Decimal
    lower: Decimal
    upper: Decimal
    level: Decimal | None
    p: WrittenP | None

    @property
    def words(self) -> str:
        """What was read."""
        level = f"{self.level} % " if self.level is not None else ""
        p = f"; {self.p.words}" if self.p else ""
        return f"{self.measure or 'estimate'} {self.value}, {level}interval {self.lower} to {self.upper}{p}"


@dataclass(frozen=True)
class PrintedMean:
    """A mean with its standard deviation."""

    text: str
    mean: Decimal
    sd: Decimal

    @property
    def words(self) -> str:
        """What was read."""
        return f"mean {self.mean}, SD {self.sd}"


@dataclass(frozen=True)
class PrintedMedian:
    """A median with what is printed beside it.

    ends : `range`, `quartiles`, or None where it is not printed which
    """

    text: str
    median: Decimal
    low: Decimal
    high: Decimal
    ends: str | None

    @property
    def words(self) -> str:
        """What was read."""
        return f"median {self.median}, {self.ends or 'range or quartiles'} {self.low} to {self.high}"


@dataclass(frozen=True)
class PrintedCount:
    """A count, with its group and its percentage where they are printed."""

    text: str
    events: int
    n: int | None
    percent: Decimal | None

    @property
    def words(self) -> str:
        """What was read."""
        of = "" if self.n is None else f" of {self.n}"
        return f"{self.events}{of}" + ("" if self.percent is None else f", {self.percent} %")


Read = PrintedEstimate | PrintedMean | PrintedMedian | PrintedCount | WrittenP


def estimate(text: str) -> PrintedEstimate:
    """Read `HR 0.74, 95% CI 0.4 to 1.2`, `1,2 [0,3; 4,1]` or `−.15 (−.37 to .07)`; raise Unusable for what is
    none.
    """
    written = _between_points(tidy(text))
    named = MEASURE.match(written)
    form = ESTIMATE.fullmatch(written[named.end() :] if named else written)
    if not form:
        raise Unusable(
            f"estimate {text!r}: an estimate and its interval read 0.74 (0.40 to 1.20), 1,2 [0,3; 4,1] or HR"
            " 0.74, 95% CI 0.4-1.2; p = .04"
        )
    value, lower, upper = _alike(text, form["value"], form["lower"], form["upper"])
    level = form["level"]
    return PrintedEstimate(
        text,
        next((words for words, names in MEASURES.items() if named and _is(names, named["measure"])), None),
        value,
        lower,
        upper,
        Decimal(re.sub("[,·]", ".", level)) if level else None,
        written_p(form["p"].rstrip(" )]")) if form["p"] else None,
    )


def mean_sd(text: str) -> PrintedMean:
    """Read `5.3 ± 1.2` or `5,3 (SD 1,2)`; raise Unusable for what is none, a standard error among them."""
    written = tidy(text)
    if re.search(r"\b(?:SEM?|standard error)\b|\bs\.e\.", written):
        raise Unusable(f"mean {text!r}: a standard error is printed, not a standard deviation")
    form = MEAN.fullmatch(written)
    if not form:
        raise Unusable(f"mean {text!r}: a mean and its SD read 5.3 ± 1.2 or 5.3 (SD 1.2)")
    mean, sd = _alike(text, form["mean"], form["plus"] or form["inside"] or form["after"])
    return PrintedMean(text, mean, sd)


def median(text: str) -> PrintedMedian:
    """Read `12 (range 5–30)`, `12 [5, 30]` or `median 12 days (IQR 5–30)`; raise Unusable for what is
    none.
    """
    written = _between_points(tidy(text))
    form = MEDIAN.fullmatch(written)
    if not form:
        raise Unusable(
            f"median {text!r}: a median reads 12 (range 5–30) or 12 [5, 30]; the width of an interquartile"
            " range alone tells neither end"
        )
    middle, low, high = _alike(text, form["median"], form["low"], form["high"])
    ends = next((words for words, names in ENDS.items() if form["ends"] and _is(names, form["ends"])), None)
    return PrintedMedian(text, middle, low, high, ends)


def count(text: str) -> PrintedCount:
    """Read `5 (12.5%)`, `5/40`, `12,5 % (5/40)` or `1,234`; raise Unusable for what is none."""
    written = tidy(text)
    form = next((found for form in COUNTS if (found := form.fullmatch(written))), None)
    if not form:
        raise Unusable(f"count {text!r}: a count reads 5, 5/40, 5 (12.5%) or 12.5% (5/40)")
    parts = form.groupdict()
    share = parts.get("percent")
    return PrintedCount(
        text,
        whole_of(parts["events"], f"count {text!r}"),
        whole_of(parts["n"], f"count {text!r}") if parts.get("n") else None,
        percent(share).value if share else None,
    )


READERS: dict[str, Callable[[str], Read]] = {
    "ratio": estimate,
    "mean": mean_sd,
    "median": median,
    "count": count,
    "p": written_p,
}
"""Readers of one result by what it is."""


def numbers_in(fragment: str) -> set[str]:
    """Every number of a fragment in every meaning it may have, with a point and a zero before it; one behind
    a dash with and without a minus.
    """
    found = set()
    for before, n in _numbers(fragment):
        found |= {f"{n.value:f}", f"{'-' if before.strip() == '-' else ''}{n.value:f}"}
    return found


def p_values_in(fragment: str) -> set[str]:
    """Every number of a fragment as a p-value in normal form: the sign before it is `=` or none, or stays."""
    found = set()
    for before, n in _numbers(fragment):
        sign = before.strip()
        found.add((sign if sign in SIGNS else "") + f"{n.value:f}")
    return found


def _numbers(fragment: str) -> Iterator[tuple[str, Number]]:
    """Each meaning of each number, with the sign before it."""
    text = fold(tidy(fragment))
    for form in re.finditer(rf"(?P<before>[-<>=≤≥]\s?)?(?<![\d.,·]){UNSIGNED.pattern}", text):
        for n in meanings(form):
            yield form["before"] or "", n


def _is(names: str, word: str) -> bool:
    return re.fullmatch(names, word, re.IGNORECASE) is not None


def _between_points(written: str) -> str:
    """A comma between two numbers that have points of their own stands between them: (0.4,1.2)."""
    return re.sub(r"(?<![\d,])(\d*[.·]\d+),(?=-?\d*[.·]\d)", r"\1; ", written)


def _alike(text: str, *numbers: str) -> list[Decimal]:
    """Numbers of one result, which have one decimal sign; raise Unusable where they have two or none fits."""
    found = []
    for one in numbers:
        sign = "-" if one.startswith("-") else ""
        form = UNSIGNED.fullmatch(one.lstrip("+- "))
        found.append((sign, meanings(form) if form else []))
    marks = {options[0].mark for _, options in found if len(options) == 1} - {""}
    if len(marks) > 1:
        raise Unusable(
            f"{text!r}: has two decimal signs, {' and '.join(MARK_NAMES[m] for m in sorted(marks))}"
        )
    values = []
    for sign, options in found:
        if len(options) > 1 and marks:
            options = [n for n in options if (n.mark == ",") is (marks == {","})]
        values.append(Decimal(f"{sign}{one_meaning(options, repr(text)).value}"))
    return values

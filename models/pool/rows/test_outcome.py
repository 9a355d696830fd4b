"""The p of a test, or that it was significant or not, with the sizes of the arms and no estimate.

>>> from pandas import DataFrame
>>> from models.pool import pool
>>> row = {"p": "<0.05", "direction": "lower", "test": "t", "n_treated": 17, "n_control": 28}
>>> pooled = pool(DataFrame([{"study": "A"} | row]), "smd")
>>> {end: round(value, 2) for end, value in pooled.natural(pooled.summary["mu"]).items()}
{'median': -0.99, 'lower': -2.44, 'upper': 0.26}
"""

from __future__ import annotations

from dataclasses import dataclass
from math import comb
from typing import TYPE_CHECKING, Literal, Self

from models.pool.rows.row import Row
from models.pool.study_table import Cells

if TYPE_CHECKING:
    from models.likelihood.report import LogLikelihood
    from models.pool.measures import Measure
    from models.priors import BaselinePrior

type Sign = Literal["=", "<", ">"]
type Direction = Literal["lower", "higher"]
SIGNS: dict[str, Sign] = {"": "=", "<": "<", "≤": "<", ">": ">", "≥": ">"}
TESTS = {
    "or": ("fisher", "chi-squared", "chi-squared-yates"),
    "rr": ("fisher", "chi-squared", "chi-squared-yates"),
    "rd": ("fisher", "chi-squared", "chi-squared-yates"),
    "smd": ("t", "mann-whitney"),
}
"""Tests that may have been run, by measure."""
UNNAMED = dict.fromkeys(("or", "rr", "rd"), ("fisher", "chi-squared")) | {"smd": ("t",)}
"""What is taken where no test is named, each as likely as the others."""
ALSO = {
    **dict.fromkeys(("chi2", "chi-square"), "chi-squared"),
    **dict.fromkeys(("t-test", "student"), "t"),
    **dict.fromkeys(("u", "wilcoxon", "mann-whitney-u"), "mann-whitney"),
    "fisher-exact": "fisher",
}
"""Other names of tests."""
SIGNIFICANT = {"yes": "<", "true": "<", "1": "<", "no": ">", "false": ">", "0": ">"}
LARGEST_ARM = 200
"""Of counts: every table of such arms is summed."""
LARGEST_RANKED = 40
FEW_PAIRS = 100
"""Pairs of patients up to which it is tried whether a test can be significant at all."""


@dataclass(frozen=True)
class OutcomeOfTest(Row):
    """The probability of the outcome of a two-sided test at the sizes of the arms.

    sign, p: of the printed p; `<` and `>` for significance at that level. direction: of the treated, None
    where it is not told, and then either is possible.
    """

    words = (
        "outcome of a test: its probability at the sizes of the arms, of normal values with a common SD, or"
        " of binomial counts whose level of risk is integrated out under log odds N(0, 1.5)"
    )

    sign: Sign
    p: float
    direction: Direction | None
    n_treated: int
    n_control: int
    tests: tuple[str, ...]

    @classmethod
    def needs(cls, cells: Cells, measure: str | None) -> tuple[str, ...]:
        return "significant" if cells.has("significant") else "p", "n_treated", "n_control"

    @classmethod
    def gives(cls, cells: Cells) -> frozenset[str]:
        named = cells.text("test").lower() if cells.has("test") else None
        return frozenset(key for key, tests in TESTS.items() if named is None or _slug(named) in tests)

    @classmethod
    def read(cls, cells: Cells, measure: Measure) -> Self | None:
        tests = (_slug(cells.text("test")),) if cells.has("test") else UNNAMED[measure.key]
        sign, p = _outcome(cells)
        binary = measure.key != "smd"
        if binary and sign == "=" and not cells.faults:
            cells.refuse("p", "is exact: recover the tables that print it (extraction recover table)")
        largest = LARGEST_ARM if binary else LARGEST_RANKED if "mann-whitney" in tests else 10**6
        n = [
            cells.whole(f"n_{arm}", 2, f"must be between 2 and {largest} patients for this test")
            for arm in ("treated", "control")
        ]
        for arm, size in zip(("treated", "control"), n, strict=True):
            if size > largest:
                cells.refuse(f"n_{arm}", f"must be between 2 and {largest} patients for this test")
        direction = cells.text("direction").lower() if cells.has("direction") else None
        if direction not in (None, "lower", "higher"):
            cells.refuse("direction", "must be lower or higher, of the treated")
        if "mann-whitney" in tests and sign == "=" and not cells.faults:
            cells.refuse("p", "of a Mann-Whitney test must be a bound, such as <0.05 or ns")
        if cells.faults:
            return None
        found = cls(cells.study, sign, p, direction, n[0], n[1], tests)  # type: ignore[arg-type]
        if not found.is_possible:
            name = "significant" if cells.has("significant") else "p"
            told = f"{' or '.join(tests)} of {n[0]} v {n[1]} patients gives no p below {p:g}"
            cells.refuse(name, f"cannot be: a test by {told}")
        return found

    @property
    def is_possible(self) -> bool:
        """Whether arms so small can come out so."""
        if self.sign != "<" or self.tests == ("t",) or self.n_treated * self.n_control > FEW_PAIRS:
            return True
        if self.tests == ("mann-whitney",):  # complete separation
            return 2 / comb(self.n_treated + self.n_control, self.n_treated) < self.p
        from models.pool.outcomes import share_of_tests

        return bool(share_of_tests(self).any())

    def log_likelihood(self, measure: Measure, baseline: BaselinePrior) -> LogLikelihood:
        from models.pool import outcomes

        if measure.key == "smd":
            return outcomes.of_values(self)
        return outcomes.of_counts(self, measure.key, baseline.share)

    @property
    def shown(self) -> str:
        told = f"p{self.sign}{self.p:g}" + (f", treated {self.direction}" if self.direction else "")
        return f"{told}, {self.n_treated} v {self.n_control}"

    def notes(self, measure: Measure) -> list[str]:
        notes = []
        if len(self.tests) > 1:
            named = " or ".join(self.tests)
            notes.append(f"{self.study}: no test is named, so {named} are taken to be as likely")
        if self.direction is None and self.sign != ">":
            notes.append(f"{self.study}: the test has no direction, so both are taken to be as likely")
        return notes


def _slug(name: str) -> str:
    slug = name.strip().lower().replace(" ", "-").replace("_", "-").replace("'s", "")
    return ALSO.get(slug, slug)


def _outcome(cells: Cells) -> tuple[Sign, float]:
    """Sign and p: a printed p, or whether it was significant at 0.05."""
    if not cells.has("significant"):
        sign, p = cells.p_value("p")
        return SIGNS.get(sign, "="), p
    told = SIGNIFICANT.get(cells.text("significant").lower())
    if told is None:
        cells.refuse("significant", "must be yes or no, at the two-sided level 0.05")
    return told or ">", 0.05  # type: ignore[return-value]

"""What would a paper print of a table whose arms it does not give, and which other tables would it print
alike?
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from extraction.derived.candidates import named_tests, tables_of
from extraction.recover.p_values import TESTS
from extraction.recover.rounding import printed_p
from extraction.schema import AnyEntry, PValue, Record, TestOutcome
from extraction.vocabulary import BOTH_ARMS
from models.evidence.binary import LARGEST_SET
from models.evidence.report import Used
from models.likelihood.printing import print_p
from models.likelihood.risk_report import RiskReport


@dataclass(frozen=True)
class Comparison:
    """All tables of two group sizes, and p of each under every test that the printed name may mean."""

    n_treated: int
    n_control: int
    entry: PValue | TestOutcome

    @cached_property
    def tables(self) -> np.ndarray:
        """Shape (table, 4); the table with a and b events is row a * (n_control + 1) + b."""
        a, b = np.divmod(np.arange((self.n_treated + 1) * (self.n_control + 1)), self.n_control + 1)
        return np.stack([a, np.full_like(a, self.n_treated), b, np.full_like(a, self.n_control)], axis=1)

    @cached_property
    def p(self) -> np.ndarray:
        """Shape (test, table); nan where a test has none."""
        return np.array([TESTS[test](*self.tables.T) for test in named_tests(self.entry)])

    def alike(self, a: int, b: int, generator) -> np.ndarray:
        """Which tables print like that with a and b events under one of the tests, taken at random; none
        where it has no p.

        A reader who does not know which test it was keeps what any of them would print so.
        """
        row = a * (self.n_control + 1) + b
        own = generator.choice(self.p[:, row])
        if np.isnan(own):
            return np.zeros(len(self.tables), bool)
        if isinstance(self.entry, PValue):
            return printed_p(print_p(own, self.entry.p)).rounds(self.p).any(axis=0)
        alpha = float(self.entry.alpha)
        if own >= alpha:
            return (self.p >= alpha).any(axis=0)
        excess = self.tables[:, 0] * self.n_control - self.tables[:, 2] * self.n_treated
        return (self.p < alpha).any(axis=0) & (np.sign(excess) == np.sign(excess[row]))


class Part:
    """Patients of both arms that a stratum holds, and what its own numbers in print say of the cohort."""

    def __init__(self, record: Record, entries: list[AnyEntry]):
        field, stratum = entries[0].field, entries[0].stratum
        found = tables_of(record, field, stratum, verbal=False)
        if found is None:
            raise ValueError(f"{record.study}: nothing printed of {field} tells the arms of {stratum} apart")
        _, n_treated, _, n_control = found.tables[0]
        self.sizes = n_treated, n_control
        by_arm = any(e.arm in BOTH_ARMS for e in entries)
        self.tested = (
            None
            if by_arm
            else Comparison(n_treated, n_control, next(e for e in entries if isinstance(e, PValue)))
        )

    def least(
        self, events: tuple[int, int], patients: tuple[int, int], generator
    ) -> tuple[list[int], list[int]]:
        """Fewest patients with and without the event in each arm; those of the part are a random share of the
        arm.
        """
        a, b = (
            int(generator.hypergeometric(e, n - e, size))
            for e, n, size in zip(events, patients, self.sizes, strict=True)
        )
        tables = np.array([[a, self.sizes[0], b, self.sizes[1]]])
        if self.tested:
            alike = self.tested.alike(a, b, generator)
            tables = self.tested.tables[alike] if alike.any() else np.zeros((1, 4), int)
        return [int(tables[:, 2 * i].min()) for i in (0, 1)], [
            int((tables[:, 2 * i + 1] - tables[:, 2 * i]).min()) for i in (0, 1)
        ]


class Cells:
    """The tables behind a report of the whole cohort without counts of its arms: printed are the total, the
    test, and parts.
    """

    def __init__(self, report: Used, record: Record):
        entries = {e.id: e for e in record.entries}
        used = [entries[i] for i in report.entries]
        candidates = RiskReport.expected(report.report).tables
        _, n_treated, _, n_control = candidates[0]
        self.sizes = n_treated, n_control
        test = next(e for e in used if isinstance(e, PValue | TestOutcome))
        self.tested = Comparison(n_treated, n_control, test)
        totals = [a + b for a, _, b, _ in candidates]
        self.first, self.width = 0, n_treated + n_control + 1
        if any(e.arm == "total" for e in used):
            self.first, self.width = min(totals), max(totals) - min(totals) + 1
        by_stratum: dict[str, list[AnyEntry]] = {}
        for i in report.bounds:
            by_stratum.setdefault(entries[i].stratum, []).append(entries[i])
        self.parts = [Part(record, found) for found in by_stratum.values()]

    def holding(self, a: int, b: int, generator) -> np.ndarray:
        """Tables that would be printed like that with a and b events, shape (table, 4); empty where they are
        too many to be used.

        A total known within limits lies in one of equally wide blocks, of which the printed limits are one.
        """
        tables = self.tested.tables
        events, without = tables[:, 0::2], tables[:, 1::2] - tables[:, 0::2]
        fits = self.tested.alike(a, b, generator) & (self._block(events.sum(axis=1)) == self._block(a + b))
        for part in self.parts:
            least, least_without = part.least((a, b), self.sizes, generator)
            fits &= (events >= least).all(axis=1) & (without >= least_without).all(axis=1)
        return tables[fits] if fits.sum() <= LARGEST_SET else tables[:0]

    def _block(self, total):
        return (total - self.first) // self.width

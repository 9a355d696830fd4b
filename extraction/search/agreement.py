"""Whether two people decided alike: Cohen's kappa, conflicts, and what both agree on."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from extraction.kappa import kappa
from extraction.search.decisions import ANSWERS, Answer, Decision, Decisions


@dataclass(frozen=True)
class Agreement:
    """How the decisions of two people compare.

    table : candidates that both decided, by the answers of the first and the second
    conflicts : decided differently, and by no third person
    grounds : excluded by both, on different grounds
    alone : how many only the first decided, and only the second
    agreed : decisions of both, and of the third person where they differed
    """

    table: Mapping[tuple[Answer, Answer], int]
    conflicts: list[tuple[Decision, Decision]]
    grounds: list[tuple[Decision, Decision]]
    alone: tuple[int, int]
    agreed: list[Decision]

    @property
    def both(self) -> int:
        """Candidates that both decided."""
        return sum(self.table.values())

    @property
    def alike(self) -> int:
        """Candidates that both decided alike."""
        return sum(self.table.get((answer, answer), 0) for answer in ANSWERS)

    @property
    def kappa(self) -> float | None:
        """Agreement beyond chance, over the three answers; None where chance alone would agree on all."""
        return kappa(self.table)


def compare(first: Decisions, second: Decisions, third: Decisions) -> Agreement:
    """The decisions of two people side by side; where they differ, those of a third stand."""
    pairs = [(decision, second[name]) for name, decision in first.items() if name in second]
    differing = [(one, other) for one, other in pairs if one.decision != other.decision]
    agreed = [
        one.model_copy(update={"by": f"{one.by}; {other.by}", "decided": max(one.decided, other.decided)})
        for one, other in pairs
        if one.decision == other.decision
    ]
    return Agreement(
        Counter((one.decision, other.decision) for one, other in pairs),
        [pair for pair in differing if pair[0].candidate not in third],
        [
            (one, other)
            for one, other in pairs
            if one.decision == other.decision and one.ground != other.ground
        ],
        (len(first) - len(pairs), len(second) - len(pairs)),
        agreed + [third[one.candidate] for one, _ in differing if one.candidate in third],
    )

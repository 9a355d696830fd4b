"""In which order candidates are shown: the likeliest first, by the words of what was decided so far.

A plain model, so that it can be explained: the weight of a word is how often a title or abstract has it,
more for words that few have (TF-IDF), and logistic regression gives each weight the sign and size that parts
what was kept from what was excluded. It orders and never hides: every candidate is shown in the end.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

from extraction.search.candidates import Candidate
from extraction.search.decisions import Decision, Decisions

if TYPE_CHECKING:  # only screening needs the library, which an extra brings
    from scipy.sparse import csr_matrix
    from sklearn.linear_model import LogisticRegression

FIRST_ORDER = 10
"""Decisions from which on candidates are ordered; before, they come as their sources gave them."""
WORDS_SHOWN = 6
TOKENS = r"(?u)[\u3400-\u9fff]{2}|[^\W\u3400-\u9fff][^\W\u3400-\u9fff]+"
"""A word of two letters or more; of Chinese, which has no spaces, two signs."""
STOPS = (0.1, 0.25, 0.5, 0.75, 0.9)
"""Shares of the decisions at which a stop is looked at."""
RUNS = (50, 100, 200)
"""So many exclusions in a row are common rules to stop at."""


@dataclass(frozen=True)
class Placed:
    """A candidate with its place.

    chance : that it is kept, by the model, which knows its order better than its size; None before it is
    fitted words : what moved it most, each with its part of the log odds, above 0 towards keeping
    """

    candidate: Candidate
    chance: float | None = None
    words: tuple[tuple[str, float], ...] = ()


class Order:
    """The candidates of a review, their words counted once."""

    def __init__(self, candidates: Sequence[Candidate]):
        self.candidates = list(candidates)
        self._rows = {candidate.id: i for i, candidate in enumerate(self.candidates)}
        self._counted: tuple[csr_matrix, list[str]] | None = None

    def waiting(self, decisions: Decisions, explained: int | None = None) -> list[Placed]:
        """Candidates without a decision, the next to show first; explained: of so many the words are told, of
        all by default.
        """
        waiting = [candidate for candidate in self.candidates if candidate.id not in decisions]
        model = self._model(decisions)
        if model is None or not waiting:
            return [Placed(candidate) for candidate in waiting]
        words, names = self._words()
        chances = model.predict_proba(words[[self._rows[candidate.id] for candidate in waiting]])[:, 1]
        likeliest = sorted(range(len(waiting)), key=lambda i: (-chances[i], waiting[i].id))
        told = len(likeliest) if explained is None else explained
        return [
            Placed(waiting[i], float(chances[i]), self._moved(model, waiting[i], names) if n < told else ())
            for n, i in enumerate(likeliest)
        ]

    def _model(self, decisions: Decisions) -> "LogisticRegression | None":
        """Fitted to what was decided; None before there are enough decisions, and one of each kind."""
        kept = [decision.is_kept for decision in decisions.values()]
        if len(kept) < FIRST_ORDER or len(set(kept)) < 2:
            return None
        from sklearn.linear_model import LogisticRegression

        words, _ = self._words()
        rows = [self._rows[name] for name in decisions]
        return LogisticRegression(class_weight="balanced", max_iter=1000).fit(words[rows], kept)

    def _words(self) -> "tuple[csr_matrix, list[str]]":
        """Weight of each word in each candidate, and the words."""
        if self._counted is None:
            from sklearn.feature_extraction.text import TfidfVectorizer

            counting = TfidfVectorizer(token_pattern=TOKENS, sublinear_tf=True)
            words = counting.fit_transform(map(_text, self.candidates))
            self._counted = words, list(counting.get_feature_names_out())
        return self._counted

    def _moved(
        self, model: "LogisticRegression", candidate: Candidate, names: list[str]
    ) -> tuple[tuple[str, float], ...]:
        row = self._words()[0][self._rows[candidate.id]]
        parts = [
            (names[i], float(value * model.coef_[0][i]))
            for i, value in zip(row.indices, row.data, strict=True)
        ]
        return tuple(sorted(parts, key=lambda part: -abs(part[1]))[:WORDS_SHOWN])


def _text(candidate: Candidate) -> str:
    """What is read of it; the title, which says most, twice."""
    return " ".join((candidate.title, candidate.title, candidate.other_title, candidate.abstract))


@dataclass(frozen=True)
class Stop:
    """A point at which screening could have ended, and what it would have found of what was kept."""

    why: str
    after: int
    found: int
    kept: int

    @property
    def recall(self) -> float:
        """Share of what was kept that had been seen by then."""
        return self.found / self.kept


def stops(decisions: Iterable[Decision]) -> list[Stop]:
    """Points at which this screening could have ended, as its order was; none while nothing is kept."""
    kept = [decision.is_kept for decision in decisions]
    total = sum(kept)
    if not total:
        return []
    points = [(f"{share:.0%} of the decisions", ceil(share * len(kept))) for share in STOPS]
    points += [(f"{run} exclusions in a row", end) for run in RUNS if (end := _end_of_run(kept, run))]
    return [Stop(why, after, sum(kept[:after]), total) for why, after in points]


def _end_of_run(kept: Sequence[bool], length: int) -> int | None:
    """After how many decisions so many exclusions stood in a row for the first time."""
    run = 0
    for after, is_kept in enumerate(kept, 1):
        run = 0 if is_kept else run + 1
        if run == length:
            return after
    return None

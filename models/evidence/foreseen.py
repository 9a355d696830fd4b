"""What a posterior must foresee of a report that was left out: each kind of prediction simulates the report
from the draws, as its paper would have printed it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass
from itertools import product
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from extraction.question import GRADES, REFERENCE
from extraction.recover.p_values import fisher
from extraction.recover.ranks import mann_whitney_null
from extraction.recover.rounding import printed_p
from models.likelihood.grades import from_reference, steps_between
from models.likelihood.log_rank import z_from_p
from models.likelihood.log_rank_exits import log_rank_z
from models.likelihood.power import mann_whitney_critical
from models.likelihood.printing import decimals
from models.priors import MIDWAY

if TYPE_CHECKING:
    from numpy.random import Generator
    from xarray import Dataset

    from models.likelihood.duration_report import Grades
    from models.likelihood.report import Direction


@dataclass(frozen=True)
class Foreseen(ABC):
    """What is printed of a report left out, and what the posterior predicts of it.

    kind : its name in results; p : as printed, None for an outcome in words
    quantity : `|z|` of a log-rank test, `p` of another test, `significant`, the outcome of a test in words,
    or `duration`, a median
    """

    kind: ClassVar[str]
    quantity: ClassVar[str]

    @property
    def data(self) -> dict:
        return {"kind": self.kind} | asdict(self)

    @property
    @abstractmethod
    def printed(self) -> float:
        """Where the printed report stands on the scale of what is predicted."""

    @abstractmethod
    def predicted(self, draws: Dataset, study: str, generator: Generator) -> np.ndarray:
        """Simulated |z| or durations; or 0 and 1, whether p is as small as the printed one, whether the test
        is significant.  Shape (sample,), or (mix, sample) where the grades of the patients are not printed.
        """

    def probability(self, predicted: np.ndarray) -> float:
        """Of a p as small or smaller, of the outcome printed."""
        return float(np.mean(predicted == self.printed))


@dataclass(frozen=True)
class LogRankForeseen(Foreseen):
    """A log-rank p, by its |z|."""

    kind = "log_rank"
    quantity = "|z|"

    p: str
    direction: Direction | None
    n_treated: int
    n_control: int

    @property
    def printed(self) -> float:
        return z_from_p(self.p)[1]

    def predicted(self, draws, study, generator):
        return np.abs(log_rank_z(_effect(draws, study), self.n_treated, self.n_control, generator))

    def probability(self, predicted: np.ndarray) -> float:
        """Of a |z| as large or larger."""
        return float(np.mean(predicted >= self.printed))


@dataclass(frozen=True)
class CountsForeseen(Foreseen):
    """Fisher's test of two groups of known size, at the risks of the whole study."""

    kind = "table"

    n_treated: int
    n_control: int

    def fisher_p(self, draws: Dataset, study: str, generator: Generator) -> np.ndarray:
        log_or = _effect(draws, study)
        untreated = MIDWAY.of_control(_alpha(draws, study), log_or)
        treated, control = (
            generator.binomial(n, 1 / (1 + np.exp(-logit)))
            for n, logit in ((self.n_treated, untreated + log_or), (self.n_control, untreated))
        )
        return fisher(treated, self.n_treated, control, self.n_control)


@dataclass(frozen=True)
class CountsPForeseen(CountsForeseen):
    """Its p."""

    quantity = "p"

    p: str

    @property
    def printed(self) -> float:
        return 1.0

    def predicted(self, draws, study, generator):
        as_small = self.fisher_p(draws, study, generator) <= printed_p(self.p).upper
        return as_small.astype(float)


@dataclass(frozen=True)
class CountsOutcomeForeseen(CountsForeseen):
    """Its outcome in words."""

    quantity = "significant"
    p = None

    significant: bool
    alpha: float

    @property
    def printed(self) -> float:
        return float(self.significant)

    def predicted(self, draws, study, generator):
        return (self.fisher_p(draws, study, generator) < self.alpha).astype(float)


@dataclass(frozen=True)
class DurationsForeseen(Foreseen):
    """The outcome of a Mann-Whitney test of two arms of mixed grades, at the 5 % level."""

    kind = "durations"
    quantity = "significant"
    p = None

    outcome: bool
    treated: Grades
    control: Grades

    @property
    def printed(self) -> float:
        return float(self.outcome)

    def predicted(self, draws, study, generator):
        stacked = draws.stack(sample=("chain", "draw"))
        treated, control = (
            _log_durations(stacked, study, grades, given_it, generator)
            for grades, given_it in ((self.treated, True), (self.control, False))
        )
        u = (treated[:, :, None] > control[:, None, :]).sum(axis=(1, 2))
        n_treated, n_control = treated.shape[1], control.shape[1]
        critical = mann_whitney_critical(n_treated, n_control, 0.05)
        return ((u <= critical) | (u >= n_treated * n_control - critical)).astype(float)


@dataclass(frozen=True)
class RanksForeseen(Foreseen):
    """The p of a Mann-Whitney test in patients whose grades are not printed: under every mix of grades that
    they can have, each counting alike.
    """

    kind = "ranks"
    quantity = "p"

    p: str
    treated: tuple[Grades, ...]
    control: tuple[Grades, ...]

    @property
    def printed(self) -> float:
        return 1.0

    def predicted(self, draws, study, generator):
        stacked, most = draws.stack(sample=("chain", "draw")), printed_p(self.p).upper
        as_small = [
            _rank_p(
                _log_durations(stacked, study, treated, True, generator),
                _log_durations(stacked, study, control, False, generator),
            )
            <= most
            for treated, control in product(self.treated, self.control)
        ]
        return np.array(as_small, float)


@dataclass(frozen=True)
class MedianForeseen(Foreseen):
    """The median of an arm whose grades are not printed, in the endpoint's unit: under every mix of grades
    that its patients can have, each counting alike.
    """

    kind = "median"
    quantity = "duration"
    p = None

    median: float
    treated: bool
    mixes: tuple[Grades, ...]

    @property
    def printed(self) -> float:
        return self.median

    def predicted(self, draws, study, generator):
        stacked = draws.stack(sample=("chain", "draw"))
        by_mix = (np.exp(_log_durations(stacked, study, mix, self.treated, generator)) for mix in self.mixes)
        return np.array([np.median(durations, axis=1) for durations in by_mix])

    def probability(self, predicted: np.ndarray) -> float:
        """Twice that of a median as far out on the side of the printed one, which is rounded."""
        half = 0.5 * 10.0 ** -decimals(self.median)
        below, above = np.mean(predicted <= self.median + half), np.mean(predicted >= self.median - half)
        return float(min(1.0, 2 * min(below, above)))


def _rank_p(treated: np.ndarray, control: np.ndarray) -> np.ndarray:
    """Exact two-sided Mann-Whitney p of each sample, shape (sample,); values of shape (sample, patient)."""
    n_treated, n_control = treated.shape[1], control.shape[1]
    u = (treated[:, :, None] > control[:, None, :]).sum(axis=(1, 2))
    tail = np.cumsum(mann_whitney_null(n_treated, n_control))
    return np.minimum(1.0, 2 * tail[np.minimum(u, n_treated * n_control - u)])


def _effect(draws: Dataset, study: str) -> np.ndarray:
    """Log ratio of a study, or of a new one where it entered no likelihood."""
    known = study in draws["study"].values
    return (draws["theta"].sel(study=study) if known else draws["prediction"]).values.ravel()


def _alpha(draws: Dataset, study: str) -> np.ndarray:
    """Log odds of the event, midway between the arms, in a study whose counts or tables are used."""
    (table,) = [name for name in draws["table"].values if name.split(" ")[0] == study]
    return draws["alpha"].sel(table=table).values.ravel()


def _log_durations(stacked, study: str, grades: Grades, treated: bool, generator) -> np.ndarray:
    """Log durations of the patients of an arm, shape (sample, patient)."""
    steps = [stacked[name].values for name in steps_between(GRADES)]
    step = dict(zip(GRADES, from_reference(GRADES.index(REFERENCE), steps), strict=True))
    level, sigma = (stacked[name].sel(study=study).values for name in ("level", "sigma"))
    parts = []
    for grade, n in grades:
        half = stacked["delta"].sel(study=study, grade=grade).values / 2
        mean = level + step[grade] + (half if treated else -half)
        parts.append(mean[:, None] + sigma[:, None] * generator.standard_normal((len(mean), n)))
    return np.concatenate(parts, axis=1)

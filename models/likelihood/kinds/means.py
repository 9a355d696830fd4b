"""Means of both arms with their standard deviations."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

import numpy as np

from models.likelihood.ops import ops_for
from models.likelihood.printing import decimals
from models.likelihood.report import EffectReport

if TYPE_CHECKING:
    from pytensor.tensor.variable import TensorVariable

type Arm = tuple[float, float, int]
"""Mean, standard deviation of the patients, and how many they are, two at least."""
FARTHEST = 100.0
"""Log ratio beyond which nothing changes any more."""


@dataclass(frozen=True)
class Means(EffectReport):
    """Both means in one unit and above 0, so that they have a ratio.

    Under a log ratio theta the means differ by T = m_t exp(-theta / 2) - m_c exp(theta / 2), which is normal
    about 0 whatever the level of the study (Fieller 1954, J R Stat Soc B 16:175); the SDs are those of the
    samples, so T over its standard error is Student's t with Welch's degrees of freedom (1947, Biometrika
    34:28). Near its best the likelihood is as wide as the normal log ratio of means of Friedrich 2008 (BMC
    Med Res Methodol 8:32); further out it keeps its level where a mean may be next to nothing.
    """

    name = "means"
    words = (
        "means and SDs of both arms: Student's t with Welch's degrees of freedom, of what is left of the"
        " difference once the ratio is taken out (Fieller)"
    )
    short = "means"

    treated: Arm
    control: Arm

    @property
    def patients(self) -> int:
        return self.treated[2] + self.control[2]

    @property
    def log_ratio(self) -> float:
        """Log ratio of the printed means."""
        return float(np.log(self.treated[0] / self.control[0]))

    @property
    def se(self) -> float:
        """Standard error of the log ratio, by the delta method."""
        return float(np.sqrt(sum((sd / mean) ** 2 / n for mean, sd, n in (self.treated, self.control))))

    def log_likelihood[V: (np.ndarray, TensorVariable)](self, effect: V, baseline: V | None = None) -> V:
        ops = ops_for(effect)
        (mean, sd, n), (other, other_sd, m) = self.treated, self.control
        half = ops.exp(ops.clip(ops.floats(effect), -FARTHEST, FARTHEST) / 2)
        left, one, two = mean / half - other * half, sd**2 / n / half**2, other_sd**2 / m * half**2
        df = (one + two) ** 2 / (one**2 / (n - 1) + two**2 / (m - 1))
        return -(df + 1) / 2 * ops.log(1 + left**2 / (one + two) / df)

    def simulate(self, effect: float, generator: np.random.Generator) -> Self | None:
        """Means about the level of the printed ones, SDs of as many normal patients, to as many decimals;
        None where a mean would not be above 0, or an SD be printed as 0.
        """
        level = np.sqrt(self.treated[0] * self.control[0])
        arms = {
            "treated": _drawn(self.treated, level * np.exp(effect / 2), generator),
            "control": _drawn(self.control, level * np.exp(-effect / 2), generator),
        }
        return replace(self, **arms) if min(arms["treated"][:2] + arms["control"][:2]) > 0 else None


def _drawn(arm: Arm, true_mean: float, generator: np.random.Generator) -> Arm:
    mean, sd, n = arm
    drawn = true_mean + sd / np.sqrt(n) * generator.standard_normal()
    spread = sd * np.sqrt(generator.chisquare(n - 1) / (n - 1))
    return round(float(drawn), decimals(mean)), round(float(spread), decimals(sd)), n

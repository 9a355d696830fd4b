"""Log-rank p-values, whichever way their likelihood is computed."""

from dataclasses import dataclass, replace
from math import erfc, sqrt
from typing import Self

from scipy import stats

from models.likelihood.printing import print_p
from models.likelihood.report import Direction, EffectReport


@dataclass(frozen=True)
class LogRankReport(EffectReport):
    """A log-rank p with the sizes of its arms.

    p : as printed, `0.273`, `<0.05` or `>0.9999`; direction : of the hazard with the treatment
    """

    p: str
    direction: Direction | None
    n_treated: int
    n_control: int

    @property
    def patients(self) -> int:
        return self.n_treated + self.n_control

    def printed(self, z: float) -> Self:
        """The report of other patients, whose log-rank statistic is z, below 0 where fewer with the treatment
        had an event.
        """
        direction = self.direction and ("lower" if z < 0 else "higher")
        return replace(self, p=print_p(erfc(abs(z) / sqrt(2)), self.p), direction=direction)


def z_from_p(p: str) -> tuple[str, float]:
    """Sign (`=`, `<`, `>`) and |z| of a printed two-sided p-value."""
    sign = {"<": "<", "≤": "<", ">": ">", "≥": ">"}.get(p[0], "=")
    value = float(p.lstrip("<>=≤≥ "))
    if not 0 < value <= 1:
        raise ValueError(f"a p-value of {p} has no z")
    return sign, float(stats.norm.isf(value / 2))

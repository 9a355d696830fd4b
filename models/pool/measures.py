"""What can be pooled: each measure with the scale on which studies are exchangeable."""

from collections.abc import Callable
from dataclasses import dataclass
from math import atanh, exp, log, log1p, tanh


def _expit(x: float) -> float:
    return 1 / (1 + exp(-x)) if x >= 0 else exp(x) / (1 + exp(x))


def _exp(x: float) -> float:
    return exp(min(x, 700.0))  # beyond, the ratio is no number any more


@dataclass(frozen=True)
class Scale:
    """Where effects are normal between studies: a function of the measure, and its inverse."""

    words: str
    of: Callable[[float], float]
    back: Callable[[float], float]
    legal: str
    inside: Callable[[float], bool]


LOG = Scale("log", log, _exp, "must be above 0", lambda x: x > 0)
LOGIT = Scale("logit", lambda p: log(p) - log1p(-p), _expit, "must lie between 0 and 1", lambda x: 0 < x < 1)
ATANH = Scale("atanh", atanh, tanh, "must lie between -1 and 1", lambda x: -1 < x < 1)
PLAIN = Scale("points", float, float, "must be a number", lambda x: True)


@dataclass(frozen=True)
class Measure:
    """key: as on the command line. words: for readers. mu, tau: default priors on the scale, None where no
    prior fits an unknown unit. none: the value of no effect, None where there is no comparison.
    """

    key: str
    words: str
    scale: Scale
    mu: str | None
    tau: str | None
    none: float | None

    @property
    def scale_words(self) -> str:
        return self.scale.words if self.scale is PLAIN else f"{self.scale.words} {self.words}"

    @property
    def is_ratio(self) -> bool:
        return self.scale is LOG


RATIO_PRIORS = ("normal:0:1", "half-normal:0.5")
MEASURES = {
    measure.key: measure
    for measure in (
        Measure("or", "odds ratio", LOG, *RATIO_PRIORS, 1.0),
        Measure("rr", "risk ratio", LOG, *RATIO_PRIORS, 1.0),
        Measure("rd", "risk difference", ATANH, "normal:0:0.5", "half-normal:0.2", 0.0),
        Measure("hr", "hazard ratio", LOG, *RATIO_PRIORS, 1.0),
        Measure("irr", "rate ratio", LOG, *RATIO_PRIORS, 1.0),
        Measure("ratio-of-medians", "ratio of medians", LOG, *RATIO_PRIORS, 1.0),
        Measure("md", "mean difference", PLAIN, None, None, 0.0),
        Measure("smd", "standardised mean difference", PLAIN, *RATIO_PRIORS, 0.0),
        Measure("proportion", "proportion", LOGIT, "normal:0:2", "half-normal:1", None),
        Measure("generic", "effect", PLAIN, None, None, 0.0),
    )
}
"""Risk differences are exchangeable as atanh(rd), which has no ends and near 0 is the difference itself."""

"""An odds ratio whose counts are not printed and cannot be recovered."""

from dataclasses import dataclass

from models.likelihood.kinds.ratio import Ratio


@dataclass(frozen=True)
class OddsRatio(Ratio):
    """An odds ratio with its interval, adjusted or not, as a logistic model gives it."""

    name = "odds_ratio"
    words = "odds ratio with interval: normal on the log scale"
    short = "odds ratio"

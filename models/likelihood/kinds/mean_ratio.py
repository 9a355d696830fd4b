"""A printed ratio of means with its interval."""

from dataclasses import dataclass

from models.likelihood.kinds.ratio import Ratio


@dataclass(frozen=True)
class MeanRatio(Ratio):
    """The ratio of the arms' means, plain or geometric, or the factor of a model of the logs."""

    name = "mean_ratio"
    words = "ratio of means with interval: normal on the log scale"
    short = "ratio of means"

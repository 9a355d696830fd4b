"""The hazard ratio that a digitised survival curve gives."""

from dataclasses import dataclass

from models.likelihood.kinds.ratio import Ratio
from models.likelihood.report import Origin


@dataclass(frozen=True)
class CurveRatio(Ratio):
    """A hazard ratio read off a curve; its interval holds the error of the reading."""

    name = "curve_ratio"
    origin = Origin.DIGITISED

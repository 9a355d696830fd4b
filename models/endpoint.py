"""What an endpoint of the review is: its estimand, its priors and the engine behind it."""

from dataclasses import dataclass
from enum import StrEnum

from extraction.question import CONTRASTS, Bias, Contrast, Important, Shown, contrast_of
from models.engines.engine import Engine
from models.engines.settings import DRAWS
from models.priors import Prior


class Scale(StrEnum):
    """The ratio that an endpoint is read on, in words."""

    ODDS_RATIO = "odds ratio"
    HAZARD_RATIO = "hazard ratio"
    RATIO_OF_DURATIONS = "ratio of median durations"
    RATIO_OF_MEANS = "ratio of means"


class Side(StrEnum):
    """A side of 1, where a ratio is no difference."""

    BELOW = "below"
    ABOVE = "above"


class Role(StrEnum):
    """How much of the review an endpoint carries."""

    PRIMARY = "primary"
    SECONDARY = "secondary"


@dataclass(frozen=True)
class Endpoint:
    """One endpoint, the treated over the control arm.

    key : name in the results; evidence : name in extraction.question.ENDPOINTS
    benefit : the side of 1 that favours the treatment
    """

    key: str
    evidence: str
    title: str
    scale: Scale
    benefit: Side
    role: Role
    mu_prior: Prior
    mu_alternatives: tuple[Prior, ...]
    tau_prior: Prior
    tau_alternatives: tuple[Prior, ...]
    important: Important
    baseline_risks: tuple[str, ...]
    bias: Bias
    engine: Engine
    shown: Shown
    draws: int = DRAWS
    """Draws of each of the sampler's chains."""

    @property
    def contrast(self) -> Contrast:
        """What is compared."""
        return CONTRASTS[contrast_of(self.evidence)]

    @property
    def sides(self) -> tuple[str, str]:
        """The arms that a ratio below 1 and one above favour, in words."""
        better, worse = self.contrast.treated, self.other_arm
        return (better, worse) if self.less_is_better else (worse, better)

    @property
    def other_arm(self) -> str:
        """The arm that the treatment is compared with, in words."""
        return self.contrast.other

    @property
    def less_is_better(self) -> bool:
        """Whether a ratio below 1 favours the treatment."""
        return self.benefit is Side.BELOW

    def favours(self, below: float) -> float:
        """Probability that the treatment is the better side, from that of a ratio below 1."""
        return below if self.less_is_better else 1 - below

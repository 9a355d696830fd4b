"""Pooled studies: rows and priors in, posterior out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from models.pool.measures import Measure
from models.pool.rows.row import Normal, Row
from models.pool.study_table import BadTable

if TYPE_CHECKING:
    from xarray import DataTree

    from models.engines.posterior import Posterior
    from models.priors import BaselinePrior, Prior

type Limits = dict[str, float]
"""Median and 95 % equal-tailed limits: median, lower, upper."""
BASELINES = {"midway": 0.5, "control": 0.0}
"""Where between the arms a study's own log odds lie: the share of the log odds ratio above the control."""
BASELINE_SD = 10.0
SEED = 1
FINE = 0.1
"""Standard error, in medians of the prior of tau, below which a normal study is integrated exactly."""


@dataclass(frozen=True)
class Priors:
    mu: Prior
    tau: Prior
    baseline: BaselinePrior


def priors_of(
    measure: Measure,
    mu: str | Prior | None = None,
    tau: str | Prior | None = None,
    baseline_sd: float = BASELINE_SD,
    baseline_at: str = "midway",
) -> Priors:
    """The priors named, and the measure's own where none is. Raises ValueError for what is no prior, and
    where a measure's unit is not known and no prior of the mean effect is named.
    """
    from models.engines.tau_nodes import scan_places
    from models.pool.named_priors import prior_of
    from models.priors import BaselinePrior, Prior, parse

    if mu is None and measure.mu is None:
        raise ValueError(f"--measure {measure.key} needs --mu-sd or --mu: no prior fits an unknown scale")
    mu = mu if isinstance(mu, Prior) else prior_of(mu or measure.mu or "")
    if tau is None and measure.tau is None:
        if mu.family != "normal":
            raise ValueError(
                f"--measure {measure.key} with a {mu.family} prior of the mean effect needs --tau"
            )
        tau = f"half-normal:{mu.parameters[1] / 2}"
    tau = tau if isinstance(tau, Prior) else prior_of(tau or measure.tau or "")
    if mu.family not in ("normal", "t", "flat", "table"):
        raise ValueError(
            f"the prior of the mean effect must be normal, t, flat or a density of a file, not {mu.family}"
        )
    scan_places(tau)  # refuses what cannot be a prior of tau
    return Priors(mu, tau, BaselinePrior(parse(f"normal:0:{baseline_sd}"), BASELINES[baseline_at]))


@dataclass(frozen=True)
class Pooled:
    """A random-effects meta-analysis of any mixture of rows.

    Everything but `natural` is on the scale of the measure (log ratios, logits, atanh of a risk difference).
    draws: of the sampler, None where the posterior was integrated.
    """

    measure: Measure
    rows: tuple[Row, ...]
    priors: Priors
    engine: Literal["quadrature", "nuts"] = "quadrature"
    seed: int = SEED

    @cached_property
    def posterior(self) -> Posterior:
        """By quadrature. Raises BadTable where studies and priors cannot be reconciled."""
        from models.engines.quadrature import normal_normal

        names = [row.study for row in self.rows]
        normals = {row.study: pair for row in self.rows if (pair := row.normal(self.measure)) is not None}
        try:
            if len(normals) == len(names) and self.priors.mu.family in ("normal", "flat"):
                estimate, se = zip(*normals.values(), strict=True)
                return normal_normal(estimate, se, self.priors.mu, self.priors.tau, names)
            return self._of_any(names, normals)
        except ValueError as error:  # the engines say by it that studies and priors cannot be reconciled
            raise BadTable(str(error)) from None

    def _of_any(self, names: list[str], normals: dict[str, Normal]) -> Posterior:
        """Of likelihoods of any shape; normal studies that a grid of all effects would have to be too fine
        for are integrated exactly.
        """
        from models.engines.quadrature import from_study_likelihoods

        mu, tau = self.priors.mu, self.priors.tau
        likelihoods = {row.study: row.log_likelihood(self.measure, self.priors.baseline) for row in self.rows}
        others = {name: likelihoods[name] for name in names if name not in normals}
        narrow = FINE * tau.quantile(0.5)
        if not others or not any(se < narrow for _, se in normals.values()):
            return from_study_likelihoods(list(likelihoods.values()), mu, tau, names)
        from models.engines.quadrature_mixed import from_normals_and_likelihoods

        estimate, se = zip(*normals.values(), strict=True)
        found = from_normals_and_likelihoods(estimate, se, list(others.values()), mu, tau)
        posterior, of_normals, of_others = found
        theta = dict(zip([*normals, *others], [*of_normals, *of_others], strict=True))
        return replace(posterior, theta={name: theta[name] for name in names})

    @cached_property
    def draws(self) -> DataTree:
        """Draws of the same model by NUTS, as ArviZ data. Raises Rejected where they do not converge."""
        from models.pool.sampled import sample_rows

        return sample_rows(self)

    @cached_property
    def summary(self) -> dict:
        """mu, tau, prediction: Limits; probability_mu_below_none; studies: name to Limits."""
        if self.engine == "nuts":
            from models.pool.sampled import summary_of

            return summary_of(self)
        found = self.posterior.summary()
        none = self.measure.none
        below = None if none is None else self.posterior.probability_below(self.measure.scale.of(none))
        return {**found, "probability_mu_below_none": below}

    def natural(self, limits: Limits) -> Limits:
        """Limits of an effect as the measure itself."""
        return {name: self.measure.scale.back(value) for name, value in limits.items()}

    def below(self, effect: float) -> dict[str, float]:
        """Probability that the mean effect, and the effect in a new study, lie below this one of the measure.

        Raises ValueError for what the measure cannot be.
        """
        scale = self.measure.scale
        if not scale.inside(effect):
            raise ValueError(f"{effect:g} is no {self.measure.words}: it {scale.legal}")
        at = scale.of(effect)
        if self.engine == "nuts":
            found = self.draws.posterior.to_dataset()
            return {name: float((found[name].values < at).mean()) for name in ("mu", "prediction")}
        return {name: float(getattr(self.posterior, name).cdf(at)) for name in ("mu", "prediction")}

    def leave_one_out(self) -> dict[str, Limits]:
        """The mean effect without each study, by its name."""
        found = {}
        for row in self.rows if len(self.rows) > 1 else ():
            rest = replace(self, rows=tuple(other for other in self.rows if other is not row))
            found[row.study] = rest.posterior.mu.limits()
        return found

    def sensitivity(self) -> dict[str, dict[str, Limits]]:
        """mu and tau under this prior of tau and others, by what the prior says."""
        others = [_prior(text) for text in other_priors(self.measure, self.priors)]
        found = {}
        for tau in [self.priors.tau, *others]:
            other = replace(self, priors=replace(self.priors, tau=tau))
            found[tau.plain] = {name: getattr(other.posterior, name).limits() for name in ("mu", "tau")}
        return found

    @property
    def notes(self) -> list[str]:
        """What a reader should know of the numbers that entered."""
        return [note for row in self.rows for note in row.notes(self.measure)]


def other_priors(measure: Measure, priors: Priors) -> list[str]:
    """The families in use, with the scale of the measure's own prior, and the empirical ones of its kind."""
    # of an unknown unit, of a half-normal with the median of the prior in use
    scale = float(measure.tau.partition(":")[2] if measure.tau else priors.tau.quantile(0.5) / 0.6745)
    empirical = {
        "or": ["turner:infection", "turner:adverse-events", "turner:mortality"],
        "hr": ["inverse-gamma:2.42:0.30"],
    }
    families = [
        f"half-normal:{scale:g}",
        f"half-normal:{2 * scale:g}",
        f"half-cauchy:{scale:g}",
        f"exponential:{1 / scale:g}",
        f"uniform:0:{4 * scale:g}",
    ]
    return [
        text for text in [*families, *empirical.get(measure.key, [])] if _prior(text).name != priors.tau.name
    ]


def _prior(text: str) -> Prior:
    from models.pool.named_priors import prior_of

    return prior_of(text)

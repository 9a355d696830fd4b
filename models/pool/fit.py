"""Pooled studies: rows and priors in, posterior out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from models.pool.measures import Measure
from models.pool.moderators import Covariate, Moderator, Subgroups
from models.pool.rows.row import Normal, Row
from models.pool.study_table import BadTable

if TYPE_CHECKING:
    from xarray import DataTree

    from models.engines.posterior import Effect, Marginal, Posterior
    from models.engines.quadrature_design import DesignPosterior
    from models.priors import BaselinePrior, Prior

type Limits = dict[str, float]
"""Median and 95 % equal-tailed limits: median, lower, upper."""
BASELINES = {"midway": 0.5, "control": 0.0}
"""Where between the arms a study's own log odds lie: the share of the log odds ratio above the control."""
BASELINE_SD = 10.0
SEED = 1
LEAST, MOST = 1e-9, 1e9
"""Sizes of the parameters of a prior, those that are 0 apart."""
FINE = 0.1
"""Standard error, in medians of the prior of tau, below which a normal study is integrated exactly."""


@dataclass(frozen=True)
class Priors:
    """slope: of a covariate, per unit of it; None without one."""

    mu: Prior
    tau: Prior
    baseline: BaselinePrior
    slope: Prior | None = None


def priors_of(
    measure: Measure,
    mu: str | Prior | None = None,
    tau: str | Prior | None = None,
    baseline_sd: float = BASELINE_SD,
    baseline_at: str = "midway",
    slope: str | Prior | None = None,
    covariate: Covariate | None = None,
) -> Priors:
    """The priors named, and the measure's own where none is; of a slope, that an SD of the covariate changes
    the effect by as much as the prior of the mean effect is wide. Raises ValueError for what is no prior, and
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
    baseline = BaselinePrior(parse(f"normal:0:{baseline_sd}"), BASELINES[baseline_at])
    priors = Priors(mu, tau, baseline, _slope(slope, covariate, mu))
    for prior in filter(None, (mu, tau, baseline.prior, priors.slope)):
        _require_size(prior)
    return priors


def _require_size(prior: Prior) -> None:
    """Raise ValueError where a parameter is of a size that no grid of effects can hold."""
    for value in prior.parameters:
        if value and not LEAST <= abs(value) <= MOST:
            raise ValueError(
                f"prior {prior.name}: {value:g} is of no size that an effect has, {LEAST:g} to {MOST:g}"
            )


def _slope(slope: str | Prior | None, covariate: Covariate | None, mu: Prior) -> Prior | None:
    from models.pool.named_priors import prior_of
    from models.priors import Prior

    if covariate is None:
        return None
    if slope is None:
        if mu.is_flat:
            raise ValueError("a flat prior of the mean effect with a covariate needs --slope")
        spread = float(mu.quantile(0.975) - mu.quantile(0.025)) / 3.92
        slope = f"normal:0:{spread / covariate.sd:g}"
    found = slope if isinstance(slope, Prior) else prior_of(slope)
    if found.family not in ("normal", "t", "flat"):
        raise ValueError(f"the prior of the slope must be normal, t or flat, not {found.family}")
    return found


@dataclass(frozen=True)
class Pooled:
    """A random-effects meta-analysis of any mixture of rows.

    Everything but `natural` is on the scale of the measure (log ratios, logits, atanh of a risk difference).
    draws: of the sampler, None where the posterior was integrated. moderator: what the mean effect
    depends on. df: degrees of freedom of the t as which effects scatter, None for a normal.
    """

    measure: Measure
    rows: tuple[Row, ...]
    priors: Priors
    engine: Literal["quadrature", "nuts"] = "quadrature"
    seed: int = SEED
    moderator: Moderator | None = None
    df: float | None = None

    @cached_property
    def design(self) -> DesignPosterior:
        """Posterior of several means, or of effects that scatter as a t. Raises BadTable."""
        from models.pool.moderated import designed

        try:
            return designed(self)
        except ValueError as error:
            raise BadTable(str(error)) from None

    @cached_property
    def posterior(self) -> Posterior:
        """By quadrature; of the mean effect at the centre of a covariate. Raises BadTable where studies and
        priors cannot be reconciled, and ValueError for subgroups, which have no one mean effect.
        """
        if isinstance(self.moderator, Subgroups):
            raise ValueError("subgroups have a mean effect each: they stand in the summary")
        if self.moderator is not None or self.df is not None:
            from models.pool.moderated import posterior_of

            return posterior_of(self)
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

    @property
    def tau(self) -> Marginal:
        """Of the between-study SD."""
        designed = self.moderator is not None or self.df is not None
        return self.design.tau if designed else self.posterior.tau

    @cached_property
    def mu(self) -> Effect:
        """Of the mean effect alone, which takes less than the whole posterior."""
        if self.moderator is None and self.df is None:
            return self.posterior.mu
        from models.pool.moderated import mean_of

        return mean_of(self)

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
        """mu, tau, prediction: Limits; probability_mu_below_none; studies: name to Limits; with a covariate
        regression as well; with subgroups groups and differences in place of mu and prediction.
        """
        if isinstance(self.moderator, Subgroups):
            from models.pool.moderated import summary_of_groups

            return summary_of_groups(self, self.moderator)
        if self.engine == "nuts":
            from models.pool.sampled import summary_of

            return summary_of(self)
        found = self.posterior.summary()
        none = self.measure.none
        below = None if none is None else self.posterior.probability_below(self.measure.scale.of(none))
        found = {**found, "probability_mu_below_none": below}
        if isinstance(self.moderator, Covariate):
            from models.pool.moderated import regression

            found["regression"] = regression(self, self.moderator)
        return found

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
        if isinstance(self.moderator, Subgroups):
            from models.pool.moderated import means_of_groups

            return {
                f"{what} {name}": float(marginal.cdf(at))
                for name, both in means_of_groups(self, self.moderator).items()
                for what, marginal in zip(("mu", "prediction"), both, strict=True)
            }
        if self.engine == "nuts":
            found = self.draws.posterior.to_dataset()
            return {name: float((found[name].values < at).mean()) for name in ("mu", "prediction")}
        return {name: float(getattr(self.posterior, name).cdf(at)) for name in ("mu", "prediction")}

    def leave_one_out(self) -> dict[str, Limits]:
        """The mean effect without each study, by its name."""
        found = {}
        for i, row in enumerate(self.rows if len(self.rows) > 1 else ()):
            moderator = self.moderator.without(i) if isinstance(self.moderator, Covariate) else None
            rest = replace(self, rows=self.rows[:i] + self.rows[i + 1 :], moderator=moderator)
            found[row.study] = rest.mu.limits()
        return found

    def sensitivity(self) -> dict[str, dict[str, Limits]]:
        """mu and tau under this prior of tau and others, by what the prior says."""
        others = [_prior(text) for text in other_priors(self.measure, self.priors)]
        found = {}
        for tau in [self.priors.tau, *others]:
            other = replace(self, priors=replace(self.priors, tau=tau))
            found[tau.plain] = {"mu": other.mu.limits(), "tau": other.tau.limits()}
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
        "smd": ["rhodes"],
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

"""Named priors, each with a source and a sentence a clinician can judge.

Densities and quantiles are written out on scipy.special because importing scipy.stats alone takes
half a second, which a command that must answer within one second cannot spend.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite, log, pi
from typing import Any

import numpy as np
from scipy import special

FAMILIES: dict[str, tuple[str, ...]] = {
    "normal": ("mean", "sd"),
    "t": ("df", "mean", "scale"),
    "flat": (),
    "half_normal": ("sd",),
    "half_t": ("df", "scale"),
    "half_cauchy": ("scale",),
    "uniform": ("low", "high"),
    "exponential": ("rate",),
    "log_normal": ("meanlog", "sdlog"),
    "log_t": ("df", "meanlog", "scale"),
    "inverse_gamma": ("shape", "scale"),
    "beta": ("a", "b"),
}
LOCATIONS = ("mean", "meanlog", "low", "high")  # every other parameter must be positive


@dataclass(frozen=True)
class Prior:
    """A prior distribution of one scalar.

    name: slug, such as "half_normal_0.5". family: a key of FAMILIES, which also names the parameters.
    plain: what the prior claims, in one sentence. source: where its numbers come from.
    Raises ValueError for an unknown family or illegal parameters.
    """

    name: str
    family: str
    parameters: tuple[float, ...]
    plain: str
    source: str

    def __post_init__(self):
        if self.family not in FAMILIES:
            raise ValueError(f"prior {self.name}: family {self.family!r} is not one of {', '.join(FAMILIES)}")
        names = FAMILIES[self.family]
        if len(self.parameters) != len(names):
            raise ValueError(
                f"prior {self.name}: {self.family} takes {', '.join(names)}, not {self.parameters}"
            )
        for name, value in zip(names, self.parameters, strict=True):
            if not isfinite(value) or (name not in LOCATIONS and value <= 0):
                rule = "finite" if name in LOCATIONS else "positive and finite"
                raise ValueError(f"prior {self.name}: {name} must be {rule}, not {value}")
        if self.family == "uniform" and not self.parameters[0] < self.parameters[1]:
            raise ValueError(f"prior {self.name}: low must be below high")

    @property
    def is_flat(self) -> bool:
        """Whether it has the density one everywhere, and so is no distribution: no quantiles, no draws."""
        return self.family == "flat"

    def distribution(self):
        """The same distribution as a frozen scipy.stats object. Raises ValueError where scipy has none."""
        from scipy import stats

        build = {
            "normal": stats.norm,
            "t": stats.t,
            "half_normal": lambda sd: stats.halfnorm(scale=sd),
            "half_cauchy": lambda scale: stats.halfcauchy(scale=scale),
            "uniform": lambda low, high: stats.uniform(low, high - low),
            "exponential": lambda rate: stats.expon(scale=1 / rate),
            "log_normal": lambda meanlog, sdlog: stats.lognorm(sdlog, scale=np.exp(meanlog)),
            "inverse_gamma": lambda shape, scale: stats.invgamma(shape, scale=scale),
            "beta": stats.beta,
        }.get(self.family)
        if build is None:
            raise ValueError(f"scipy has no distribution for a {self.family} prior")
        return build(*self.parameters)

    def log_density(self, x):
        """Natural log of the density at x, of the shape of x; minus infinity outside the support."""
        x = np.asarray(x, dtype=float)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            value, inside = _LOG_DENSITY[self.family](x, *self.parameters)
        return np.where(inside, value, -np.inf)

    def quantile(self, q):
        """The value below which the probability is q, of the shape of q; a flat prior raises ValueError."""
        if self.is_flat:
            raise ValueError("a flat prior has no quantiles: every interval of one length is as likely")
        return _QUANTILE[self.family](np.asarray(q, dtype=float), *self.parameters)

    def draw(self, generator) -> float:
        """One value at random."""
        return float(self.quantile(generator.uniform()))

    def to_pymc(self, variable_name, dims=None):
        """The prior as a random variable of the PyMC model in context."""
        import pymc as pm

        if self.family == "log_t":
            df, meanlog, scale = self.parameters
            log_value = pm.StudentT(f"log_{variable_name}", nu=df, mu=meanlog, sigma=scale, dims=dims)
            return pm.Deterministic(variable_name, pm.math.exp(log_value), dims=dims)
        build, names = {
            "normal": (pm.Normal, ("mu", "sigma")),
            "t": (pm.StudentT, ("nu", "mu", "sigma")),
            "flat": (pm.Flat, ()),
            "half_normal": (pm.HalfNormal, ("sigma",)),
            "half_t": (pm.HalfStudentT, ("nu", "sigma")),
            "half_cauchy": (pm.HalfCauchy, ("beta",)),
            "uniform": (pm.Uniform, ("lower", "upper")),
            "exponential": (pm.Exponential, ("lam",)),
            "log_normal": (pm.LogNormal, ("mu", "sigma")),
            "inverse_gamma": (pm.InverseGamma, ("alpha", "beta")),
            "beta": (pm.Beta, ("alpha", "beta")),
        }[self.family]
        return build(variable_name, dims=dims, **dict(zip(names, self.parameters, strict=True)))


def _normal(x, mean, sd):
    return -0.5 * ((x - mean) / sd) ** 2 - log(sd) - 0.5 * log(2 * pi), np.isfinite(x)


def _t(x, df, mean, scale):
    constant = special.gammaln((df + 1) / 2) - special.gammaln(df / 2) - 0.5 * log(df * pi) - log(scale)
    return constant - (df + 1) / 2 * np.log1p(((x - mean) / scale) ** 2 / df), np.isfinite(x)


def _flat(x):
    return np.zeros_like(x), np.isfinite(x)


def _half_normal(x, sd):
    return log(2) + _normal(x, 0, sd)[0], x >= 0


def _half_t(x, df, scale):
    return log(2) + _t(x, df, 0, scale)[0], x >= 0


def _uniform(x, low, high):
    return np.full_like(x, -log(high - low)), (x >= low) & (x <= high)


def _exponential(x, rate):
    return log(rate) - rate * x, x >= 0


def _log_normal(x, meanlog, sdlog):
    return _normal(np.log(x), meanlog, sdlog)[0] - np.log(x), x > 0


def _log_t(x, df, meanlog, scale):
    return _t(np.log(x), df, meanlog, scale)[0] - np.log(x), x > 0


def _inverse_gamma(x, shape, scale):
    value = shape * log(scale) - special.gammaln(shape) - (shape + 1) * np.log(x) - scale / x
    return value, x > 0


def _beta(x, a, b):
    value = special.xlogy(a - 1, x) + special.xlog1py(b - 1, -x) - special.betaln(a, b)
    return value, (x >= 0) & (x <= 1)


_LOG_DENSITY: dict[str, Callable] = {
    "normal": _normal,
    "t": _t,
    "flat": _flat,
    "half_normal": _half_normal,
    "half_t": _half_t,
    "half_cauchy": lambda x, scale: _half_t(x, 1, scale),
    "uniform": _uniform,
    "exponential": _exponential,
    "log_normal": _log_normal,
    "log_t": _log_t,
    "inverse_gamma": _inverse_gamma,
    "beta": _beta,
}
_QUANTILE: dict[str, Callable] = {
    "normal": lambda q, mean, sd: mean + sd * special.ndtri(q),
    "t": lambda q, df, mean, scale: mean + scale * special.stdtrit(df, q),
    "half_normal": lambda q, sd: sd * special.ndtri(0.5 + 0.5 * q),
    "half_t": lambda q, df, scale: scale * special.stdtrit(df, 0.5 + 0.5 * q),
    "half_cauchy": lambda q, scale: scale * np.tan(0.5 * pi * q),
    "uniform": lambda q, low, high: low + (high - low) * q,
    "exponential": lambda q, rate: -np.log1p(-q) / rate,
    "log_normal": lambda q, meanlog, sdlog: np.exp(meanlog + sdlog * special.ndtri(q)),
    "log_t": lambda q, df, meanlog, scale: np.exp(meanlog + scale * special.stdtrit(df, q)),
    "inverse_gamma": lambda q, shape, scale: scale / special.gammainccinv(shape, q),
    "beta": lambda q, a, b: special.betaincinv(a, b, q),
}


def parse(text):
    """The prior that a command line names, such as half-normal:0.5, t:3:0:1, uniform:0:2 or flat.

    Raises ValueError saying what is legal.
    """
    family, *numbers = text.strip().split(":")
    family = family.replace("-", "_")
    try:
        if not (written := "".join(numbers)).isascii() or "_" in written:  # which Python's numbers may be
            raise ValueError("a number is written in the digits 0 to 9")
        parameters = tuple(float(number) for number in numbers)
        name = "_".join([family, *(f"{value:g}" for value in parameters)])
        plain = family.replace("_", "-") + (" with " if parameters else "")
        plain += ", ".join(
            f"{parameter} {value:g}"
            for parameter, value in zip(FAMILIES.get(family, ()), parameters, strict=False)  # Prior judges
        )
        return Prior(name, family, parameters, plain, "chosen by the user")
    except ValueError as error:
        legal = ", ".join(":".join([key.replace("_", "-"), *FAMILIES[key]]) for key in FAMILIES)
        raise ValueError(f"{text!r} is not a prior ({error}); write one of {legal}") from None


_CHOICE = "choice of this review: weakly informative"
_TURNER = (
    "Turner 2015, Stat Med 34:984, doi 10.1002/sim.6381, {}: tau squared log-normal({}, {}), "
    + "values as read in the source code of bayesmeta 3.4"
)
_BARTOS = (
    "Bartos 2023, Cochrane meta-analyses, log hazard ratio: values as read in the source code of BayesTools"
)


def _turner(outcome, mean_log_tau_squared, sd_log_tau_squared, plain):
    """log tau is half of log tau squared, so mean and SD halve."""
    return Prior(
        name=f"turner_{outcome.replace(' ', '_')}",
        family="log_normal",
        parameters=(mean_log_tau_squared / 2, sd_log_tau_squared / 2),
        plain=plain,
        source=_TURNER.format(
            f"drug v placebo or control, {outcome}", mean_log_tau_squared, sd_log_tau_squared
        ),
    )


MU_LOG_RATIO = Prior(
    "normal_0_1",
    "normal",
    (0.0, 1.0),
    "Benefit and harm are equally likely before the data, and with 95 % probability the ratio lies between "
    "0.14 and 7.1.",
    _CHOICE,
)
MU_LOG_DURATION = Prior(
    "normal_0_0.5",
    "normal",
    (0.0, 0.5),
    "Shorter and longer are equally likely before the data, and with 95 % probability the ratio of durations "
    "lies between 0.38 and 2.7.",
    _CHOICE,
)
TAU_PRIMARY = Prior(
    "half_normal_0.5",
    "half_normal",
    (0.5,),
    "The true log ratios of the studies differ with an SD that is below 0.34 with probability one half and"
    " below 0.98 with 95 %.",
    _CHOICE,
)
TAU_WIDE = Prior(
    "half_normal_1",
    "half_normal",
    (1.0,),
    "The true log ratios of the studies may differ widely: their SD is below 0.67 with probability one half"
    " and below 2.0 with 95 %.",
    _CHOICE,
)
TAU_DURATION = Prior(
    "half_normal_0.35",
    "half_normal",
    (0.35,),
    "The true log duration ratios of the studies differ with an SD that is below 0.24 with probability one"
    " half and below 0.69 with 95 %.",
    "choice of this review: no empirical prior exists for a log ratio of durations",
)
TAU_TURNER_INFECTION = _turner(
    "infection",
    -2.49,
    1.52,
    "As in past Cochrane reviews of infection: the SD of the true log odds ratios is below 0.29 with"
    " probability one half and below 1.0 with 95 %.",
)
TAU_TURNER_ADVERSE_EVENTS = _turner(
    "adverse events",
    -1.87,
    1.52,
    "As in past Cochrane reviews of adverse events: the SD of the true log odds ratios is below 0.39 with "
    "probability one half and below 1.4 with 95 %.",
)
TAU_TURNER_MORTALITY = _turner(
    "mortality",
    -3.95,
    1.34,
    "As in past Cochrane reviews of all-cause mortality: the SD of the true log odds ratios is below 0.14"
    " with probability one half and below 0.42 with 95 %.",
)
TAU_BARTOS_LOG_HR = Prior(
    "bartos_log_hr",
    "inverse_gamma",
    (2.42, 0.30),
    "As in past Cochrane reviews of time to an event: the SD of the true log hazard ratios is below 0.14 with"
    " probability one half and below 0.56 with 95 %.",
    _BARTOS,
)
BASELINE_LOGIT = Prior(
    "normal_0_10",
    "normal",
    (0.0, 10.0),
    "The level of risk is left to each study's own patients: on the log-odds scale nearly flat, so that no"
    " event or only events remain possible.",
    "choice of this review, as wide as in the reference analyses: independent between studies, so that the "
    "comparison within each study, not a guess of its risk, informs the odds ratio",
)

EVENT_SHARE = Prior(
    "beta_1_1",
    "beta",
    (1.0, 1.0),
    "Where a paper prints a log-rank p-value without the number of events, any number from one to all"
    " patients is equally likely.",
    "choice of this review: flat",
)
STEP_LOG_DURATION = Prior(
    "step",
    "normal",
    (0.2, 0.3),
    "Each grade lasts about a fifth longer than the one below, and with 95 % probability between a third"
    " shorter and twice as long.",
    _CHOICE,
)
SIGMA_LOG_DURATION = Prior(
    "sigma",
    "log_normal",
    (-0.7, 0.35),
    "Within an arm, and a grade where there are grades, the log durations have an SD of about 0.5, with 95 %"
    " probability between 0.25 and 1.0: two patients in three lie within a factor of 1.6 of the median.",
    _CHOICE,
)
TREND_LOG_DURATION = Prior(
    "trend",
    "normal",
    (0.0, 0.25),
    "The log ratio changes from one grade to the next by less than 0.5 with 95 % probability, in either"
    " direction.",
    _CHOICE,
)

NAMED = {
    prior.name: prior
    for prior in (
        MU_LOG_RATIO,
        MU_LOG_DURATION,
        TAU_PRIMARY,
        TAU_WIDE,
        TAU_DURATION,
        TAU_TURNER_INFECTION,
        TAU_TURNER_ADVERSE_EVENTS,
        TAU_TURNER_MORTALITY,
        TAU_BARTOS_LOG_HR,
    )
}
"""Priors that a question may name."""


@dataclass(frozen=True)
class BaselinePrior:
    """The prior of each study's own log odds, and where between its arms they lie.

    log odds of the control = alpha - share * log_or, of the treated = alpha + (1 - share) * log_or, alpha ~
    prior.  Halfway (share 1/2) neither arm is special: exchanging them turns the odds ratio into its inverse
    and changes nothing else.
    """

    prior: Prior
    share: float = 0.5

    @property
    def name(self) -> str:
        return self.prior.name

    @property
    def plain(self) -> str:
        """What it says, in words."""
        where = "midway between the arms" if self.share == 0.5 else "in the control arm"
        return f"Of each study's log odds, {where}: {self.prior.plain}"

    def of_control(self, alpha: Any, log_or: Any) -> Any:
        """Log odds of the control, from alpha and the log odds ratio: numbers, arrays or nodes of a graph."""
        return alpha - self.share * log_or


MIDWAY = BaselinePrior(BASELINE_LOGIT)
AT_CONTROL = BaselinePrior(BASELINE_LOGIT, share=0.0)
"""As in the reference analyses, where the control group alone has the prior."""
NARROW = BaselinePrior(
    Prior(
        "normal_0_2.5",
        "normal",
        (0.0, 2.5),
        "The level of risk lies between 1 and 99 % with 93 % probability.",
        "an alternative of the sensitivity analysis: where an arm has no events the wide prior matters",
    )
)

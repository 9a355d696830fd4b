"""Is `pool` calibrated? Reviews are simulated under its priors, printed as a table has them, and pooled.

`python -m benchmarks.pool_calibration [KIND ..]` writes `pool_calibration.json` and its page in `docs`: for
each kind of row the share of simulated reviews whose 80 and 95 % intervals hold the true mean effect, and the
first probabilities below it, by which a test sees that the results are those of this code. Values are drawn
here from their laws, not from the likelihoods of `pool`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.random import Generator, default_rng

from extraction.tree import ROOT
from extraction.whole import write_whole
from models.likelihood.estimates import SHAPE_SD
from models.likelihood.order_density import SD_PRIOR
from models.likelihood.printed_orders import SHARES
from models.pool import Pooled, pool
from models.pool.outcomes import LEVEL_SD

RESULTS = Path(__file__).with_name("pool_calibration.json")
PAGE = ROOT / "docs" / "pool_calibration.md"
REPLICATES = 1000
FIRST = 5
"""Probabilities that are kept."""
SEED = 20_310_701
MU_SD, TAU_SD = 0.7, 0.4
BASELINE_SD = 1.5

type Cells = dict[str, object]
"""Cells of a row by column."""


@dataclass(frozen=True)
class Kind:
    """A kind of row: what is pooled, new data at an effect, studies of a review, and options of `pool`.

    groups, slope: of reviews whose means differ.
    """

    measure: str
    row: Callable[[float, Generator], Cells]
    studies: int = 3
    replicates: int = REPLICATES
    effects: str = "normal"
    slope: float = 0.0
    groups: bool = False


def probability_below(kind: Kind, replicate: int) -> float:
    """Posterior probability that the mean effect lies below the true one, in one simulated review."""
    generator = default_rng([SEED, replicate])
    mu, tau = MU_SD * generator.standard_normal(), TAU_SD * abs(generator.standard_normal())
    other = MU_SD * generator.standard_normal()
    slope = kind.slope * generator.standard_normal()
    rows = []
    df = float(kind.effects.removeprefix("t:")) if kind.effects != "normal" else None
    covariate = generator.normal(size=kind.studies)
    covariate -= covariate.mean()
    for study in range(kind.studies):
        scatter = generator.standard_normal() if df is None else generator.standard_t(df)
        first = not kind.groups or study % 2 == 0
        theta = (mu if first else other) + slope * covariate[study] + tau * scatter
        cells = {"study": f"s{study}", "dose": covariate[study], "group": "ab"[not first]}
        rows.append(cells | kind.row(theta, generator))
    pooled = _pooled(kind, rows)
    if kind.groups:
        return pooled.below(_natural(pooled, mu))["mu a"]
    return float(pooled.mu.cdf(mu))


def _pooled(kind: Kind, rows: list[Cells]) -> Pooled:
    from pandas import DataFrame

    return pool(
        DataFrame(rows),
        kind.measure,
        mu=f"normal:0:{MU_SD}",
        tau=f"half-normal:{TAU_SD}",
        baseline_sd=BASELINE_SD,
        effects=kind.effects,
        covariate="dose" if kind.slope else None,
        slope=f"normal:0:{kind.slope}" if kind.slope else None,
        subgroups="group" if kind.groups else None,
    )


def _natural(pooled: Pooled, effect: float) -> float:
    return pooled.measure.scale.back(effect)


# Data


def _expit(x: float) -> float:
    return 1 / (1 + float(np.exp(-x)))


def _counts(measure: str) -> Callable[[float, Generator], Cells]:
    def row(theta: float, generator: Generator) -> Cells:
        a, n, c, m = _table(measure, theta, generator)
        return {"ai": a, "n1i": n, "ci": c, "n2i": m}

    return row


def _table(
    measure: str,
    theta: float,
    generator: Generator,
    level_sd: float = BASELINE_SD,
    sizes: tuple[int, int] = (8, 60),
) -> tuple[int, int, int, int]:
    """Two binomials whose mean log odds is normal."""
    from models.pool.two_risks import of_difference, of_ratio

    n, m = (int(size) for size in generator.integers(*sizes, 2))
    level = level_sd * generator.standard_normal()
    if measure == "or":
        treated, control = _expit(level + theta / 2), _expit(level - theta / 2)
    else:
        of = {"rr": of_ratio, "rd": of_difference}[measure]
        found = of(np.array([[theta]]), np.array([[level]]))
        treated, control = float(np.exp(found[0][0, 0])), float(np.exp(found[2][0, 0]))
    return int(generator.binomial(n, treated)), n, int(generator.binomial(m, control)), m


def _table_set(theta: float, generator: Generator) -> Cells:
    """Events of each arm told in pairs: 0 or 1, 2 or 3, and so on."""
    a, n, c, m = _table("or", theta, generator)
    either = [(x, y) for x in _pair(a, n) for y in _pair(c, m)]
    return {"tables": "; ".join(f"{x}/{n} v {y}/{m}" for x, y in either)}


def _pair(events: int, n: int) -> list[int]:
    return [x for x in (events // 2 * 2, events // 2 * 2 + 1) if x <= n]


def _person_time(theta: float, generator: Generator) -> Cells:
    rate, times = float(np.exp(generator.normal(-2, 1))), generator.uniform(20, 200, 2)
    events = generator.poisson([rate * times[0] * np.exp(theta), rate * times[1]])
    return {"x1i": events[0], "t1i": times[0], "x2i": events[1], "t2i": times[1]}


def _means(standardised: bool) -> Callable[[float, Generator], Cells]:
    def row(theta: float, generator: Generator) -> Cells:
        sds = np.ones(2) * generator.uniform(0.5, 2) if standardised else generator.uniform(0.5, 1.5, 2)
        shift = theta * sds[0] if standardised else theta
        sizes = generator.integers(10, 40, 2)
        cells: Cells = {}
        for i, (mean, sd, n) in enumerate(zip((shift, 0.0), sds, sizes, strict=True), 1):
            values = generator.normal(mean, sd, n)
            cells |= {f"m{i}i": values.mean(), f"sd{i}i": values.std(ddof=1), f"n{i}i": n}
        return cells

    return row


def _medians(names: tuple[str, ...]) -> Callable[[float, Generator], Cells]:
    def row(theta: float, generator: Generator) -> Cells:
        cells: Cells = {}
        for arm, shift in (("treated", theta), ("control", 0.0)):
            n = int(generator.integers(5, 40))
            sd = np.exp(generator.normal(*SD_PRIOR))
            values = np.exp(2 + shift + sd * generator.standard_normal(n))
            quantiles = np.quantile(values, list(SHARES.values()), method="weibull")
            told = dict(zip(SHARES, quantiles, strict=True))
            cells |= {f"{name}_{arm}": told[name] for name in names} | {f"n_{arm}": n}
        return cells

    return row


def _median_survival(theta: float, generator: Generator) -> Cells:
    """Weibull times of one shape, each arm followed to twice its median at least."""
    shape = np.exp(SHAPE_SD * generator.standard_normal())
    cells: Cells = {}
    for arm, median in (("treated", np.exp(-theta / shape)), ("control", 1.0)):
        n = int(generator.integers(40, 120))
        time = median * (generator.exponential(1, n) / np.log(2)) ** (1 / shape)
        last = median * generator.uniform(2.0, 6.0, n)
        found = median_with_limits(np.minimum(time, last), time <= last)
        told = ["NR" if np.isnan(one) else float(one) for one in found]
        cells |= dict(zip((f"median_{arm}", f"lower_{arm}", f"upper_{arm}"), told, strict=True))
    return cells


def median_with_limits(time: np.ndarray, event: np.ndarray) -> tuple[float, float, float]:
    """Kaplan-Meier's median with Brookmeyer and Crowley's 95 % limits, log scale, as R's survfit gives them;
    nan where not reached.
    """
    times = np.unique(time[event])
    at_risk = (time[:, None] >= times).sum(axis=0)
    deaths = ((time[:, None] == times) & event[:, None]).sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):  # nobody is left after the last event
        survival = np.cumprod(1 - deaths / at_risk)
        spread = np.exp(1.959964 * np.sqrt(np.cumsum(deaths / (at_risk * (at_risk - deaths)))))
        curves = survival, survival / spread, np.minimum(survival * spread, 1.0)
    # where nobody is left there is no limit
    below = [np.flatnonzero(np.nan_to_num(curve, nan=1.0) <= 0.5) for curve in curves]
    median, lower, upper = (float(times[one[0]]) if len(one) else float("nan") for one in below)
    return median, lower, upper


def _single_arm(theta: float, generator: Generator) -> Cells:
    n = int(generator.integers(5, 60))
    return {"xi": generator.binomial(n, _expit(theta)), "ni": n}


def _estimate(theta: float, generator: Generator) -> Cells:
    se = generator.uniform(0.1, 0.6)
    log_hr = theta + se * generator.standard_normal()
    low, middle, high = (f"{np.exp(log_hr + z * se):.4g}" for z in (-1.959964, 0, 1.959964))
    return {"hr": middle, "lower": low, "upper": high}


def _estimate_with_p(theta: float, generator: Generator) -> Cells:
    """With Wald's p alone; with limits where that p, near 0 or 1, would tell too little."""
    from scipy.stats import norm

    se = generator.uniform(0.1, 0.6)
    log_hr = theta + se * generator.standard_normal()
    p = 2 * norm.sf(abs(log_hr) / se)
    low, middle, high = (f"{np.exp(log_hr + z * se):.4f}" for z in (-1.959964, 0, 1.959964))
    told: Cells = {"p": f"{p:.4g}"} if 1e-4 < p < 0.9 else {"lower": low, "upper": high}
    return {"hr": middle} | told


def _trial(theta: float, generator: Generator):
    """Patients of two arms with exponential times, followed to a uniform time."""
    from extraction.recover.curves import Patients

    arms = []
    for mean in (3.0 * np.exp(-theta), 3.0):
        n = int(generator.integers(40, 90))
        time, last = generator.exponential(mean, n), generator.uniform(2.0, 8.0, n)
        arms.append(Patients(np.minimum(time, last), time <= last))
    return arms


def _log_rank(theta: float, generator: Generator) -> Cells:
    from extraction.recover.curves import log_hazard_ratio, log_rank_p

    arms = _trial(theta, generator)
    return {
        "log_rank_p": f"{max(log_rank_p(*arms), 1e-12):.4g}",
        "direction": "lower" if log_hazard_ratio(*arms) < 0 else "higher",
        "n_treated": len(arms[0].time),
        "n_control": len(arms[1].time),
        "events": int(sum(arm.event.sum() for arm in arms)),
    }


def _o_minus_e(theta: float, generator: Generator) -> Cells:
    """Peto's, from the risk sets; of hazards that differ little, where his estimate is near unbiased."""
    treated, control = _trial(theta, generator)
    times = np.concatenate([arm.time[arm.event] for arm in (treated, control)])
    excess, variance = 0.0, 0.0
    for time in np.sort(times):
        n, m = ((arm.time >= time).sum() for arm in (treated, control))
        excess += float(np.any(treated.time[treated.event] == time)) - n / (n + m)
        variance += n * m / (n + m) ** 2
    return {"o_minus_e": excess, "variance": variance}


def _curve(theta: float, generator: Generator) -> Cells:
    """A digitised figure of 600 by 400 pixels, clicked to within a pixel."""
    treated, control = _trial(theta, generator)
    lines = ["kind,arm,time_years,survival,n,pixel_x,pixel_y", "calibration,,0,0,,50,450",
             "calibration,,8,0,,650,450", "calibration,,0,1,,50,50"]  # fmt: skip
    for name, arm in (("treated", treated), ("control", control)):
        share = 1.0
        points = [(0.0, 1.0)]
        for time in np.sort(arm.time[arm.event]):
            at_risk = (arm.time >= time).sum()
            points += [(time, share), (time, share := share * (1 - 1 / at_risk))]
        for time, survival in [*points, (arm.time.max(), share)]:
            x = max(time + 8 / 600 * generator.standard_normal(), 0.0)
            y = float(np.clip(survival + generator.standard_normal() / 400, 0.0, 1.0))
            lines.append(f"point,{name},{x:.4f},{y:.4f},,,")
        lines += [f"at_risk,{name},{t},,{(arm.time >= t).sum()},," for t in range(0, 7, 2)]
        lines.append(f"events,{name},,,{arm.event.sum()},,")
    path = Path(_curve.folder) / "curve.csv"  # type: ignore[attr-defined]
    path.write_text("\n".join(lines))
    return {"curve": str(path)}


def _t_test(theta: float, generator: Generator) -> Cells:
    from scipy import stats

    n, m = (int(size) for size in generator.integers(8, 40, 2))
    values = generator.normal(theta, 1, n), generator.normal(0, 1, m)
    test = stats.ttest_ind(*values)
    return _told(test.pvalue, test.statistic < 0, n, m)


def _rank_test(theta: float, generator: Generator) -> Cells:
    from scipy import stats

    n, m = (int(size) for size in generator.integers(4, 40, 2))
    values = generator.normal(theta, 1, n), generator.normal(0, 1, m)
    test = stats.mannwhitneyu(*values, method="exact")
    return _told(test.pvalue, test.statistic < n * m / 2, n, m) | {"test": "mann-whitney"}


def _fisher(theta: float, generator: Generator) -> Cells:
    from scipy import stats

    a, n, c, m = _table("or", theta, generator, LEVEL_SD, (8, 40))
    p = stats.fisher_exact([[a, n - a], [c, m - c]])[1]
    return _told(p, a * m < c * n, n, m) | {"test": "fisher"}


def _told(p: float, lower: bool, n: int, m: int) -> Cells:
    told: Cells = {"significant": "yes" if p < 0.05 else "no", "n_treated": n, "n_control": m}
    return told | {"direction": ("lower" if lower else "higher") if p < 0.05 else ""}


NORMAL = Kind("hr", _estimate, studies=6)
KINDS = {
    "counts, odds ratio": Kind("or", _counts("or")),
    "counts, risk ratio": Kind("rr", _counts("rr")),
    "counts, risk difference": Kind("rd", _counts("rd")),
    "table set": Kind("or", _table_set),
    "person-time": Kind("irr", _person_time),
    "means, difference": Kind("md", _means(False)),
    "means, standardised difference": Kind("smd", _means(True)),
    "medians with quartiles": Kind("ratio-of-medians", _medians(("q1", "median", "q3"))),
    "medians with range": Kind("ratio-of-medians", _medians(("min", "median", "max"))),
    "medians of survival": Kind("hr", _median_survival),
    "single arm": Kind("proportion", _single_arm),
    "estimate with limits": Kind("hr", _estimate),
    "estimate with p": Kind("hr", _estimate_with_p),
    "log-rank p with events": Kind("hr", _log_rank),
    "observed minus expected": Kind("hr", _o_minus_e),
    "digitised curve": Kind("hr", _curve, studies=1),
    "outcome of a t test": Kind("smd", _t_test, studies=5),
    "outcome of a rank test": Kind("smd", _rank_test, studies=5),
    "outcome of Fisher's test": Kind("or", _fisher, studies=5),
    "covariate": replace(NORMAL, slope=0.5),
    "subgroups": replace(NORMAL, groups=True),
    "robust effects": replace(NORMAL, effects="t:4"),
}


def first(name: str, count: int = FIRST) -> list[float]:
    """The first probabilities of a kind."""
    with TemporaryDirectory() as folder:
        _curve.folder = folder  # type: ignore[attr-defined]
        return [probability_below(KINDS[name], i) for i in range(count)]


def calibrated(name: str) -> dict:
    """Replicates, shares that the intervals hold, and the first probabilities."""
    below = np.array(first(name, KINDS[name].replicates))
    held = {level: float(np.mean(np.abs(below - 0.5) <= level / 200)) for level in (80, 95)}
    return {
        "replicates": len(below),
        "held_by_80": round(held[80], 4),
        "held_by_95": round(held[95], 4),
        "first": [round(float(one), 3) for one in below[:FIRST]],
    }


def page(found: dict) -> str:
    """The results as `docs/pool_calibration.md` shows them."""
    lines = [
        "# Calibration of `pool`",
        "",
        "Reviews drawn under the priors, their studies printed as a table has them, and pooled: how many of a"
        " hundred intervals hold the true mean effect.",
        "Values are drawn from their laws, not from the likelihoods of `pool`; `python -m"
        " benchmarks.pool_calibration KIND` writes the results of a kind again.",
        "",
        "| kind of row | reviews | studies each | 80 % intervals | 95 % intervals |",
        "|---|---|---|---|---|",
    ]
    for name, one in found.items():
        held = " | ".join(f"{100 * one[f'held_by_{level}']:.1f}" for level in (80, 95))
        lines.append(f"| {name} | {one['replicates']:,} | {KINDS[name].studies} | {held} |")
    left = [name for name in KINDS if name not in found]
    told = f"Not run: {', '.join(left)}." if left else ""
    law = (
        "Of a log-rank p with its events the likelihood takes the censored to leave evenly among the events,"
        " which in the simulation they do not: its 80 % intervals may be a little short."
    )
    return "\n".join([*lines, "", law, *([told] if told else []), ""])


def main(names: list[str]) -> None:
    for name in names or KINDS:
        found = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
        found[name] = calibrated(name)
        found = {key: found[key] for key in KINDS if key in found}
        write_whole(RESULTS, json.dumps(found, indent=2) + "\n")
        write_whole(PAGE, page(found))
        print(name, found[name], flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])

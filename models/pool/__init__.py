"""Any table of studies pooled, from the command line or from Python."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from models.pool.fit import BASELINE_SD, SEED, Pooled, priors_of
from models.pool.moderators import Covariate, df_of, moderator_of
from models.pool.rows import read_rows
from models.pool.study_table import BadTable, rows_of

if TYPE_CHECKING:
    from pandas import DataFrame

    from models.priors import Prior

__all__ = ["BadTable", "Pooled", "pool"]


def pool(
    table: DataFrame,
    measure: str | None = None,
    mu: str | Prior | None = None,
    tau: str | Prior | None = None,
    baseline_sd: float = BASELINE_SD,
    baseline_at: Literal["midway", "control"] = "midway",
    engine: Literal["quadrature", "nuts"] = "quadrature",
    seed: int = SEED,
    effects: str = "normal",
    covariate: str | None = None,
    slope: str | Prior | None = None,
    subgroups: str | None = None,
) -> Pooled:
    """Bayesian random-effects meta-analysis of a table with one row per study.

    table: columns as the command line reads them (`python -m models pool --help`), rows of any mixture.
    measure: `or`, `rr`, `rd`, `hr`, `irr`, `md`, `smd`, `proportion` or `generic`; may be left out where the
    rows give one only. mu, tau: priors of the mean effect and of the between-study SD on the scale of the
    measure. effects: how they scatter around their mean, `normal` or, robustly, `t:4` with its degrees of
    freedom. covariate, subgroups: a column that the mean effect depends on; slope: prior of its change by a
    unit of the covariate. The posterior is computed when it is first asked for. Raises BadTable, naming every
    bad cell, and ValueError for what is no prior.

    >>> import pandas as pd
    >>> trials = pd.DataFrame(
    ...     {"study": ["A", "B"], "hr": [0.8, 1.1], "lower": [0.5, 0.6], "upper": [1.28, 2.0]}
    ... )
    >>> pooled = pool(trials)
    >>> {name: round(value, 2) for name, value in pooled.natural(pooled.summary["mu"]).items()}
    {'median': 0.92, 'lower': 0.5, 'upper': 1.75}
    """
    header = [str(column) for column in table.columns]
    lines = [
        (number + 2, ["" if _missing(value) else _text(value) for value in values])
        for number, values in enumerate(table.itertuples(index=False, name=None))
    ]
    cells = rows_of("table", header, lines)
    found, rows = read_rows(cells, measure)
    df, moderator = df_of(effects), moderator_of(cells, covariate, subgroups)
    if engine == "nuts" and (df or moderator):
        raise ValueError("robust effects, a covariate and subgroups need quadrature, not nuts")
    priors = priors_of(
        found,
        mu,
        tau,
        baseline_sd,
        baseline_at,
        slope,
        moderator if isinstance(moderator, Covariate) else None,
    )
    return Pooled(found, tuple(rows), priors, engine, seed, moderator, df)


def _missing(value: object) -> bool:
    import pandas as pd

    return value is None or value is pd.NA or value != value


def _text(value: object) -> str:
    """A number as the shortest text that is read as the same one."""
    return repr(float(value)).removesuffix(".0") if isinstance(value, float) else str(value)

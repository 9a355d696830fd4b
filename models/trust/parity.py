"""The pooling engine beside other software on public data sets: the same model and prior, every number the
others give.

A difference counts in Monte Carlo standard errors of the other software or, where that integrates as we do,
in posterior SDs. The numbers, their software and their versions: tests/reference/README.md.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import log_expit, logsumexp

from extraction.beside import beside
from extraction.fault import Fault
from models.engines.posterior import LIMITS, Posterior
from models.engines.quadrature import binomial_normal, from_study_likelihoods, normal_normal
from models.priors import AT_CONTROL, Prior, parse

REFERENCE = beside("tests", "reference")
R_SECONDS = 7200  # of patience: with every package installed it samples for a good while
DATASETS = {
    "bcg": "BCG vaccine",
    "crins": "Paediatric liver transplants",
    "nielweise": "Catheter infections",
    "yusuf6": "Beta-blockers",
    "hackshaw": "Passive smoking",
    "schools": "Eight schools",
}
MODELS = {"nn": "normal–normal", "bn": "binomial–normal"}
PROGRAMS = {
    "bayesmeta": "bayesmeta",
    "brms": "brms",
    "jags": "JAGS",
    "pystan-ncp": "Stan",
    "robma": "RoBMA",
    "metafor": "metafor, REML",
    "metafor-CM.EL": "metafor, conditional",
    "metafor-UM.FS": "metafor, fixed baselines",
    "metafor-UM.RS": "metafor, random baselines",
}
QUANTITIES = {
    "mu_median": ("mu", 0.5),
    "mu_lower": ("mu", 0.025),
    "mu_upper": ("mu", 0.975),
    "tau_median": ("tau", 0.5),
    "prediction_lower": ("prediction", 0.025),
    "prediction_upper": ("prediction", 0.975),
}

BEYOND = 4.0
"""Monte Carlo standard errors: of 200 numbers compared, the furthest is beyond by chance once in 80 times."""
ACCURACY = 0.005
"""Posterior SDs: bayesmeta averages normals over steps of tau that differ by a divergence of 0.01 (its
`delta`), so its limits are off by some thousandths of an SD.
"""
ERRORS, SDS = "Monte Carlo errors", "posterior SDs"

AGREES, DIFFERS, EXCEPTION, COMPARATOR = "agrees", "differs", "differs, reason known", "no prior: comparator"


class NotReproduced(Fault):
    """Other software, with the same model and prior, gives other numbers."""


@cache
def ours(dataset: str, model: str) -> Posterior:
    """The posterior by quadrature under the priors of the reference analyses; log odds ratios, points for the
    schools.
    """
    priors = _priors(dataset)
    if model == "nn":
        table = pd.read_csv(REFERENCE / f"{dataset}_es.csv")
        return normal_normal(table["yi"], table["sei"], *priors)
    return binomial_normal(*_counts(dataset), *priors, AT_CONTROL)


def _priors(dataset: str) -> tuple[Prior, Prior]:
    mu_sd, tau_sd = (50, 25) if dataset == "schools" else (4, 0.5)
    return parse(f"normal:0:{mu_sd}"), parse(f"half-normal:{tau_sd}")


def _counts(dataset: str) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    a, n, b, m = pd.read_csv(REFERENCE / f"{dataset}_2x2.csv")[["ai", "n1i", "ci", "n2i"]].to_numpy().T
    return a, n, b, m


@cache
def with_uniform_risk_midway(dataset: str) -> Posterior:
    """The binomial–normal posterior where, in each study, the risk midway between the arms (on the logit
    scale) is uniform.

    Its integral is a sum over steps of 0.05, for studies of up to some hundreds of patients.
    """
    midway = np.linspace(-30, 30, 1201)
    density = log_expit(midway) + log_expit(-midway)

    def of_study(events_treated, n_treated, events_control, n_control):
        def log_likelihood(theta):
            treated, control = midway + theta[:, None] / 2, midway - theta[:, None] / 2
            return logsumexp(
                density
                + events_treated * treated
                + n_treated * log_expit(-treated)
                + events_control * control
                + n_control * log_expit(-control),
                axis=1,
            )

        return log_likelihood

    return from_study_likelihoods(
        [of_study(*study) for study in np.transpose(_counts(dataset))], *_priors(dataset)
    )


EXCEPTIONS = {
    ("crins", "bn", "robma"): (
        "its numbers fit another prior of the baseline risks, uniform for the risk midway between the arms",
        with_uniform_risk_midway,
    )
}
"""Rows that differ, by data set, model and software: the reason, and the posterior that the reason supposes.
"""


def compare(others: pd.DataFrame | None = None) -> pd.DataFrame:
    """One row for each data set, model and software: its numbers, ours, how far apart, in what unit, and the
    verdict.

    others: rows like those of tests/reference/results.csv, which is the default. `<quantity>_apart` is theirs
    minus ours in the unit; `largest` is the furthest of them.
    """
    others = pd.read_csv(REFERENCE / "results.csv", dtype={"version": str}) if others is None else others
    return pd.DataFrame(
        [_row(other, ours(other["dataset"], other["model"])) for other in others.to_dict("records")]
    )


def _row(other: dict, posterior: Posterior) -> dict:
    unit = ERRORS if other["ess_mu"] > 0 else SDS
    row = {name: other[name] for name in ("dataset", "model", "software", "version", "ess_mu", "ess_tau")} | {
        "unit": unit
    }
    for name, (part, q) in QUANTITIES.items():
        marginal = getattr(posterior, part)
        value = float(marginal.quantile(q))
        step = _monte_carlo_error(marginal, q, other, part) if unit == ERRORS else sd_of(marginal)
        row |= {name: other[name], f"{name}_ours": value, f"{name}_apart": (other[name] - value) / step}
    row["largest"] = float(np.nanmax(np.abs([row[f"{name}_apart"] for name in QUANTITIES])))
    return row | {"verdict": _verdict(row)}


def _monte_carlo_error(marginal, q: float, other: dict, part: str) -> float:
    """Standard error of a quantile of so many effective draws; the prediction's, which is not given, has the
    fewer of mu's and tau's.
    """
    draws = min(other["ess_mu"], other["ess_tau"]) if part == "prediction" else other[f"ess_{part}"]
    return float(np.sqrt(q * (1 - q) / draws) / marginal.density(marginal.quantile(q)))


def sd_of(marginal) -> float:
    """SD of a marginal posterior, in its unit."""
    mean = marginal.expectation(lambda x: x)
    return marginal.expectation(lambda x: (x - mean) ** 2) ** 0.5


def _verdict(row: dict) -> str:
    if row["software"].startswith("metafor"):
        return COMPARATOR
    if row["largest"] <= (BEYOND if row["unit"] == ERRORS else ACCURACY):
        return AGREES
    return EXCEPTION if _key(row) in EXCEPTIONS else DIFFERS


def _key(row) -> tuple[str, str, str]:
    return row["dataset"], row["model"], row["software"]


def require(found: pd.DataFrame) -> pd.DataFrame:
    """The comparison itself; raise NotReproduced, naming each row, where a same-model row differs and is not
    a listed exception.
    """
    if not (wrong := found[found["verdict"] == DIFFERS]).empty:
        rows = [
            f"{DATASETS[r['dataset']]}, {MODELS[r['model']]}, {r['software']} {r['version']}:"
            f" {r['largest']:.3g} {r['unit']} apart"
            for _, r in wrong.iterrows()
        ]
        raise NotReproduced(
            "; ".join(
                [*rows, f"allowed are {BEYOND:g} {ERRORS}, or {ACCURACY:g} {SDS} where nothing is sampled"]
            )
        )
    return found


def same_model(found: pd.DataFrame) -> pd.DataFrame:
    """The rows with the same model and prior as ours."""
    return found[found["verdict"] != COMPARATOR]


def headline(found: pd.DataFrame) -> str:
    """The finding in two sentences; raise NotReproduced where a row differs that is not listed."""
    same = same_model(require(found))
    if same.empty:
        return "No analysis with the same model and prior was found to compare with."
    agree = same[same["verdict"] == AGREES]
    sampled, integrated = agree[agree["unit"] == ERRORS], agree[agree["unit"] == SDS]
    said = []
    if len(sampled):
        said.append(
            f"{len(sampled)} agree within Monte Carlo error (of {_numbers(sampled)} numbers the furthest is"
            f" {sampled['largest'].max():.1f} standard errors away)"
        )
    if len(integrated):
        said.append(
            f"{len(integrated)}, which are integrated and not sampled, agree to"
            f" {integrated['largest'].max():.3f} posterior SDs"
        )
    listed = [_exception(row) for _, row in same[same["verdict"] == EXCEPTION].iterrows()]
    return " ".join(
        [
            (
                f"Of {len(same)} analyses of {same['dataset'].nunique()} public data sets by"
                f" {same['software'].nunique()} programs with the same model and prior, {' and '.join(said)}."
            ),
            *(listed or ["None differs."]),
        ]
    )


def _numbers(rows: pd.DataFrame) -> int:
    return int(rows[list(QUANTITIES)].notna().to_numpy().sum())


def _exception(row) -> str:
    """Which row differs and why, with what is left of the difference under the prior that its numbers fit."""
    reason, supposed = EXCEPTIONS[_key(row)]
    left = _row(row, supposed(row["dataset"]))["largest"]
    return (
        f"{PROGRAMS[row['software']]}'s {MODELS[row['model']]} analysis of {DATASETS[row['dataset']].lower()}"
        f" differs by up to {row['largest']:.1f} standard errors: {reason}, under which we are at most"
        f" {left:.1f} away."
    )


def command(args) -> int:
    """`python -m models parity [--live] [--json]`; raise NotReproduced where a same-model row differs, or
    the R script fails.
    """
    others = live() if args.live else None
    if args.live and others is None:
        return 0
    found = require(compare(others))
    if args.json:
        print(json.dumps(json.loads(found.to_json(orient="records")), indent=2, ensure_ascii=False))
    else:
        _print(found)
    return 0


def live() -> pd.DataFrame | None:
    """The same analyses by the R packages that are installed, now; None, after one line that says so, without
    R or any of them.
    """
    if (rscript := shutil.which("Rscript")) is None:
        print("models parity: skipped, for Rscript is not on the PATH", file=sys.stderr)
        return None
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "results.csv"
        try:
            subprocess.run(
                [rscript, "--vanilla", "parity.R", str(table)], cwd=REFERENCE, check=True, timeout=R_SECONDS
            )
        except subprocess.CalledProcessError:
            raise NotReproduced("tests/reference/parity.R failed; its message stands above") from None
        except subprocess.TimeoutExpired:
            raise NotReproduced(
                f"tests/reference/parity.R took longer than {R_SECONDS} s, and was stopped"
            ) from None
        if not table.exists():
            print("models parity: skipped, for none of its packages is installed in R", file=sys.stderr)
            return None
        return pd.read_csv(table, dtype={"version": str})


def analyses(found: pd.DataFrame) -> pd.DataFrame:
    """The rows with the same model and prior, in words."""
    return pd.DataFrame(
        [
            _words(row) | {"furthest apart": _largest(row), "verdict": row["verdict"]}
            for _, row in same_model(found).iterrows()
        ]
    )


def _largest(row) -> str:
    return (
        f"{row['largest']:.1f} standard errors"
        if row["unit"] == ERRORS
        else f"{row['largest']:.3f} posterior SDs"
    )


def comparators(found: pd.DataFrame) -> pd.DataFrame:
    """The rows of metafor, in words: maximum likelihood without priors, so another estimand."""
    return pd.DataFrame(
        [
            _words(row) | {"verdict": row["verdict"]}
            for _, row in found[found["verdict"] == COMPARATOR].iterrows()
        ]
    )


def _words(row) -> dict:
    digits = 1 if row["dataset"] == "schools" else 2
    our = {name: row[f"{name}_ours"] for name in QUANTITIES}
    return {
        "data": DATASETS[row["dataset"]],
        "model": MODELS[row["model"]],
        "software": f"{PROGRAMS[row['software']]} {row['version'].split()[0]}",
        "mean effect, theirs": _interval(row, digits),
        "ours": _interval(our, digits),
        "τ, theirs": f"{row['tau_median']:.{digits}f}",
        "τ, ours": f"{our['tau_median']:.{digits}f}",
    }


def _interval(values, digits: int) -> str:
    middle, low, high = (f"{values[f'mu_{end}']:.{digits}f}".replace("-", "−") for end in LIMITS)
    return f"{middle} ({low} to {high})"


def _print(found: pd.DataFrame) -> None:
    from rich.console import Console
    from rich.table import Table

    rows = (
        pd.concat([analyses(found), comparators(found)])
        .fillna("")
        .sort_values(["data", "model"], kind="stable")
    )
    table = Table(
        "",
        "mean effect",
        "τ",
        "furthest from ours",
        "",
        title="Other software beside ours, log odds ratios (schools: points)",
    )
    for (data, model, our, tau), group in rows.groupby(["data", "model", "ours", "τ, ours"], sort=False):
        table.add_section()
        table.add_row(f"[bold]{data}, {model}: ours", str(our), str(tau))
        for cells in group[
            ["software", "mean effect, theirs", "τ, theirs", "furthest apart", "verdict"]
        ].itertuples(index=False):
            table.add_row(*cells)
    Console(highlight=False).print(table)
    print(headline(found))

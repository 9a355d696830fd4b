"""Pool a table of studies from the command line: `python -m models pool`.

Nothing heavy is imported before it is needed: with the default engine the whole process answers within a
second.
"""

import argparse
import json
import math
import sys

from models.pool.study_table import COUNTS, BadTable, read

SCALE = {"or": "log odds ratio", "hr": "log hazard ratio", "generic": "points"}
RATIO = {"or": "odds ratio", "hr": "hazard ratio"}
MU_SD, TAU, BASELINE_SD = 1.0, "half-normal:0.5", 10.0
BASELINES = {"midway": 0.5, "control": 0.0}
"""Where between the arms a study's own log odds lie: the share of the log odds ratio above the control."""
SEED = 1

DESCRIPTION = """
Bayesian random-effects meta-analysis of a CSV table, one row per study. Columns: study, events_treated,
n_treated, events_control, n_control for --measure or (exact binomial likelihood, so studies without events
need no correction); study, estimate, se for hr (log hazard ratios and their standard errors) and generic (any
additive scale).
"""


def add_arguments(parser):
    """Declare the arguments of `pool`."""
    parser.description = DESCRIPTION
    parser.add_argument("table", metavar="FILE.csv", help="one row per study, UTF-8")
    parser.add_argument("--measure", required=True, choices=list(SCALE))
    parser.add_argument(
        "--mu-sd",
        type=_positive,
        metavar="S",
        help=f"prior of the mean effect: N(0, S); default {MU_SD:g} for or and hr, no default for generic",
    )
    parser.add_argument(
        "--tau",
        type=_tau_prior,
        metavar="PRIOR",
        help=(
            "prior of the between-study SD, such as half-normal:0.5, log-normal:-1.245:0.76 or "
            f"inverse-gamma:2.42:0.30; default {TAU}, for generic half-normal with half of --mu-sd"
        ),
    )
    parser.add_argument(
        "--baseline-sd",
        type=_positive,
        default=BASELINE_SD,
        metavar="S",
        help="prior of each study's own log odds, for or: N(0, S); default %(default)g",
    )
    parser.add_argument(
        "--baseline-at",
        choices=list(BASELINES),
        default="midway",
        help="whose log odds those are: midway between the arms, where neither is special, or the control's",
    )
    parser.add_argument("--engine", choices=("quadrature", "nuts"), default="quadrature")
    parser.add_argument("--seed", type=int, default=SEED, help="of nuts; default %(default)s")
    parser.add_argument(
        "--json", action="store_true", help="JSON on the scale of the likelihood, with all studies"
    )


def command(args):
    """Run `pool`. Returns the exit code: 2 for wrong usage. Raises BadTable or Rejected for a table that
    cannot be pooled.
    """
    if args.measure == "generic" and args.mu_sd is None:
        return _refuse("--measure generic needs --mu-sd: no prior fits an unknown scale", code=2)
    priors = _priors(args)
    table = read(args.table, args.measure)
    result = _nuts(table, priors, args.seed) if args.engine == "nuts" else _quadrature(table, priors)
    about = {"measure": args.measure, "scale": SCALE[args.measure], "interval": 0.95, "engine": args.engine}
    named = {name: {"prior": prior.name, "plain": prior.plain} for name, prior in priors.items()}
    if args.json:
        print(json.dumps({**about, **result, "priors": named}, indent=2))
    else:
        _print_table(args.measure, result, priors)
    return 0


def _positive(text):
    value = float(text)  # argparse turns ValueError into its own message
    if not 0 < value <= 1e6:
        raise argparse.ArgumentTypeError(f"{text} is not a positive number up to a million")
    return value


def _tau_prior(text):
    from models.engines.tau_nodes import scan_places
    from models.priors import parse

    try:
        prior = parse(text)
        scan_places(prior)  # refuses what cannot be a prior of tau
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return prior


def _priors(args):
    from models.priors import BaselinePrior, parse

    mu_sd = args.mu_sd or MU_SD
    tau = args.tau or parse(f"half-normal:{mu_sd / 2}" if args.measure == "generic" else TAU)
    priors = {"mu": parse(f"normal:0:{mu_sd}"), "tau": tau}
    if args.measure != "or":
        return priors
    baseline = parse(f"normal:0:{args.baseline_sd}")
    return priors | {"baseline": BaselinePrior(baseline, BASELINES[args.baseline_at])}


def _quadrature(table, priors):
    from models.engines.quadrature import binomial_normal, normal_normal

    names = table["study"]
    try:
        if "baseline" in priors:
            a, n, b, m = (table[column] for column in COUNTS)
            posterior = binomial_normal(a, n, b, m, priors["mu"], priors["tau"], priors["baseline"], names)
        else:
            posterior = normal_normal(table["estimate"], table["se"], priors["mu"], priors["tau"], names)
    except ValueError as error:  # the engines say by it that these studies and priors cannot be reconciled
        raise BadTable(str(error)) from None
    summary = posterior.summary()
    studies = [{"study": name, **limits} for name, limits in summary.pop("studies").items()]
    return {**summary, "probability_mu_below_zero": posterior.probability_below(0.0), "studies": studies}


def _nuts(table, priors, seed):
    import numpy as np

    from models.engines import hierarchy
    from models.engines.posterior import LIMITS
    from models.engines.sampling import sample

    names = table["study"]
    if "baseline" in priors:
        a, n, b, m = (np.array(table[column]) for column in COUNTS)
        model = hierarchy.binomial_normal(a, n, b, m, names, *priors.values())
    else:
        model = hierarchy.normal_normal(
            np.array(table["estimate"]), np.array(table["se"]), names, *priors.values()
        )
    posterior = sample(model, name="pool", seed=seed).posterior.to_dataset()

    def limits(draws):
        return dict(zip(LIMITS, np.quantile(draws.values, list(LIMITS.values())).tolist(), strict=True))

    return {
        **{name: limits(posterior[name]) for name in ("mu", "tau", "prediction")},
        "probability_mu_below_zero": float((posterior["mu"].values < 0).mean()),
        "studies": [{"study": name, **limits(posterior["theta"].sel(study=name))} for name in names],
    }


def _print_table(measure, result, priors):
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    ratio = measure in RATIO
    show = math.exp if ratio else float
    table = Table("", "median", "95 % interval", title=RATIO.get(measure, SCALE[measure]))
    for study in result["studies"]:
        table.add_row(escape(study["study"]), *_cells(study, show))
    table.add_section()
    table.add_row("mean effect (mu)", *_cells(result["mu"], show))
    table.add_row("effect in a new study", *_cells(result["prediction"], show))
    table.add_row(
        f"between-study SD (tau{', ' + SCALE[measure] if ratio else ''})", *_cells(result["tau"], float)
    )
    probability = result["probability_mu_below_zero"]
    shown = (
        f"= {probability:.3f}"
        if 0.001 <= probability <= 0.999
        else "< 0.001"
        if probability < 0.5
        else "> 0.999"
    )
    console = Console(highlight=False)
    console.print(table)
    console.print(f"P(mean effect < {1 if ratio else 0}) {shown}")
    for name, prior in priors.items():
        console.print(f"prior of {name}: {prior.plain}")


def _cells(limits, show):
    median, lower, upper = (show(limits[name]) for name in ("median", "lower", "upper"))
    return f"{median:.3g}", f"{lower:.3g} to {upper:.3g}"


def _refuse(message, code=1):
    print(message, file=sys.stderr)
    return code

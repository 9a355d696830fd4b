"""Pool a table of studies from the command line: `python -m models pool`.

Nothing heavy is imported before it is needed: with the default engine the whole process answers within a
second.
"""

import argparse
import sys
from pathlib import Path

from extraction.commands.parser import measured, seeded
from extraction.whole import write_whole
from models.pool.fit import BASELINE_SD, BASELINES, SEED, Pooled, priors_of
from models.pool.measures import MEASURES
from models.pool.moderators import Covariate, df_of, moderator_of
from models.pool.output import Asked, as_csv, as_json, print_text, told
from models.pool.rows import KINDS, read_rows
from models.pool.study_table import BadTable, read

DESCRIPTION = """
Bayesian random-effects meta-analysis of a table, one row per study, in any mixture of forms: counts of both
arms (study, events_treated, n_treated, events_control, n_control), person-time (time_treated, time_control),
means (mean_treated, sd_treated, n_treated, mean_control, ..), one arm (events, n), effects (hr, or, rr, irr,
rd, md or smd; their logarithms as log_hr, or estimate) with lower and upper (at level, default 95), se,
variance or p, log-rank tests (log_rank_p, n_treated, n_control, events, direction: lower or higher), and
o_minus_e with variance, medians (median_treated, with q1_ and q3_ or min_ and max_, n_treated, ..), medians
of survival (median_treated, lower_treated, upper_treated or NR, median_control, ..), the outcome of a test
(significant, or p as a bound, direction, test, n_treated, n_control), digitised curves (curve, a file beside
the table) and sets of possible tables (tables, as `extraction recover table --csv` writes them). The names
that metafor, meta and RevMan give these columns are read as well. Columns are separated by commas, semicolons
or tabs.
"""


def declare(parser):
    """Declare the arguments of `pool`."""
    parser.description = DESCRIPTION
    parser.epilog = "What enters, by kind of row: " + "; ".join(kind.words for kind in KINDS)
    parser.add_argument(
        "table", metavar="FILE.csv", help="one row per study, UTF-8; or a folder of records, see --field"
    )
    parser.add_argument(
        "--field",
        metavar="VARIABLE",
        help="of a folder with register.yml and records: the variable whose printed numbers are pooled",
    )
    parser.add_argument(
        "--contrast",
        metavar="WORD",
        help="of a folder of records whose studies compare different things: those of this contrast",
    )
    parser.add_argument(
        "--measure",
        choices=list(MEASURES),
        help="what is pooled; may be left out where the rows can give one only",
    )
    mean = parser.add_mutually_exclusive_group()
    mean.add_argument(
        "--mu-sd",
        type=_positive,
        metavar="S",
        help="prior of the mean effect: N(0, S); default 1 for or and hr and every ratio and smd, 0.5 for rd,"
        " 2 for proportion, no default for md and generic",
    )
    mean.add_argument(
        "--mu",
        type=_prior,
        metavar="PRIOR",
        help="prior of the mean effect on the scale of the measure: normal:0:1, t:3:0:1 or flat",
    )
    mean.add_argument(
        "--mu-prior",
        type=_prior_of_file,
        dest="mu",
        metavar="FILE.csv",
        help="the same as a density: a value and its density in each line, a line between them",
    )
    between = parser.add_mutually_exclusive_group()
    between.add_argument(
        "--tau",
        type=_tau_prior,
        metavar="PRIOR",
        help=(
            "prior of the between-study SD, such as half-normal:0.5, half-t:3:0.5, half-cauchy:0.5,"
            " uniform:0:2, exponential:2, log-normal:-1.245:0.76, inverse-gamma:2.42:0.30,"
            " turner:infection (of or) or rhodes (of smd); default half-normal:0.5 for every ratio and smd,"
            " half-normal:0.2 for rd,"
            " half-normal:1 for proportion, for md and generic half-normal with half of --mu-sd"
        ),
    )
    between.add_argument(
        "--tau-prior", type=_tau_prior_of_file, dest="tau", metavar="FILE.csv", help="the same as a density"
    )
    parser.add_argument(
        "--baseline-sd",
        type=_positive,
        default=BASELINE_SD,
        metavar="S",
        help="prior of each study's own log odds, for or, rr and rd: N(0, S); default %(default)g",
    )
    parser.add_argument(
        "--baseline-at",
        choices=list(BASELINES),
        default="midway",
        help="whose log odds those are, for or: midway between the arms, where neither is special, or the"
        " control's",
    )
    parser.add_argument(
        "--effects",
        type=_effects,
        default="normal",
        metavar="normal|t:DF",
        help="how effects scatter around their mean; t, such as t:4, lets single studies lie far off",
    )
    moderator = parser.add_mutually_exclusive_group()
    moderator.add_argument(
        "--covariate", metavar="COLUMN", help="a number of each study that the mean effect may change with"
    )
    moderator.add_argument(
        "--subgroups", metavar="COLUMN", help="a group of each study: a mean effect for each, one tau for all"
    )
    parser.add_argument(
        "--slope",
        type=_prior,
        metavar="PRIOR",
        help="prior of the change of the effect by a unit of the covariate; default normal, an SD of the"
        " covariate changing the effect by the SD of the prior of the mean effect",
    )
    parser.add_argument("--engine", choices=("quadrature", "nuts"), default="quadrature")
    parser.add_argument("--seed", type=seeded, default=SEED, help="of nuts; default %(default)s")
    parser.add_argument(
        "--beyond",
        type=measured,
        metavar="EFFECT",
        help="probability that the effect lies below and above this one",
    )
    parser.add_argument("--leave-one-out", action="store_true", help="the mean effect without each study")
    parser.add_argument(
        "--sensitivity", action="store_true", help="the mean effect under other priors of tau"
    )
    parser.add_argument("--figure", type=Path, metavar="FILE.svg", help="write a forest plot")
    parser.add_argument(
        "--csv",
        action="store_true",
        help="CSV, effects as the measure itself; --json has them on the scale of the likelihood",
    )


def command(args):
    """Run `pool`. Returns the exit code: 2 for wrong usage. Raises BadTable or Rejected for a table that
    cannot be pooled.
    """
    if wrong := _at_odds(args):
        print(wrong, file=sys.stderr)
        return 2
    cells = _cells(args)
    measure, rows = read_rows(cells, args.measure)
    moderator = moderator_of(cells, args.covariate, args.subgroups)
    try:
        priors = priors_of(
            measure,
            f"normal:0:{args.mu_sd}" if args.mu_sd else args.mu,
            args.tau,
            args.baseline_sd,
            args.baseline_at,
            args.slope,
            moderator if isinstance(moderator, Covariate) else None,
        )
        if args.beyond is not None and not measure.scale.inside(args.beyond):
            raise ValueError(f"--beyond {args.beyond:g} is no {measure.words}: it {measure.scale.legal}")
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    df = df_of(args.effects)
    pooled = Pooled(measure, tuple(rows), priors, args.engine, args.seed, moderator, df)
    found = told(pooled, Asked(args.beyond, args.leave_one_out, args.sensitivity))
    if args.figure:
        from models.pool.figure import forest

        write_whole(args.figure, forest(pooled))
    if args.json:
        print(as_json(found))
    elif args.csv:
        print(as_csv(found))
    else:
        print_text(found)
    return 0


def _at_odds(args):
    """Why the options do not go together, None where they do."""
    if args.csv and args.json:
        return "--csv and --json are two forms of one answer: ask for one"
    if args.slope and not args.covariate:
        return "--slope is the prior of a --covariate"
    if args.engine == "nuts" and (args.covariate or args.subgroups or args.effects != "normal"):
        return "--covariate, --subgroups and --effects t need quadrature: leave out --engine nuts"
    if args.subgroups and (args.leave_one_out or args.sensitivity):
        return "--leave-one-out and --sensitivity are of one mean effect: not with --subgroups"
    return None


def _cells(args):
    """Rows of the table, or of the folder of records, whose studies without a row are told."""
    if not Path(args.table).is_dir():
        return read(args.table)
    if not args.field:
        raise BadTable(f"{args.table}: a folder of records needs --field, the variable that is pooled")
    from models.pool.records import rows_of_records

    found = rows_of_records(args.table, args.field, args.contrast)
    for study, reason in found.left_out.items():
        print(f"{study} is left out: it {reason}", file=sys.stderr)
    return found.rows


def _positive(text):
    if not 1e-6 <= (value := measured(text)) <= 1e6:
        raise argparse.ArgumentTypeError(f"{text} is not between a millionth and a million")
    return value


def _effects(text):
    _or_usage(lambda: df_of(text))
    return text


def _prior(text):
    from models.pool.named_priors import prior_of

    return _or_usage(lambda: prior_of(text))


def _prior_of_file(path):
    from models.pool.density_file import read_prior

    return _or_usage(lambda: read_prior(path))


def _tau_prior(text):
    return _of_tau(_prior(text))


def _tau_prior_of_file(path):
    return _of_tau(_prior_of_file(path))


def _of_tau(prior):
    from models.engines.tau_nodes import scan_places

    _or_usage(lambda: scan_places(prior))  # refuses what cannot be a prior of tau
    return prior


def _or_usage(function):
    try:
        return function()
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None

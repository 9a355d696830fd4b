"""A set of possible tables is pooled as one study: held to integration, and to the tables it holds."""

import csv

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, stats

from extraction.__main__ import main as extraction
from models.pool import BadTable, pool
from models.pool.measures import MEASURES
from models.pool.rows.table_set import TableSet
from models.priors import MIDWAY, BaselinePrior, parse

BASELINE = BaselinePrior(parse("normal:0:10"), MIDWAY.share)


def of(measure, *tables, baseline=BASELINE):
    return TableSet("A", tables).log_likelihood(MEASURES[measure], baseline)


def test_a_set_has_the_sum_of_the_probabilities_of_its_tables():
    """By adaptive integration of binomials under a normal level of risk, midway between the arms."""
    tables = [(3, 10, 7, 15), (8, 12, 8, 15)]

    def probability(log_or):
        def mass(midway):
            risks = [1 / (1 + np.exp(-(midway + side * log_or / 2))) for side in (1, -1)]
            both = sum(
                stats.binom.pmf(a, n, risks[0]) * stats.binom.pmf(c, m, risks[1]) for a, n, c, m in tables
            )
            return both * stats.norm.pdf(midway, scale=10)

        return integrate.quad(mass, -60, 60, points=[-3, 0, 3], limit=400)[0]

    at = np.array([-2.0, -0.5, 0.3, 1.5])
    np.testing.assert_allclose(
        of("or", *tables)(at), [np.log(probability(x)) for x in at], atol=2e-3
    )  # of the tabulation


@pytest.mark.parametrize("measure", ["or", "rr", "rd"])
def test_a_set_of_one_table_is_that_table(measure):
    row = {"study": "A", "events_treated": 7, "n_treated": 18, "events_control": 4, "n_control": 22}
    one = pool(pd.DataFrame([row]), measure)
    same = pool(pd.DataFrame([{"study": "A", "tables": "7/18 v 4/22"}]), measure)
    for limit in ("median", "lower", "upper"):
        assert same.summary["mu"][limit] == pytest.approx(one.summary["mu"][limit], abs=2e-3)


@pytest.mark.parametrize("measure", ["or", "rr", "rd"])
def test_a_set_of_two_directions_says_nothing_of_the_direction(measure):
    """7/20 v 3/20 and its mirror: the likelihood is even."""
    even = of(measure, (7, 20, 3, 20), (3, 20, 7, 20))
    at = np.array([0.1, 0.4, 1.1])
    np.testing.assert_allclose(even(at), even(-at), atol=2e-3)


def test_what_recover_writes_pool_reads(tmp_path, capsys):
    row = tmp_path / "set.csv"
    given = "table --n-treated 248 --n-control 195 --total-events 77 --measure odds_ratio --estimate 1.1"
    assert extraction(["recover", *given.split(), "--csv", str(row), "--study", "A"]) == 0
    capsys.readouterr()
    with row.open(newline="") as file:
        table = pd.DataFrame(list(csv.DictReader(file)))
    pooled = pool(table, "or")
    assert pooled.rows[0].tables == ((44, 248, 33, 195), (45, 248, 32, 195))
    ends = [
        pool(
            pd.DataFrame(
                [dict(study="A", events_treated=a, n_treated=248, events_control=77 - a, n_control=195)]
            ),
            "or",
        ).summary["mu"]["median"]
        for a in (44, 45)
    ]
    assert ends[0] < pooled.summary["mu"]["median"] < ends[1]


@pytest.mark.parametrize("text", ["7/18", "9/8 v 1/3", "7/18 v 4/22, 8/18 v 4/22"])
def test_what_is_no_set_is_refused(text):
    with pytest.raises(BadTable, match="must be a set of tables"):
        pool(pd.DataFrame([{"study": "A", "tables": text}]), "or")

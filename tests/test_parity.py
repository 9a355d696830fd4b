"""The comparison with other software: it catches what differs, hides nothing, and its units are right."""

import json
import re
import shutil

import matplotlib

matplotlib.use("Agg")

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from scipy import stats

from book.shown import parity_page
from models.__main__ import main
from models.engines.posterior import Marginal
from models.trust import parity

STORED = pd.read_csv(parity.REFERENCE / "results.csv", dtype={"version": str})


@pytest.fixture(scope="module")
def found():
    return parity.compare()


def altered(where: dict, column: str, by: float) -> pd.DataFrame:
    """The stored results with one number moved."""
    rows = STORED.copy()
    mask = np.logical_and.reduce([rows[name] == value for name, value in where.items()])
    assert mask.sum() == 1
    rows.loc[mask, column] += by
    return rows


def verdict_of(frame: pd.DataFrame, **where) -> str:
    (verdict,) = frame.loc[
        np.logical_and.reduce([frame[name] == value for name, value in where.items()]), "verdict"
    ]
    return verdict


# What is compared


def test_every_stored_row_is_compared_once_and_as_stored(found):
    keys = ["dataset", "model", "software", "version", *parity.QUANTITIES]
    pd.testing.assert_frame_equal(found[keys], STORED[keys])


def test_the_limits_of_a_prediction_are_exact_where_bayesmeta_approximates(found):
    """13 trials of BCG vaccine: the normal mixture over tau summed on 20,000 even steps, with scipy's normal
    distribution.
    """
    table = pd.read_csv(parity.REFERENCE / "bcg_es.csv")
    y, s = table["yi"].to_numpy(), table["sei"].to_numpy()
    tau = (np.arange(20_000) + 0.5) / 5000
    precision = 1 / (s**2 + tau[:, None] ** 2)
    total = precision.sum(axis=1) + 1 / 16
    mean = (precision * y).sum(axis=1) / total
    log_weight = (
        -0.5 * tau**2 / 0.25
        + 0.5 * np.log(precision).sum(axis=1)
        - 0.5 * np.log(total)
        - 0.5 * (precision * y**2).sum(axis=1)
        + 0.5 * mean**2 * total
    )
    weight = np.exp(log_weight - log_weight.max())
    weight /= weight.sum()
    row = found[(found["dataset"] == "bcg") & (found["software"] == "bayesmeta")].iloc[0]
    for end, q in (("lower", 0.025), ("upper", 0.975)):

        def cdf(x):
            return weight @ stats.norm.cdf(x, mean, np.sqrt(1 / total + tau**2))

        # midpoint sums of smooth functions
        assert cdf(row[f"prediction_{end}_ours"]) == pytest.approx(q, abs=1e-6)
        assert abs(cdf(row[f"prediction_{end}"]) - q) > 1e-4


# The units


def test_the_monte_carlo_error_of_a_quantile_is_that_of_the_textbook():
    """Of 400 normal draws the median has the standard error sqrt(pi / 2) / 20, the 97.5 % point sqrt(.975 *
    .025 / 400) / phi(1.96).
    """
    normal = Marginal.from_normal_mixture(np.array([1.0]), np.array([3.0]), np.array([1.0]))
    draws = {"ess_mu": 400, "ess_tau": 100}
    assert parity._monte_carlo_error(normal, 0.5, draws, "mu") == pytest.approx(
        np.sqrt(np.pi / 2) / 20, rel=1e-3
    )
    assert parity._monte_carlo_error(normal, 0.975, draws, "mu") == pytest.approx(
        np.sqrt(0.975 * 0.025 / 400) / stats.norm.pdf(1.959964), rel=1e-3
    )
    assert parity._monte_carlo_error(normal, 0.5, draws, "prediction") == pytest.approx(
        np.sqrt(np.pi / 2) / 10, rel=1e-3
    )
    assert parity.sd_of(normal) == pytest.approx(1, rel=1e-3)


# What is caught


@pytest.mark.parametrize(
    ("software", "column", "by"),
    [
        ("bayesmeta", "mu_upper", 0.002),  # the posterior SD is 0.20, so a hundredth of it
        ("jags", "mu_median", 0.009),  # 23,697 draws: a standard error of 0.0016
        ("brms", "prediction_lower", -0.6),
        ("robma", "tau_median", 0.02),
    ],
)
def test_a_number_that_differs_fails_the_build_by_name(software, column, by, monkeypatch, capsys):
    others = altered({"dataset": "bcg", "model": "nn", "software": software}, column, by)
    changed = parity.compare(others)
    assert verdict_of(changed, dataset="bcg", model="nn", software=software) == parity.DIFFERS
    for use in (parity.require, parity.headline, parity_page.picture):
        with pytest.raises(parity.NotReproduced, match=f"BCG vaccine, normal–normal, {software}"):
            use(changed)
    monkeypatch.setattr(parity, "live", lambda: others)
    assert main(["parity", "--live"]) == 1
    output = capsys.readouterr()
    assert output.out == "" and output.err.count("\n") == 1 and software in output.err


def test_a_difference_within_monte_carlo_error_is_none():
    # two standard errors
    others = altered({"dataset": "bcg", "model": "nn", "software": "jags"}, "mu_median", 0.003)
    assert verdict_of(parity.compare(others), dataset="bcg", model="nn", software="jags") == parity.AGREES


def test_without_priors_there_is_no_verdict():
    others = altered({"dataset": "bcg", "model": "nn", "software": "metafor"}, "mu_median", 5.0)
    assert (
        verdict_of(parity.require(parity.compare(others)), dataset="bcg", model="nn", software="metafor")
        == parity.COMPARATOR
    )


# The exception


def test_one_row_is_listed_and_every_other_agrees(found):
    same = parity.same_model(found)
    assert set(same.loc[same["verdict"] != parity.AGREES].apply(parity._key, axis=1)) == set(
        parity.EXCEPTIONS
    )
    assert len(same) == (~STORED["software"].str.startswith("metafor")).sum()


def test_the_listed_row_agrees_under_the_prior_its_reason_supposes(found):
    (key,) = parity.EXCEPTIONS
    row = next(row for _, row in found.iterrows() if parity._key(row) == key)
    again = parity._row(row, parity.with_uniform_risk_midway("crins"))
    assert row["largest"] > parity.BEYOND and again["verdict"] == parity.AGREES
    assert again["largest"] < 3  # one of six numbers is beyond by chance once in 60 runs


def test_the_page_says_what_differs_and_why(found):
    text = parity.headline(found)
    assert text.count(". ") == 1 and "RoBMA" in text and "uniform" in text
    assert text.startswith(
        f"Of {(~STORED['software'].str.startswith('metafor')).sum()} analyses of 6 public data sets by 5"
        " programs"
    )


# What papers print


@pytest.mark.parametrize(
    "paper",
    pd.read_csv(parity.REFERENCE / "published.csv").to_dict("records"),
    ids=lambda paper: paper["source"],
)
def test_a_published_odds_ratio_lies_in_the_middle_of_our_posterior(paper):
    """With a wide prior of the mean and six trials or more, maximum likelihood is within half an SD of the
    posterior median.
    """
    mu = parity.ours(paper["dataset"], paper["model"]).mu
    for end, q, allowed in (("estimate", 0.5, 0.5), ("lower", 0.025, 0.75), ("upper", 0.975, 0.75)):
        assert float(mu.quantile(q)) == pytest.approx(np.log(paper[end]), abs=allowed * parity.sd_of(mu)), end
    assert (
        all(
            number in paper["printed"]
            for number in re.findall(r"\d+\.\d+", f"{paper['estimate']} {paper['lower']}")
        )
        or "%" in paper["printed"]
    )


# The sampler


def test_the_sampler_gives_the_eight_schools_of_bayesmeta(found):
    import arviz as az

    from models.engines import hierarchy
    from models.engines.sampling import sample

    table = pd.read_csv(parity.REFERENCE / "schools_es.csv")
    model = hierarchy.normal_normal(table["yi"], table["sei"], table["study"], *parity._priors("schools"))
    draws = sample(model, "eight schools").posterior
    row = STORED[(STORED["dataset"] == "schools") & (STORED["software"] == "bayesmeta")].iloc[0]
    for name, (part, q) in parity.QUANTITIES.items():
        error = float(az.mcse(draws[part], method="quantile", prob=q))
        slack = parity.ACCURACY * float(draws[part].std())
        # four standard errors: one chance in 16,000 for each of six numbers
        assert float(draws[part].quantile(q)) == pytest.approx(row[name], abs=4 * error + slack), name


# The figure and the tables


def test_the_figure_draws_each_program_of_each_group_and_says_the_finding(found):
    figure, alt, *_ = parity_page.picture(found)
    same = parity.same_model(found)
    groups = same.groupby(["dataset", "model"]).ngroups
    markers = [line for line in figure.axes[0].lines if line.get_marker() == "o"]
    assert len(markers) == len(same) + groups
    assert parity.headline(found) in alt
    words = " ".join(text.get_text() for text in figure.axes[0].texts)
    assert all(name in words for name in parity.DATASETS.values()) and "8.0 points" in words
    plt.close(figure)


def test_the_tables_hold_every_row_with_its_software(found):
    assert len(parity.analyses(found)) + len(parity.comparators(found)) == len(STORED)
    first = parity.analyses(found).iloc[0]
    # results.csv, to two decimals
    assert first["mean effect, theirs"] == "−0.76 (−1.18 to −0.39)" and first["software"] == "brms 2.18.0"


# The command


def test_the_command_prints_json_with_every_row(capsys):
    assert main(["parity", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert (
        len(rows) == len(STORED)
        and {"mu_median", "mu_median_ours", "mu_median_apart", "unit", "largest", "verdict"} <= rows[0].keys()
    )


def test_the_command_prints_a_table_and_the_finding(capsys):
    assert main(["parity"]) == 0
    text = capsys.readouterr().out
    assert "bayesmeta" in text and "BCG vaccine" in text and "Of 38 analyses" in text


def test_without_r_the_live_comparison_says_in_one_line_that_it_is_skipped(monkeypatch, capsys):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert main(["parity", "--live"]) == 0
    output = capsys.readouterr()
    assert (
        output.out == ""
        and output.err.count("\n") == 1
        and "skipped" in output.err
        and "Rscript" in output.err
    )


@pytest.fixture
def rscript(tmp_path, monkeypatch):
    """Put a stand-in for Rscript on the PATH: a shell script with the given body."""

    def install(body):
        path = tmp_path / "Rscript"
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(0o755)
        monkeypatch.setattr(shutil, "which", lambda name: str(path))

    return install


def test_live_results_are_compared_like_the_stored_ones(rscript, capsys):
    rscript('test "$2" = parity.R -a -f "$2" && grep -e dataset -e bayesmeta results.csv > "$3"')
    assert main(["parity", "--live", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["software"] for row in rows] == ["bayesmeta"] * 6 and {row["verdict"] for row in rows} == {
        parity.AGREES
    }


@pytest.mark.parametrize(
    ("body", "code", "words"), [("exit 1", 1, "failed"), ("exit 0", 0, "none of its packages")]
)
def test_an_r_without_results_is_named(rscript, capsys, body, code, words):
    rscript(body)
    assert main(["parity", "--live"]) == code
    assert words in capsys.readouterr().err


def test_the_r_script_writes_the_columns_that_are_compared():
    script = (parity.REFERENCE / "parity.R").read_text(encoding="utf-8")
    row = script.split("data.frame(dataset = dataset")[1].split("seconds = seconds")[0]
    for column in STORED.columns[1:]:
        assert re.search(rf"\b{column} = ", row), column

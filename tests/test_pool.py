"""The command line pools a table like the reference software, and names what is wrong with a bad one."""

import csv
import json
import subprocess
import sys
import types

import numpy as np
import pytest
from reference import counts, effects, published

from models.__main__ import main
from models.engines.acceptance import Rejected

COUNT_COLUMNS = ["study", "events_treated", "n_treated", "events_control", "n_control"]


@pytest.fixture
def table(tmp_path):
    """Write rows (the first is the header) to a CSV file and return its path as text."""

    def write(*rows, text=None, encoding="utf-8"):
        path = tmp_path / "studies.csv"
        if text is None:
            with open(path, "w", encoding=encoding, newline="") as file:
                csv.writer(file).writerows(rows)
        else:
            path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
        return str(path)

    return write


def count_table(table, dataset):
    return table(
        COUNT_COLUMNS, *([f"study {i}", *row] for i, row in enumerate(zip(*counts(dataset), strict=True)))
    )


def effect_table(table, dataset):
    return table(
        ["study", "estimate", "se"],
        *([f"study {i}", *row] for i, row in enumerate(zip(*effects(dataset), strict=True))),
    )


def pooled(capsys, *arguments):
    assert main(["pool", *arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


# Results


def test_sampling_and_quadrature_pool_alike(table, capsys):
    """Six trials of acute rejection, one arm without events (Crins 2014)."""
    rows = count_table(table, "crins")
    found = {
        engine: pooled(capsys, rows, "--measure", "or", "--mu-sd", "4", "--engine", engine)
        for engine in ("nuts", "quadrature")
    }
    sd = (found["quadrature"]["mu"]["upper"] - found["quadrature"]["mu"]["lower"]) / 3.92
    for name, limit, spread in (
        ("mu", "median", 1.25),
        ("mu", "lower", 2.7),
        ("mu", "upper", 2.7),
        ("tau", "median", 1.25),
    ):
        # four standard errors of a quantile of a normal, of 16,000 draws some 4,000 count
        error = 4 * spread * sd / np.sqrt(4000)
        assert found["nuts"][name][limit] == pytest.approx(found["quadrature"][name][limit], abs=error)


def test_counts_give_the_binomial_normal_posterior_of_jags(table, capsys):
    result = pooled(
        capsys, count_table(table, "bcg"), "--measure", "or", "--mu-sd", "4", "--baseline-at", "control"
    )
    reference = published("bcg", "bn", "jags")
    # 18,242 effective draws of mu, SD 0.2: the standard error of a limit is 0.2 * sqrt(.025 * .975 / 18242) /
    # .058
    # = 0.004, of the median 0.002; 7,946 of tau, SD 0.15, for its median 0.002. Three of these.
    assert result["mu"]["median"] == pytest.approx(reference["mu_median"], abs=0.006)
    assert result["mu"]["lower"] == pytest.approx(reference["mu_lower"], abs=0.012)
    assert result["mu"]["upper"] == pytest.approx(reference["mu_upper"], abs=0.012)
    assert result["tau"]["median"] == pytest.approx(reference["tau_median"], abs=0.006)
    assert len(result["studies"]) == 13 and result["studies"][0]["study"] == "study 0"


@pytest.mark.parametrize(
    ("dataset", "options"), [("hackshaw", ["hr", "--mu-sd", "4"]), ("schools", ["generic", "--mu-sd", "50"])]
)
def test_estimates_give_the_normal_normal_posterior_of_bayesmeta(table, capsys, dataset, options):
    # for generic, tau is half-normal with half of mu-sd by default: half-normal(25), as in the reference
    result = pooled(capsys, effect_table(table, dataset), "--measure", *options)
    reference = published(dataset, "nn", "bayesmeta")
    sd = (reference["mu_upper"] - reference["mu_lower"]) / 3.92
    for limit in ("median", "lower", "upper"):
        # bayesmeta's own accuracy
        assert result["mu"][limit] == pytest.approx(reference[f"mu_{limit}"], abs=0.005 * sd)
    assert result["tau"]["median"] == pytest.approx(reference["tau_median"], rel=1e-3)


def test_defaults_are_those_stated_in_help(table, capsys):
    path = count_table(table, "crins")
    explicit = ["--mu-sd", "1", "--tau", "half-normal:0.5", "--baseline-sd", "10", "--engine", "quadrature"]
    assert pooled(capsys, path, "--measure", "or") == pooled(capsys, path, "--measure", "or", *explicit)
    with pytest.raises(SystemExit) as done:
        main(["pool", "--help"])
    assert done.value.code == 0
    text = " ".join(capsys.readouterr().out.split()).replace("- ", "-")
    assert (
        "N(0, S); default 1 for or and hr" in text
        and "default half-normal:0.5" in text
        and "default 10" in text
    )


def test_studies_without_events_need_no_correction_and_add_little(table, capsys):
    rows = [COUNT_COLUMNS, ["Ma", 5, 17, 15, 28], ["Zhou", 3, 20, 9, 25]]
    without = pooled(capsys, table(*rows), "--measure", "or")
    with_zeros = pooled(capsys, table(*rows, ["Zhang", 0, 9, 0, 9]), "--measure", "or")
    # no event among 9 and 9 is nearly as likely under any odds ratio when the control risk is unknown
    assert with_zeros["mu"]["median"] == pytest.approx(without["mu"]["median"], abs=0.1)
    assert with_zeros["studies"][2]["lower"] < -1 < with_zeros["studies"][2]["upper"]


def test_the_table_for_people_is_on_the_ratio_scale(table, capsys):
    assert main(["pool", table(["study", "estimate", "se"], ["[Ma]", -0.7, 0.2]), "--measure", "hr"]) == 0
    text = capsys.readouterr().out
    assert "hazard ratio" in text and "[Ma]" in text and "P(mean effect < 1)" in text
    result = pooled(capsys, table(["study", "estimate", "se"], ["[Ma]", -0.7, 0.2]), "--measure", "hr")
    assert f"{np.exp(result['mu']['median']):.3g}" in text


def test_columns_may_be_in_any_order_with_others_between_and_a_byte_order_mark(table, capsys):
    text = "\ufeffyear,se,study,estimate\n2020,0.2,Ma,-0.7\n\n2021,0.3,Zhou,-0.1\n"
    shuffled = pooled(capsys, table(text=text), "--measure", "hr")
    plain = pooled(
        capsys, table(["study", "estimate", "se"], ["Ma", -0.7, 0.2], ["Zhou", -0.1, 0.3]), "--measure", "hr"
    )
    assert shuffled == plain


def test_the_whole_process_imports_no_sampler_and_no_data_frames(table):
    code = (
        "import sys; from models.__main__ import main; code = main(sys.argv[1:]);"
        "print(code, set(sys.modules) & {'pymc', 'arviz', 'pandas', 'numba', 'scipy.stats'}, file=sys.stderr)"
    )
    path = count_table(table, "crins")
    done = subprocess.run(
        [sys.executable, "-c", code, "pool", path, "--measure", "or"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr.strip() == "0 set()"


# Bad tables: one message that names file, line, column, value and rule; exit 1


COUNTS = "study,events_treated,n_treated,events_control,n_control\n"
EFFECTS = "study,estimate,se\n"


@pytest.mark.parametrize(
    ("measure", "text", "words"),
    [
        ("or", "", ["empty file", "events_treated"]),
        ("or", "\n\n", ["empty file"]),
        ("or", COUNTS, ["no studies"]),
        (
            "or",
            "study,events_treated,n_treated,n_control\nMa,1,2,3\n",
            ["line 1", "column events_control", "missing"],
        ),
        (
            "or",
            COUNTS.replace("n_control", "n_treated") + "Ma,5,17,15,28\n",
            ["line 1", "column n_treated", "twice"],
        ),
        (
            "or",
            COUNTS + "Ma,5,17,15,28\nZhou,x,10,1,10\n",
            ["line 3", "column events_treated", "'x'", "number"],
        ),
        ("or", COUNTS + "Ma,,17,15,28\n", ["line 2", "column events_treated", "''", "number"]),
        ("or", COUNTS + "Ma,nan,17,15,28\n", ["line 2", "'nan'", "finite"]),
        ("or", COUNTS + "Ma,5,inf,15,28\n", ["line 2", "column n_treated", "'inf'", "finite"]),
        ("or", COUNTS + "Ma,-1,17,15,28\n", ["line 2", "'-1'", "0 or more"]),
        ("or", COUNTS + "Ma,5,17,1.5,28\n", ["line 2", "column events_control", "'1.5'", "whole number"]),
        ("or", COUNTS + "Ma,18,17,15,28\n", ["line 2", "column events_treated", "'18'", "n_treated (17)"]),
        ("or", COUNTS + "Ma,5,17,29,28\n", ["line 2", "column events_control", "'29'", "n_control (28)"]),
        ("or", COUNTS + "Ma,0,0,15,28\n", ["line 2", "column n_treated", "'0'", "between 1"]),
        ("or", COUNTS + "Ma,5,17,15,28\n\nMa,1,2,1,2\n", ["line 4", "column study", "'Ma'", "line 2"]),
        ("or", COUNTS + " ,5,17,15,28\n", ["line 2", "column study", "must name"]),
        ("or", COUNTS + "Ma,5,17,15\n", ["line 2", "4 cells", "5"]),
        ("or", COUNTS + "Ma,5,17,15,28,9\n", ["line 2", "6 cells", "5"]),
        ("or", COUNTS + "Ma,1,1e10,15,28\n", ["line 2", "column n_treated", "1,000,000,000"]),
        ("hr", EFFECTS + "Ma,-0.7,0\n", ["line 2", "column se", "'0'", "positive"]),
        ("hr", EFFECTS + "Ma,-0.7,-0.2\n", ["line 2", "column se", "'-0.2'", "positive"]),
        ("generic", EFFECTS + "Ma,NaN,0.2\n", ["line 2", "column estimate", "'NaN'", "finite"]),
        ("hr", EFFECTS + "Ma,1e300,0.2\n", ["line 2", "column estimate", "'1e300'"]),
        ("hr", "heading,estimate,se\nMa,1,2\n", ["line 1", "column study", "missing"]),
        ("hr", b"study,estimate,se\nM\xfcller,1,2\n", ["UTF-8"]),
        ("hr", b"\x00\x01\x02", ["studies.csv"]),
    ],
)
def test_a_bad_table_gets_one_message(table, capsys, measure, text, words):
    path = table(text=text)
    assert main(["pool", path, "--measure", measure, "--mu-sd", "2", "--json"]) == 1
    output = capsys.readouterr()
    assert output.out == "" and output.err.count("\n") == 1 and output.err.startswith(path)
    for word in words:
        assert word in output.err


@pytest.mark.parametrize("name", ["missing.csv", "."])
def test_a_missing_file_and_a_directory_are_named(tmp_path, capsys, name):
    assert main(["pool", str(tmp_path / name), "--measure", "or"]) == 1
    output = capsys.readouterr()
    assert str(tmp_path) in output.err and output.err.count("\n") == 1


def test_studies_that_no_tau_can_reconcile_get_one_message(table, capsys):
    path = table(COUNT_COLUMNS, ["Ma", 9000, 10000, 1000, 10000], ["Zhou", 1000, 10000, 9000, 10000])
    assert main(["pool", path, "--measure", "or", "--tau", "half-normal:0.00001"]) == 1
    assert "conflict" in capsys.readouterr().err


@pytest.mark.parametrize(
    "options",
    [
        ["--tau", "cauchy:1"],
        ["--tau", "normal:0:1"],
        ["--mu-sd", "0"],
        ["--mu-sd", "x"],
        ["--baseline-sd", "nan"],
    ],
)
def test_an_illegal_prior_is_wrong_usage(table, capsys, options):
    with pytest.raises(SystemExit) as done:
        main(["pool", table(COUNT_COLUMNS, ["Ma", 1, 2, 1, 2]), "--measure", "or", *options])
    assert done.value.code == 2
    assert options[0] in capsys.readouterr().err


def test_generic_effects_need_a_prior_scale(table, capsys):
    assert main(["pool", table(["study", "estimate", "se"], ["Ma", 1, 2]), "--measure", "generic"]) == 2
    assert "--mu-sd" in capsys.readouterr().err


# The sampling engine, with a stand-in for the sampler: only what is passed to it and read from it


@pytest.fixture
def sampler(monkeypatch):
    import xarray

    seen = {}
    random = np.random.default_rng(3)

    def build(*arguments):
        seen["arguments"] = arguments
        return "the model"

    def sample(model, name, seed):
        seen.update(model=model, name=name, seed=seed)
        if "error" in seen:
            raise seen["error"]
        draws = {
            name: (("chain", "draw"), random.normal(2, 1, (2, 5000))) for name in ("mu", "tau", "prediction")
        }
        draws["theta"] = (("chain", "draw", "study"), random.normal([0, 10], 1, (2, 5000, 2)))
        posterior = xarray.Dataset(draws, coords={"study": ["Ma", "Zhou"]})
        return xarray.DataTree.from_dict({"posterior": posterior})

    errors = {"median": 0.001, "lower": 0.0123, "upper": 0.003}
    hierarchy = types.SimpleNamespace(normal_normal=build, binomial_normal=build)
    monkeypatch.setattr("models.pool.sampled.hierarchy", hierarchy)
    monkeypatch.setattr("models.pool.sampled.sample", sample)
    monkeypatch.setattr("models.pool.sampled.monte_carlo_errors", lambda draws: errors)
    return seen


def test_the_sampling_engine_gets_the_table_and_the_priors(table, capsys, sampler):
    path = table(COUNT_COLUMNS, ["Ma", 5, 17, 15, 28], ["Zhou", 3, 20, 9, 25])
    result = pooled(capsys, path, "--measure", "or", "--engine", "nuts", "--seed", "7", "--mu-sd", "2")
    *columns, names, mu, tau, baseline = sampler["arguments"]
    np.testing.assert_array_equal(columns, [[5, 3], [17, 20], [15, 9], [28, 25]])
    assert list(names) == ["Ma", "Zhou"] and sampler["seed"] == 7
    assert [prior.parameters for prior in (mu, tau, baseline.prior)] == [(0, 2), (0.5,), (0, 10)]
    assert baseline.share == 0.5
    # N(2, 1) from 10,000 draws: the standard error of a limit is sqrt(.025 * .975 / 10000) / .058 = 0.027
    assert result["mu"]["lower"] == pytest.approx(2 - 1.96, abs=0.1)
    assert result["probability_mu_below_zero"] == pytest.approx(0.0228, abs=0.006)
    assert [round(study["median"]) for study in result["studies"]] == [0, 10]
    assert result["engine"] == "nuts"
    assert result["monte_carlo_error_of_mu"]["lower"] == 0.0123


def test_a_rejected_sample_is_not_shown(table, capsys, sampler):
    sampler["error"] = Rejected("R-hat 1.3 of tau")
    path = table(["study", "estimate", "se"], ["Ma", -0.7, 0.2], ["Zhou", -0.1, 0.3])
    assert main(["pool", path, "--measure", "hr", "--engine", "nuts"]) == 1
    output = capsys.readouterr()
    assert output.out == "" and "R-hat 1.3 of tau" in output.err
    assert "leave out --engine nuts" in output.err


def test_the_sampling_engine_tells_its_monte_carlo_error(table, capsys, sampler):
    path = table(["study", "estimate", "se"], ["Ma", -0.7, 0.2], ["Zhou", -0.1, 0.3])
    assert main(["pool", path, "--measure", "hr", "--engine", "nuts"]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "median 0.001, lower limit 0.012, upper limit 0.003" in text

"""A prior of any shape comes from a file of two columns."""

import json

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, stats

from models.__main__ import main
from models.pool import pool
from models.pool.density_file import TabulatedPrior, read_prior

YI, SEI = np.array([-0.9, -0.2, 0.4, -0.5]), np.array([0.4, 0.3, 0.5, 0.25])
PROBABILITIES = (0.025, 0.5, 0.975)


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "studies.csv"
    pd.DataFrame({"study": list("abcd"), "log_or": YI, "se": SEI}).to_csv(path, index=False)
    return str(path)


@pytest.fixture
def file(tmp_path):
    def write(text):
        path = tmp_path / "density.csv"
        path.write_text(text)
        return str(path)

    return write


def pooled(capsys, *arguments):
    assert main(["pool", *arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def limits(found):
    return [found[name] for name in ("lower", "median", "upper")]


def lines(values, densities, separator=","):
    return "\n".join(f"{value}{separator}{one}" for value, one in zip(values, densities, strict=True))


def test_a_normal_and_a_half_normal_as_files_give_what_their_names_give(table, file, capsys):
    tau, mu = np.linspace(0, 4, 2001), np.linspace(-7, 7, 2001)
    named = pooled(capsys, table, "--mu", "normal:0:1", "--tau", "half-normal:0.5")
    of_tau = file("tau,density\n" + lines(tau, stats.halfnorm(scale=0.5).pdf(tau)))
    for name in ("mu", "tau", "prediction"):
        found = pooled(capsys, table, "--mu", "normal:0:1", "--tau-prior", of_tau)
        np.testing.assert_allclose(limits(found[name]), limits(named[name]), atol=2e-4)
    of_mu = file(lines(mu, 3 * stats.norm.pdf(mu), ";"))
    found = pooled(capsys, table, "--mu-prior", of_mu, "--tau", "half-normal:0.5")
    np.testing.assert_allclose(limits(found["mu"]), limits(named["mu"]), atol=2e-4)


def test_a_triangle_and_two_humps_give_what_sums_over_mu_and_tau_give(table, file, capsys):
    triangle, humps = ([0.1, 0.3, 1.2], [0, 2, 0]), ([-2, -1, -0.2, 0.0, 1.0], [0, 3, 0.1, 1.0, 0])
    result = pooled(capsys, table, "--tau-prior", file(lines(*triangle)), "--mu", "normal:0:1")
    mu = np.linspace(-4, 4, 1601)
    tau = np.linspace(0.1, 1.2, 551)

    def quantiles(density_of_mu):
        spread = np.hypot(SEI, tau[:, None, None])
        log_mass = stats.norm.logpdf(YI, mu[:, None], spread).sum(axis=-1)
        mass = np.exp(log_mass) * np.interp(tau, *triangle)[:, None] * density_of_mu(mu)
        cdf = integrate.cumulative_trapezoid(mass.sum(axis=0), mu, initial=0)
        return np.interp(PROBABILITIES, cdf / cdf[-1], mu)

    np.testing.assert_allclose(limits(result["mu"]), quantiles(stats.norm.pdf), atol=1e-3)
    both = pool(
        pd.DataFrame({"study": list("abcd"), "log_or": YI, "se": SEI}),
        mu=TabulatedPrior("humps", "table", (), "", "", *map(tuple, humps)),
        tau=read_prior(file(lines(*triangle))),
    ).summary
    np.testing.assert_allclose(
        limits(both["mu"]), quantiles(lambda x: np.interp(x, *humps, left=0, right=0)), atol=2e-3
    )


def test_quantiles_of_a_triangle_are_its_square_roots(file):
    prior = read_prior(file(lines([0, 1, 2], [0, 5, 0])))
    np.testing.assert_allclose(prior.quantile([0.0, 0.125, 0.5, 0.875, 1.0]), [0, 0.5, 1, 1.5, 2], atol=1e-12)
    np.testing.assert_allclose(np.exp(prior.log_density([0.5, 1, 3])), [0.5, 1, 0], atol=1e-12)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("0,1\n0,2\n", "must increase"),
        ("0,1\n1,-2\n", "0 or more"),
        ("0,1\n", "two points"),
        ("0,1\n1,x\n", "line 2"),
        ("0,0\n1,0\n", "one of them more"),
        ("-1,1\n1,1\n", "prior of tau must be"),
        ("0,1\n1,inf\n", "must be finite"),
    ],
)
def test_what_is_no_density_of_tau_is_wrong_usage(table, file, capsys, text, words):
    with pytest.raises(SystemExit) as stopped:
        main(["pool", table, "--tau-prior", file(text)])
    assert stopped.value.code == 2 and words in " ".join(capsys.readouterr().err.split())

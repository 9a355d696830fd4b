"""The explorer, in Chromium and from a file: its posterior against Python's, its address, its refusals, and the record it writes."""

import itertools
import json
import re
import shutil
from urllib.parse import urlencode

import numpy as np
import pytest
from scipy import integrate, stats
from scipy.special import logsumexp

from book import explorer as page_of
from book import files, inputs
from extraction.evidence import collect
from extraction.records import load
from models import explorer, fit, reports, summary
from models.bias import bias_prior, bias_priors, through_bias
from models.endpoint import study_likelihoods
from models.endpoints import ENDPOINTS
from models.priors import BASELINE_LOGIT, Prior, parse
from models.quadrature_general import from_study_likelihoods
from models.two_arms import two_arm_log_likelihood
from tests.whole_tree import Tree

REVIEW = load()
WITHIN = 0.005  # log scale
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync")
GO = """hash => new Promise(done => {
    const rows = () => [...document.querySelectorAll("[data-part=numbers] tr")].map(row => [row.cells[0].textContent,
        ["median", "lower", "upper"].map(name => Number(row.dataset[name]))]);
    addEventListener("hashchange", () => done(rows()), { once: true });
    location.hash = hash;
})"""
"""Go to a state, and read every number of its answer."""
browser = pytest.mark.browser


@pytest.fixture(scope="module")
def address(tmp_path_factory) -> str:
    """The explorer alone on a page, with the files that the book puts beside it."""
    folder = tmp_path_factory.mktemp("explorer")
    handed = page_of.scripts(REVIEW) | {"style.css": (inputs.ROOT / "book" / "style.css").read_bytes()}
    head = '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><link rel="stylesheet" href="../style.css">'
    for path, content in {**handed, "book/explorer.html": f"{head}<title>Explorer</title>{page_of.markup()}".encode()}.items():
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_bytes(content)
    return (folder / "book" / "explorer.html").as_uri()


@pytest.fixture(scope="module")
def chromium():
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not found:
        pytest.skip("no Chromium on this machine: .ci/run installs it on Debian")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=found, args=list(FLAGS))
        yield started
        started.close()


@pytest.fixture
def page(chromium, address):
    """The explorer as it opens; at the end, nothing was complained of and nothing asked for from outside its folder."""
    opened, faults = chromium.new_page(), []
    opened.on("console", lambda message: faults.append(message.text))
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.on("request", lambda request: None if request.url.startswith(("file:", "blob:")) else faults.append(request.url))
    opened.goto(address)
    yield opened
    opened.close()
    assert not faults


def settled(page) -> None:
    """Wait until the address follows the choices."""
    page.evaluate("() => { document.getElementById('explorer').dataset.settled = 0; }")
    page.wait_for_function("Number(document.getElementById('explorer').dataset.settled) > 0")


def text(page, part: str) -> str:
    return page.locator(f"[data-part='{part}']").inner_text()


def at(page, **choices) -> dict[str, np.ndarray]:
    """Median and limits on the log scale of every row of the answer to these choices; `own` and `reset` of a former state play no part."""
    page.evaluate("() => history.replaceState(null, '', location.pathname)")
    return {label: np.array(values) for label, values in page.evaluate(GO, "#" + urlencode(choices, safe=":,"))}


# the posterior against Python's

TAU = {"half_normal": (0.1, 0.5, 1.5), "log_normal": (0.29, 0.8), "inverse_gamma": (0.14, 0.8)}


def settings() -> list[dict]:
    """Choices by endpoint: every prior of tau, with the other choices going round."""
    found = []
    for key, endpoint in explorer.EXPLORED.items():
        others = itertools.cycle(itertools.product((1.0, 0.3, 2.0), ("none", "judged", "0.4:0.6"), ("used", "printed")))
        for prior in explorer.tau_families(endpoint):
            for scale in TAU[prior.family]:
                for mu, bias, data in itertools.islice(others, 2):
                    found.append({"endpoint": key, "tau": f"{prior.family}:{scale}", "mu": mu, "bias": bias, "data": data})
    return [choices for choices in found if choices["data"] in explorer.data(REVIEW)["endpoints"][choices["endpoint"]]["readings"]]


def by_python(endpoint: str, tau: str, mu: float, bias: str = "judged", data: str = "used", without: str = "", own=None):
    """The same posterior from likelihoods as the book has them; `own` is a further log likelihood."""
    family, scale = tau.split(":")
    shape = next(explorer._tau(p)["shape"] for p in explorer.tau_families(ENDPOINTS[endpoint]) if p.family == family)
    evidence = collect(REVIEW, ENDPOINTS[endpoint].evidence, explorer.READINGS[data])
    terms = {REVIEW.studies[study].label: (term, bias_priors(endpoint, REVIEW, evidence)[study])
             for study, term in study_likelihoods(evidence).items() if study not in without.split(",")}
    if own:
        terms["Your study"] = own, bias_prior(endpoint, "critical")
    if bias not in ("judged", "none"):
        same = Prior("same", "normal", tuple(map(float, bias.split(":"))), "", "")
        terms = {study: (term, same) for study, (term, _) in terms.items()}
    likelihoods = [term if bias == "none" else through_bias(term, prior) for term, prior in terms.values()]
    return from_study_likelihoods(likelihoods, parse(f"normal:0:{mu}"), explorer.tau_prior(family, float(scale), shape), list(terms))


def limits(marginal) -> list[float]:
    return list(marginal.limits().values())


@browser
def test_the_answer_is_python_s_over_a_grid_of_choices(page):
    worst = {"mean": 0.0, "prediction": 0.0, "study": 0.0}
    for choices in settings():
        expected, found = by_python(**choices), at(page, **{k: v for k, v in choices.items() if v not in ("none", "used")})
        distances = {"mean": found["Mean effect"] - limits(expected.mu), "prediction": found["Prediction for a new study"] - limits(expected.prediction),
                     "study": np.array([found[study] - limits(theta) for study, theta in expected.theta.items()])}
        assert np.abs(distances["mean"]).max() < WITHIN, choices
        below = expected.probability_below()
        favours = below if ENDPOINTS[choices["endpoint"]].benefit == "below" else 1 - below
        assert found["Probability that tocilizumab is the better side"][0] == pytest.approx(favours, abs=0.002)
        tau = found["Differences between studies, τ (log scale)"]
        assert tau[0] == pytest.approx(expected.tau.limits()["median"], abs=0.02)
        worst = {name: max(worst[name], float(np.abs(distances[name]).max())) for name in worst}
    assert worst["prediction"] < 0.05 and worst["study"] < 0.05, worst  # the heaviest tails of tau leave the page's grid


@browser
@pytest.mark.parametrize("key", explorer.EXPLORED)
def test_it_opens_with_the_book_s_answer(page, key):
    fit.fit([key], REVIEW)
    book, found = summary.summarise(key, REVIEW), at(page, endpoint=key)
    expected = np.log([book[name] for name in ("median", "lower", "upper")])
    errors = [book["mcse"][name] / book[name] for name in ("median", "lower", "upper")]
    assert (np.abs(found["Mean effect"] - expected) < 4 * np.array(errors) + 0.002).all()


@browser
def test_a_study_of_one_s_own_enters_as_python_has_it(page):
    counts = two_arm_log_likelihood(12, 40, 3, 37, BASELINE_LOGIT)
    choices = {"endpoint": "severe_infection", "tau": "half_normal:0.5", "mu": 1.0, "bias": "judged"}
    expected, found = by_python(**choices, own=counts), at(page, **choices, counts="12:40:3:37")
    assert np.abs(found["Mean effect"] - limits(expected.mu)).max() < WITHIN
    assert np.abs(found["Your study"] - limits(expected.theta["Your study"])).max() < WITHIN
    ratio = lambda theta: reports.ratio(theta, 0.8, 0.5, 1.28)  # noqa: E731
    choices = {"endpoint": "overall_survival", "tau": "inverse_gamma:0.3", "mu": 0.5, "without": "zhou2025,ma2024"}
    expected, found = by_python(**choices, bias="none", own=ratio), at(page, **choices, ratio="0.8:0.5:1.28")
    assert np.abs(found["Mean effect"] - limits(expected.mu)).max() < WITHIN


@browser
@pytest.mark.parametrize("bias", ["none", "1.5:0.05"])
def test_a_study_as_far_out_as_the_page_allows_is_still_computed_as_python_does(page, bias):
    """The narrowest priors, a hundred SDs from what the study says."""
    choices = {"endpoint": "overall_survival", "tau": "half_normal:0.1", "mu": 0.1}
    expected = by_python(**choices, bias=bias, own=lambda theta: reports.ratio(theta, 0.0201, 0.019, 0.02126))
    found = at(page, **choices, ratio="0.0201:0.019:0.02126", **({} if bias == "none" else {"bias": bias}))
    assert np.abs(found["Mean effect"] - limits(expected.mu)).max() < WITHIN


@browser
def test_one_ratio_alone_is_the_integral_over_tau(page):
    """mu given one normal report: its density is the prior times the report's normal, averaged over the half-normal of tau (scipy alone)."""
    found = at(page, endpoint="overall_survival", without="zhou2025,zhang2022,ma2024", ratio="0.5:0.3:0.83", tau="half_normal:0.6", mu=0.7)
    y, se = np.log(0.5), np.log(0.83 / 0.3) / (2 * stats.norm.ppf(0.975))
    mu = np.linspace(-4, 3, 3501)
    density = [stats.norm.pdf(m, 0, 0.7) * integrate.quad(lambda t: stats.norm.pdf(y, m, np.hypot(se, t)) * stats.halfnorm.pdf(t, scale=0.6), 0, 6)[0] for m in mu[::10]]
    cdf = integrate.cumulative_trapezoid(np.interp(mu, mu[::10], density), mu, initial=0)
    assert found["Mean effect"] == pytest.approx(np.interp([0.5, 0.025, 0.975], cdf / cdf[-1], mu), abs=WITHIN)


@browser
@pytest.mark.parametrize("table", [(9, 17, 10, 28), (0, 12, 5, 14), (3, 20, 0, 25), (7, 7, 9, 9), (900, 2000, 700, 1900)])
def test_counts_are_exact_binomials_with_the_control_risk_summed_out(page, table):
    """Brute force: the two binomials and the prior of the control logit on a fine even grid."""
    found = page.evaluate(f"Explorer.tableLikelihood(EXPLORER_DATA.grid, {', '.join(map(str, table))})")
    toci, n_toci, control, n_control = table
    alpha, theta = np.linspace(-60, 60, 240_001), np.array([-3.0, -1.0, 0.0, 0.5, 1.0, 3.0]) if n_toci < 100 else np.array([-0.2, 0.0, 0.1, 0.4])
    at_alpha = stats.binom.logpmf(control, n_control, 1 / (1 + np.exp(-alpha))) + stats.norm.logpdf(alpha, 0, 10)
    expected = np.array([logsumexp(at_alpha + stats.binom.logpmf(toci, n_toci, 1 / (1 + np.exp(-alpha - t)))) for t in theta])
    values = np.interp(theta, explorer.GRID, found)
    assert values - values[1] == pytest.approx(expected - expected[1], abs=1e-3)


@browser
def test_without_any_study_the_prior_stands(page):
    found = at(page, endpoint="severe_infection", without="zhou2025,zhang2022", mu=0.8)
    assert found["Mean effect"] == pytest.approx(stats.norm.ppf([0.5, 0.025, 0.975], 0, 0.8), abs=WITHIN)
    assert "what you see is the prior" in text(page, "book")


def test_tables_join_to_the_likelihood_between_their_points():
    for key in explorer.EXPLORED:
        for study, term in study_likelihoods(collect(REVIEW, ENDPOINTS[key].evidence)).items():
            middle = explorer.GRID[:-1] + 0.025
            table, exact = np.array(explorer.tabulated(term)), np.asarray(term(middle)) - np.max(term(explorer.GRID))
            joined = (9 * (table[1:-2] + table[2:-1]) - table[:-3] - table[3:]) / 16
            near = exact[1:-1] > -30
            assert joined[near] == pytest.approx(exact[1:-1][near], abs=2e-3), (key, study)


# absolute effects and speed


@browser
def test_absolute_effects_follow_the_odds_ratio(page):
    found = at(page, endpoint="severe_infection", risk="300")
    having = [round(1000 / (1 + (1 / 0.3 - 1) / odds_ratio)) for odds_ratio in np.exp(found["Mean effect"])]
    assert re.search(r"of whom 300 .*, (\d+) would have it with tocilizumab \(95 % interval (\d+) to (\d+)\)", text(page, "absolute-words")).groups() == tuple(map(str, having))


@browser
def test_every_slider_is_followed_quickly(page):
    """50 ms is the aim on a laptop; a busy machine gets ten times that."""
    at(page, endpoint="overall_survival", bias="0.1:0.3")
    taken = []
    for slider in ("scale", "mu", "bias-mean", "bias-sd"):
        for step in range(6):
            before = text(page, "numbers")
            page.locator(f"[name={slider}]").press("ArrowRight")
            page.wait_for_function("before => document.querySelector('[data-part=numbers]').innerText !== before", arg=before, timeout=2000)
            taken.append(float(page.locator("#explorer").get_attribute("data-milliseconds")))
    print(f"a step of a slider takes {np.median(taken):.0f} ms, at most {max(taken):.0f} ms")
    assert np.median(taken) < 500


# the address


@browser
def test_a_shared_address_restores_every_choice(page, chromium):
    page.select_option("[name=endpoint]", "complete_response")
    page.select_option("[name=family]", "log_normal")
    page.locator("[name=mu]").fill("0.7")
    page.select_option("[name=bias]", "same")
    page.locator("[name=bias-sd]").fill("0.45")
    page.locator("[name=study-in][value=ma2024]").uncheck()
    for name, value in zip(("events-toci", "n-toci", "events-control", "n-control"), ("30", "40", "22", "38")):
        page.locator(f"[name={name}]").fill(value)
    settled(page)
    other = chromium.new_page(viewport={"width": 360, "height": 800})
    other.goto(page.url)
    assert text(other, "numbers") == text(page, "numbers") and "Your study" in text(other, "numbers")
    assert other.locator("[name=n-control]").input_value() == "38" and not other.locator("[value=ma2024]").is_checked()
    assert other.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
    other.close()


@browser
@pytest.mark.parametrize("bad, said", [
    ("endpoint=wings", "endpoint: found “wings”"), ("mu=0", "a number from 0.1 to 2"), ("mu=", "a number from 0.1 to 2"), ("tau=uniform:1", "tau: found"),
    ("tau=half_normal:9", "a number from 0.1 to 1.5"), ("without=nobody2020", "the studies are"), ("without=x&data=y", "the studies are"), ("bias=-3:1", "bias: found"),
    ("bias=much", "bias: found"), ("counts=9:5:1:10", "9 events in 5 patients"), ("counts=1:2", "4 numbers are wanted"), ("ratio=2:3:4", "both sides"),
    ("baseline=77", "baseline: found"), ("risk=1000", "risk: found"), ("colour=red", "no such choice"), ("data=constructor", "data: found"),
    ("endpoint=overall_survival&counts=1:9:2:9", "reads ratios"), ("counts=%3Cimg%20src=x%3E:1:1:1", "a count is a whole number"),
])
def test_an_address_that_says_nothing_sensible_is_refused_in_words(page, bad, said):
    found = at(page, mu=0.5)
    found = {label: np.array(values) for label, values in page.evaluate(GO, f"#{bad}")}
    assert said in text(page, "link-fault") and "book's answer is shown instead" in text(page, "link-fault")
    assert found["Mean effect"] == pytest.approx(limits(by_python("severe_infection", "half_normal:0.5", 1.0, "none").mu), abs=WITHIN)


@browser
def test_the_link_is_copied_and_reset_returns_to_the_book(page):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    book = text(page, "numbers")
    page.locator("[name=mu]").fill("0.4")
    page.get_by_role("button", name="Copy link").click()
    page.wait_for_function("document.querySelector('[data-part=told]').textContent")
    assert page.url.endswith("#endpoint=severe_infection&mu=0.4")
    page.get_by_role("button", name="Reset").click()
    settled(page)
    assert text(page, "numbers") == book and "#" not in page.url


# input


@browser
@pytest.mark.parametrize("values, said", [
    (("9", "5", "1", "10"), "9 events in 5 patients"), (("x", "5", "1", "10"), "whole number"), (("-1", "5", "1", "10"), "whole number"),
    (("1.5", "5", "1", "10"), "whole number"), (("1", "0", "1", "10"), "Found 0 patients"), (("1", "5", "", ""), "four numbers are needed"),
    (("10000", "20000", "9999", "20000"), "too precise"), (("1", "99999", "1", "2"), "from 1 to 20,000"),
    (("4999", "5000", "1", "5000"), "beyond this page"),
])
def test_counts_that_cannot_be_are_refused_in_place_and_the_last_answer_stays_dimmed(page, values, said):
    before, inputs_of = text(page, "numbers"), ("events-toci", "n-toci", "events-control", "n-control")
    for name, value in zip(inputs_of, values):
        page.locator(f"[name={name}]").fill(value)
    settled(page)
    assert said in text(page, "own-fault")
    assert text(page, "numbers") == before and "stale" in page.locator("#explorer").get_attribute("class")
    assert text(page, "summary").startswith("The last valid answer")
    marked = page.locator("[aria-invalid=true]")
    assert marked.count() and marked.first.get_attribute("aria-describedby") == "own-fault"
    page.get_by_role("button", name="Take it out").click()
    assert "stale" not in page.locator("#explorer").get_attribute("class") and page.locator("[aria-invalid=true]").count() == 0


@browser
@pytest.mark.parametrize("values, said", [(("0.8", "0.9", "1.2"), "both sides"), (("0", "0.5", "1"), "above 0"), (("1e1", "0.5", "1"), "a number above 0"),
                                          (("1", "0.99", "1.01"), "too precise"), (("51", "45", "60"), "between 0.02 and 50"), (("0.8", "", "1"), "three numbers")])
def test_ratios_that_cannot_be_are_refused_in_place(page, values, said):
    page.select_option("[name=endpoint]", "overall_survival")
    for name, value in zip(("estimate", "lower", "upper"), values):
        page.locator(f"[name={name}]").fill(value)
    settled(page)
    assert said in text(page, "own-fault")


@browser
def test_the_keyboard_moves_a_slider_and_the_answer_is_spoken(page):
    page.locator("[name=mu]").focus()
    page.keyboard.press("ArrowLeft")
    settled(page)
    assert page.url.endswith("mu=0.95")
    assert page.locator("[role=status][aria-live=polite]").first.inner_text() == text(page, "summary")
    unnamed = page.evaluate("[...document.querySelectorAll('#explorer input, #explorer select')].filter(control => !control.labels.length).length")
    assert unnamed == 0 and "Mean effect: " in page.locator("svg").get_attribute("aria-label")


# a contribution


@pytest.fixture(scope="module")
def tree(tmp_path_factory) -> Tree:
    return Tree(tmp_path_factory.mktemp("contribution") / "review")


@browser
@pytest.mark.parametrize("endpoint, own, entered", [
    ("severe_infection", {"counts": "7:18:4:22"}, "severe_infection"), ("overall_survival", {"ratio": "0.86:0.41:1.80"}, "overall_survival"),
    ("icans", {"ratio": "1.10:0.50:2.42"}, None)])
def test_the_record_it_writes_passes_the_check_once_its_row_is_filled_in_and_enters_as_the_page_says(page, tree, endpoint, own, entered):
    tree.git("checkout", "-q", ".")
    tree.git("clean", "-qfd", "extraction")
    at(page, endpoint=endpoint, **own)
    page.get_by_text("Make your study a contribution").click()
    for name, value in {"study": "lee2031", "where": "Table 2", "doi": "10.1234/example.2031"}.items():
        page.locator(f"[name={name}]").fill(value)
    with page.expect_download() as download:
        page.get_by_role("button", name="Save the record").click()
    assert download.value.suggested_filename == "lee2031.yml"
    path = text(page, "path")
    download.value.save_as(tree.folder / path)
    previewed = tree.run(*text(page, "command").removeprefix("python -m ").split(), "--json")
    assert previewed.returncode == 0, previewed.stdout + previewed.stderr
    assert [one["endpoint"] for one in json.loads(previewed.stdout)["endpoints"]] == ([entered] if entered else [])
    assert page.locator("[data-part=not-read]").is_visible() == (entered is None)
    row = text(page, "row").replace("[FILL_IN]", "[Lee A]").replace("FILL_IN", "Invented for a test.")
    tree.change("extraction/register.yml", "\nexternal:", f"\n{row.rstrip()}\n\nexternal:")
    checked = tree.run("extraction", "check")
    assert checked.returncode == 0, checked.stdout + checked.stderr


@browser
@pytest.mark.parametrize("names, said", [(("Lee 2031", "Table 2", "10.1234/x1"), "surname in small letters"), (("lee2031", " ", "10.1234/x1"), "where the numbers stand"),
                                         (("lee2031", "Table 2", "doi.org/x"), "begins with 10.")])
def test_a_record_without_proper_names_is_not_written(page, names, said):
    at(page, endpoint="severe_infection", counts="7:18:4:22")
    page.get_by_text("Make your study a contribution").click()
    for name, value in zip(("study", "where", "doi"), names):
        page.locator(f"[name={name}]").fill(value)
    page.wait_for_timeout(50)
    assert said in text(page, "record-fault") and not page.get_by_role("button", name="Save the record").is_visible()


def test_a_notebook_without_a_book_says_where_the_explorer_works(monkeypatch):
    shown = []
    monkeypatch.delenv(files.PAGE, raising=False)
    monkeypatch.setattr(files, "display", lambda content, **_: shown.append(content["text/html"]))
    page_of.show(REVIEW)
    assert "make book" in shown[0] and "<script" not in shown[0]

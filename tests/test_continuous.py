"""Measured values: what of each arm enters the ratio of means, how likely it is, why the rest is left out.

The papers are invented. The own review's variable of days stands for that of an endpoint of means.
"""

import numpy as np
import pytest
from scipy import stats
from scipy.special import logsumexp
from test_forms import PLACE, STUDY, arms, entry, ratio

from extraction.schema import MeanInterval, Record
from models.evidence.continuous import continuous
from models.evidence.report import PRIMARY, Reading, Unused, Used
from models.likelihood.kinds.mean_ratio import MeanRatio
from models.likelihood.kinds.means import Means
from models.likelihood.kinds.medians import Medians

DAYS = "crs_duration"


def of_arms(kind: str, treated: dict, control: dict, **more) -> list[dict]:
    return [
        entry(kind, DAYS, arm, " ".join(numbers.values()), **numbers, **more)
        for arm, numbers in (("treated", treated), ("control", control))
    ]


def means(treated: tuple[str, str], control: tuple[str, str], **more) -> list[dict]:
    both = ({"mean": mean, "sd": sd} for mean, sd in (treated, control))
    return of_arms("mean_sd", *both, **more)


def told(*entries: dict, reading: Reading = PRIMARY, **strata: dict) -> tuple[list[Used], dict[str, str]]:
    """Reports used, and why the others are not, by entry."""
    record = Record.model_validate(
        {
            "study": STUDY,
            "extracted": "2026-05-01",
            "extractor": "nobody",
            "texts": [],
            "design": {
                "type": "cohort",
                "centres": [],
                "first_patient": None,
                "last_patient": None,
                "product": "invented",
                "lymphodepletion": None,
                "address": PLACE,
            },
            "arms": {arm: {"definition": arm} for arm in ("treated", "control")},
            "strata": {"all": {"definition": "All."}}
            | {name: {"definition": name} | more for name, more in strata.items()},
            "entries": list(entries),
        }
    )
    found = list(continuous(record, DAYS, "", reading))
    reasons = {e: one.reason for one in found if isinstance(one, Unused) for e in one.entries}
    return [one for one in found if isinstance(one, Used)], reasons


def test_means_with_sds_enter_with_the_sizes_of_their_arms():
    (used,), left_out = told(*arms(20, 30), *means(("12.5", "6"), ("15", "7.5")))
    assert used.report == Means((12.5, 6.0, 20), (15.0, 7.5, 30)) and not left_out


def test_an_error_or_an_interval_of_the_mean_gives_the_sd():
    """SE times the root of n; half the interval over Student's t at n - 1 is the SE."""
    wide = stats.t.isf(0.025, 24) * 1.5
    interval = {"mean": "12.0", "lower": f"{12 - wide:.4f}", "upper": f"{12 + wide:.4f}"}
    (used,), _ = told(*arms(25, 25), *of_arms("mean_interval", {"mean": "10.0", "se": "1.5"}, interval))
    for arm, mean in ((used.report.treated, 10.0), (used.report.control, 12.0)):
        assert arm == pytest.approx((mean, 7.5, 25), rel=1e-4)


@pytest.mark.parametrize(
    ("treated", "reason"),
    [(("-0.5", "6"), "not above 0"), (("0", "6"), "not above 0"), (("12", "0"), "an SD of 0")],
)
def test_a_mean_without_a_ratio_or_an_error_is_left_out_with_that_reason(treated, reason):
    used, left_out = told(*arms(20, 30), *means(treated, ("15", "7.5")))
    assert not used and len(left_out) == 2
    assert any(reason in said for said in left_out.values())


def test_what_gives_no_ratio_says_why():
    one = entry("mean_sd", DAYS, "treated", "12 6", mean="12", sd="6")
    others = [
        entry("mean_difference", DAYS, printed="1.3", estimate="1.3", unit="days"),
        entry("p_value", DAYS, p="0.03", tests=["t"], printed="0.03"),
        entry("quantity", DAYS, "control", "9", value="9"),
    ]
    used, left_out = told(*arms(20, 30), one, *others)
    assert not used and left_out.keys() == {e["id"] for e in (one, *others)}
    assert "other arm" in left_out[one["id"]] and "how large" in left_out[others[1]["id"]]
    _, without_sizes = told(*means(("12", "6"), ("15", "7.5")))
    assert all("how many patients" in reason for reason in without_sizes.values())


def test_an_interval_that_is_not_symmetric_is_none_of_students_t():
    uneven = {"mean": "10.0", "lower": "8.0", "upper": "14.0"}
    used, left_out = told(*arms(20, 30), *of_arms("mean_interval", uneven, uneven))
    assert not used and all("not symmetric" in reason for reason in left_out.values())


def test_medians_enter_where_no_means_are_printed_quartiles_and_range_together():
    quartiles = {"median": "5", "lower_quartile": "3", "upper_quartile": "9"}
    spread = {"median": "5", "minimum": "1", "maximum": "30"}
    medians = of_arms("median_quartiles", quartiles, quartiles)
    of_range = of_arms("median_range", spread, spread)[:1]
    (used,), left_out = told(*arms(20, 30), *medians, *of_range)
    assert used.report == Medians((1.0, 3.0, 5.0, 9.0, 30.0), (None, 3.0, 5.0, 9.0, None), 20, 30)
    assert not left_out
    (used,), left_out = told(*arms(20, 30), *medians, *means(("12", "6"), ("15", "7.5")))
    assert isinstance(used.report, Means) and set(left_out.values()) == {
        "the same patients as the means used"
    }
    _, left_out = told(*arms(20, 30), *of_arms("median_range", spread | {"minimum": "0"}, spread))
    assert "log-normal" in left_out[of_range[0]["id"]]


def test_an_adjusted_ratio_goes_before_the_means_unless_a_reading_asks_otherwise():
    both = means(("12", "6"), ("15", "7.5"))
    adjusted = ratio("ratio_of_means", DAYS, "0.85", "0.70", "1.03", adjusted_for=["age"])
    printed = (*arms(20, 30), *both, adjusted)
    (used,), left_out = told(*printed)
    assert used.report == MeanRatio(0.85, 0.70, 1.03)
    assert left_out.keys() == {e["id"] for e in both}
    (used,), left_out = told(*printed, reading=Reading(adjusted_first=False))
    assert isinstance(used.report, Means) and left_out.keys() == {adjusted["id"]}


def test_parts_enter_where_the_whole_is_not_printed_and_only_then():
    parts = [
        part
        for name in ("young", "old")
        for part in (
            *(e | {"id": f"{e['id']}.{name}", "stratum": name} for e in arms(10, 12)),
            *means(("12", "6"), ("15", "7.5"), stratum=name),
        )
    ]
    strata = {"young": {"grades": [1]}, "old": {"grades": [2]}}
    used, _ = told(*parts, **strata)
    assert [one.stratum for one in used] == ["young", "old"]
    used, left_out = told(*arms(20, 24), *means(("13", "6"), ("15", "7")), *parts, **strata)
    assert [one.stratum for one in used] == ["all"]
    assert set(left_out.values()) == {"part of the patients of the means used"}


def test_a_mean_has_its_error_or_its_interval_in_the_schema():
    for wrong in ({}, {"lower": "8.0"}, {"lower": "9.0", "upper": "9.0"}):
        with pytest.raises(ValueError, match=r"error|both limits|no width"):
            MeanInterval.model_validate(entry("mean_interval", DAYS, "treated", mean="9.0", **wrong))


# the likelihood


@pytest.mark.parametrize("effect", [-1.0, -0.3, 0.5])
def test_the_likelihood_of_medians_is_that_of_the_ratio_of_means_of_log_normal_values(effect):
    """Three numbers of an arm as order statistics of whole ranks, integrated over both SDs of the logs and
    over the level on a grid: density of each arm n! / ... F^a f G^b f ..., by scipy.
    """
    report = Medians((None, 3.0, 5.0, 9.0, None), (None, 4.0, 6.0, 10.0, None), 11, 15)

    def of_arm(values, n, log_mean, sd):
        law = stats.norm(log_mean - sd**2 / 2, sd)
        y, ranks = np.log(values), (np.arange(1, 4) * (n + 1)) // 4
        below = [law.cdf(one) for one in y]
        gaps = np.diff([0, *ranks, n + 1]) - 1
        parts = [below[0], below[1] - below[0], below[2] - below[1], 1 - below[2]]
        density = sum(gap * np.log(np.maximum(part, 1e-300)) for gap, part in zip(gaps, parts, strict=True))
        return density + sum(law.logpdf(one) for one in y)

    level, z = np.linspace(-1.0, 6.0, 281)[:, None], np.linspace(-3.5, 1.5, 121)
    sd = np.exp(-0.5 + 0.75 * z)

    def log_likelihood(log_ratio):
        of_sd = [
            logsumexp(of_arm(values, n, level + shift, sd) - z**2 / 2, axis=1)
            for values, n, shift in (((3, 5, 9), 11, log_ratio), ((4, 6, 10), 15, 0.0))
        ]
        return logsumexp(sum(of_sd))

    expected = log_likelihood(effect) - log_likelihood(0.0)
    assert report.log_likelihood(effect) - report.log_likelihood(0.0) == pytest.approx(expected, abs=0.02)


@pytest.mark.parametrize("effect", [-0.7, 0.0, 0.4])
def test_the_likelihood_is_welchs_t_once_the_ratio_is_taken_out(effect):
    """Against scipy's test of samples that have these means and SDs, one of them divided by the ratio."""
    samples = [np.r_[np.full(4, 5.0), 9.0, 12.0, 4.5], np.r_[7.0, 8.5, 15.0, 11.0, 6.0]]
    report = Means(*((x.mean(), x.std(ddof=1), len(x)) for x in samples))
    welch = stats.ttest_ind(samples[0] * np.exp(-effect), samples[1], equal_var=False)
    expected = stats.t.logpdf(welch.statistic, welch.df) - stats.t.logpdf(0, welch.df)
    assert report.log_likelihood(effect) == pytest.approx(expected)


def test_new_means_lie_within_the_interval_of_their_likelihood_as_often_as_it_says():
    """Of 2,000 pairs of eight and of thirteen patients 95 % have a true ratio that Welch's test does not
    reject; four binomial errors and the approximation of his degrees of freedom are 0.02.
    """
    generator, effect = np.random.default_rng(5), -0.3
    report = Means((14.01, 8.01, 8), (18.01, 11.01, 13))
    new = [found for _ in range(2000) if (found := report.simulate(effect, generator))]
    assert len(new) > 1990
    p = [
        stats.ttest_ind_from_stats(m, sd, n, mc * np.exp(effect), sdc * np.exp(effect), nc, equal_var=False)[
            1
        ]
        for (m, sd, n), (mc, sdc, nc) in ((one.treated, one.control) for one in new)
    ]
    assert np.mean(np.array(p) > 0.05) == pytest.approx(0.95, abs=0.02)

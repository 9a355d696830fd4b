"""Estimates that must fit each other: held to hand calculation, to enumeration of data, and to planted truths
found possible.
"""

from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from itertools import combinations_with_replacement, product
from math import exp, log

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

from extraction.recover import TooLarge, Unusable
from extraction.recover.estimates import (
    extreme_possible,
    grim,
    grimmer,
    median_possible,
    median_range_possible,
    multiple_of,
    range_of_parts,
    ratio_coherence,
    sizes_for,
    sizes_for_count,
)


def near(printed, steps=200):
    """True values that print as a number, from one end to the other."""
    half = 0.5 * 10.0 ** Decimal(printed).as_tuple().exponent
    return np.linspace(float(printed) - half, float(printed) + half, steps)


# ratios

# Ma 2024 (doi 10.3389/fimmu.2024.1448709), Table 2 and the paragraph above it: hazard ratio, 95 % interval, p
MA_2024 = [
    ("0.890", "0.485", "1.633", "0.707"),
    ("0.547", "0.271", "1.103", "0.092"),
    ("1.031", "0.512", "2.076", "0.932"),
    ("2.021", "0.653", "6.256", "0.222"),
    ("1.379", "0.611", "3.116", "0.439"),
    ("0.785", "0.250", "2.466", "0.678"),
]


@pytest.mark.parametrize(("estimate", "lower", "upper", "p"), MA_2024)
def test_a_printed_table_of_hazard_ratios_is_coherent(estimate, lower, upper, p):
    found = ratio_coherence(estimate, lower, upper, 95, p)
    assert found.estimate_fits and found.p_fits
    assert found.expected_p[1] - found.expected_p[0] < 0.01  # three decimals leave little room


@given(st.floats(-2, 2), st.floats(0.05, 1.0), st.sampled_from([90, 95, 99]), st.integers(2, 4))
@settings(deadline=None, max_examples=300)
def test_a_wald_result_is_coherent_however_it_is_rounded(log_hr, se, level, digits):
    z = stats.norm.isf((1 - level / 100) / 2)
    estimate, lower, upper = (f"{exp(log_hr + k * z * se):.{digits}f}" for k in (0, -1, 1))
    assume(lower != upper and float(estimate) > 0)
    for p_digits in (1, 2, 3, 5):
        p = f"{2 * stats.norm.sf(abs(log_hr) / se):.{p_digits}f}"
        found = ratio_coherence(estimate, lower, upper, level, p)
        # these are read as 1.000 (rounding.py)
        assert found.estimate_fits and (found.p_fits or p in ("1.0", "1.00"))


@given(st.floats(-1, 1), st.floats(0.1, 0.5))
@settings(deadline=None, max_examples=100)
def test_a_shifted_estimate_or_p_is_not_coherent(log_hr, se):
    lower, upper = (f"{exp(log_hr + k * 1.959964 * se):.3f}" for k in (-1, 1))
    p = 2 * stats.norm.sf(abs(log_hr) / se)
    # an estimate printed as 0.17 or more to three decimals is known to 0.3 %, its limits of 0.1 or more to 1
    # %: a shift of 5 % shows
    found = ratio_coherence(f"{exp(log_hr) * 1.05:.3f}", lower, upper)
    assert not found.estimate_fits and found.p_fits is None
    assume(0.05 < p < 0.95)
    assert not ratio_coherence(f"{exp(log_hr):.3f}", lower, upper, 95, f"{p - 0.045:.3f}").p_fits


@pytest.mark.parametrize(
    ("estimate", "lower", "upper"),
    [
        ("0.89", "0.49", "1.6"),
        ("1.0", "0.5", "2.0"),
        ("0.6", "0.3", "1.1"),
        ("4", "2", "9"),
        ("0.05", "0.02", "0.1"),
    ],
)
def test_the_range_of_p_is_that_of_a_grid_of_everything_that_prints_so(estimate, lower, upper):
    low, high = np.meshgrid(np.log(near(lower)), np.log(near(upper)))
    middle = (low + high) / 2
    kept = (middle >= log(near(estimate)[0])) & (middle <= log(near(estimate)[-1]))
    p = 2 * stats.norm.sf(np.abs(middle / ((high - low) / 2 / 1.959964)))[kept]
    found = ratio_coherence(estimate, lower, upper)
    # a grid of 200 x 200 comes close to the corners of the region, never beyond them
    np.testing.assert_allclose(found.expected_p, [p.min(), p.max()], atol=0.01)
    assert found.expected_p[0] <= p.min() + 1e-6 and found.expected_p[1] >= p.max() - 1e-6


def test_the_expected_estimate_is_the_geometric_middle():
    """√(0.5 · 2) = 1; the digits allow √(0.45 · 1.95) = 0.937 to √(0.55 · 2.05) = 1.062, so 0.9, up to 0.95,
    fits and 0.8 does not.
    """
    found = ratio_coherence("1.0", "0.5", "2.0")
    assert found.expected_estimate == pytest.approx(1.0)
    assert found.expected_range == pytest.approx((0.937, 1.062), abs=5e-4)
    assert ratio_coherence("0.9", "0.5", "2.0").estimate_fits
    assert not ratio_coherence("0.8", "0.5", "2.0").estimate_fits


def test_where_the_estimate_is_misprinted_its_interval_still_tells_the_p():
    """Ma 2024's 0.890 (0.485 to 1.633) with p = 0.707, digits of the estimate exchanged."""
    found = ratio_coherence("0.980", "0.485", "1.633", 95, "0.707")
    assert not found.estimate_fits and found.p_fits


def test_a_bound_on_p_is_judged_like_a_p():
    assert ratio_coherence("0.5", "0.3", "0.8", 95, "<0.05").p_fits
    assert not ratio_coherence("0.890", "0.485", "1.633", 95, "<0.05").p_fits
    assert ratio_coherence("0.890", "0.485", "1.633", 95, "ns").p_fits


def test_a_lower_limit_printed_as_0_is_a_small_one():
    """0.05 (0.00 to 0.60): the true lower limit is 0.045²/0.605 to 0.005, so z is log 0.05 over half the
    width, about -2.37.
    """
    found = ratio_coherence("0.05", "0.00", "0.60")
    assert found.estimate_fits
    low, high = np.log(0.05) * 2 * 1.959964 / np.log(0.60 / (0.05**2 / 0.60)), 2 * stats.norm.sf(2.37)
    assert (
        found.expected_p[0] < 2 * stats.norm.sf(abs(low)) < found.expected_p[1]
        and found.expected_p[0] < high < found.expected_p[1]
    )


# means and standard deviations of whole numbers


def test_means_of_20_whole_numbers_step_by_0_05():
    """69/20 = 3.45 and 70/20 = 3.50; no sum gives 3.47."""
    found = grim("3.47", 20)
    assert not found.possible
    assert found.nearest == (Decimal("3.45"), Decimal("3.50"))
    assert grim("3.45", 20).possible and grim("3.45", 20).nearest == (Decimal("3.45"),)


def test_items_make_the_steps_finer():
    """Two items each: sums over 40, so 139/40 = 3.475 prints as 3.47 or 3.48; 3.46 lies between 138/40 = 3.45
    and 139/40.
    """
    assert grim("3.47", 20, items=2).possible and grim("3.48", 20, items=2).possible
    assert not grim("3.46", 20, items=2).possible


def test_digits_decide():
    assert grim("3.5", 20).possible and grim("3.50", 20).possible and grim("3", 20).possible
    assert not grim("3.500", 7).possible  # 24/7 = 3.429, 25/7 = 3.571
    assert grim("3.5", 7).nearest == (Decimal("3.4"), Decimal("3.6"))


@given(st.lists(st.integers(-3, 30), min_size=2, max_size=40), st.integers(1, 3))
@settings(deadline=None, max_examples=300)
def test_mean_and_sd_of_any_whole_numbers_are_possible(values, digits):
    mean, sd = f"{np.mean(values):.{digits}f}", f"{np.std(values, ddof=1):.{digits}f}"
    assert grim(mean, len(values)).possible
    assert grimmer(mean, sd, len(values)).possible


@given(st.integers(2, 60), st.integers(0, 2000), st.integers(1, 3))
@settings(deadline=None, max_examples=200)
def test_a_mean_is_possible_exactly_where_some_sum_prints_so(n, units, digits):
    mean = Decimal(units).scaleb(-digits)
    sums = np.arange(0, n * (units / 10**digits + 2))
    # an edge prints either way
    expected = np.abs(sums / n - float(mean)).min() <= 0.5 * 10.0**-digits * (1 + 1e-9)
    assert grim(mean, n).possible == expected


def every_sd(n, mean, largest):
    """Sample SDs of all n whole numbers from -largest to largest with a mean."""
    return {
        float(np.std(x, ddof=1))
        for x in combinations_with_replacement(range(-largest, largest + 1), n)
        if sum(x) == mean * n
    }


@pytest.mark.parametrize(
    ("n", "mean", "largest", "largest_sd"), [(5, "0.4", 8, 3.0), (6, "0.5", 7, 2.5), (5, "0.0", 8, 3.0)]
)
def test_an_sd_is_possible_exactly_where_enumerated_data_have_it(n, mean, largest, largest_sd):
    """With SDs below `largest_sd` no value is as far from the mean as `largest`: squares add to at most n - 1
    SD².
    """
    assert (n - 1) * largest_sd**2 < (largest - 1) ** 2
    attained = np.array(sorted(every_sd(n, float(mean), largest)))
    for units in range(round(100 * largest_sd)):
        sd = f"{units / 100:.2f}"
        assert grimmer(mean, sd, n).possible == bool((np.abs(attained - units / 100) <= 0.005 + 1e-9).any())


@pytest.mark.parametrize("n", [2, 3, 4])
def test_of_few_patients_no_sd_that_data_have_is_called_impossible(n):
    for sd in every_sd(n, 0.5 if n % 2 == 0 else 1, 6):
        assert grimmer("0.5" if n % 2 == 0 else "1.0", f"{sd:.3f}", n).possible


def test_an_sd_between_those_of_two_sums_of_squares_is_impossible():
    """n = 5, mean 3.0: sum 15, squares odd.  SD² = (squares - 45) / 4: 49 gives 1.00, 51 gives 1.22, and 1.07
    would need 49.58.
    """
    found = grimmer("3.0", "1.07", 5)
    assert not found.possible
    assert found.nearest == (Decimal("1.00"), Decimal("1.22"))
    assert grimmer("3.0", "1.22", 5).possible


def test_parity_alone_can_exclude_an_sd():
    """n = 5, mean 3.0, SD 1.12: squares 45 + 4 · 1.2544 = 50.02, so 50 would do, but a sum of 15 needs odd
    squares.
    """
    assert not grimmer("3.0", "1.12", 5).possible


def test_an_sd_below_the_least_squares_is_impossible():
    """n = 10, sum 5: five 0 and five 1 have the least squares, 5, so SD = √((5 - 2.5) / 9) = 0.527."""
    found = grimmer("0.50", "0.24", 10)
    assert not found.possible and found.nearest == (Decimal("0.53"),)
    assert grimmer("0.50", "0.53", 10).possible


def test_scrutiny_calls_the_same_mean_and_sd_impossible():
    """scrutiny (R), vignette GRIMMER: grimmer(x = "7.3", sd = "2.51", n = 12) is FALSE."""
    assert grim("7.3", 12).possible
    assert not grimmer("7.3", "2.51", 12).possible


def test_an_impossible_mean_has_no_sd():
    found = grimmer("3.47", "1.20", 20)
    assert not found.possible and found.nearest == ()


# medians and ranges


def printable(n, largest=4, step=1):
    """Every (median, minimum, maximum) of n values from 0 to `largest`, in order."""
    values = [step * k for k in range(int(largest / step) + 1)]
    return {
        (float(np.median(x)), float(x[0]), float(x[-1])) for x in combinations_with_replacement(values, n)
    }


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 6])
@pytest.mark.parametrize(("resolution", "step"), [("1", 1), ("0.5", 0.5)])
def test_a_median_and_range_are_possible_exactly_where_enumerated_data_have_them(n, resolution, step):
    possible = printable(n, 3, step)
    for median, low, high in product(
        np.arange(0, 3.01, 0.25), np.arange(0, 3.01, step), np.arange(0, 3.01, step)
    ):
        reason = median_range_possible(f"{median:.2f}", f"{low:.2f}", f"{high:.2f}", n, resolution)
        assert bool(reason) != ((median, low, high) in possible)


@given(
    st.lists(st.integers(0, 300), min_size=1, max_size=12),
    st.sampled_from(["0.1", "0.5", "1", "7"]),
    st.integers(0, 2),
)
@settings(deadline=None, max_examples=300)
def test_the_median_and_range_of_any_recorded_values_are_possible_however_rounded(steps, resolution, digits):
    values = np.array(steps) * float(resolution)
    median, low, high = (f"{x:.{digits}f}" for x in (np.median(values), values.min(), values.max()))
    assert median_possible(median, len(values), resolution)
    assert extreme_possible(low, resolution) and extreme_possible(high, resolution)
    assert median_range_possible(median, low, high, len(values), resolution) == ""


@pytest.mark.parametrize(
    ("median", "n", "possible"),
    [("5.5", 16, True), ("5.5", 17, False), ("5.25", 16, False), ("5", 17, True), ("6", 16, True)],
)
def test_only_an_even_group_has_a_median_between_two_whole_numbers(median, n, possible):
    assert median_possible(median, n) == possible


@pytest.mark.parametrize(
    ("median", "minimum", "maximum", "n", "reason"),
    [
        ("3", "1.5", "9", 7, "minimum 1.5: no value recorded to 1 prints so"),
        ("3", "1", "9.5", 7, "maximum 9.5: no value recorded to 1 prints so"),
        ("3.5", "1", "9", 7, "median 3.5: no value recorded to 1 prints so"),
        ("3.3", "1", "9", 8, "median 3.3: no middle of two values recorded to 1 prints so"),
        ("3", "4", "9", 7, "minimum 4, median 3 and maximum 9 do not ascend"),
        ("10", "4", "9", 7, "do not ascend"),
        ("3", "9", "4", 8, "do not ascend"),
        ("3", "3", "4", 1, "one patient has one value, not minimum 3, median 3 and maximum 4"),
        ("3.0", "2", "5", 2, "the median of two patients is the middle of 2 and 5, not 3.0"),
    ],
)
def test_the_first_reason_is_told(median, minimum, maximum, n, reason):
    assert reason in median_range_possible(median, minimum, maximum, n)


def test_two_patients_may_have_a_rounded_middle():
    assert median_range_possible("3", "2", "5", 2, "0.1") == ""  # 2.4 and 4.5: the middle is 3.45
    assert median_range_possible("3.5", "2", "5", 2) == ""


PATIENTS = st.lists(st.lists(st.floats(-50, 50), min_size=1, max_size=7), min_size=1, max_size=5)


@given(PATIENTS)
@settings(deadline=None, max_examples=1000)
def test_the_median_of_a_whole_lies_between_those_of_its_parts(parts):
    medians = [np.median(part) for part in parts]
    whole = np.median(np.concatenate(parts))
    assert min(medians) - 1e-12 <= whole <= max(medians) + 1e-12  # rounding of a midpoint


@pytest.mark.parametrize("sizes", [(2, 2), (1, 3), (2, 3), (4, 2), (2, 2, 2)])
def test_it_does_for_every_pattern_of_small_parts(sizes):
    """Every split of ordered values 0, 1, 4, 9, ... (unequally spaced, so that midpoints tell) into parts of
    these sizes.
    """
    n = sum(sizes)
    for labels in {
        tuple(x)
        for x in product(range(len(sizes)), repeat=n)
        if all(x.count(i) == size for i, size in enumerate(sizes))
    }:
        values, labels = np.arange(n) ** 2, np.array(labels)
        medians = [np.median(values[labels == i]) for i in range(len(sizes))]
        assert min(medians) <= np.median(values) <= max(medians)


@given(PATIENTS, st.integers(0, 2))
@settings(deadline=None, max_examples=300)
def test_the_ranges_of_any_parts_fit_their_whole_however_rounded(parts, digits):
    def printed(values):
        return tuple(f"{x:.{digits}f}" for x in (np.median(values), min(values), max(values)))

    assert range_of_parts(printed(np.concatenate(parts)), [printed(part) for part in parts]) == ""


@pytest.mark.parametrize(
    ("total", "reason"),
    [
        (("5", "1", "12"), ""),
        (("5", "2", "12"), "minimum 2 of the whole: the minimum of its parts lies from 0.5 to 1.5"),
        (("5", "1", "13"), "maximum 13 of the whole: the maximum of its parts lies from 11.5 to 12.5"),
        (("5", "1", "11"), "maximum 11 of the whole"),
        (("8", "1", "12"), "median 8 of the whole: its parts' medians lie from 3.5 to 6.5"),
        (("2.9", "1", "12"), "median 2.9 of the whole"),
    ],
)
def test_a_whole_beyond_its_parts_is_told(total, reason):
    found = range_of_parts(total, [("4", "1", "9"), ("6", "2", "12")])
    assert reason in found and bool(found) == bool(reason)


# percentages


def test_16_patients_are_5_3_per_cent_of_297_to_304():
    """16/304 = 5.263 rounds to 5.3 and 16/305 = 5.246 does not; 16/299 = 5.351 and 16/297 = 5.387 are cut off
    to it, and 16/296 = 5.405 is not.
    """
    assert sizes_for_count(16, "5.3", 1000) == list(range(297, 305))


@pytest.mark.parametrize("percent", ["0", "0.0", "5", "12.5", "33.3", "47.8", "99.6", "100", "0.35"])
@pytest.mark.parametrize("n_max", [1, 40, 450])
def test_sizes_are_those_found_one_by_one(percent, n_max):
    """By decimal's own rounding up at a half, to even, and cutting off; binary ends in one of the three."""
    unit = Decimal(percent)

    def prints(events: int, n: int) -> bool:
        share = Decimal(100 * events) / n
        return any(share.quantize(unit, way) == unit for way in (ROUND_HALF_UP, ROUND_HALF_EVEN, ROUND_DOWN))

    one_by_one = [(n, k) for n in range(1, n_max + 1) for k in range(n + 1) if prints(k, n)]
    assert sizes_for(percent, n_max) == one_by_one


@given(st.integers(1, 400), st.data())
@settings(deadline=None, max_examples=200)
def test_the_group_behind_a_percentage_is_found(n, data):
    events, digits = data.draw(st.integers(0, n)), data.draw(st.integers(0, 2))
    percent = round(Decimal(100 * events) / n, digits)  # half to even, in decimals
    assert (n, events) in sizes_for(percent, 400)
    assert n in sizes_for_count(events, percent, 400)


# adjusted p-values


@given(st.floats(1e-4, 1), st.integers(1, 40), st.integers(2, 5))
@settings(deadline=None, max_examples=200)
def test_the_number_of_comparisons_is_found_again(p, k, digits):
    assume(0 < round(p, digits) < 1)  # 1.00 is read as 1.000 (rounding.py)
    assert k in multiple_of(f"{p:.{digits}f}", f"{k * p:.{digits}f}")


def test_the_multiples_are_those_whose_products_can_print_so():
    """0.0204 is 0.02035 to 0.02045: three times that is 0.06105 to 0.06135, so 0.0612 fits and 0.0609 does
    not.
    """
    assert multiple_of("0.0204", "0.0612") == [3]
    assert multiple_of("0.0204", "0.0609") == []
    # above 1, not cut off: 0.35 to 0.45 is at most 0.9 twice and at least 1.4 four times
    assert multiple_of("0.4", "1.2") == [3]
    assert multiple_of("0.02", "0.1") == [2, 3, 4, 5, 6, 7, 8, 9, 10]  # 0.015 to 0.025 in 0.05 to 0.15
    assert multiple_of("0.02", "0.0") == [1, 2, 3]  # at most 0.05
    with pytest.raises(TooLarge, match="multiples would do"):
        multiple_of("0.0000001", "999")


# numbers that nothing can start from


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda: ratio_coherence("0", "0", "2"), "estimate 0: a ratio is above 0"),
        (lambda: ratio_coherence("-0.5", "0.1", "2"), "estimate -0.5: it is at least 0"),
        (lambda: ratio_coherence("0.8", "1.2", "0.4"), "interval from 1.2 to 0.4: its limits must ascend"),
        (lambda: ratio_coherence("1.0", "1.0", "1.0"), "differ in the digits printed"),
        (lambda: ratio_coherence("0.8", "0.4", "1.2", 100), "level 100: an interval covers"),
        (lambda: ratio_coherence("0.8", "0.4", "1.2", 95, "1.2"), "p = 1.2: a p-value is at most 1"),
        (lambda: ratio_coherence("0.8", "0.4", "1.2", 95, "0"), "p = 0: no test gives 0"),
        (
            lambda: ratio_coherence("0,8", "0.4", "1.2"),
            "estimate '0,8': give a number with the digits printed",
        ),
        (lambda: ratio_coherence("nan", "0.4", "1.2"), "estimate 'nan': give a number"),
        (lambda: grim("3.4", 0), "n = 0: a group has at least one patient"),
        (lambda: grim("3.4", 5, 0), "items = 0: a patient's value is the mean of at least one item"),
        (lambda: grimmer("3.4", "1.0", 1), "n = 1: a standard deviation takes at least two patients"),
        (lambda: grimmer("3.4", "-1.0", 5), "SD -1.0: it is at least 0"),
        (lambda: median_possible("3", 0), "n = 0: a group has at least one patient"),
        (lambda: median_possible("3", 5, "0"), "resolution 0: values are recorded to a step above 0"),
        (lambda: range_of_parts(("1", "1", "1"), []), "no parts"),
        (lambda: sizes_for("101", 17), "percentage 101: a share of a group is at most 100 %"),
        (lambda: sizes_for("50", 0), "n = 0: a group has at least one patient"),
        (lambda: sizes_for_count(-1, "50", 10), "events = -1: a count is not negative"),
        (lambda: multiple_of("0.000", "0.3"), "p = 0.000: it may be any number near 0"),
        (lambda: multiple_of("<0.05", "0.3"), "p = <0.05: it may be any number near 0"),
        (lambda: multiple_of("1.3", "2.6"), "p = 1.3: a p-value is at most 1"),
    ],
)
def test_unusable_numbers_are_named(ask, message):
    with pytest.raises(Unusable, match=message):
        ask()


def test_a_list_of_sizes_too_long_is_refused_with_its_length():
    with pytest.raises(TooLarge, match="n up to 10,001: group sizes are listed up to 10,000 patients"):
        sizes_for("50", 10_001)

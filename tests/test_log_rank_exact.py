"""The exact likelihood of a log-rank p against simulation, closed forms, real survival times and its
large-sample limit.
"""

from math import comb

import numpy as np
import pytest
from scipy import stats
from scipy.special import beta

from extraction.recover import TooLarge, Unusable
from models.likelihood.kinds.log_rank import LogRank, schoenfeld
from models.likelihood.log_rank_exact import TIE_SHARE, log_probability
from models.priors import EVENT_SHARE

MONTE_CARLO = 4  # standard errors: fewer than one false alarm in 10,000 comparisons


def log_rank(at_risk, events):
    """O - E and V of one event time of many cohorts; at_risk and events by arm, shape (2, cohort).  Zero
    without events.
    """
    y, d = at_risk.sum(axis=0), events.sum(axis=0)
    safe = np.maximum(y, 1)
    o_minus_e = events[0] - d * at_risk[0] / safe
    return o_minus_e, d * (at_risk[0] / safe) * (at_risk[1] / safe) * (y - d) / np.maximum(y - 1, 1)


def p_value(o_minus_e, variance):
    """Two-sided p, nan without variance."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(variance > 0, 2 * stats.norm.sf(np.abs(o_minus_e) / np.sqrt(variance)), np.nan)


def simulated(log_hr, n_treated, n_control, shape, tie_share, draws, rng):
    """O - E and p of cohorts that leave one by one, as the module describes it."""
    share = rng.beta(*shape, draws)  # of exits that are events
    at_risk = np.repeat([[n_treated], [n_control]], draws, axis=1)
    # at risk before the current event time, and its events
    opened, held = (at_risk.copy(), np.zeros((2, draws), int))
    o_minus_e, variance = np.zeros(draws), np.zeros(draws)
    last_was_event = np.zeros(draws, bool)
    for _ in range(n_treated + n_control):
        event = rng.random(draws) < share
        joins = event & last_was_event & (rng.random(draws) < tie_share)
        added = log_rank(opened, held)  # the time before is over unless this event joins it
        o_minus_e, variance = o_minus_e + ~joins * added[0], variance + ~joins * added[1]
        opened, held = np.where(joins, opened, at_risk), np.where(joins, held, 0)
        hazard = np.where(event, np.exp(log_hr), 1.0) * at_risk[0]
        treated = rng.random(draws) < hazard / (hazard + at_risk[1])
        leaving = np.array([treated, ~treated]).astype(int)
        at_risk = at_risk - leaving
        held = held + event * leaving
        last_was_event = event
    added = log_rank(opened, held)
    return o_minus_e + added[0], p_value(o_minus_e + added[0], variance + added[1])


def kept(o_minus_e, p, printed, direction):
    """Share of cohorts that print so."""
    side = {"lower": o_minus_e < -1e-9, "higher": o_minus_e > 1e-9, None: True}[direction]
    if printed == "ns":
        return np.mean((p >= 0.05) & side)
    if printed[0] == "<":
        return np.mean((p < float(printed[1:])) & side)
    decimals = len(printed.split(".")[1])
    return np.mean((np.round(p, decimals) == float(printed)) & side)


def standard_error(probability, draws):
    return np.sqrt(probability * (1 - probability) / draws)


def without_p(n_treated, n_control, shape, tie_share):
    """P(no event time has variance): only censorings until an arm is empty, or until all who are left fail at
    one time.

    Censorings take anyone alike, so the risk sets they pass are hypergeometric.
    """
    a, b = shape
    n = n_treated + n_control

    def placement(events, exits):
        return beta(a + events, b + exits - events) / beta(a, b)

    def outlasting(n, others):
        return sum(
            comb(n - m + others - 1, others - 1) * placement(0, n - m + others) for m in range(1, n + 1)
        )

    at_once = sum(
        comb(n_treated, y1)
        * comb(n_control, y2)
        / comb(n, y1 + y2)
        * placement(y1 + y2, n)
        * tie_share ** (y1 + y2 - 1)
        for y1 in range(1, n_treated + 1)
        for y2 in range(1, n_control + 1)
    )
    return (outlasting(n_treated, n_control) + outlasting(n_control, n_treated)) / comb(
        n, n_treated
    ) + at_once


# the generative model


@pytest.mark.parametrize(
    ("n_treated", "n_control", "shape", "tie_share"),
    [(5, 1, (1.0, 1.0), 0.1), (9, 2, (1.0, 1.0), 0.3), (3, 4, (2.0, 5.0), 0.0), (6, 3, (4.0, 0.7), 0.9)],
)
@pytest.mark.parametrize("log_hr", [0.0, -1.1, 2.0])
def test_the_term_is_the_share_of_simulated_cohorts_that_print_so(
    n_treated, n_control, shape, tie_share, log_hr
):
    draws = 300_000
    o_minus_e, p = simulated(log_hr, n_treated, n_control, shape, tie_share, draws, np.random.default_rng(1))
    for printed, direction in (
        ("0.3", None),
        ("0.6547", None),
        ("0.3", "lower"),
        ("0.3", "higher"),
        ("<0.2", "lower"),
        ("ns", "higher"),
        ("1.000", None),
        ("0.27", None),
    ):
        expected = np.exp(log_probability(log_hr, n_treated, n_control, printed, direction, shape, tie_share))
        # 1 / draws: one draw of what is all but impossible
        tolerance = MONTE_CARLO * standard_error(expected, draws) + 1 / draws
        assert kept(o_minus_e, p, printed, direction) == pytest.approx(expected, abs=tolerance)


@pytest.mark.parametrize(("n_treated", "n_control"), [(1, 1), (5, 1), (4, 3), (9, 2)])
@pytest.mark.parametrize(("shape", "tie_share"), [((1.0, 1.0), 0.1), ((1.0, 1.0), 0.0), ((3.0, 0.5), 0.6)])
def test_histories_of_any_p_and_of_none_are_certain_at_every_hazard_ratio(
    n_treated, n_control, shape, tie_share
):
    any_p = np.exp(
        log_probability([-3.0, -0.4, 0.0, 1.0, 5.0], n_treated, n_control, "≤1", None, shape, tie_share)
    )
    # rounding only
    np.testing.assert_allclose(any_p + without_p(n_treated, n_control, shape, tie_share), 1.0, rtol=1e-12)


def test_all_p_values_of_two_digits_together_are_any_p():
    effects = np.array([-0.8, 0.0, 1.5])
    digits = [*(f"{k / 100:.2f}" for k in range(100)), "≥0.995"]
    each = sum(np.exp(log_probability(effects, 4, 3, printed)) for printed in digits)
    # rounding only
    np.testing.assert_allclose(each, np.exp(log_probability(effects, 4, 3, "≤1")), rtol=1e-12)


@pytest.mark.parametrize("tie_share", [0.0, 0.1, 0.5])
def test_of_two_patients_the_term_is_that_of_the_first_event(tie_share):
    """1 v 1, p = 0.3173 whenever the first exit is an event alone on its time, by hand.

    P(first is an event) = 1/2; given that, the second is one with probability 2/3 (flat share) and joins with
    `tie_share`. Tocilizumab has that event, and so is worse, with probability HR / (1 + HR).
    """
    for log_hr in (-1.0, 0.0, 0.7):
        hr = np.exp(log_hr)
        for direction, side in ((None, 1.0), ("higher", hr / (1 + hr)), ("lower", 1 / (1 + hr))):
            expected = side / 2 * (1 - 2 / 3 * tie_share)
            found = np.exp(log_probability(log_hr, 1, 1, "0.317", direction, (1.0, 1.0), tie_share))
            assert found == pytest.approx(expected, rel=1e-12)  # rounding only


@pytest.mark.parametrize(
    ("printed", "direction", "mirrored"),
    [("0.27", "lower", "higher"), ("0.3", None, None), ("ns", "higher", "lower"), ("<0.05", None, None)],
)
def test_exchanging_the_arms_and_the_sign_of_the_effect_changes_nothing(printed, direction, mirrored):
    effects = np.linspace(-3, 3, 7)
    # rounding only
    np.testing.assert_allclose(
        log_probability(effects, 6, 3, printed, direction),
        log_probability(-effects, 3, 6, printed, mirrored),
        rtol=1e-10,
    )


def test_sides_and_no_side_add_up():
    """p = 1 only where O = E exactly, which is neither side."""
    lower, higher, either = (
        np.exp(log_probability(0.4, 4, 4, "<0.9", side)) for side in ("lower", "higher", None)
    )
    assert lower + higher == pytest.approx(either, rel=1e-12)  # rounding only
    equal = [np.exp(log_probability(0.4, 4, 4, ">0.9999", side)) for side in ("lower", "higher", None)]
    assert equal[:2] == [0.0, 0.0] and equal[2] > 0.001


# real survival times


def from_times(time, observed, n_treated):
    """O - E and p of untied survival times, shape (cohort, patient), the first n_treated of tocilizumab."""
    order = np.argsort(time, axis=1)
    treated = (order < n_treated).astype(int)
    event = np.take_along_axis(observed, order, axis=1)
    at_risk = np.array([np.cumsum(arm[:, ::-1], axis=1)[:, ::-1] for arm in (treated, 1 - treated)])
    o_minus_e, variance = log_rank(at_risk, event * np.array([treated, 1 - treated]))
    return o_minus_e.sum(axis=1), p_value(o_minus_e.sum(axis=1), variance.sum(axis=1))


REPORTS = (("0.3", "lower"), ("0.3", "higher"), ("<0.2", None), ("ns", "lower"))


@pytest.mark.parametrize("log_hr", [-1.5, -0.5, 0.0, 0.8])
def test_exponential_times_all_observed_print_as_often_as_the_term_says(log_hr):
    """With proportional hazards and no censoring the order of events is exactly that of the partial
    likelihood.
    """
    draws, rng = 200_000, np.random.default_rng(2)
    time = rng.exponential(1.0, (draws, 8)) / np.exp(log_hr * (np.arange(8) < 5))
    o_minus_e, p = from_times(time, np.ones((draws, 8), bool), 5)
    for printed, direction in REPORTS:
        # shapes 1e6 and 1: all eight exits are events but for a probability of 8e-6
        expected = np.exp(log_probability(log_hr, 5, 3, printed, direction, (1e6, 1.0), 0.0))
        tolerance = MONTE_CARLO * standard_error(expected, draws) + 1e-5
        assert kept(o_minus_e, p, printed, direction) == pytest.approx(expected, abs=tolerance)


def test_exponential_times_with_exponential_censoring_print_as_often_as_the_term_says_without_effect():
    """Every exit is then an event with the same probability, whoever is at risk."""
    draws, rng = 200_000, np.random.default_rng(3)
    time, censoring = rng.exponential(1.0, (draws, 8)), rng.exponential(1.5, (draws, 8))
    o_minus_e, p = from_times(np.minimum(time, censoring), time < censoring, 5)
    for printed, direction in REPORTS:
        # rate 1 against 1 / 1.5: share 0.6, with shapes so large that its SD is 5e-5
        expected = np.exp(log_probability(0.0, 5, 3, printed, direction, (6e7, 4e7), 0.0))
        tolerance = MONTE_CARLO * standard_error(expected, draws) + 1e-4
        assert kept(o_minus_e, p, printed, direction) == pytest.approx(expected, abs=tolerance)


def test_times_with_uniform_censoring_print_as_the_term_says_once_placements_are_equally_likely():
    """Without effect the arms leave in any order whatever the placement of events among the exits.

    Nobody is censored before 0.3, so events come first more often than the term has it; placements are
    therefore weighted anew.
    """
    draws, rng = 400_000, np.random.default_rng(4)
    time, censoring = rng.exponential(1.0, (draws, 6)), rng.uniform(0.3, 2.0, (draws, 6))
    time, observed = np.minimum(time, censoring), time < censoring
    o_minus_e, p = from_times(time, observed, 4)
    placement = np.take_along_axis(observed, np.argsort(time, axis=1), axis=1) @ 2 ** np.arange(6)
    number = np.bincount(placement, minlength=64)
    assert number.min() > 30  # every placement is drawn
    events = np.array([bin(pattern).count("1") for pattern in range(64)])
    weight = beta(1 + events, 1 + 6 - events)  # flat share, so all numbers of events alike
    for printed, direction in REPORTS:
        share = np.array(
            [
                kept(o_minus_e[placement == pattern], p[placement == pattern], printed, direction)
                for pattern in range(64)
            ]
        )
        expected = np.exp(log_probability(0.0, 4, 2, printed, direction, (1.0, 1.0), 0.0))
        tolerance = MONTE_CARLO * np.sqrt((weight**2 * share * (1 - share) / number).sum())
        assert weight @ share == pytest.approx(expected, abs=tolerance)


# its large-sample limit


def test_the_more_patients_the_nearer_to_the_normal_term():
    """Nearly all observed, no ties: slope of the log likelihood at no effect, over that of Schoenfeld's
    normal z.

    Schoenfeld's V takes the arms at risk to stay in proportion; as they drift apart by chance V is smaller,
    the less so the more patients.
    """
    effects, shape, shares = np.array([-0.1, 0.1]), (20.0, 1.0), []
    for n in range(3, 9):
        exact = log_probability(effects, n, n, "<0.2", "lower", shape, 0.0)
        normal = schoenfeld(LogRank("<0.2", "lower", n, n), effects, shape)
        shares.append(np.diff(exact)[0] / np.diff(normal)[0])
    assert (np.diff(shares) > 0).all()
    assert 0.8 < shares[-1] < 1  # short by a term of order 1 / D, with some 15 events


# errors and shapes


def test_a_p_no_history_gives_has_probability_0():
    assert log_probability([-1.0, 0.0], 1, 1, "0.5").tolist() == [-np.inf, -np.inf]


def test_each_hazard_ratio_has_its_own_answer_in_the_shape_asked_for():
    grid = np.linspace(-2, 2, 6).reshape(2, 3)
    together = log_probability(grid, 5, 2, "0.27")
    assert together.shape == (2, 3)
    alone = [float(log_probability(effect, 5, 2, "0.27")) for effect in grid.ravel()]
    np.testing.assert_allclose(together.ravel(), alone, rtol=1e-12)  # rounding only


def test_the_defaults_are_the_named_priors():
    named = log_probability(0.3, 4, 2, "0.3", None, EVENT_SHARE.parameters, TIE_SHARE)
    assert log_probability(0.3, 4, 2, "0.3") == pytest.approx(named, rel=1e-12)  # rounding only


def test_sizes_out_of_reach_and_empty_groups_are_refused():
    with pytest.raises(
        TooLarge, match=r"11 v 11 patients have .* event sequences with ties, more than the limit"
    ):
        log_probability(0.0, 11, 11, "0.3")
    with pytest.raises(Unusable, match="n_control is 0"):
        log_probability(0.0, 4, 0, "0.3")

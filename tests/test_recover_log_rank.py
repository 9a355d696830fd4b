"""Log-rank histories against enumeration of every ordering, lifelines, closed forms and hand calculation."""

from collections import Counter
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from fractions import Fraction
from functools import lru_cache
from itertools import combinations, product
from math import comb, erfc, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lifelines.statistics import logrank_test

from extraction.recover import TooLarge, Unusable
from extraction.recover.log_rank import event_sequences, log_rank_histories, nearest_p

# A history here is a tuple of steps, each (events, censored) with both by arm: ((1, 0), (0, 0)) is an event
# of tocilizumab.
CENSORED = (((0, 0), (1, 0)), ((0, 0), (0, 1)))


def history_of(arms, observed, shared):
    """Steps of exits one by one: `shared` says of each exit but the first whether it falls on the time of the
    one before.
    """
    steps, last_was_event = [], False
    for i, (arm, event) in enumerate(zip(arms, observed, strict=True)):
        if event and last_was_event and shared[i - 1]:
            d = steps[-1][0]
            steps[-1] = ((d[0] + 1 - arm, d[1] + arm), (0, 0))
        else:
            steps.append(((1 - arm, arm), (0, 0)) if event else CENSORED[arm])
        last_was_event = event
    return tuple(steps)


@lru_cache
def every_history(n_treated, n_control):
    """The distinct histories over all orders of the arms, all choices of events, and all choices of shared
    times.
    """
    n = n_treated + n_control
    found = set()
    for treated in combinations(range(n), n_treated):
        arms = [int(i not in treated) for i in range(n)]
        for observed in product((True, False), repeat=n):
            for shared in product((True, False), repeat=n - 1):
                found.add(history_of(arms, observed, shared))
    return found


def log_rank(history):
    """O - E and z^2 (None without variance) as exact fractions: hypergeometric mean and variance at each
    event time.
    """
    at_risk = [sum(d[arm] + c[arm] for d, c in history) for arm in (0, 1)]
    o_minus_e, variance = Fraction(0), Fraction(0)
    for d, c in history:
        (y1, y2), y, events = at_risk, sum(at_risk), sum(d)
        if events:
            o_minus_e += d[0] - Fraction(events * y1, y)
            variance += Fraction(events * y1 * y2 * (y - events), y * y * (y - 1)) if y > 1 else 0
        at_risk = [y1 - d[0] - c[0], y2 - d[1] - c[1]]
    return o_minus_e, o_minus_e**2 / variance if variance else None


def summary(history):
    """events_treated, events_control, direction, whether any time has two events, and p."""
    o_minus_e, z2 = log_rank(history)
    direction = "treated worse" if o_minus_e > 0 else "treated better" if o_minus_e < 0 else "none"
    d1, d2 = (sum(d[arm] for d, _ in history) for arm in (0, 1))
    return d1, d2, direction, any(sum(d) > 1 for d, _ in history), None if z2 is None else erfc(sqrt(z2 / 2))


@lru_cache
def every_summary(n_treated, n_control):
    return [summary(history) for history in every_history(n_treated, n_control)]


def match_of(p, printed):
    """How a paper comes to print p so: rounded, truncated, or not at all."""
    if printed == "ns":
        return "rounded" if p >= 0.05 else None
    if printed[0] in "<>≤≥":
        bound = float(printed[1:])
        return (
            "rounded"
            if {"<": p < bound, ">": p > bound, "≤": p <= bound, "≥": p >= bound}[printed[0]]
            else None
        )
    unit = Decimal("0.001") if printed == "1" else Decimal(1).scaleb(Decimal(printed).as_tuple().exponent)
    if Decimal(p).quantize(unit, ROUND_HALF_UP) == Decimal(printed):
        return "rounded"
    return "truncated" if Decimal(p).quantize(unit, ROUND_DOWN) == Decimal(printed) else None


def counted(rows):
    return {
        (r["events_treated"], r["events_control"], r["direction"], r["match"]): r["histories"] for r in rows
    }


def times_of(history):
    """Times and whether each is an event, of tocilizumab and of control, as lifelines wants them."""
    arms = []
    for arm in (0, 1):
        exits = [
            (time, kind == 0)
            for time, step in enumerate(history)
            for kind in (0, 1)
            for _ in range(step[kind][arm])
        ]
        arms.append(tuple(np.array(column) for column in zip(*exits, strict=True)))
    (time_1, event_1), (time_2, event_2) = arms
    return time_1, time_2, event_1, event_2


def random_history(rng, n_treated, n_control):
    n = n_treated + n_control
    arms = rng.permutation([0] * n_treated + [1] * n_control)
    return history_of(arms.tolist(), (rng.random(n) < 0.7).tolist(), (rng.random(n - 1) < 0.4).tolist())


# the judge's own arithmetic


def test_the_log_rank_of_these_tests_is_that_of_lifelines():
    rng, seen = np.random.default_rng(1), Counter()
    for _ in range(100):
        history = random_history(rng, rng.integers(1, 10), rng.integers(1, 6))
        *_, tied, p = summary(history)
        seen[tied, p is None] += 1
        if p is not None:
            found = logrank_test(*times_of(history))
            # rounding only
            assert found.test_statistic == pytest.approx(float(log_rank(history)[1]), rel=1e-9)
            assert found.p_value == pytest.approx(p, rel=1e-9)
    assert seen[True, False] > 30 and seen[False, False] > 10


# every history


@pytest.mark.parametrize(("n_treated", "n_control"), [(1, 1), (1, 4), (3, 1), (2, 2), (4, 2), (3, 3)])
@pytest.mark.parametrize(
    "p",
    ["0.1", "0.3", "0.27", "0.317", "0.48", "0.655", "0.1573", "1", "<0.05", "<0.2", ">0.9999", "≥0.5", "ns"],
)
def test_counts_are_those_of_every_ordering(n_treated, n_control, p):
    expected = {False: Counter(), True: Counter()}
    for d1, d2, direction, tied, true_p in every_summary(n_treated, n_control):
        if true_p is not None and (match := match_of(true_p, p)):
            expected[tied][d1, d2, direction, match] += 1
    found = log_rank_histories(n_treated, n_control, p)
    assert counted(found.untied) == expected[False]
    assert counted(found.tied) == expected[True]


def test_the_enumeration_meets_rounded_truncated_and_no_match():
    matches = Counter(match_of(p, "0.5") for *_, p in every_summary(4, 2) if p is not None)
    assert min(matches["rounded"], matches["truncated"], matches[None]) > 20


def ways_without_p(n_treated, n_control):
    """No event while both arms are at risk: m of one arm outlast the other, in any of 2^m ways; no ties.

    The last of the other arm leaves after the n - m before it in any order.
    """

    def outlasting(n, others):
        return sum(comb(n - m + others - 1, others - 1) * 2**m for m in range(1, n + 1))

    return outlasting(n_treated, n_control) + outlasting(n_control, n_treated)


@pytest.mark.parametrize(("n_treated", "n_control"), [(1, 1), (4, 3), (9, 2), (2, 11), (6, 6), (10, 6)])
def test_untied_histories_of_any_p_and_of_none_are_all_orderings(n_treated, n_control):
    found = log_rank_histories(n_treated, n_control, "≤1", ties=False)
    n = n_treated + n_control
    assert sum(row["histories"] for row in found.untied) == comb(n, n_treated) * 2**n - ways_without_p(
        n_treated, n_control
    )
    assert found.tied is None


@pytest.mark.parametrize(("n_treated", "n_control"), [(1, 1), (4, 3), (9, 2), (5, 5)])
def test_histories_with_ties_of_any_p_and_of_none_are_all_sequences_of_steps(n_treated, n_control):
    @lru_cache
    def sequences(y1, y2):
        """Sequences of steps, and those of them in which some event time has variance."""
        ways, with_p = int(y1 == y2 == 0), 0
        for a, b in product(range(y1 + 1), range(y2 + 1)):
            if a or b:
                after = sequences(y1 - a, y2 - b)
                ways += after[0]
                with_p += after[0] if y1 and y2 and a + b < y1 + y2 else after[1]
        for after in ([sequences(y1 - 1, y2)] if y1 else []) + ([sequences(y1, y2 - 1)] if y2 else []):
            ways, with_p = ways + after[0], with_p + after[1]
        return ways, with_p

    found = log_rank_histories(n_treated, n_control, "≤1")
    assert sum(row["histories"] for row in found.untied + found.tied) == sequences(n_treated, n_control)[1]


# by hand


def test_a_lone_event_among_five_treated_and_one_control():
    """All six at risk: O - E = 1 - 5/6 = 1/6, V = 5/36, z^2 = 1/5, p = 0.6547.

    With k treated at risk z^2 = 1/k, so the event comes first; of the five censorings that follow, the
    control's may be any.
    """
    found = log_rank_histories(5, 1, "0.6547")
    assert {
        "events_treated": 1,
        "events_control": 0,
        "direction": "treated worse",
        "histories": 5,
        "match": "rounded",
    } in found.untied
    assert not any(row["events_control"] == 0 and row["events_treated"] == 1 for row in found.tied)


def test_of_two_patients_only_the_first_event_counts():
    """O - E = +-1/2, V = 1/4, z^2 = 1, p = 0.3173; what the other one does moves nothing; both at one time
    leave V = 0.
    """
    found = log_rank_histories(1, 1, "0.317")
    assert counted(found.untied) == {
        (1, 0, "treated worse", "rounded"): 1,
        (1, 1, "treated worse", "rounded"): 1,
        (0, 1, "treated better", "rounded"): 1,
        (1, 1, "treated better", "rounded"): 1,
    }
    assert found.tied == []


def test_a_shared_time_has_the_hypergeometric_variance():
    """2 v 2, both treated at one time: O - E = 2 - 1, V = 2 (1/2)(1/2)(2/3) = 1/3, z^2 = 3, p = 0.0833."""
    row = {
        "events_treated": 2,
        "events_control": 0,
        "direction": "treated worse",
        "histories": 1,
        "match": "rounded",
    }
    assert row in log_rank_histories(2, 2, "0.0833").tied


def test_digits_cut_off_are_told_apart():
    """p = 0.31731 rounds to 0.317 and to 0.3, and is cut off to 0.3 as well; p = 0.6547 of 5 v 1 is only cut
    off to 0.6.
    """
    assert {row["match"] for row in log_rank_histories(1, 1, "0.3").untied} == {"rounded"}
    assert counted(log_rank_histories(5, 1, "0.6").untied)[1, 0, "treated worse", "truncated"] == 5


# planted truth


@settings(deadline=None, max_examples=60, database=None, derandomize=True)
@given(data=st.data())
def test_a_drawn_history_is_among_those_that_print_its_p(data):
    n_treated, n_control = data.draw(st.integers(1, 7)), data.draw(st.integers(1, 4))
    history = random_history(np.random.default_rng(data.draw(st.integers(0, 2**32))), n_treated, n_control)
    d1, d2, direction, tied, p = summary(history)
    if p is None:
        return
    printed = f"{logrank_test(*times_of(history)).p_value:.{data.draw(st.integers(1, 4))}f}"
    found = log_rank_histories(n_treated, n_control, printed)
    assert (d1, d2, direction, "rounded") in counted(found.tied if tied else found.untied)


@pytest.mark.parametrize("p", ["0.273", "ns"])
def test_exchanging_the_arms_exchanges_the_directions(p):
    mirror = {"treated worse": "treated better", "treated better": "treated worse", "none": "none"}
    here, there = log_rank_histories(6, 3, p), log_rank_histories(3, 6, p)
    for rows, mirrored in ((here.untied, there.untied), (here.tied, there.tied)):
        assert counted(rows) == {
            (a, b, mirror[side], match): ways for (b, a, side, match), ways in counted(mirrored).items()
        }


# what no history gives


def test_a_p_of_no_history_has_no_rows_and_its_neighbours_are_named():
    found = log_rank_histories(1, 1, "0.5")
    assert (found.untied, found.tied, found.note) == ([], [], "")
    below, above = nearest_p(1, 1, "0.5")
    assert below == pytest.approx(0.3173, abs=5e-5)  # z^2 = 1, the only one; four digits of any table
    assert above is None
    assert nearest_p(1, 1, "<0.05") == (None, pytest.approx(0.3173, abs=5e-5))


@pytest.mark.parametrize("p", ["0.0", "0.45", "0.999", "0.0833"])
def test_the_neighbours_of_a_p_are_those_of_every_ordering(p):
    true = [p for *_, p in every_summary(3, 3) if p is not None]
    half = 0.5 * 10.0 ** -len(p.split(".")[1])
    below, above = nearest_p(3, 3, p)
    # cut off to `p` means less than a whole digit above it
    for found, expected in (
        (below, max((q for q in true if q < float(p) - half), default=None)),
        (above, min((q for q in true if q >= float(p) + 2 * half), default=None)),
    ):
        # rounding only
        assert found == (expected if expected is None else pytest.approx(expected, rel=1e-12))


@pytest.mark.parametrize(
    ("n_treated", "n_control", "message"),
    [(5, 0, "groups; n_control is 0"), (-1, 5, "groups; n_treated is -1")],
)
def test_an_empty_group_is_no_comparison(n_treated, n_control, message):
    for ask in (log_rank_histories, nearest_p):
        with pytest.raises(Unusable, match=message):
            ask(n_treated, n_control, "0.3")


@pytest.mark.parametrize("p", ["", "1.2", "-0.1", "p~0.3"])
def test_what_is_no_p_value_is_refused(p):
    for ask in (log_rank_histories, nearest_p):
        with pytest.raises(Unusable):
            ask(3, 2, p)


# sizes


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize(("n_treated", "n_control"), [(1, 1), (3, 1), (2, 3), (4, 2)])
def test_the_estimated_size_is_the_number_of_histories_with_distinct_events_while_both_arms_are_at_risk(
    n_treated, n_control, ties
):
    distinct = set()
    for history in every_history(n_treated, n_control):
        y1, y2, events = n_treated, n_control, []
        for d, c in history:
            if sum(d) and y1 and y2:
                events.append((y1, y2, d))
            y1, y2 = y1 - d[0] - c[0], y2 - d[1] - c[1]
        if ties or not any(sum(d) > 1 for *_, d in events):
            distinct.add(tuple(events))
    assert event_sequences(n_treated, n_control, ties) == len(distinct)


def test_a_search_too_large_is_left_out_with_its_size():
    found = log_rank_histories(11, 11, "0.3")
    assert found.untied is None and found.tied is None
    assert (
        f"11 v 11 patients have {event_sequences(11, 11, False):,} event sequences without ties" in found.note
    )
    with pytest.raises(TooLarge, match="with ties, more than the limit of 10,000,000,000"):
        nearest_p(12, 6, "0.3")


@pytest.mark.parametrize(("n_treated", "n_control"), [(20, 3), (17, 28), (1000, 1000)])
def test_more_patients_than_whole_numbers_can_hold_are_refused_at_once(n_treated, n_control):
    note = log_rank_histories(n_treated, n_control, "0.3").note
    assert note == f"{n_treated} v {n_control} patients: histories are enumerated for at most 22 patients"


def test_twelve_v_six_is_searched_without_ties_only():
    found = log_rank_histories(12, 6, "0.273")
    assert found.untied and found.tied is None
    size = event_sequences(12, 6, True)
    assert (
        found.note
        == f"12 v 6 patients have {size:,} event sequences with ties, more than the limit of 10,000,000,000"
    )


# one side


@pytest.mark.parametrize("p", ["0.1", "0.33", "0.5", "0.84", "<0.2", "ns"])
def test_counts_of_a_one_sided_p_are_those_of_every_ordering(p):
    """One-sided of either side: p / 2, or 1 - p / 2."""
    expected = Counter()
    for d1, d2, direction, tied, true_p in every_summary(3, 2):
        if true_p is not None and not tied:
            matches = {match_of(one, p) for one in {true_p / 2, 1 - true_p / 2}} - {None}
            if matches:
                expected[d1, d2, direction, min(matches)] += 1
    found = log_rank_histories(3, 2, p, ties=False, sides=1)
    assert counted(found.untied) == expected

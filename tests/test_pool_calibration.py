"""What `benchmarks/pool_calibration.json` holds is of this code, and intervals cover as they should."""

import json

import pytest

from benchmarks.pool_calibration import KINDS, PAGE, RESULTS, first, page

STORED = json.loads(RESULTS.read_text(encoding="utf-8"))


@pytest.mark.parametrize("kind", STORED)
def test_95_of_100_intervals_hold_the_mean_effect_that_was_drawn(kind):
    """At 1,000 replicates a share of 95 % is seen between 93.5 and 96.5 with a probability of 97 %."""
    assert STORED[kind]["replicates"] >= 1000
    assert 0.935 <= STORED[kind]["held_by_95"] <= 0.965


@pytest.mark.parametrize("kind", STORED)
def test_the_stored_calibration_is_of_this_code(kind):
    """Stored probabilities have three digits."""
    assert kind in KINDS
    assert first(kind, 2) == pytest.approx(STORED[kind]["first"][:2], abs=0.0015)


def test_the_page_shows_what_is_stored():
    assert PAGE.read_text(encoding="utf-8") == page(STORED)

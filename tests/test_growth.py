"""How a fit's time grows with the number of studies: the power that is told, and the measurement that is
shown.
"""

import pytest

from benchmarks import growth_words as growth
from benchmarks import scaling_page

FOUND = growth.measured()


@pytest.mark.parametrize("exponent", [0.5, 1.0, 2.0])
def test_the_power_is_that_of_a_curve_which_a_constant_hides_at_first(exponent):
    rows = [{"studies": n, "seconds": 0.002 * n**exponent} for n in (30, 100, 300, 1000, 3000)]
    hidden = [{"studies": n, "seconds": 0.5} for n in (3, 10)]
    assert growth.power(hidden + rows) == pytest.approx(exponent)


def test_a_measured_fit_of_thousands_of_studies_takes_linear_time_and_less_than_two_gib():
    for name in growth.SHOWN:
        assert [row["studies"] for row in FOUND["seconds"][name]][-1] == 3000
        assert growth.power(FOUND["seconds"][name]) < 1.1, name
    assert FOUND["peak_gib"] < 2


def test_the_page_of_the_repository_is_that_of_the_stored_measurements():
    assert scaling_page.PAGE.read_text(encoding="utf-8") == scaling_page.text()
    slowest = growth.times(FOUND)[-1]
    assert slowest["studies"] == "3,000" and all(name in slowest for name in growth.SHOWN)


def test_the_headline_tells_the_largest_fit():
    rows = [{"studies": n, "seconds": 0.001 * n} for n in (3, 30, 300, 3000)]
    said = growth.headline({"seconds": dict.fromkeys(growth.SHOWN, rows)})
    assert (
        "the power 1.00 (normal–normal) and 1.00 (binomial–normal)" in said
        and "3,000 studies with counts take 3 s." in said
    )

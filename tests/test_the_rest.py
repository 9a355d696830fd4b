"""Sizes of a stratum that another leaves of all patients."""

from extraction.derived.the_rest import sizes_of_the_rest
from models.evidence.collect import collect


def test_high_il6_is_what_low_il6_leaves(review):
    """3/8 v 0/23 alone prints 37.5 % v 0 % with p=0.0125; of 32 v 35 that leaves 24 v 12."""
    assert sizes_of_the_rest(review.records["zhang2022"], "il6_high") == (24, 12)


def test_nothing_follows_where_no_stratum_stands_beside_it(review):
    record = review.records["zhang2022"]
    assert sizes_of_the_rest(record, "il6_low") is None
    assert sizes_of_the_rest(record, "all") is None


def test_the_p_of_high_il6_is_judged_at_the_sizes_found(review):
    (left,) = [u for u in collect(review, "crs_duration").unused if u.entries == ("crs_duration.il6_high.p",)]
    assert "24 v 12 patients" in left.reason and "nothing speaks against it" in left.reason

"""Sizes of a stratum that another leaves of all patients, and the grades they can have."""

from extraction.derived.the_rest import mixes_of_the_rest, sizes_of_the_rest
from models.evidence.collect import collect
from models.evidence.foreseen import RanksForeseen


def test_high_il6_is_what_low_il6_leaves(review):
    """3/8 v 0/23 alone prints 37.5 % v 0 % with p=0.0125; of 32 v 35 that leaves 24 v 12."""
    assert sizes_of_the_rest(review.records["zhang2022"], "il6_high") == (24, 12)


def test_nothing_follows_where_no_stratum_stands_beside_it(review):
    record = review.records["zhang2022"]
    assert sizes_of_the_rest(record, "il6_low") is None
    assert sizes_of_the_rest(record, "all") is None


def test_the_grades_of_high_il6_are_what_the_arms_and_low_il6_allow(review):
    """17, 9 and 5 treated of grade 1, 2 and 3 or more, 3 of the last with low IL-6, leave 2, and 22 of the 26
    of grade 1 or 2; 10, 2 and 1 untreated, none severe with low IL-6, leave 1, and 11 of 12.
    """
    treated, control = mixes_of_the_rest(review.records["zhang2022"], "il6_high")
    assert set(treated) == {((1, mild), (2, 22 - mild), (3, 2)) for mild in range(13, 18)}
    assert set(control) == {((1, 9), (2, 2), (3, 1)), ((1, 10), (2, 1), (3, 1))}


def test_no_mix_is_told_where_no_size_is(review):
    assert mixes_of_the_rest(review.records["zhang2022"], "il6_low") is None
    assert mixes_of_the_rest(review.records["zhou2025"], "all") is None


def test_the_p_of_high_il6_is_judged_at_the_sizes_found(review):
    (left,) = [u for u in collect(review, "crs_duration").unused if u.entries == ("crs_duration.il6_high.p",)]
    assert "24 v 12 patients" in left.reason and "nothing speaks against it" in left.reason
    assert "no reading puts it in their place" in left.reason
    treated, control = mixes_of_the_rest(review.records["zhang2022"], "il6_high")
    assert left.check == RanksForeseen("0.0575", tuple(treated), tuple(control))


def test_the_medians_of_high_il6_are_foreseen_in_days(review):
    """5 (3-13) days with tocilizumab, 8 (2-14) without."""
    checks = {u.entries: u.check for u in collect(review, "crs_duration").unused if u.stratum == "il6_high"}
    found = [checks[f"crs_duration.il6_high.{arm}",] for arm in ("treated", "control")]
    assert [(check.median, check.treated) for check in found] == [(5.0, True), (8.0, False)]

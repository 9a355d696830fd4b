"""Files are written whole or not at all, and JSON so that a change is a line of a diff."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extraction.whole import LONGEST_LINE, json_lines, whole

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(JSON)
def test_it_reads_back_as_it_was(content):
    assert json.loads(json_lines(content)) == content


def test_a_list_of_numbers_is_a_line_and_each_record_too():
    content = {"points": [i / 7 for i in range(500)], "rows": [{"i": i, "x": "y" * 40} for i in range(30)]}
    lines = json_lines(content).splitlines()
    assert len(lines) == 1 + 1 + 1 + 30 + 1 + 1  # braces, points, the head of the rows, each row, its foot
    assert max(map(len, lines[2:])) < LONGEST_LINE


def test_a_file_is_replaced_only_when_all_went_well(tmp_path):
    path = tmp_path / "kept.txt"
    path.write_text("old")
    with pytest.raises(OSError, match="full"), whole(path) as part:
        part.write_text("ne")
        raise OSError("full")
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]

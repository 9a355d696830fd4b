"""The pages that compute, in Firefox where it is installed: they open from a file, complain of nothing, and
give what Chromium gives.
"""

import json
import shutil

import numpy as np
import pytest
from example_explorer import GO, at, write_pool
from example_firefox import evaluate, listening

pytestmark = pytest.mark.browser
STATES = (
    {"endpoint": "severe_infection", "bias": "judged", "counts": "12:40:3:37"},
    {"endpoint": "crs_duration_grade3", "tau": "half_normal:0.5"},
    {"endpoint": "overall_survival", "logrank": "0.034:lower:45:40:41"},
)
POOLED = """JSON.stringify([...document.querySelectorAll("#pool [data-part=table] tr")].map(row =>
    [row.cells[0].textContent, Number(row.dataset.median)]))"""


@pytest.fixture(scope="module")
def firefox(tmp_path_factory):
    """Where Firefox listens."""
    found = shutil.which("firefox-esr") or shutil.which("firefox")
    if not found:
        pytest.skip("no Firefox on this machine")
    with listening(found, tmp_path_factory.mktemp("profile")) as address:
        yield address


def test_the_explorer_answers_as_in_chromium(firefox, address, page):
    hashes = ["#" + "&".join(f"{name}={value}" for name, value in state.items()) for state in STATES]
    found, faults = evaluate(
        firefox, address, [f"({GO})({json.dumps(hash)}).then(JSON.stringify)" for hash in hashes]
    )
    assert not faults
    for state, rows in zip(STATES, found, strict=True):
        expected = at(page, **state)
        assert [label for label, _ in rows] == list(expected)
        for label, values in rows:
            assert np.array(values) == pytest.approx(expected[label], abs=1e-6), label


def test_a_table_is_pooled_as_in_chromium(firefox, chromium, tmp_path):
    address = write_pool(tmp_path)
    (rows,), faults = evaluate(firefox, address, [POOLED])
    with chromium.new_page() as page:
        page.goto(address)
        assert not faults and dict(rows) == pytest.approx(dict(json.loads(page.evaluate(POOLED))), abs=1e-6)

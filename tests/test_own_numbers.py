"""What strangers are told is true: each worked command runs, and each kind of row has an example."""

import doctest
import importlib
import re

import pytest

from book.shown import own_numbers
from models.pool.rows import KINDS

PAGE = own_numbers.ROOT / "your-own-numbers.md"
UNTOLD = {"models.pool.rows.curve"}
"""Kinds whose example needs a file: the page of worked commands has one."""


def test_the_page_runs_ten_commands_each_once():
    named = re.findall(r'printed\("(.+?)"\)', PAGE.read_text())
    assert named == list(own_numbers.COMMANDS) and len(named) == 10


def test_every_command_ends_well_and_prints_plain_lines_that_fit(monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")  # as a notebook's kernel does
    own_numbers._outputs.cache_clear()
    assert all(text.strip() for text in own_numbers._outputs().values())
    lines = [line for name in own_numbers.COMMANDS for line in own_numbers.printed(name).splitlines()]
    assert max(map(len, lines)) <= 90  # a file is shown as it is
    assert not any("\033" in line for line in lines)


def test_a_command_that_fails_is_not_shown(monkeypatch):
    monkeypatch.setattr(own_numbers, "run", lambda words: 1)
    with pytest.raises(SystemExit):
        own_numbers._output(own_numbers.COMMANDS["curve"])


def test_a_command_is_shown_with_its_file_and_what_it_prints():
    shown = own_numbers.printed("curve")
    assert shown.startswith("$ cat curve.csv\nkind,arm,time_months") and "lines more" in shown
    assert "$ review-extraction recover curve curve.csv\n" in shown and "Hazard ratio" in shown


def test_the_page_is_short():
    prose = re.sub(r"^---.*?^---|```.*?```|^\|.*?$", "", PAGE.read_text(), flags=re.DOTALL | re.MULTILINE)
    assert len(prose.split()) <= 500


@pytest.mark.parametrize("module", sorted({kind.__module__ for kind in KINDS} - UNTOLD))
def test_the_example_of_a_kind_of_row_is_true(module):
    found = doctest.testmod(importlib.import_module(module))
    assert found.attempted and not found.failed

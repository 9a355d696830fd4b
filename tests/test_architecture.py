"""The street is as its page draws it: rooms, doors, and nothing that is not said."""

import re

from architecture import FILE, PICTURE, TOPS, doors, picture
from importlinter.cli import lint_imports

from extraction.tree import ROOT


def test_the_picture_is_drawn_from_the_imports():
    assert PICTURE.search(FILE.read_text(encoding="utf-8")).group() == picture()


def test_every_room_has_its_line():
    told = set(re.findall(r"`(\w+)/?`", FILE.read_text(encoding="utf-8").split("## Which imports which")[0]))
    rooms = {name.partition(".")[2] for name in doors()}
    assert rooms - told == set()


def test_a_line_speaks_of_a_room_that_is_there():
    table = re.findall(r"^\| ((?:`[^`]+`(?:, )?)+) \|", FILE.read_text(encoding="utf-8"), re.M)
    named = [name for line in table for name in re.findall(r"`([^`]+)`", line)]
    assert len(named) > 30
    for name in named:
        here = [ROOT / top / name for top in TOPS]
        assert any(path.exists() or path.with_suffix(".py").is_file() or "*" in name for path in here), name


def test_no_room_leads_back_to_itself():
    found = doors()
    while leaves := {name for name, others in found.items() if not others & found.keys()}:
        found = {name: others for name, others in found.items() if name not in leaves}
    assert found == {}


def test_imports_run_one_way(capsys):
    broken = lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True)
    assert broken == 0, capsys.readouterr().out

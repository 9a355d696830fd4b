"""What is no plain file, or holds what nobody can see, is refused; nothing is passed over."""

import pytest
from example_review import RECORD

from extraction.plain import Unreadable, text_of
from extraction.source import is_unseen


@pytest.mark.parametrize("hidden", ["\ufe0f", "\U000e0100", "\u3164", "\u2800", "\u034f", "\u200b", "\u202e"])
def test_a_character_that_nobody_sees_is_refused_with_its_field(invented, hidden):
    line = invented.plant(RECORD, "control:", "Not given", f"Not given{hidden}")
    found = invented.problem()
    assert found["line"] == line and found["value"] == f"U+{ord(hidden):04X} in arms.control.definition"


def test_letters_of_every_script_are_seen():
    assert not any(map(is_unseen, "µ ≤ ⊕◯ 托珠单抗 Żółć ñ é 한국어 אב\n\t"))


@pytest.mark.parametrize("name", ["other2021.YML", "other2021.yaml", "other2021.txt", "more"])
def test_what_lies_among_the_records_and_is_none_is_named(invented, name):
    path = invented.root / "records" / name
    path.mkdir() if name == "more" else path.write_text("study: other2021\n")
    assert invented.problem()["rule"] == "the name of a record ends in .yml"


@pytest.mark.parametrize("file", ["certainty.yml", "living.yml"])
def test_a_link_to_nowhere_is_no_absent_file(invented, file):
    (invented.root / file).unlink(missing_ok=True)
    (invented.root / file).symlink_to(invented.root / "nowhere")
    assert "is not a link" in invented.problem()["rule"]


@pytest.mark.parametrize(
    "file", ["../example2020.xml", "/etc/passwd", "..", "folder/example2020.xml", "a\\b"]
)
def test_a_text_is_a_plain_name(invented, file):
    invented.plant(RECORD, "texts:", "file: example2020.xml", f"file: {file}")
    assert "must be the plain name of a file" in invented.check()[1]["problems"][0]["rule"]


def test_a_file_without_end_is_read_no_further_than_the_limit(tmp_path):
    with pytest.raises(Unreadable, match="larger than 1,000 bytes"):
        text_of("/dev/zero", 1000)
    (tmp_path / "table.csv").write_bytes("\ufeffstudy;ä".encode())
    assert text_of(tmp_path / "table.csv") == "study;ä"
    (tmp_path / "table.csv").write_bytes("study;ä".encode("latin-1"))
    with pytest.raises(Unreadable, match=r"not UTF-8 text \(byte 6\).* as CSV UTF-8"):
        text_of(tmp_path / "table.csv")
    for order in ("utf-16-le", "utf-16-be"):
        (tmp_path / "table.csv").write_bytes("\ufeffstudy;托".encode(order))
        assert text_of(tmp_path / "table.csv") == "study;托"
    (tmp_path / "table.csv").write_bytes(b"\xff\xfeab\0")  # a letter of UTF-16 has two bytes
    with pytest.raises(Unreadable, match="not UTF-16 text"):
        text_of(tmp_path / "table.csv")
    with pytest.raises(Unreadable, match="No such file"):
        text_of(tmp_path / "none.csv")

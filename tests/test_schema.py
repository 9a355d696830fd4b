"""What editors and readers see is the schema itself: JSON Schemas are current, the dictionary complete."""

import json

from jsonschema import Draft7Validator

from extraction import __main__ as commands
from extraction import dictionary, living, people, question, schema, vocabulary
from extraction.records import ROOT

MODELS = [*dictionary.REGISTER, *dictionary.LIVING, *dictionary.BLOCKS, *dictionary.REPORTS]


def test_the_json_schemas_are_current():
    for name, text in dictionary.json_schemas().items():
        assert (ROOT / name).read_text(encoding="utf-8") == text, f"{name}: run python -m extraction schema"


def test_the_json_schemas_are_written_whole_and_alike_each_time(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(commands, "ROOT", tmp_path)
    assert commands.main(["schema"]) == 0
    first = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert commands.main(["schema"]) == 0
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == first
    assert set(first) == {
        f"{name}.schema.json" for name in ("record", "register", "living", "people", "question")
    }
    capsys.readouterr()


def test_a_folder_that_cannot_be_written_leaves_nothing_behind(tmp_path, monkeypatch, capsys):
    (tmp_path / "record.schema.json").mkdir()  # cannot be replaced by a file
    monkeypatch.setattr(commands, "ROOT", tmp_path)
    try:
        commands.main(["schema"])
    except SystemExit as stopped:
        assert stopped.code == 1
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["record.schema.json"]


def test_the_json_schemas_describe_every_property():
    for text in dictionary.json_schemas().values():
        Draft7Validator.check_schema(json.loads(text))


def test_the_dictionary_has_each_field_of_each_model_with_a_meaning():
    rows = {(row.model, row.field): row for row in dictionary.rows()}
    for model in MODELS:
        for name, field in model.model_fields.items():
            shared = model in dictionary.REPORTS and name in schema.Entry.model_fields
            assert shared or rows[model.__name__, name].meaning == field.description
    assert all(row.meaning and row.type for row in rows.values())


def test_every_model_of_the_schema_is_in_the_dictionary():
    models = {
        model
        for model in [*vars(schema).values(), *vars(living).values(), *vars(people).values()]
        if isinstance(model, type) and issubclass(model, people.Model)
    }
    assert models - {people.Model, schema.Strict, schema.Share, schema.DesignOfAny} == set(
        MODELS
    )  # bases of others


def test_the_dictionary_page_names_every_kind_variable_and_unit():
    page = dictionary.markdown()
    kinds = schema.Record.model_json_schema()["properties"]["entries"]["items"]["discriminator"]["mapping"]
    for word in (
        *kinds,
        *question.FIELDS,
        *question.UNITS,
        *vocabulary.TESTS,
        *vocabulary.ARMS,
        *question.ENDPOINTS,
        *question.GROUNDS,
    ):
        assert f"`{word}`" in page
    assert page == dictionary.markdown()


def test_every_unit_of_a_variable_or_kind_has_a_meaning():
    units = [*(v.units for v in question.FIELDS.values()), *vocabulary.UNITS_OF_KIND.values()]
    assert {unit for legal in units for unit in legal} == set(question.UNITS)


def test_limits_and_words_are_told_as_the_schema_has_them():
    rows = {(row.model, row.field): row for row in dictionary.rows()}
    assert rows["Ratio", "level"].legal == "> 0, < 100" and rows["Ratio", "level"].default == "95"
    assert rows["Registration", "decision"].legal == "included, awaiting_data, excluded"
    assert rows["Entry", "unit"].legal == "any unit of the vocabulary"
    assert rows["Counts", "percent"].type == "number, digits kept or null"

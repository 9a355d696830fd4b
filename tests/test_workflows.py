"""The files for a public host: valid by its schemas, built on what the tree has, and with no right they do
not need.
"""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest
import yaml
from jsonschema import Draft7Validator

from extraction import question, schema

ROOT = Path(__file__).resolve().parent.parent
SCHEMAS = ROOT / "tests" / "reference" / "schemastore"
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
FORM = ROOT / ".github" / "ISSUE_TEMPLATE" / "study.yml"
MAJOR = {
    "actions/checkout": "4",
    "actions/setup-python": "5",
    "actions/upload-artifact": "4",
    "actions/upload-pages-artifact": "3",
    "actions/deploy-pages": "4",
}
PINNED = re.compile(r"uses: (\S+)@([0-9a-f]{40})  # v(\d+)\.\d+\.\d+$", re.M)


def read(path: Path) -> dict:
    # text alone: YAML 1.1 takes the key `on` for a truth value
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)


def typed(path: Path) -> dict:
    """With numbers as numbers, as the schemas ask, and the key `on` as written."""
    held = yaml.safe_load(path.read_text(encoding="utf-8"))
    return {"on" if key is True else key: value for key, value in held.items()}


def faults(held: dict, name: str) -> list[str]:
    found = Draft7Validator(json.loads((SCHEMAS / name).read_text(encoding="utf-8"))).iter_errors(held)
    return [f"{'/'.join(map(str, error.absolute_path))}: {error.message[:200]}" for error in found]


def jobs(path: Path) -> dict[str, dict]:
    return read(path)["jobs"]


def steps(path: Path) -> list[dict]:
    return [step for job in jobs(path).values() for step in job["steps"]]


def commands(path: Path) -> str:
    return "\n".join(step.get("run", "") for step in steps(path))


named = pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)


def test_there_is_one_workflow_for_each_task():
    assert [path.stem for path in WORKFLOWS] == ["preview", "publish", "search-reminder", "test"]


# schemas


@named
def test_a_workflow_is_valid(path):
    assert faults(typed(path), "github-workflow.json") == []


def test_the_issue_form_is_valid():
    assert faults(typed(FORM), "github-issue-forms.json") == []


@pytest.mark.parametrize(
    "spoil",
    [
        lambda held: held.pop("on"),
        lambda held: held["jobs"]["test"].pop("runs-on"),
        lambda held: held["permissions"].update(contents="everything"),
        lambda held: held["jobs"]["test"]["steps"].append({"name": "nothing to do", "runs": "make"}),
    ],
)
def test_a_spoilt_workflow_is_not_valid(spoil):
    held = typed(ROOT / ".github" / "workflows" / "test.yml")
    spoil(held)
    assert faults(held, "github-workflow.json")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda held: held.pop("description"),
        lambda held: held["body"].append({"type": "slider", "attributes": {"label": "x"}}),
        lambda held: held["body"][4]["attributes"].pop("options"),
    ],
)
def test_a_spoilt_form_is_not_valid(spoil):
    held = typed(FORM)
    spoil(held)
    assert faults(held, "github-issue-forms.json")


# what they call


@named
def test_every_make_target_called_exists(path):
    known = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    called = set(re.findall(r"\bmake (?:-s )?([a-z]+)", commands(path)))
    assert called and called <= known


@named
def test_every_python_command_called_exists(path):
    for module, command in re.findall(r"python -m (\w+) (\w+)", commands(path)):
        ran = subprocess.run(
            (sys.executable, "-m", module, command, "--help"),
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert ran.returncode == 0, ran.stderr
    assert "python -m" not in re.sub(r"\.venv/bin/python -m \w+ \w+", "", commands(path)), (
        "run with the pinned environment, by module and command"
    )


@named
def test_actions_are_the_hosts_own_pinned_by_commit_with_the_version_beside_it(path):
    pinned = PINNED.findall(path.read_text(encoding="utf-8"))
    used = [step["uses"] for step in steps(path) if "uses" in step]
    assert used == [f"{action}@{commit}" for action, commit, _ in pinned]
    assert all(MAJOR.get(action) == version for action, _, version in pinned)


def test_an_action_has_one_commit_everywhere():
    pins = {pin[:2] for path in WORKFLOWS for pin in PINNED.findall(path.read_text(encoding="utf-8"))}
    assert sorted(action for action, _ in pins) == sorted(MAJOR)


@named
def test_python_is_one_that_make_env_accepts(path):
    usable = re.search(
        r"\((\d), (\d+)\) <= sys.version_info\[:2\] <= \((\d), (\d+)\)",
        (ROOT / "Makefile").read_text(encoding="utf-8"),
    )
    low, high = (int(usable[1]), int(usable[2])), (int(usable[3]), int(usable[4]))
    for step in steps(path):
        if step.get("uses", "").startswith("actions/setup-python"):
            assert low <= tuple(map(int, step["with"]["python-version"].split("."))) <= high


def test_paths_that_are_uploaded_are_those_of_the_book():
    from book.make import build, deposit

    paths = [
        step["with"]["path"] for path in WORKFLOWS for step in steps(path) if "upload" in step.get("uses", "")
    ]
    assert [ROOT / path for path in paths] == [build.HTML, deposit.FOLDER, build.HTML]


# rights


@named
def test_a_workflow_may_read_and_writes_only_where_its_task_is_to(path):
    allowed = {"publish": {"pages", "id-token"}, "search-reminder": {"issues"}}.get(path.stem, set())
    given = [
        read(path)["permissions"],
        *(job["permissions"] for job in jobs(path).values() if "permissions" in job),
    ]
    assert {right for rights in given for right, level in rights.items() if level != "read"} == allowed
    assert read(path)["permissions"].get("contents") == "read"


@named
def test_no_text_of_a_stranger_is_pasted_into_a_command(path):
    # a branch or title may hold shell; what is needed comes through the environment
    assert "${{" not in commands(path)
    assert "pull_request_target" not in read(path)["on"]


@named
def test_no_job_runs_for_ever(path):
    assert all(0 < int(job["timeout-minutes"]) <= 120 for job in jobs(path).values())


# the issue form


def options(field: str) -> list[str]:
    """What a list of the form offers."""
    held = next(block["attributes"]["options"] for block in read(FORM)["body"] if block["id"] == field)
    return [option["label"] if isinstance(option, dict) else option for option in held]


def test_the_form_asks_in_the_words_of_the_register():
    fields = schema.Registration.model_fields
    assert {block["id"] for block in read(FORM)["body"]} - {"kinds"} <= set(fields)
    assert options("contrast") == list(get_args(fields["contrast"].annotation))
    assert options("decision") == list(get_args(fields["decision"].annotation))
    assert options("endpoints") == list(question.ENDPOINTS.values())
    assert options("ground") == ["does not apply", *question.GROUNDS.values()]


def test_the_form_names_every_kind_of_report():
    kinds = schema.Record.model_json_schema()["properties"]["entries"]["items"]["discriminator"]["mapping"]
    assert sorted(label.split(":")[0] for label in options("kinds")) == sorted(kinds)


def test_the_form_requires_what_a_row_of_the_register_cannot_do_without():
    required = {
        block["id"] for block in read(FORM)["body"] if block.get("validations", {}).get("required") == "true"
    }
    assert required == {"title", "contrast", "decision", "reason"}
    assert all(schema.Registration.model_fields[field].is_required() for field in required)

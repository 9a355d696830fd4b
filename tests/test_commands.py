"""The commands of the Makefile and .ci/run, in a copy where only stand-ins for programs are on PATH."""

import os
import re
import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


MAKES_A_VENV = """
case "$1 $2" in
  "-c "*) echo "$0" ;;
  "-m venv") mkdir -p .venv/bin .venv/lib/python3.12/site-packages && cp "$0" .venv/bin/python ;;
  "-m pip") echo "$*" >> log; cp uv .venv/bin ;;
  *) echo "$*" >> log ;;
esac"""
UV = 'echo "uv $*" >> log; exit $(test -e broken && echo 1 || echo 0)'
PINNED = ["--require-hashes", "--constraints", "requirements.lock", "--requirements", "pyproject.toml"]
"""Of the lock, versions and hashes; of pyproject.toml, what is wanted."""
WANTED = [*PINNED, *(word for extra in ("book", "cluster", "search", "pdf") for word in ("--extra", extra))]
TOOLS = ["--extra", "test"]


class House:
    """A copy of what make reads, in a folder with a space in its name, with its own PATH and home."""

    def __init__(self, folder: Path):
        self.folder, self.bin, self.home = folder / "a review", folder / "bin", folder / "home"
        for each in (self.folder, self.bin, self.home):
            each.mkdir()
        for name in ("Makefile", "requirements.lock"):
            shutil.copy(ROOT / name, self.folder)
        self.program("uv", UV).rename(self.folder / "uv")  # what pip would fetch
        for tool in ("awk", "cmp", "cp", "echo", "mkdir", "rm"):
            (self.bin / tool).symlink_to(shutil.which(tool))

    def program(self, name: str, body: str) -> Path:
        path = self.bin / name
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(0o755)
        return path

    def make(self, *words: str) -> subprocess.CompletedProcess:
        environment = {"PATH": str(self.bin), "HOME": str(self.home)}
        return subprocess.run(
            [shutil.which("make"), *words], cwd=self.folder, env=environment, capture_output=True, text=True
        )

    def break_pythons(self) -> None:
        for name in ("python3.13", "python3.12", "python3.14", "python3", "python"):
            self.program(name, 'echo "pyenv: $0: command not found" >&2; exit 127')

    def finish_env(self, python: str) -> None:
        """A complete .venv whose Python is the given stand-in."""
        (self.folder / ".venv/bin").mkdir(parents=True)
        shutil.copy(self.program("stand-in", python), self.folder / ".venv/bin/python")
        shutil.copy(ROOT / "requirements.lock", self.folder / ".venv")
        (self.folder / ".venv/with-tools").touch()

    def log(self) -> list[str]:
        return (self.folder / "log").read_text().splitlines()


@pytest.fixture
def house(tmp_path) -> House:
    return House(tmp_path)


def test_help_lists_the_flow_in_order(house):
    listed = re.findall(r"^  make (\w+)", house.make("help").stdout, re.M)
    assert listed == [
        "env",
        "check",
        "fit",
        "book",
        "serve",
        "bundle",
        "deposit",
        "pdf",
        "lint",
        "test",
        "bench",
        "parity",
        "clean",
    ]
    assert house.make().stdout == house.make("help").stdout


def test_without_a_working_python_env_says_in_one_line_what_to_install(house):
    house.break_pythons()
    (house.folder / ".venv/bin").mkdir(parents=True)  # left by an interrupted run
    done = house.make("env")
    said = [
        line
        for line in (done.stdout + done.stderr).splitlines()
        if not re.match(r"g?make(\[\d+\])?: \*\*\*", line)
    ]
    assert done.returncode != 0
    assert len(said) == 1 and "Python 3.12 to 3.14" in said[0] and "uv" in said[0]


def test_a_broken_python_is_passed_over_for_one_that_runs(house):
    house.break_pythons()
    in_pyenv = house.home / ".pyenv/versions/3.12.9/bin/python"
    in_pyenv.parent.mkdir(parents=True)
    shutil.copy(house.program("works", 'echo "$0"'), in_pyenv)
    assert house.make("-s", "interpreter").stdout == f"{in_pyenv}\n"
    named = house.program("python3.12", 'echo "$0"')
    assert house.make("-s", "interpreter").stdout == f"{named}\n"


@pytest.mark.parametrize(("minor", "found"), [(11, False), (12, True), (14, True), (15, False)])
def test_only_the_pythons_of_the_lock_will_do(house, minor, found):
    # The running interpreter poses as another version; a Debian without ensurepip is not the question here.
    pose = (
        f"import sys; sys.version_info = (3, {minor}, 0); sys.modules['ensurepip'] = sys; exec(sys.argv[1])"
    )
    house.program("python3", f'exec "{sys.executable}" -c "{pose}" "$2"')
    assert (house.make("-s", "interpreter").returncode == 0) == found


def test_env_fetches_the_uv_of_the_lock_and_installs_by_hash(house):
    house.program("python3.12", MAKES_A_VENV)
    assert house.make("env").returncode == 0
    fetch, install = house.log()
    assert re.fullmatch(r"-m pip install .*--require-hashes -r \.venv/uv\.lock", fetch)
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert (house.folder / ".venv/uv.lock").read_text() in lock
    assert re.findall("^[a-z].*==", (house.folder / ".venv/uv.lock").read_text(), re.M) == ["uv=="]
    assert install.startswith("uv pip install") and install.split()[-len(WANTED) :] == WANTED


def test_env_puts_the_review_on_the_path(house):
    house.program("python3.12", MAKES_A_VENV)
    house.make("env")
    site = house.folder / ".venv/lib/python3.12/site-packages"
    assert (site / (site / "review.pth").read_text().strip()).resolve() == house.folder.resolve()


def test_test_tools_are_added_once_and_to_a_book_never(house):
    house.program("python3.12", MAKES_A_VENV)
    house.make("book")
    assert " ".join(TOOLS) not in " ".join(house.log())
    for _ in range(2):
        house.make("test")
        house.make("book")
    [tools] = [line.split() for line in house.log() if line.endswith(" ".join(TOOLS))]
    assert tools[-len(WANTED) - 2 :] == [*WANTED, *TOOLS]
    assert len([line for line in house.log() if line.startswith("uv pip")]) == 2


def test_env_can_be_remade_from_inside_itself(house):
    # With .venv activated, the only python3.12 on PATH is its own; it names the one that made it.
    base = house.program("base", MAKES_A_VENV)
    inside = house.folder / ".venv/bin/python3.12"
    inside.parent.mkdir(parents=True)
    shutil.copy(house.program("stand-in", f'echo "{base}"'), inside)
    (house.bin / "python3.12").symlink_to(inside)
    assert house.make("env").returncode == 0
    assert len(house.log()) == 2


def test_env_prefers_the_uv_that_is_there(house):
    house.program("python3.12", MAKES_A_VENV)
    house.program("uv", UV)
    assert house.make("env").returncode == 0
    [install] = house.log()
    assert install.startswith("uv pip install")


def test_env_is_made_once_per_lock(house):
    house.program("python3.12", MAKES_A_VENV)
    house.make("env")
    again = house.make("env")
    assert (again.returncode, again.stdout, len(house.log())) == (0, "", 2)
    with (house.folder / "requirements.lock").open("a") as lock:
        lock.write("# another pin\n")
    house.make("env")
    assert len(house.log()) == 4


def test_a_half_made_env_does_not_count(house):
    house.program("python3.12", MAKES_A_VENV)
    (house.folder / "broken").touch()
    assert house.make("env").returncode != 0
    (house.folder / "broken").unlink()
    house.make("env")
    assert len(house.log()) == 4


def test_book_checks_then_fits_then_renders_even_in_parallel(house):
    house.finish_env('echo "$*" >> log')
    assert house.make("-j4", "book").returncode == 0
    assert house.log() == ["-m extraction check", "-m models fit", "-m book"]


def test_nothing_is_fitted_from_records_that_fail_their_check(house):
    house.finish_env('echo "$*" >> log; exit 1')
    assert house.make("-k", "book").returncode != 0
    assert house.log() == ["-m extraction check"]


def test_clean_removes_the_build_and_keeps_the_env(house):
    house.finish_env("exit 0")
    (house.folder / "_build/html").mkdir(parents=True)
    house.make("clean")
    assert not (house.folder / "_build").exists() and (house.folder / ".venv").exists()


def run_ci(house: House, apt_get: str = ":") -> subprocess.CompletedProcess:
    """Run .ci/run, with what apt-get does beside logging its call."""
    shutil.copytree(ROOT / ".ci", house.folder / ".ci")
    for tool in ("dirname", "bash", "env"):
        (house.bin / tool).symlink_to(shutil.which(tool))
    there = dict.fromkeys(("git", "make", "firefox-esr", "pdftocairo"), ":")
    for name, does in (there | {"apt-get": apt_get}).items():
        house.program(name, f'echo "{name} $*" >> log\n{does}')
    environment = {"PATH": str(house.bin), "HOME": str(house.home), "CI": "true"}
    return subprocess.run(
        [house.folder / ".ci/run"], env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )


def test_ci_ends_in_make_test(house):
    house.program("chromium", "echo Chromium 1")
    assert run_ci(house).returncode == 0
    assert house.log() == ["make -s interpreter", "make test"]


def test_ci_with_a_chromium_that_does_not_start_ends_in_an_error(house):
    house.program("chromium", "exit 127")
    done = run_ci(house)
    assert done.returncode == 1 and "chromium is missing or does not start" in done.stderr
    assert "make test" not in house.log()


def test_ci_installs_a_missing_chromium_as_root_only(house):
    installed = house.program("to-install", "echo Chromium 1")
    done = run_ci(house, f'test "$1" = update || cp "{installed}" "{house.bin}/chromium"')
    if os.geteuid():
        assert done.returncode == 1 and "chromium" in done.stderr
        assert house.log() == ["make -s interpreter"]
    else:
        assert house.log()[1] == "apt-get update -qq"
        assert re.fullmatch(r"apt-get install .* chromium", house.log()[2])
        assert house.log()[3:] == ["make test"]


def test_the_readme_names_both_commands():
    named = re.findall(r"^make (\w+)", (ROOT / "README.md").read_text(encoding="utf-8"), re.M)
    assert named == ["book", "test"]


# help


def helped(main, capsys, *command: str) -> list[tuple[str, ...]]:
    """A command whose help prints, and all below it."""
    with pytest.raises(SystemExit) as stopped:
        main([*command, "--help"])
    told = capsys.readouterr().out
    assert stopped.value.code == 0 and told.startswith("usage"), command
    usage, _, _ = told.partition("\n\n")
    below = re.search(r"\{([a-z0-9_,-]+)\} \.\.\.", " ".join(usage.split()))
    names = below[1].split(",") if below else []
    return [command, *(found for name in names for found in helped(main, capsys, *command, name))]


@pytest.mark.parametrize(("module", "least"), [("extraction", 12), ("models", 8), ("book", 1)])
def test_every_command_prints_its_help(module, least, capsys):
    assert len(helped(import_module(f"{module}.__main__").main, capsys)) >= least

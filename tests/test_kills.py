"""Each writer is killed before each file that it opens for writing, moves or removes: what stands then is as
before or as after, and a second run gives what an undisturbed one does.
"""

import json
import os
import re
import shutil
import sys
import traceback
import warnings
from collections.abc import Callable
from datetime import date
from functools import cache
from pathlib import Path

import example_at_hand
import pytest
from example_pages import answered, page_of
from example_review import EXAMPLE
from example_tree import Repository, own_texts, release_here

from book.make import build, bundle, execute
from extraction.__main__ import main as extraction
from extraction.records import load
from extraction.start import command as start
from extraction.start.sheets import Start
from models import fit
from models.__main__ import main as models
from models.history import release
from models.runs import alone, heavy, store

EXPORTS = Path(__file__).parent / "exports"
KILLED, DONE, FAILED = 9, 0, 1
SCRATCH = re.compile(r"\.(?:partial|part|lock|process)\b|/building-|/cache/|/posteriors/|/\.git/")
"""What a write begins, locks, and what is made anew where it is damaged."""
CHANGES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate"}
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
type Act = Callable[[Path], object]


def changes(event: str, given: tuple) -> bool:
    """Whether an event of the interpreter is about to change a file."""
    return event in CHANGES or (event == "open" and bool((given[2] or 0) & WRITES))


def in_a_process(act: Act, folder: Path, at: int | None = None) -> tuple[int, int]:
    """Run `act` in a process of its own, killed before its change of number `at` below the folder; exit code,
    and how many changes there were until then. Killed means at once: nothing is flushed or put in order.
    """
    read, write = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of other threads, which wait
        child = os.fork()
    if not child:
        counted = 0

        def watch(event: str, given: tuple) -> None:
            nonlocal counted
            if changes(event, given) and str(folder) in str(given[0]):
                if counted == at:
                    os._exit(KILLED)
                counted += 1
                os.write(write, b".")

        code = FAILED
        try:
            sys.addaudithook(watch)
            act(folder)
            code = DONE
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    os.close(write)
    with os.fdopen(read, "rb") as events:
        count = len(events.read())
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), count


def state(folder: Path) -> dict[str, bytes]:
    """What counts: every file but those that a write begins, and locks."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not SCRATCH.search(str(path))
    }


# writers

read_once = cache(load)
sheets_once = cache(start._sheets)
STARTED = Start("Does it help?", "the treatment", "none", "anybody")


@pytest.fixture(scope="module", autouse=True)
def known(tmp_path_factory) -> None:
    """What any run imports, and asks of records, code and schemas, is known before this process is copied."""
    store.identity("severe_crs", read_once())
    example_at_hand.fitted()[0].to_netcdf(engine="h5netcdf")
    read_once(EXAMPLE)
    sheets_once(STARTED)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(execute, "_run", answered)
        cached(tmp_path_factory.mktemp("known"))


def review(folder: Path) -> None:
    shutil.copytree(EXAMPLE, folder, dirs_exist_ok=True)
    own_texts(folder)
    record = (EXAMPLE / "records/example2020.yml").read_text()
    for name in ("Ada", "Ben"):
        (folder / f"{name}.yml").write_text(record.replace("extractor: nobody", f"extractor: {name} Example"))
    (folder / "counts.csv").write_text(
        "study,events_treated,n_treated,events_control,n_control\nAda,3,20,5,22\nBen,4,30,2,28\n"
    )
    Repository(folder)


def command(main: Callable[[list[str]], int], *words: str) -> Act:
    def act(folder: Path) -> None:
        assert main([word.replace("@", str(folder)) for word in words]) == 0

    return act


def fitted(folder: Path) -> None:
    fit.fitted, store.FOLDER, alone.FOLDER = example_at_hand.fitted, folder / "posteriors", folder
    store._read.cache_clear()
    review = read_once()
    fit.fit(["severe_crs"], review)  # one, which this process fits itself
    (folder / "draws").write_bytes(store.read("severe_crs", review).draws["mu"].values.tobytes())


def kept(folder: Path) -> None:
    heavy.REPOSITORY, heavy.COMPUTED = folder / "results", folder / "computed"
    heavy.write("universes.json", "0123", {"ratio": 2.55}, repository=True)
    heavy.write("ranks.json", "4567", {"ratio": 1.03})


def published(folder: Path) -> None:
    build.BUILD = folder
    build.HTML = folder / "html"
    made = folder / "building-1"
    shutil.rmtree(made, ignore_errors=True)
    made.mkdir()
    (made / "index.html").write_text("<p>Odds ratio 2.55</p>")
    build._publish(made, "inputs")


def cached(folder: Path) -> None:
    """A page of one cell is run, and its outputs kept."""
    execute._run = answered
    page = folder / "page.md"
    page.write_text(page_of("A page", "print(6 * 7)"))
    (folder / "cache").mkdir(exist_ok=True)
    execute.run([page], [], folder / "cache", lambda what, seconds: None)
    (ran,) = (folder / "cache").rglob("base.ipynb")
    outputs = [cell.get("outputs") for cell in json.loads(ran.read_text())["cells"]]
    (folder / "outputs").write_text(json.dumps(outputs))


def started(folder: Path) -> None:
    start._write_schemas = lambda _: None  # which another process writes, with `write_whole`
    start._sheets = lambda _: sheets_once(STARTED)
    command(extraction, "start", "@/another", "--question", "Does it help?")(folder)


def packed(folder: Path) -> None:
    bundle._pack(
        {"README.md": b"Words", "records/one.yml": b"study: one2031\n"}, "review-1.0.0", folder / "review.zip"
    )


def released(folder: Path) -> None:
    release_here(setattr, folder, read_once(EXAMPLE))
    release._follows = lambda _: None
    release.release("1.0.0", date(2026, 5, 1))


NEW = (
    "--doi",
    "10.1234/example.2031",
    "--title",
    "An invented cohort",
    "--authors",
    "Ada Example",
    "--root",
    "@",
)
WRITERS: dict[str, Act] = {
    "new": command(extraction, "new", "example2031", *NEW),
    "search import": command(
        extraction,
        "search",
        "import",
        str(EXPORTS / "pubmed.nbib"),
        "--source",
        "pubmed",
        "--date",
        "2026-05-01",
        "--root",
        "@",
    ),
    "compare": command(extraction, "compare", "@/Ada.yml", "@/Ben.yml", "--merged", "@/merged.yml"),
    "a set of tables": command(
        extraction,
        "recover",
        "table",
        "--n-treated",
        "9",
        "--n-control",
        "2",
        "--p",
        "0.4545",
        "--csv",
        "@/set.csv",
    ),
    "a forest plot": command(models, "pool", "@/counts.csv", "--measure", "or", "--figure", "@/forest.svg"),
    "fits": fitted,
    "a page's outputs": cached,
    "results": kept,
    "start": started,
    "a built book": published,
    "a bundle": packed,
    "a release": released,
}


LAST = {"a release": "releases/1.0.0.json"}
"""The file that comes last: where it stands, all is done."""


@pytest.mark.parametrize("name", WRITERS)
def test_a_writer_killed_at_any_file_leaves_before_or_after_and_ends_when_run_again(name, tmp_path):
    act = WRITERS[name]
    before, after = tmp_path / "before", tmp_path / "after"
    review(before)
    shutil.copytree(before, after)
    code, count = in_a_process(act, after)
    assert code == DONE and count > 1
    sound, whole = state(before), state(after)
    assert sound != whole
    for at in range(count):
        folder = tmp_path / f"killed {at}"
        shutil.copytree(before, folder)
        assert in_a_process(act, folder, at) == (KILLED, at)
        stands = state(folder)
        torn = {file for file, content in stands.items() if content not in (sound.get(file), whole.get(file))}
        assert not torn and sound.keys() <= stands.keys() | {"register.yml"}, (at, torn)
        assert LAST.get(name) not in stands or stands == whole, at
        assert in_a_process(act, folder)[0] == DONE or stands == whole, at
        assert state(folder) == whole, at

"""Many fits: every result right and none made twice, whatever dies."""

import importlib
import json
import multiprocessing
import os
import signal
import subprocess
import sys
from collections import Counter
from multiprocessing.process import BaseProcess
from pathlib import Path
from threading import Thread

import matplotlib

matplotlib.use("Agg")

import distributed
import pytest
from example_events import LIMIT, wait_until
from example_fits import kill_every_time, kill_the_first_time, no_json, refuse, serve, square, tasks, threads

from benchmarks import scaling_words as scaling
from models.runs import cluster, many, processes
from models.runs.journal import Journal

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests")])}


# counting


@pytest.fixture
def made(tmp_path) -> Path:
    folder = tmp_path / "made"
    folder.mkdir()
    return folder


@pytest.fixture
def options(tmp_path, monkeypatch) -> dict:
    monkeypatch.delenv("DASK_SCHEDULER_ADDRESS", raising=False)
    return {"name": "squares", "code": "1", "folder": tmp_path / "many", "progress": False, "workers": 2}


def squares(numbers) -> list[dict]:
    return [{"square": n * n} for n in numbers]


def times_made(made: Path) -> Counter:
    return Counter(int(path.name.split(".")[0]) for path in made.glob("*.*.*"))


def at_work(made: Path) -> Counter:
    """How often each process made a fit."""
    return Counter(int(path.name.split(".")[1]) for path in made.glob("*.*.*"))


def lives(pid: int) -> bool:
    """Whether a process runs; a zombie, which waits only for its parent to look, does not."""
    stat = Path(f"/proc/{pid}/stat")
    if Path("/proc/self").exists():
        return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"
    return subprocess.run(["ps", "-p", str(pid)], capture_output=True).returncode == 0


# results and their keys


def test_results_come_in_the_order_of_the_tasks_and_equal_tasks_are_fitted_once(made, options):
    numbers = [7, 3, 7, *range(100, 0, -1)]
    assert many.run(square, tasks(numbers, made), **options) == squares(numbers)
    assert times_made(made) == Counter(range(1, 101))


def test_a_rerun_makes_only_what_is_missing(made, options):
    many.run(square, tasks(range(10), made), **options)
    assert many.run(square, tasks(range(15), made), **options) == squares(range(15))
    assert times_made(made) == Counter(range(15))


@pytest.mark.parametrize("change", [{"code": "2"}, {"name": "cubes"}])
def test_results_of_other_code_or_of_another_name_are_never_met(change, made, options):
    many.run(square, tasks([1, 2], made), **options)
    many.run(square, tasks([1, 2], made), **options | change)
    assert times_made(made) == Counter({1: 2, 2: 2})


def test_no_tasks_give_no_results_and_start_nothing(options):
    assert many.run(square, [], **options | {"scheduler": "tcp://127.0.0.1:9"}) == []


def test_a_worker_keeps_to_one_thread_and_this_process_keeps_its_own_setting(options, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "5")
    monkeypatch.delenv("NUMBA_NUM_THREADS", raising=False)
    found = many.run(threads, [{"of": "OMP_NUM_THREADS"}, {"of": "NUMBA_NUM_THREADS"}], **options)
    assert [row["threads"] for row in found] == ["1", "1"]
    assert os.getpid() not in [row["process"] for row in found]
    assert (os.environ["OMP_NUM_THREADS"], os.environ.get("NUMBA_NUM_THREADS")) == ("5", None)


IMPORT_ALL = """
import importlib, os, pkgutil
import pymc  # which sets a variable of its own

before = dict(os.environ)
for room in ("extraction", "models", "book"):
    for module in pkgutil.walk_packages(importlib.import_module(room).__path__, f"{room}."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
assert os.environ == before, set(os.environ.items()) ^ set(before.items())
"""

RUN_A_COMMAND = """
import os, runpy, sys

class AtNumpy:
    def find_spec(self, name, *_):
        if name == "numpy":
            assert os.environ["OPENBLAS_NUM_THREADS"] == "1"
            sys.exit()  # all else that the command imports comes later

sys.meta_path.insert(0, AtNumpy())
sys.argv = [sys.argv[1], "--help"]
try:
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
finally:
    assert os.environ["OPENBLAS_NUM_THREADS"] == "1"
"""


def test_importing_the_packages_leaves_the_environment_of_the_process_as_it_was(free_threads):
    subprocess.run([sys.executable, "-c", IMPORT_ALL], env=free_threads, cwd=ROOT, check=True)


@pytest.mark.parametrize("room", ["extraction", "models", "book", "benchmarks"])
def test_a_command_limits_threads_before_numpy_is_imported(room, free_threads):
    subprocess.run(
        [sys.executable, "-c", RUN_A_COMMAND, room],
        env=free_threads,
        cwd=ROOT,
        check=True,
        stdout=subprocess.DEVNULL,
    )


@pytest.fixture
def free_threads() -> dict[str, str]:
    """The environment of somebody who has not limited threads."""
    return {name: value for name, value in ENVIRONMENT.items() if name != "OPENBLAS_NUM_THREADS"}


# what is refused


def test_a_task_that_fails_is_named_and_what_was_finished_stays(made, options):
    with pytest.raises(
        many.FitFailed, match=r"squares: task .*'number': 9,.* failed: ArithmeticError: no posterior for 9"
    ):
        many.run(refuse, tasks(range(10), made, victim=9), **options)
    before = times_made(made)
    assert len(before) >= 5
    many.run(refuse, tasks([n for n in before], made, victim=9), **options)
    # each worker may have been ended with one result on its way
    assert sum(times_made(made).values()) - sum(before.values()) <= 2


def test_a_result_that_is_not_json_is_an_error_that_says_so(options):
    with pytest.raises(
        many.FitFailed,
        match=r"task \{'number': 3\} failed: TypeError: Object of type set is not JSON serializable",
    ):
        many.run(no_json, [{"number": 3}], **options)


def test_a_task_that_is_not_json_is_refused_with_its_place(options):
    with pytest.raises(ValueError, match=r"squares: task 1 .* is not JSON"):
        many.run(square, [{"number": 1}, {"number": {2}}], **options)


def test_a_function_inside_another_is_refused(options):
    with pytest.raises(ValueError, match="must stand at the top of a module"):
        many.run(lambda number: number, [{"number": 1}], **options)


def test_a_name_that_would_leave_the_folder_is_refused(options):
    with pytest.raises(ValueError, match=r"name '\.\./x'"):
        many.run(square, [], **options | {"name": "../x"})


# workers that die


def test_a_killed_worker_loses_no_result_and_its_task_is_done_by_another(made, options):
    assert many.run(kill_the_first_time, tasks(range(60), made, victim=30), **options) == squares(range(60))
    assert times_made(made) == Counter(range(60))  # none twice: the other worker went on undisturbed


def test_a_task_that_kills_every_worker_is_named_and_what_was_finished_stays(made, options):
    with pytest.raises(
        many.WorkerDied, match=r"'number': 30,.* ended its process 3 times, the last with SIGKILL"
    ):
        many.run(kill_every_time, tasks(range(31), made, victim=30), **options)
    finished = times_made(made)
    assert finished == Counter(range(30))
    many.run(kill_every_time, tasks(range(30), made, victim=30), **options)
    assert times_made(made) == finished


def python(*arguments: str, **options) -> subprocess.Popen:
    """Python without an address of a cluster in its environment."""
    environment = {key: value for key, value in ENVIRONMENT.items() if key != "DASK_SCHEDULER_ADDRESS"}
    return subprocess.Popen(
        [sys.executable, *arguments], env=environment, stderr=subprocess.PIPE, text=True, **options
    )


def test_a_script_without_a_file_is_told_why_its_workers_cannot_start(made, options):
    with python("-", str(made), str(options["folder"]), stdin=subprocess.PIPE) as process:
        _, said = process.communicate(RUN, timeout=LIMIT)
    assert "WorkerDied: 3 worker processes ended before their first fit" in said


# a caller that dies

RUN = """
import signal, sys
from pathlib import Path

signal.signal(signal.SIGINT, signal.default_int_handler)  # which a suite in the background has switched off
from example_fits import square, tasks
from models.runs import many

sixty = tasks(range(60), Path(sys.argv[1]), closed_from=30)
many.run(square, sixty, name="squares", code="1", folder=Path(sys.argv[2]), workers=2, progress=False)
"""


def begin(made: Path, options: dict) -> subprocess.Popen:
    """A run of 60 tasks in a process group of its own, some of them finished and half of them held back."""
    process = python("-c", RUN, str(made), str(options["folder"]), start_new_session=True)
    wait_until(lambda: stored(options) >= 10 or process.poll() is not None)
    assert process.poll() is None, process.stderr.read()
    return process


def finish(made: Path, options: dict) -> None:
    """Rerun: all results right, and no fit made again whose result was written down."""
    (made / "open").touch()
    wait_until(lambda: not any(map(lives, at_work(made))))
    begun, kept = len(times_made(made)), stored(options)
    assert many.run(square, tasks(range(60), made, closed_from=30), **options) == squares(range(60))
    again = [n for n, times in times_made(made).items() if times > 1]
    assert kept >= 10 and len(again) <= begun - kept


def test_kill_9_of_the_caller_loses_no_finished_fit_and_leaves_no_worker(made, options):
    with begin(made, options) as process:
        process.kill()
    assert len(times_made(made)) <= 30
    finish(made, options)


def test_ctrl_c_ends_a_run_at_once_and_loses_no_finished_fit(made, options):
    with begin(made, options) as process:
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to the caller and its workers
        _, said = process.communicate(timeout=LIMIT)
    assert process.returncode == -signal.SIGINT
    assert said.count("Traceback") == 1  # the caller's own; workers are silent
    assert len(times_made(made)) <= 30
    finish(made, options)


def test_two_runs_at_once_share_a_folder(made, options):
    with begin(made, options) as process:
        (made / "open").touch()
        assert many.run(square, tasks(range(60), made, closed_from=30), **options) == squares(range(60))
        assert process.wait(timeout=LIMIT) == 0, process.stderr.read()
    before = times_made(made)
    many.run(square, tasks(range(60), made, closed_from=30), **options)
    assert times_made(made) == before


# damaged files


def journals(options) -> list[Path]:
    return list(options["folder"].rglob("*.txt"))


def stored(options) -> int:
    """Lines written down, one for each fit whose result had arrived."""
    return sum(path.read_bytes().count(b"\n") for path in journals(options))


def test_a_damaged_result_is_made_again_and_only_that(made, options):
    many.run(square, tasks(range(20), made), **options)
    (path,) = journals(options)
    path.write_bytes(path.read_bytes().replace(b'{"square": 25}', b'{"square": 26}'))
    assert many.run(square, tasks(range(20), made), **options) == squares(range(20))
    assert times_made(made) == Counter(range(20)) + Counter([5])


def test_a_file_cut_short_loses_only_what_was_cut(made, options):
    many.run(square, tasks(range(20), made), **options)
    (path,) = journals(options)
    content = path.read_bytes()
    # into the third line from the end, or the fourth
    path.write_bytes(content[: len(content) - 3 * len(content) // 20])
    assert many.run(square, tasks(range(20), made), **options) == squares(range(20))
    assert sum(times_made(made).values()) - 20 in (3, 4)


def test_no_single_changed_byte_gives_a_wrong_result(tmp_path):
    truth = {"a" * 16: '{"x": 1.5}', "b" * 16: "[1, 2]"}
    with Journal(tmp_path) as journal:
        for key, text in truth.items():
            journal.add(key, text)
    (path,) = tmp_path.glob("*.txt")
    content = path.read_bytes()
    assert Journal(tmp_path).read() == truth
    for place in range(len(content)):
        path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        found = Journal(tmp_path).read()
        assert found.items() < truth.items()


# progress


def test_a_long_run_shows_its_progress_on_stderr_and_a_short_one_nothing(made, options, monkeypatch, capsys):
    many.run(square, tasks(range(5), made), **options | {"progress": True})
    assert capsys.readouterr() == ("", "")
    monkeypatch.setattr(many, "QUIET_SECONDS", 0.0)
    many.run(square, tasks(range(9), made), **options | {"progress": True})
    out, err = capsys.readouterr()
    assert out == ""
    assert "squares" in err and "9/9" in err


def test_a_local_run_does_not_import_dask(made, options):
    (made / "open").touch()
    with python("-c", RUN + "sys.exit('dask' in sys.modules)", str(made), str(options["folder"])) as process:
        process.communicate(timeout=LIMIT)
    assert process.returncode == 0
    assert len(times_made(made)) == 60


# a Dask cluster


READY = multiprocessing.get_context("forkserver")
READY.set_forkserver_preload(["distributed.cli.dask_scheduler", "distributed.cli.dask_worker"])
"""Where processes begin as copies of one that has Dask imported."""


class Cluster:
    """A scheduler on loopback and workers of one thread, each a process of its own."""

    def __init__(self, folder: Path, workers: int = 2, settings: dict | None = None):
        self.folder, self.settings = folder, settings or {}
        self.scheduler = self._start("dask_scheduler", "--host", "127.0.0.1", "--port", "0")
        contact = folder / "scheduler.json"
        wait_until(lambda: contact.exists() and contact.read_text().endswith("}"))
        self.address = json.loads(contact.read_text())["address"]
        self.workers = [
            self._start("dask_worker", "--nthreads", "1", "--no-nanny", "--local-directory", str(folder))
            for _ in range(workers)
        ]
        wait_until(lambda: (folder / "dask.log").read_text().count("Registered to") == workers)

    def _start(self, command: str, *options: str) -> BaseProcess:
        contact = "--scheduler-file", str(self.folder / "scheduler.json")
        process = READY.Process(
            target=serve,
            args=(command, ["--no-dashboard", *contact, *options], self.folder / "dask.log", self.settings),
            daemon=True,
        )
        process.start()
        return process

    def close(self) -> None:
        for process in [*self.workers, self.scheduler]:
            process.kill()
            process.join(LIMIT)


@pytest.fixture(scope="module")
def healthy(tmp_path_factory):
    running = Cluster(tmp_path_factory.mktemp("healthy"))
    yield running
    running.close()


@pytest.fixture
def doomed(tmp_path):
    """A cluster of two workers, for a test that ends some; one death is enough for the scheduler to give a
    task up.
    """
    running = Cluster(tmp_path, 2, {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "0"})
    yield running
    running.close()


def after(fits: int, made: Path, action) -> Thread:
    """Do something as soon as so many fits were made."""

    def wait_and_act():
        wait_until(lambda: len(times_made(made)) >= fits)
        action()

    thread = Thread(target=wait_and_act)
    thread.start()
    return thread


def test_the_same_call_runs_on_the_cluster_that_the_environment_names(healthy, made, options, monkeypatch):
    monkeypatch.setenv("DASK_SCHEDULER_ADDRESS", healthy.address)
    numbers = [5, 1, 5, *range(300)]
    assert many.run(square, tasks(numbers, made), **options) == squares(numbers)
    assert times_made(made) == Counter(range(300))
    assert set(at_work(made)) == {worker.pid for worker in healthy.workers}
    monkeypatch.delenv("DASK_SCHEDULER_ADDRESS")
    # what the cluster made, a local run finds
    assert many.run(square, tasks(numbers, made), **options) == squares(numbers)
    assert times_made(made) == Counter(range(300))


def test_a_task_that_fails_on_a_cluster_is_named(healthy, made, options):
    with pytest.raises(
        many.FitFailed, match=r"squares: task .*'number': 9,.* failed: ArithmeticError: no posterior for 9"
    ):
        many.run(refuse, tasks(range(10), made, victim=9), scheduler=healthy.address, **options)


def test_a_cluster_without_this_code_is_one_clear_error(healthy, options, tmp_path, monkeypatch):
    (tmp_path / "only_here.py").write_text("def fit(number): return number")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(
        many.FitFailed,
        match=r"the Dask cluster cannot read only_here\.fit .* need this repository, at the commit of",
    ):
        many.run(
            importlib.import_module("only_here").fit, [{"number": 1}], scheduler=healthy.address, **options
        )


def test_a_cluster_that_loses_a_worker_midway_gives_every_result_right(made, options, tmp_path):
    running, killed = Cluster(tmp_path), []

    def kill_one_that_has_worked():
        killed.append(next(worker for worker in running.workers if worker.pid in at_work(made)))
        killed[0].kill()
        (made / "open").touch()

    try:
        killer = after(30, made, kill_one_that_has_worked)
        found = many.run(
            square, tasks(range(100), made, closed_from=60), scheduler=running.address, **options
        )
        killer.join()
    finally:
        running.close()
    assert found == squares(range(100))
    assert 0 < at_work(made)[killed[0].pid] <= 60
    assert set(at_work(made)) == {worker.pid for worker in running.workers}, "the other made the rest"


def test_a_task_that_kills_workers_of_a_cluster_is_named_and_what_was_finished_stays(doomed, made, options):
    with pytest.raises(many.WorkerDied, match=r"'number': 59,.* ended every worker of the Dask cluster"):
        many.run(kill_every_time, tasks(range(60), made, victim=59), scheduler=doomed.address, **options)
    finished = times_made(made)
    # its own piece is lost with it: a few tasks, a fourth of a worker's share at most
    assert set(range(40)) <= set(finished) <= set(range(59))
    before = stored(options)
    many.run(kill_every_time, tasks(range(59), made, victim=59), **options)
    assert sum(times_made(made).values()) - sum(finished.values()) == 59 - before


@pytest.mark.parametrize(
    ("lost", "sent", "said", "before_fetching"),
    [
        ("scheduler", signal.SIGKILL, "the Dask scheduler at 'tcp://.*' was lost", False),
        ("scheduler", signal.SIGKILL, "the Dask scheduler at 'tcp://.*' was lost", True),
        ("scheduler", signal.SIGSTOP, "the Dask scheduler at 'tcp://.*' was lost", True),
        ("workers", signal.SIGKILL, "every worker of the Dask cluster was lost", False),
        ("workers", signal.SIGKILL, "every worker of the Dask cluster was lost", True),
    ],
)
def test_a_cluster_lost_midway_is_said_in_a_sentence_and_what_had_arrived_stays(
    lost, sent, said, before_fetching, doomed, made, options, monkeypatch
):
    monkeypatch.setattr(cluster, "PATIENCE", 3.0)
    victims = [doomed.scheduler] if lost == "scheduler" else doomed.workers

    def lose():
        for victim in victims:
            os.kill(victim.pid, sent)

    def wait_and_lose(*futures, really=distributed.wait, **how):
        done = really(*futures, **how)
        if stored(options) >= 10:  # a piece has ended, and is lost before it is fetched
            lose()
        return done

    if before_fetching:
        monkeypatch.setattr(distributed, "wait", wait_and_lose)
    else:
        killer = after(30, made, lose)
    with pytest.raises(many.ClusterUnreachable, match=said):
        many.run(square, tasks(range(4000), made, closed_from=1000), scheduler=doomed.address, **options)
    if not before_fetching:
        killer.join()
    doomed.close()  # else workers without a scheduler go on with the tasks they have
    arrived = stored(options)
    assert arrived > 0
    before = times_made(made)
    many.run(square, tasks(before, made, closed_from=1000), **options)
    assert sum(times_made(made).values()) - sum(before.values()) == len(before) - arrived


@pytest.mark.parametrize("on_a_cluster", [False, True])
def test_a_fit_without_an_end_is_named_and_ends_the_run(on_a_cluster, healthy, made, options, monkeypatch):
    for module in (cluster, processes):
        monkeypatch.setattr(module, "LONGEST_FIT", 0.5)
    monkeypatch.setattr(cluster, "PATIENCE", 3.0)
    with pytest.raises(many.WorkerDied, match=r"for 0\.5 s"):
        many.run(
            square,
            tasks([7], made, closed_from=0),
            scheduler=healthy.address if on_a_cluster else None,
            **options,
        )
    (made / "open").touch()


@pytest.mark.timeout(60)
@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "nonsense"])
def test_an_address_where_nothing_answers_is_one_clear_error_within_its_patience(
    address, made, options, monkeypatch
):
    monkeypatch.setattr(cluster, "PATIENCE", 0.5)
    with pytest.raises(
        many.ClusterUnreachable, match=f"no Dask scheduler answers at '{address}' within 0.5 s"
    ):
        many.run(square, tasks([1], made), scheduler=address, **options)


WITHOUT_WORKERS = """
import sys
from pathlib import Path

from example_fits import square, tasks
from models.runs import cluster, many

cluster.PATIENCE = 3.0  # on a busy machine connecting takes more than one
one, folder, scheduler = tasks([1], Path(sys.argv[1])), Path(sys.argv[2]), sys.argv[3]
try:
    many.run(square, one, name="squares", code="1", folder=folder, scheduler=scheduler, progress=False)
except many.ClusterUnreachable as error:
    sys.exit(str(error))
"""


def test_a_scheduler_without_workers_is_one_clear_error(made, options, tmp_path):
    """In a process of its own: where clients of lost clusters linger, another may not start."""
    running = Cluster(tmp_path, workers=0)
    try:
        with python("-c", WITHOUT_WORKERS, str(made), str(options["folder"]), running.address) as process:
            _, said = process.communicate(timeout=LIMIT)
    finally:
        running.close()
    assert process.returncode == 1 and "has had no worker for 3 s" in said


# what the page says


FOUND = {
    "machine": "2 cores, a processor",
    "load": 0.0,
    "repeats": 5,
    "loop": 100.0,
    "cluster": {"workers": 2, "fits_per_second": 180.0, "piece_seconds": 0.002},
    "local": [
        {"workers": 1, "fits_per_second": 95.0},
        {"workers": 2, "fits_per_second": 190.0},
        {"workers": 3, "fits_per_second": 170.0},
    ],
    "task_bytes": 250,
    "result_bytes": 1000,
    "kept": 1000,
    "kept_in_one_file_seconds": 0.01,
    "kept_in_a_file_each_seconds": 0.2,
}


def test_the_bounds_of_a_cluster_are_those_worked_out_by_hand():
    # Fits of 10 ms, so 50 to a piece of half a second: 50 / 2 ms; 1 / 10 µs; a gigabit (125e6 bytes) a second
    # / 1250 bytes.
    assert [bound.fits_per_second for bound in scaling.bounds(FOUND)] == pytest.approx(
        [25_000, 100_000, 100_000]
    )
    # Fits of 10 s go one by one: 500 a second keep 5,000 workers busy.
    assert scaling.bounds(FOUND, 10.0)[0].workers(10.0) == pytest.approx(5_000)


def test_the_page_opens_with_the_fastest_setting_and_the_first_bound():
    said = scaling.headline(FOUND)
    assert "the most was 190 fits per second, by 2 worker processes: 2.0 times as many as by one" in said
    assert "Dask's scheduler would be the first bound: at about 250 workers for these fits of 10 ms" in said


def test_the_rates_are_told_by_workers():
    told = [(row["how"], row["workers"], row["fits per second"]) for row in scaling.rates(FOUND)]
    assert told[:3] == [("local processes", str(n), rate) for n, rate in ((1, "95"), (2, "190"), (3, "170"))]


def test_the_stored_measurement_has_all_the_page_reads():
    found = scaling.measured()
    assert len(scaling.on_paper(found)) == 6
    assert found["machine"].split(",")[0] in scaling.conditions(found)
    assert "as a file each" in scaling.keeping(found)

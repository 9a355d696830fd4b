"""Run the code of the pages, two at a time, into a cache that knows what they read.

jupyter-cache finds a page by its code cells, and beside its outputs stands the fingerprint of all that these
can read (book.make.inputs): an output from other records, models or code is never met again, and no page runs
for what it does not read.
"""

import asyncio
import atexit
import hashlib
import json
import os
import re
import shutil
import sqlite3
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

from book.html import files
from book.make import inputs
from extraction.fault import Fault
from models.runs.closure import Tree

AT_ONCE = 2
"""Kernels, each of which runs one page after another: what a page imports, reads and computes need not be
imported, read and computed again.
"""
FORGET = "import os; os.environ[{name!r}] = {page!r}; get_ipython().reset(new_session=True)"
"""Run before a page, so that no name of the page before is left."""

SECONDS_PER_CELL = 300
SECONDS_TO_FORGET = 60
QUIET_KERNEL = ["--log-level=ERROR"]
"""A kernel warns of its unencrypted socket, which only this machine can reach."""

LAST_LINES = 12  # of a traceback, enough to see the statement and the error


class PageFailed(Fault):
    """A cell of a page raised an error."""


def use_this_environment(build: Path) -> None:
    """Make kernels use this interpreter and this folder's packages, whatever the user's own Jupyter set-up
    says.
    """
    os.environ |= {
        "IPYTHONDIR": str(build / "ipython"),
        "JUPYTER_DATA_DIR": str(build / "jupyter"),
        "JUPYTER_PREFER_ENV_PATH": "1",
        "JUPYTER_PLATFORM_DIRS": "1",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        "PYTHONPATH": os.pathsep.join(filter(None, (str(inputs.ROOT), os.environ.get("PYTHONPATH")))),
    }
    os.environ.pop("JUPYTER_PATH", None)


def cache_folder(build: Path) -> Path:
    """The folder of the pages' outputs."""
    folder = build / "executed"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def run(pages: list[Path], extensions: list[str], folder: Path, say: Callable[[str, float], None]) -> None:
    """Run every page whose outputs `folder` does not hold yet, and remove those of others; raise PageFailed
    naming each page that fails.

    `extensions` are the parser's, as configured; `say` is told each page and its seconds.
    """
    cache = _cache(folder)
    tree = Tree(inputs.ROOT, inputs.REVIEW)
    found = [
        (page, notebook, inputs.of_cells(page.read_text(encoding="utf-8"), tree))
        for page, notebook in _notebooks(pages, extensions)
    ]
    current = [_current(cache, notebook, key) for _, notebook, key in found]
    for record in cache.list_cache_records():
        if record.pk not in current:
            _forget(cache, record)
    missing = [page for page, pk in zip(found, current, strict=True) if pk is None]
    missing.sort(key=lambda page: -_code(page[1]))  # so that no kernel ends with a long one, the other idle
    if failures := asyncio.run(_run_all(deque(missing), cache, say)):
        raise PageFailed("\n\n".join(failures))


def _code(notebook) -> int:
    """Characters of the code of a page, by which its time is foreseen."""
    return sum(len(cell.source) for cell in notebook.cells if cell.cell_type == "code")


def _cache(folder: Path):
    """The cache in a folder; a new one where its database cannot be read."""
    from jupyter_cache import get_cache

    if (database := folder / "global.db").exists():
        try:
            with closing(sqlite3.connect(database)) as connection:
                connection.execute("SELECT count(*) FROM nbcache")
        except sqlite3.DatabaseError:
            shutil.rmtree(folder)
            folder.mkdir()
    return get_cache(str(folder))


def executed(pages: list[Path], extensions: list[str], folder: Path) -> Iterator:
    """The notebook of every page with code, with the outputs that `folder` holds."""
    from jupyter_cache import get_cache

    cache = get_cache(str(folder))
    for _, notebook in _notebooks(pages, extensions):
        yield cache.get_cache_bundle(cache.match_cache_notebook(notebook).pk).nb


async def _run_all(waiting: deque[tuple], cache, say: Callable[[str, float], None]) -> list[str]:
    """Run notebooks in `AT_ONCE` kernels, and keep the outputs of each as it ends; what failed, in words."""
    from jupyter_cache.base import CacheBundleIn

    failures = []
    _keep_interrupts()

    async def run_several() -> None:
        while waiting:
            async with _kernel() as kernel:
                while waiting and await run_one(kernel, *waiting.popleft()):
                    pass

    async def run_one(kernel, page: Path, notebook, key: str) -> bool:
        """Whether it ran: a kernel in which a page failed is not used again."""
        start = time.perf_counter()
        error = await _run(notebook, page.stem, kernel)
        seconds = time.perf_counter() - start
        if error:
            failures.append(f"book/{page.name} failed:\n{error}")
            return False
        cache.cache_notebook_bundle(
            CacheBundleIn(
                notebook,
                str(page),
                data={"execution_seconds": seconds, "key": key, "outputs": _outputs(notebook)},
            ),
            check_validity=False,
            overwrite=True,
        )
        say(f"ran book/{page.name}", seconds)
        return True

    await asyncio.gather(*(run_several() for _ in range(min(AT_ONCE, len(waiting)))))
    return failures


@asynccontextmanager
async def _kernel() -> AsyncIterator:
    """A kernel of this interpreter, which is started by the first page that it runs, and does not outlive an
    interrupt.
    """
    from jupyter_client import AsyncKernelManager

    kernel = AsyncKernelManager(kernel_name="python3")
    try:
        yield kernel
    finally:
        if kernel.has_kernel:
            await kernel.shutdown_kernel(now=True)


def _keep_interrupts() -> None:
    """Leave Ctrl-C to asyncio, which ends everything: the notebook client would end one page and go on with
    the next.
    """

    def refuse(*_) -> None:
        raise RuntimeError("signals are not the notebook client's")

    loop = asyncio.get_running_loop()
    for name in ("add_signal_handler", "remove_signal_handler"):
        setattr(loop, name, refuse)


def _notebooks(pages: list[Path], extensions: list[str]) -> Iterator[tuple[Path, object]]:
    """Pages with code, read exactly as the renderer reads them, so that it finds their outputs."""
    from myst_nb.core.read import is_myst_markdown_notebook, read_myst_markdown_notebook
    from myst_parser.config.main import MdParserConfig

    config = MdParserConfig(enable_extensions=set(extensions))
    for page in pages:
        text = page.read_text(encoding="utf-8")
        if is_myst_markdown_notebook(text):
            yield page, read_myst_markdown_notebook(text, config=config, add_source_map=True, path=str(page))


def _current(cache, notebook, key: str) -> int | None:
    """The place in the cache of a notebook's outputs under this key; None where there are none, or where they
    are not as they were kept: the cache writes its row before the notebook, and a run can die in between.
    """
    from nbformat import ValidationError

    try:
        record = cache.match_cache_notebook(notebook)
        if (record.data or {}).get("key") != key:
            return None
        kept = cache.get_cache_bundle(record.pk).nb
        return record.pk if record.data.get("outputs") == _outputs(kept) else None
    except (KeyError, OSError, ValueError, AttributeError, ValidationError):
        return None


def _outputs(notebook) -> str:
    """Fingerprint of the outputs of a notebook."""
    outputs = [cell.get("outputs") for cell in notebook.cells if cell.cell_type == "code"]
    return hashlib.sha256(json.dumps(outputs, sort_keys=True).encode()).hexdigest()


def _forget(cache, record) -> None:
    """Remove a row, and the notebook that belongs to it where there is one."""
    from jupyter_cache.cache.db import NbCacheRecord

    shutil.rmtree(Path(cache.path) / "executed" / record.hashkey, ignore_errors=True)
    NbCacheRecord.remove_records([record.pk], cache.db)


async def _run(notebook, page: str, kernel) -> str | None:
    """Run a page's notebook in place, in a kernel that forgets the page before it; the error, if a cell
    raised one.
    """
    from jupyter_client import AsyncKernelClient
    from nbclient.client import CellExecutionError, NotebookClient

    client = NotebookClient(
        notebook,
        km=kernel,
        resources={"metadata": {"path": str(inputs.ROOT)}},
        timeout=SECONDS_PER_CELL,
        record_timing=False,
        extra_arguments=QUIET_KERNEL,
    )
    try:
        async with client.async_setup_kernel():
            if not isinstance(client.kc, AsyncKernelClient):
                raise RuntimeError("no kernel answers")
            await client.kc.execute_interactive(
                FORGET.format(name=files.PAGE, page=page), store_history=False, timeout=SECONDS_TO_FORGET
            )
            await client.async_execute()
    except (
        CellExecutionError,
        TimeoutError,
        RuntimeError,
    ) as raised:  # the last, of a kernel that died or never answered
        return _last_lines(str(raised))
    finally:
        atexit.unregister(client._cleanup_kernel)
        if client.kc:
            client.kc.stop_channels()
    return None


def _last_lines(traceback: str) -> str:
    plain = re.sub(r"\x1b\[[0-9;]*m", "", traceback).strip().splitlines()
    return "\n".join(f"  {line}" for line in plain[-LAST_LINES:])

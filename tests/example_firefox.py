"""Firefox without a driver: a page that it opens from a file, over WebDriver BiDi, which it speaks itself."""

import asyncio
import json
import re
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from tornado.websocket import WebSocketClientConnection, websocket_connect

LISTENS = re.compile(r"WebDriver BiDi listening on (ws://\S+)")
SECONDS = 120
"""Until Firefox listens, or answers: many times what it takes."""


@contextmanager
def listening(program: str, profile: Path) -> Iterator[str]:
    """Firefox with a fresh profile, for as long as it is needed: the address at which it listens."""
    flags = ["--headless", "--no-remote", "--remote-debugging-port", "0", "--profile", str(profile)]
    process = subprocess.Popen([program, *flags], stderr=subprocess.PIPE, text=True)
    try:
        said = (LISTENS.search(line) for line in process.stderr)
        yield next(found.group(1) for found in said if found)
    finally:
        process.terminate()
        process.communicate(timeout=SECONDS)


def evaluate(address: str, page: str, scripts: list[str]) -> tuple[list, list[str]]:
    """What each script gives on the page, one after the other, awaited; and what the page complained of."""
    with ThreadPoolExecutor(1) as thread:  # Playwright has a loop of its own in this one
        return thread.submit(lambda: asyncio.run(_evaluate(address, page, scripts))).result(SECONDS)


async def _evaluate(address: str, page: str, scripts: list[str]) -> tuple[list, list[str]]:
    socket, numbers, faults = await websocket_connect(f"{address}/session"), count(1), []

    async def ask(method: str, **params: object) -> dict:
        return await _ask(socket, next(numbers), method, params, faults)

    await ask("session.new", capabilities={})
    await ask("session.subscribe", events=["log.entryAdded"])
    (context,) = [one["context"] for one in (await ask("browsingContext.getTree"))["contexts"]]
    await ask("browsingContext.navigate", context=context, url=page, wait="complete")
    found = []
    for script in scripts:
        answer = await ask(
            "script.evaluate", expression=script, target={"context": context}, awaitPromise=True
        )
        assert answer["type"] == "success", answer
        found.append(json.loads(answer["result"]["value"]))
    await ask("session.end")  # Firefox has one at a time
    socket.close()
    await socket.read_message()  # None: it is closed
    return found, faults


async def _ask(
    socket: WebSocketClientConnection, number: int, method: str, params: dict, faults: list[str]
) -> dict:
    """The answer to one command; entries of the log that come before it are faults."""
    await socket.write_message(json.dumps({"id": number, "method": method, "params": params}))
    while (text := await socket.read_message()) is not None:
        message = json.loads(text)
        if message.get("method") == "log.entryAdded":
            faults.append(message["params"]["text"])
        if message.get("id") == number:
            assert message["type"] == "success", message
            return message["result"]
    raise AssertionError("Firefox closed the connection")

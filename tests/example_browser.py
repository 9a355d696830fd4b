"""What the tests need that open pages in Chromium."""

from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
NO_BROWSER = "no Chromium and no Chrome on this machine"


@contextmanager
def faultless(page):
    """A page that at the end has complained of nothing and asked for nothing outside its folder."""
    faults = []
    page.on("console", lambda message: faults.append(message.text))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on(
        "request",
        lambda request: None if request.url.startswith(("file:", "blob:")) else faults.append(request.url),
    )
    yield page
    page.close()
    assert not faults


class Quiet(SimpleHTTPRequestHandler):
    """A server that prints nothing."""

    def log_message(self, *_) -> None:
        pass

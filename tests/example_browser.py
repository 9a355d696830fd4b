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
def heard(page):
    """A page that meanwhile complains of nothing and asks for nothing outside its folder."""
    faults = []
    listeners = {
        "console": lambda message: faults.append(message.text),
        "pageerror": lambda error: faults.append(str(error)),
        "request": lambda request: (
            None if request.url.startswith(("file:", "blob:")) else faults.append(request.url)
        ),
    }
    for event, listener in listeners.items():
        page.on(event, listener)
    yield page
    for event, listener in listeners.items():
        page.remove_listener(event, listener)
    assert not faults


@contextmanager
def faultless(page):
    """A page that is closed at the end, and until then has been faultless."""
    with heard(page):
        yield page
        page.close()


class Quiet(SimpleHTTPRequestHandler):
    """A server that prints nothing."""

    def log_message(self, *_) -> None:
        pass

"""The built book on localhost."""

from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

from book.make.build import HTML, NotMade


def served(port: int) -> ThreadingHTTPServer:
    """What shows the built book, once it is set going; raise NotMade where there is no book, or where the
    port is taken.
    """
    if not (HTML / "index.html").is_file():
        raise NotMade("There is none yet: run `python -m book` first.")
    handler = partial(SimpleHTTPRequestHandler, directory=HTML)
    try:
        return ThreadingHTTPServer(("127.0.0.1", port), handler)
    except (OSError, OverflowError) as error:
        raise NotMade(f"Port {port}: {error}. Choose another: python -m book serve --port 8001.") from None

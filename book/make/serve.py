"""The built book on localhost."""

from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

from book.make.build import HTML, NotMade


def serve(port: int) -> None:
    """Show the built book until Ctrl-C; raise NotMade where there is none, or where the port is taken."""
    if not (HTML / "index.html").is_file():
        raise NotMade("There is none yet: run `make book` first.")
    handler = partial(SimpleHTTPRequestHandler, directory=HTML)
    try:
        server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    except (OSError, OverflowError) as error:
        raise NotMade(f"Port {port}: {error}. Choose another: make serve PORT=8001.") from None
    with server:
        print(f"The book is at http://127.0.0.1:{server.server_port}/ until Ctrl-C.", flush=True)
        server.serve_forever()

"""The web site of an application that signs its users in here: a page for every address, and a detour."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PAGE = b"<!doctype html><html lang=en><title>Application</title><main><h1>Back at the application</h1></main></html>"


@dataclass(frozen=True)
class ClientSite:
    """Where it is: as it is registered, and under the other name it has (another origin)."""

    address: str
    elsewhere: str

    @property
    def callback(self) -> str:
        """The registered redirect URI."""
        return f"{self.address}/callback"

    @property
    def detour(self) -> str:
        """A registered redirect URI that leads on to another origin, as sites with a separate API do."""
        return f"{self.address}/detour"


class _Handler(BaseHTTPRequestHandler):
    server: ThreadingHTTPServer

    def do_GET(self) -> None:
        if self.path.startswith("/detour"):
            self.send_response(303)
            self.send_header("location", f"http://127.0.0.1:{self.server.server_port}/home")
            self.send_header("content-length", "0")
            self.end_headers()
            return
        self.send_response(200)
        self.send_header("content-type", "text/html; charset=utf-8")
        self.send_header("content-length", str(len(PAGE)))
        self.end_headers()
        self.wfile.write(PAGE)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.do_GET()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def client_site() -> Iterator[ClientSite]:
    """Serve the site until the block ends."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    port = server.server_port
    try:
        yield ClientSite(f"http://localhost:{port}", f"http://127.0.0.1:{port}")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

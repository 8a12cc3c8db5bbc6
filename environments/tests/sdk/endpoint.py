"""An HTTP server on the loopback that stands for an endpoint of the service."""

import contextlib
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer

__all__ = ["Endpoint", "Request", "running"]


@dataclass
class Request:
    """What came to an endpoint."""

    path: str
    content_type: str
    accept: str
    body: bytes


@dataclass
class Endpoint:
    """Answers each request with `answer`, a body and its content type."""

    url: str
    answer: tuple = ()
    requests: list = field(default_factory=list)

    @property
    def last(self):
        return self.requests[-1]


@contextlib.contextmanager
def running():
    """An endpoint, for as long as the block runs."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            kind, accept = self.headers["Content-Type"], self.headers["Accept"]
            endpoint.requests.append(Request(self.path, kind, accept, body))
            answer, kind = endpoint.answer
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_):
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    endpoint = Endpoint(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield endpoint
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

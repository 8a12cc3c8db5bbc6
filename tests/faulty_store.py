"""A proxy in front of a real object store, which fails where a test asks it to."""

import contextlib
import http.client
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


def error(code):
    return f"<?xml version='1.0'?><Error><Code>{code}</Code></Error>".encode()


def kind_of(method, path):
    """What a request is for, as far as the tests care."""
    query = parse_qs(urlsplit(path).query, keep_blank_values=True)
    if method == "POST" and "uploads" in query:
        return "begin"
    if method == "POST" and "uploadId" in query:
        return "complete"
    if method == "PUT" and "uploadId" in query:
        return "part"
    return {"PUT": "put", "GET": "get", "HEAD": "head", "DELETE": "delete"}[method]


class FaultyStore:
    """`fault(kind, number)` decides about the number-th request of a kind, from 1.

    It gives None to pass the request on, or (status, code) to answer by itself, "reset"
    to break the connection, "lose" to pass it on and break the connection, or "cut" to
    give half of the answer's body.
    """

    def __init__(self, endpoint, fault):
        self._target = urlsplit(endpoint).netloc
        self._fault = fault
        self._lock = threading.Lock()
        self.seen = []
        store = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self):
                with contextlib.suppress(ConnectionError):
                    store._answer(self)
                self.close_connection = True

            do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = handle_any

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self.endpoint = f"http://127.0.0.1:{self._server.server_port}"

    def count(self, kind):
        return self.seen.count(kind)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, request):
        kind = kind_of(request.command, request.path)
        with self._lock:
            self.seen.append(kind)
            fault = self._fault(kind, self.count(kind))
        body = request.rfile.read(int(request.headers.get("Content-Length") or 0))
        if fault == "reset":
            _reset(request)
        elif isinstance(fault, tuple):
            _send(request, fault[0], {}, error(fault[1]))
        else:
            self._pass_on(request, body, fault)

    def _pass_on(self, request, body, fault):
        headers = dict(request.headers)
        headers.pop("Expect", None)
        with contextlib.closing(http.client.HTTPConnection(self._target)) as to:
            to.request(request.command, request.path, body, headers)
            answer = to.getresponse()
            data = answer.read()
        if fault == "lose":
            _reset(request)
            return
        wanted = {k: v for k, v in answer.getheaders() if k.lower() != "connection"}
        if fault == "cut":
            _send(request, answer.status, wanted, data[: len(data) // 2])
        else:
            _send(request, answer.status, wanted, data)


def _send(request, status, headers, data):
    headers = {"Content-Length": str(len(data)), **headers, "Connection": "close"}
    request.send_response_only(status)
    for name, value in headers.items():
        request.send_header(name, value)
    request.end_headers()
    request.wfile.write(data)


def _reset(request):
    with contextlib.suppress(OSError):
        linger = b"\x01\0\0\0\0\0\0\0"
        request.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        request.connection.close()

"""S3 server of moto on loopback, which fails when it is told to."""

import collections
import logging
import threading
import time
import urllib.request
from datetime import timedelta

from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug.serving import make_server

SECRET = "not-to-be-shown"
ANYONE = "AWS4-HMAC-SHA256 Credential=anyone/20260101/us-east-1/s3/aws4_request"
XML = [("Content-Type", "application/xml")]


class ObjectServer:
    """Server; each request for an object's bytes takes the next of `faults`, if there is one.

    Each request to write an object takes the next of `write_faults`, and is not carried out. A
    fault is a function of the server's answer (status, headers, body) that returns another.
    """

    def __init__(self):
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        self._app = DomainDispatcherApplication(create_backend_app)
        self.faults, self.write_faults = collections.deque(), collections.deque()
        self.requests, self.written = [], []  # paths
        self._server = make_server(
            "127.0.0.1", 0, self._answer, threaded=True, request_handler=_QuietHandler
        )
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        urllib.request.urlopen(urllib.request.Request(f"{self.url}/bucket", method="PUT")).close()

    def options(self, *, timeout="10s", retries=2):
        """Return the storage options for this server."""
        backoff = {"init_backoff": timedelta(milliseconds=1)}
        return {
            "endpoint": self.url,
            "region": "us-east-1",
            "access_key_id": "tests",
            "secret_access_key": SECRET,
            "client_options": {"allow_http": True, "timeout": timeout},
            "retry_config": {"max_retries": retries, "backoff": backoff},
        }

    def close(self):
        """Stop the server."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _answer(self, environ, start_response):
        told, path = [], environ["PATH_INFO"]
        environ.setdefault("HTTP_AUTHORIZATION", ANYONE)  # the bucket is public
        writing = environ["REQUEST_METHOD"] == "PUT"
        faults = self.write_faults if writing else self.faults
        fault = faults.popleft() if faults and "." in path else None
        if writing and fault:
            status, headers, body = fault("", [], b"")
        else:
            body = b"".join(self._app(environ, lambda *known: told.append(known)))
            status, headers, *_ = told[-1]
            if "." in path:
                (self.written if writing else self.requests).append(path)
            if fault:
                status, headers, body = fault(status, headers, body)
        start_response(status, headers)
        return [body]


class _QuietHandler(MotoRequestHandler):
    def log(self, *_):
        pass


def unavailable(status, headers, body):
    """Say that the server is overloaded, as S3 does."""
    return "503 Slow Down", XML, b"<Error><Code>SlowDown</Code></Error>"


def expired(status, headers, body):
    """Say that the credentials have expired, as S3 does."""
    return "400 Bad Request", XML, b"<Error><Code>ExpiredToken</Code></Error>"


def forbidden(status, headers, body):
    """Say that access is denied."""
    return "403 Forbidden", XML, b"<Error><Code>AccessDenied</Code></Error>"


def slow(status, headers, body):
    """Answer after the client has given up."""
    time.sleep(0.6)
    return status, headers, body


def cut(status, headers, body):
    """Close the connection in the middle."""
    return status, headers, body[: len(body) // 2]


def altered(status, headers, body):
    """Change a byte."""
    return status, headers, body[:-1] + bytes([body[-1] ^ 1])


def whole(status, headers, body):
    """Answer as a server that does not know ranges."""
    kept = [(name, value) for name, value in headers if name.lower() != "content-range"]
    return "200 OK", kept, body

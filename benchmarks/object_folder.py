"""Serve the files of a folder on loopback as the objects of a bucket, by the protocol of S3.

    python benchmarks/object_folder.py FOLDER

Objects can be read, whole or by ranges, and listed. The first line of the output is the endpoint;
the bucket is called ``bucket``. moto, which the tests use, holds its objects in memory. The kernel
sends the files, since a server that shares the processor with a training should not need more of it
than a server elsewhere does.
"""

from __future__ import annotations

import os
import re
import sys
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit
from xml.sax.saxutils import escape


class Bucket(BaseHTTPRequestHandler):
    """Answers for the files of `folder`."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # the end of a head waits for an answer otherwise
    folder: Path

    def do_GET(self) -> None:
        """Answer with an object, a range of it, or the list of objects."""
        name = unquote(urlsplit(self.path).path).removeprefix("/bucket").strip("/")
        if not name:
            self._answer(HTTPStatus.OK, listing(self.folder).encode(), "application/xml")
            return
        path = self.folder / name
        if "/" in name or not path.is_file():
            self._answer(HTTPStatus.NOT_FOUND, b"", "application/xml")
            return
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            wanted = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
            start, stop = (int(wanted[1]), min(int(wanted[2]) + 1, size)) if wanted else (0, size)
            status = HTTPStatus.PARTIAL_CONTENT if wanted else HTTPStatus.OK
            sent = f"{start}-{stop - 1}/{size}"
            self._head(status, stop - start, "application/octet-stream", sent)
            self.wfile.flush()
            while start < stop:
                start += os.sendfile(self.connection.fileno(), file.fileno(), start, stop - start)

    def _answer(self, status: HTTPStatus, content: bytes, kind: str) -> None:
        self._head(status, len(content), kind)
        self.wfile.write(content)

    def _head(self, status: HTTPStatus, n_bytes: int, kind: str, sent: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(n_bytes))
        self.send_header("ETag", '"x"')
        self.send_header("Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT")
        if status == HTTPStatus.PARTIAL_CONTENT:
            self.send_header("Content-Range", f"bytes {sent}")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing of requests."""


def listing(folder: Path) -> str:
    """Return the list of the objects, all in one answer."""
    objects = "".join(
        f"<Contents><Key>{escape(path.name)}</Key><Size>{path.stat().st_size}</Size>"
        "<LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>x</ETag></Contents>"
        for path in sorted(folder.iterdir())
    )
    return f"<ListBucketResult><IsTruncated>false</IsTruncated>{objects}</ListBucketResult>"


def main() -> None:
    """Serve until the process is killed."""
    Bucket.folder = Path(sys.argv[1]).absolute()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Bucket)
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()

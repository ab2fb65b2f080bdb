"""Serve the files of a folder on loopback as the objects of a bucket, by the protocol of S3.

    python benchmarks/object_folder.py FOLDER

Objects can be read, whole or by ranges, and listed. The first line of the output is the endpoint;
the bucket is called ``bucket``. moto, which the tests use, holds its objects in memory.
"""

from __future__ import annotations

import datetime
import logging
import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.utils import safe_join
from werkzeug.wrappers import Request, Response

MODIFIED = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)


class _KeepAlive(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"


def app_of(folder: Path) -> Callable[..., Iterable[bytes]]:
    """Return a WSGI application that serves a folder."""

    @Request.application
    def app(request: Request) -> Any:
        name = request.path.removeprefix("/bucket").strip("/")
        if not name:
            return Response(listing(folder), mimetype="application/xml")
        path = safe_join(str(folder), name)
        if path is None or not os.path.isfile(path):
            return Response(status=404)
        return content(path, request)

    return app


def content(path: str, request: Request) -> Response:
    """Return a file or the range of it that is asked for.

    It is sent at once. Werkzeug's own answer is sent in parts of 8 kB, which takes a server in
    Python longer than reading and checking takes a training.
    """
    size = os.path.getsize(path)
    start, stop = (request.range and request.range.range_for_length(size)) or (0, size)
    with open(path, "rb") as file:
        file.seek(start)
        response = Response(file.read(stop - start), mimetype="application/octet-stream")
    response.headers["ETag"] = '"x"'
    response.last_modified = MODIFIED
    if request.range:
        response.status_code = 206
        response.headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
    return response


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
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    app = app_of(Path(sys.argv[1]).absolute())
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_KeepAlive)
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()

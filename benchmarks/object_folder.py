"""Serve the files of a folder on loopback as the objects of a bucket, by the protocol of S3.

    python benchmarks/object_folder.py FOLDER

Objects can be read, whole or by ranges, and listed. The first line of the output is the endpoint;
the bucket is called ``bucket``. moto, which the tests use, holds its objects in memory.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.utils import send_from_directory
from werkzeug.wrappers import Request, Response


class _KeepAlive(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"


def app_of(folder: Path) -> Callable[..., Iterable[bytes]]:
    """Return a WSGI application that serves a folder."""

    @Request.application
    def app(request: Request) -> Any:
        name = request.path.removeprefix("/bucket").strip("/")
        if not name:
            return Response(listing(folder), mimetype="application/xml")
        return send_from_directory(folder, name, request.environ, conditional=True)

    return app


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

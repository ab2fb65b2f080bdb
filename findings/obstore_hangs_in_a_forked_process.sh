#!/usr/bin/env bash
# obstore waits forever in a process that was forked from one in which it has made a request.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check obstore==0.12.1
cd "$folder"
"$folder/venv/bin/python" -W ignore - <<'PY'
import os
import signal

import obstore
from obstore.store import from_url


def request():
    """Ask a port on which nobody listens, once, which gives an error at once."""
    options = {"client_options": {"allow_http": True}, "retry_config": {"max_retries": 0}}
    try:
        from_url("http://127.0.0.1:9", **options).get("x")
    except Exception as error:
        return type(error).__name__


def in_a_fork():
    """Return how a forked process ends that makes a request within five seconds."""
    process = os.fork()
    if process == 0:
        signal.alarm(5)
        request()
        os._exit(0)
    status = os.waitpid(process, 0)[1]
    return signal.Signals(status).name if status else "answered"


print(f"obstore {obstore.__version__}: a request in a forked process, five seconds at most")
before = in_a_fork()
print(f"  forked before the first request: {before}")
request()
after = in_a_fork()
print(f"  forked after a request: {after}")
print("expected: answered, twice; torch's DataLoader forks its workers on Linux")
if (before, after) != ("answered", "SIGALRM"):
    raise SystemExit("the behaviour has changed")
PY

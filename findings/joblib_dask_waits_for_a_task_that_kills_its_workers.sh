#!/usr/bin/env bash
# joblib's Dask backend never returns if a task ends every worker that runs it.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check joblib==1.6.0 distributed==2026.8.0 dask==2026.8.0
cd "$folder"
cat > task.py <<'PY'
import multiprocessing
import os
import signal

import dask
import joblib
from distributed import Client, LocalCluster

SECONDS = 40


def task(number):
    if number == 1:
        os.kill(os.getpid(), signal.SIGKILL)  # as the kernel does when the memory is full
    return number


if __name__ == "__main__":
    print("joblib 1.6.0, distributed 2026.8.0: four tasks, of which one ends its worker each time")
    dask.config.set({"distributed.scheduler.allowed-failures": 1})
    options = dict(n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None, silence_logs=50)
    with LocalCluster(**options) as cluster, Client(cluster) as client:
        future = client.submit(task, 1, pure=False)
        alone = type(future.exception(timeout=SECONDS)).__name__
        print(f"  Client.submit: {alone}")
        with joblib.parallel_config(backend="dask"):
            try:
                joblib.Parallel(batch_size=1, timeout=SECONDS)(joblib.delayed(task)(k) for k in range(4))
                found = "results"
            except multiprocessing.TimeoutError:
                found = f"nothing after {SECONDS} s (without timeout= it waits forever)"
            except Exception as error:
                found = type(error).__name__
        print(f"  joblib.Parallel: {found}")
    print("expected: KilledWorker from both")
    if not (alone == "KilledWorker" and found.startswith("nothing")):
        raise SystemExit("the behaviour has changed")
PY
"$folder/venv/bin/python" task.py

"""Train on a store in two processes, which end within an epoch and resume; print what comes out.

    python stored_training.py STORE FOLDER PORT

The processes are forked before any of them computes. Each prints a row of JSON for each training:
its rank, and a hash and the sum of the weights with the losses of each training.
"""

import hashlib
import json
import os
import sys
import traceback

import numpy as np

from eegzoo.data import WindowStore
from eegzoo.training.parallel.processes import join_processes, leave_processes
from tests.training.test_training_on_a_store import EndError, fit

# Each process drops values of its own.
WITHOUT_DROPOUT = {"model_params": {"F1": 2, "D": 1, "drop_prob": 0.0}}


def trained(dataset, **changes):
    """Return a hash and the sum of the weights, and the losses; None if the training ended."""
    try:
        fitted = fit(dataset, normalize="none", check_signal="ignore", **changes)
    except EndError:
        return None
    weights = [value.double().numpy() for value in fitted.model_.state_dict().values()]
    return {
        "hash": hashlib.sha256(b"".join(value.tobytes() for value in weights)).hexdigest(),
        "sum": float(sum(np.abs(value).sum() for value in weights)),
        "history": [row["train_loss"] for row in fitted.history_],
    }


def work(rank, store, folder, port):
    os.environ |= {
        "RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": "2", "LOCAL_WORLD_SIZE": "2",
        "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "GLOO_SOCKET_IFNAME": "lo",
        "OMP_NUM_THREADS": "1",
    }  # fmt: skip
    process = join_processes("cpu")
    dataset = WindowStore(store).dataset()
    # Other nodes need not see the folder of the main process.
    folder = folder if process.is_main else f"{folder}-of-another-node"
    resuming = {"checkpoint": folder, "checkpoint_every": 2, "augment": ("channel_dropout",)}
    rows = {
        "whole": trained(dataset, augment=("channel_dropout",)),
        "ended": trained(dataset, end=5, **resuming),
        "resumed": trained(dataset, **resuming),
        "plain": trained(dataset, **WITHOUT_DROPOUT),
    }
    print(json.dumps({"rank": process.rank, **rows}), flush=True)  # noqa: T201
    leave_processes()


def main(store, folder, port):
    children = []
    for rank in range(2):
        child = os.fork()
        if child == 0:
            try:
                work(rank, store, folder, port)
            except BaseException:
                traceback.print_exc()
                os._exit(1)
            os._exit(0)
        children.append(child)
    failed = [os.waitpid(child, 0)[1] for child in children]
    # The parent trains alone, to compare.
    alone = trained(WindowStore(store).dataset(), **WITHOUT_DROPOUT)
    print(json.dumps({"rank": None, "plain": alone}), flush=True)  # noqa: T201
    raise SystemExit(int(any(failed)))


if __name__ == "__main__":
    main(*sys.argv[1:])

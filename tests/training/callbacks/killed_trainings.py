"""Kill trainings with SIGKILL at random steps, go on with them, and print what they end with.

    python killed_trainings.py FOLDER N_KILLS SEED

Each training is a process of its own, forked before any of them computes. A row of JSON for each:
the steps at which it was killed, the epochs and steps that its checkpoint had then, and a hash of
all that it ends with; the first rows are of trainings that were not killed. One of the settings
trains on a `WindowStore`, in blocks.
"""

import hashlib
import json
import os
import signal
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
from skorch.callbacks import Callback

from eegzoo.data import WindowStore
from eegzoo.training import BlockSampler, EEGClassifier
from eegzoo.training.callbacks import checkpoints
from tests.data.store.store_processes import ONE_SECOND, make_recordings

N_EPOCHS, N_STEPS = 6, 5
SETTINGS = (
    {},
    {"ema": 0.9, "validation": 0.2, "patience": 4, "warmup": 0.2, "clip_norm": 1.0,
     "augment": ("mixup", "time_shift", "channel_dropout"), "precision": "bfloat16"},
    {"validation": 0.2, "layer_decay": 0.7, "class_weight": "balanced", "precision": "float16",
     "checkpoint_every": 3},
    {"sampler": BlockSampler(4, 24), "checkpoint_every": 2},
)  # fmt: skip
ON_STORE = 3
WHILE_WRITING = -1


class Die(Callback):
    """End the process after a step, as `kill -9` does."""

    def __init__(self, step):
        self.step, self.n_steps = step, 0

    def on_batch_end(self, net, training=True, **_):
        self.n_steps += training
        if self.n_steps == self.step:
            os.kill(os.getpid(), signal.SIGKILL)


def die_while_writing(state, path):
    """Write half a file, then die."""
    Path(path).write_bytes(b"half a checkpoint")
    os.kill(os.getpid(), signal.SIGKILL)


def classifier(folder, number, step=None):
    sfreq = None if number == ON_STORE else 64
    return EEGClassifier(
        "eegnet", sfreq=sfreq, model_params={"F1": 2, "D": 2}, max_epochs=N_EPOCHS, batch_size=8,
        checkpoint=folder, random_state=3, callbacks=[Die(step)], **SETTINGS[number],
    )  # fmt: skip


def write_data(folder):
    """Write the store, of as many windows as there are in memory."""
    WindowStore.write(f"{folder}/store", make_recordings(4, first=5), ONE_SECOND, verbose=0)
    # Making an optimizer imports torch's compiler, which forked processes need not repeat.
    torch.optim.AdamW([torch.zeros(1, requires_grad=True)])


def data(folder, number):
    if number == ON_STORE:
        return (WindowStore(Path(folder).parent / "store").dataset()[: N_STEPS * 8],)
    rng = np.random.default_rng(0)
    return rng.normal(0, 20, (N_STEPS * 8, 3, 128)).astype(np.float32), np.arange(N_STEPS * 8) % 2


def hash_of(fitted, windows):
    digest = hashlib.sha256(repr(list(fitted.history_)).encode())
    for name, value in fitted.model_.state_dict().items():
        digest.update(name.encode() + value.numpy().tobytes())
    digest.update(fitted.predict_proba(windows).tobytes())
    return digest.hexdigest()


def in_a_process(function, *arguments):
    """Return what a function returns in a forked process, or None if that was killed."""
    with tempfile.NamedTemporaryFile() as answer:
        child = os.fork()
        if child == 0:
            Path(answer.name).write_text(function(*arguments))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if os.WIFSIGNALED(status):
            assert os.WTERMSIG(status) == signal.SIGKILL
            return None
        assert os.WEXITSTATUS(status) == 0
        return Path(answer.name).read_text()


def train(folder, number, step=None):
    if step == WHILE_WRITING:
        checkpoints.torch.save = die_while_writing
    windows, *labels = data(folder, number)
    return hash_of(classifier(folder, number, step).fit(windows, *labels), windows)


def done_in(folder):
    """Return how many epochs, and steps of the next one, the one checkpoint in a folder has."""
    found = list(Path(folder).glob("*.pt"))
    if not found:
        return [0, 0]
    state = torch.load(found[0], weights_only=True)
    return [len(state["history"]), len(state["within"]["batches"]) if "within" in state else 0]


def tell(row):
    sys.stdout.write(f"{json.dumps(row)}\n")
    sys.stdout.flush()  # before the next fork, which would write it again


def main(folder, n_kills, seed):
    torch.set_num_threads(1)
    rng = np.random.default_rng(seed)
    write_data(folder)
    for number in range(len(SETTINGS)):
        whole = in_a_process(train, f"{folder}/whole{number}", number)
        # A fifth is kept for validation.
        n_steps = N_STEPS - ("validation" in SETTINGS[number])
        every = SETTINGS[number].get("checkpoint_every", n_steps)
        row = {"settings": number, "step": None, "hash": whole}
        tell({**row, "n_steps": n_steps, "every": every})
    for number in range(n_kills):
        which = number % len(SETTINGS)
        # Now and then it is killed twice, or in the middle of a checkpoint.
        steps = rng.integers(1, 4 * (N_STEPS - 1), 1 + number // len(SETTINGS) % 2).tolist()
        steps += [WHILE_WRITING] if number % 5 == 0 else []
        place = f"{folder}/killed{number}"
        done = []
        for step in steps:
            killed = in_a_process(train, place, which, step)
            done.append(done_in(place) if killed is None else "not killed")
        ended = in_a_process(train, place, which)
        tell({"settings": which, "step": steps, "done": done, "hash": ended})


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))

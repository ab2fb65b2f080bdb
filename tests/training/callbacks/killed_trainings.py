"""Kill trainings with SIGKILL at random steps, go on with them, and print what they end with.

    python killed_trainings.py FOLDER N_KILLS SEED

Each training is a process of its own, forked before any of them computes. A row of JSON for each:
the step at which it was killed, the epochs that its checkpoint had then, and a hash of all that it
ends with; the first row is of a training that was not killed.
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

from eegzoo.training import EEGClassifier
from eegzoo.training.callbacks import checkpoints

N_EPOCHS, N_STEPS = 6, 5
SETTINGS = (
    {},
    {"ema": 0.9, "validation": 0.2, "patience": 4, "warmup": 0.2, "clip_norm": 1.0,
     "augment": ("mixup", "time_shift", "channel_dropout"), "precision": "bfloat16"},
    {"validation": 0.2, "layer_decay": 0.7, "class_weight": "balanced", "precision": "float16",
     "checkpoint_every": 3},
)  # fmt: skip
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


def classifier(folder, settings, step=None):
    return EEGClassifier(
        "eegnet", sfreq=64, model_params={"F1": 2, "D": 2}, max_epochs=N_EPOCHS, batch_size=8,
        checkpoint=folder, random_state=3, callbacks=[Die(step)], **settings,
    )  # fmt: skip


def data():
    rng = np.random.default_rng(0)
    return rng.normal(0, 20, (N_STEPS * 8, 3, 128)).astype(np.float32), np.arange(N_STEPS * 8) % 2


def hash_of(fitted):
    digest = hashlib.sha256(repr(list(fitted.history_)).encode())
    for name, value in fitted.model_.state_dict().items():
        digest.update(name.encode() + value.numpy().tobytes())
    digest.update(fitted.predict_proba(data()[0]).tobytes())
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


def train(folder, settings, step=None):
    if step == WHILE_WRITING:
        checkpoints.torch.save = die_while_writing
    return hash_of(classifier(folder, settings, step).fit(*data()))


def epochs_done(folder):
    """Return how many epochs the one checkpoint in a folder has."""
    found = list(Path(folder).glob("*.pt"))
    return len(torch.load(found[0], weights_only=True)["history"]) if found else 0


def tell(row):
    sys.stdout.write(f"{json.dumps(row)}\n")
    sys.stdout.flush()  # before the next fork, which would write it again


def main(folder, n_kills, seed):
    torch.set_num_threads(1)
    rng = np.random.default_rng(seed)
    for number, settings in enumerate(SETTINGS):
        whole = in_a_process(train, f"{folder}/whole{number}", settings)
        tell({"settings": number, "step": None, "hash": whole})
    for number in range(n_kills):
        which = number % len(SETTINGS)
        # Now and then it is killed twice, or in the middle of a checkpoint.
        steps = rng.integers(1, 4 * (N_STEPS - 1), 1 + number % 2).tolist()
        steps += [WHILE_WRITING] if number % 5 == 0 else []
        place = f"{folder}/killed{number}"
        done = []
        for step in steps:
            killed = in_a_process(train, place, SETTINGS[which], step)
            done.append(epochs_done(place) if killed is None else "not killed")
        ended = in_a_process(train, place, SETTINGS[which])
        tell({"settings": which, "step": steps, "done": done, "hash": ended})


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))

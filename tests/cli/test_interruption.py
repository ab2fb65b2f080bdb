"""Ctrl-C and SIGTERM end a command at once, with one line and the exit status of shells."""

import os
import signal
import subprocess
import sys
import threading
import time
from types import SimpleNamespace
from unittest import mock

import pytest
import torch

from eegzoo.cli.interruption import interruptible
from tests.cli.test_cli import eegzoo, eegzoo_process

SIGNALS = [signal.SIGINT, signal.SIGTERM]
# Python handles SIGINT only if the process that starts it does not ignore SIGINT.
START = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
COMMAND = START + "from eegzoo.cli import main\nmain()"
# Runs for a minute in C, without a chance for Python to handle signals.
COMPUTE = """
import hashlib
from eegzoo.cli.interruption import interruptible
with interruptible():
    print("ready", flush=True)
    hashlib.pbkdf2_hmac("sha256", b"", b"", 10**8)
"""
TRAIN = (
    "train", "--raw", "ok_raw.fif", "--recipe", "plain", "--cv", "2", "--max-epochs", "60",
    "--tmax", "1", "--checkpoint", "half",
)  # fmt: skip


@pytest.fixture
def _handlers():
    """Restore the handlers of signals, which a command that is interrupted does not.

    In the background, shells start processes in which SIGINT is ignored.
    """
    before = [signal.getsignal(number) for number in SIGNALS]
    signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    for number, handler in zip(SIGNALS, before, strict=True):
        signal.signal(number, handler)


def send(number):
    """Return a function that sends this process a signal, as long computations get it."""

    def compute(*_, **__):
        os.kill(os.getpid(), number)
        time.sleep(60)

    return compute


@pytest.mark.usefixtures("_handlers")
@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize(
    ("command", "computes"),
    [
        ("check ok_raw.fif", "eegzoo.data.signal.quality.check_recording"),
        ("train --raw ok_raw.fif --cv 2", "eegzoo.training.classifier.EEGClassifier.fit"),
        (
            "evaluate classifier.safetensors --raw ok_raw.fif",
            "eegzoo.training.classifier.EEGClassifier.predict",
        ),
        (
            "predict classifier.safetensors ok_raw.fif --out new.csv",
            "eegzoo.training.classifier.EEGClassifier.predict_proba",
        ),
        ("verify eegnet_4_2", "eegzoo.models.references.find_reference"),
        (
            "export classifier.safetensors new.onnx",
            "eegzoo.training.classifier.EEGClassifier.load",
        ),
    ],
)
def test_a_signal_ends_each_command_with_one_line(models, command, computes, number):
    before = sorted(models.iterdir())
    with mock.patch(computes, send(number)):
        done = eegzoo(*command.split(), cwd=models)
    assert done.returncode == 128 + number
    assert done.stderr == "eegzoo: interrupted\n"
    assert sorted(models.iterdir()) == before


@pytest.mark.usefixtures("_handlers")
def test_a_progress_bar_is_removed_before_the_line(models, monkeypatch):
    from eegzoo.training.callbacks.progress import Progress

    monkeypatch.setattr(Progress, "on_epoch_end", send(signal.SIGINT))
    done = eegzoo("train", "--raw", "ok_raw.fif", "--cv", 2, cwd=models)
    *bar, blank, line = done.stderr.split("\r")
    assert bar[1].startswith("fold 1 of 2:   0%")
    assert (blank.strip(), line) == ("", "eegzoo: interrupted\n")


@pytest.mark.usefixtures("_handlers")
def test_an_error_that_follows_a_signal_is_not_shown(capsys):
    def lose_connection():
        try:
            send(signal.SIGTERM)()
        finally:
            raise RuntimeError("connection lost")

    with pytest.raises(SystemExit) as stop, interruptible():
        lose_connection()
    assert stop.value.code == 128 + signal.SIGTERM
    assert capsys.readouterr().err == "eegzoo: interrupted\n"


@pytest.mark.parametrize("error", [ValueError("wrong"), SystemExit(1)])
def test_without_a_signal_errors_and_handlers_stay(error):
    before = [signal.getsignal(number) for number in SIGNALS]
    with pytest.raises(type(error)) as raised, interruptible():
        raise error
    assert raised.value is error
    assert [signal.getsignal(number) for number in SIGNALS] == before
    assert signal.set_wakeup_fd(-1) == -1


@pytest.mark.usefixtures("_handlers")
def test_an_ignored_signal_stays_ignored(models):
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # as under nohup
    with interruptible():
        os.kill(os.getpid(), signal.SIGINT)


def test_a_command_runs_in_another_thread():
    done = []

    def run():
        with interruptible():
            done.append(True)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert done == [True]


def started(code, *arguments, cwd):
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=heed_interrupts,
    )  # fmt: skip


def heed_interrupts():
    """Undo what the background of a shell passes on: SIGINT ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def ended(process, number):
    """Send a signal to a process, and return how it ends within 20 seconds."""
    start = time.monotonic()
    process.send_signal(number)
    try:
        _, stderr = process.communicate(timeout=20)
    finally:
        process.kill()
    seconds = time.monotonic() - start
    print(f"ended {seconds:.2f} s after signal {number}")  # noqa: T201, shown by pytest -s
    return SimpleNamespace(returncode=process.returncode, stderr=stderr, seconds=seconds)


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_ends_a_computation_outside_python(tmp_path, number):
    with started(START + COMPUTE, cwd=tmp_path) as process:
        assert process.stdout.readline() == "ready\n"
        done = ended(process, number)
    assert (done.returncode, done.stderr) == (128 + number, "eegzoo: interrupted\n")
    assert done.seconds < 10


def history(path):
    return torch.load(path, weights_only=True)["history"]


@pytest.mark.slow
@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("devices", [1, 2])
def test_a_training_ends_at_once_and_resumes(models, tmp_path, number, devices):
    if devices > 1:
        pytest.importorskip("accelerate", reason="accelerate is not installed")
    (tmp_path / "ok_raw.fif").write_bytes((models / "ok_raw.fif").read_bytes())
    command = (*TRAIN, "--verbose", "0", "--devices", str(devices))
    with started(COMMAND, *command, cwd=tmp_path) as process:
        while not list(tmp_path.glob("half/*.pt")):
            assert process.poll() is None, process.stderr.read()
            time.sleep(0.01)
        done = ended(process, number)
    assert done.returncode == 128 + number
    assert done.stderr == "eegzoo: interrupted\n"
    # Of several trainings, one may have ended before the signal came.
    before = {path: history(path) for path in (tmp_path / "half").glob("*.pt")}
    assert all(0 < len(rows) <= 60 for rows in before.values())
    if devices == 2 and number == signal.SIGINT:
        return  # the rest takes a quarter of a minute, and is that of SIGTERM
    # Several processes are launched by one that must not have begun to compute.
    again = (eegzoo if devices == 1 else eegzoo_process)(*command, cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    assert "mean accuracy" in again.stdout
    for path, rows in before.items():
        after = history(path)
        assert len(after) == 60
        # The duration of an epoch is measured, so one that ran again would have another.
        assert after[: len(rows)] == rows
    assert not list((tmp_path / "half").glob("*.part"))  # what was being written

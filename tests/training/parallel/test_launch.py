"""A command runs in several processes, which are all ended if one fails."""

import json
import logging
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

import eegzoo
from eegzoo.training.parallel import launch
from eegzoo.training.parallel.launch import launch_command, relaunch
from eegzoo.training.parallel.processes import threads_per_process

ROOT = Path(eegzoo.__file__).parents[1]

# Writes its environment and its process id; then sleeps, dies or exits as its argument says.
CHILD = """
import json, os, pathlib, signal, sys, time
folder, rank, actions = pathlib.Path(sys.argv[1]), int(os.environ["RANK"]), sys.argv[2:]
(folder / f"draft{rank}").write_text(json.dumps({**os.environ, "pid": str(os.getpid())}))
(folder / f"draft{rank}").rename(folder / f"{rank}.json")
action = actions[rank]
if action == "sleep":
    time.sleep(60)
elif action == "die":
    os.kill(os.getpid(), signal.SIGKILL)
else:
    sys.exit(int(action))
"""
PARENT = """
import signal, sys
from eegzoo.training.parallel import launch
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in the background of a shell
launch.launch_command = lambda argv: [sys.executable, *argv]
sys.exit(launch.relaunch(2, sys.argv[1:], "cpu"))
"""


@pytest.fixture(autouse=True)
def _not_launched(monkeypatch):
    for name in ("WORLD_SIZE", "RANK", "LOCAL_RANK", "OMP_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(launch, "n_cores", lambda: 4)


@pytest.fixture(name="child")
def path_of_child(tmp_path, monkeypatch):
    """Return the arguments of a script that replaces the eegzoo command."""
    monkeypatch.setattr(launch, "launch_command", lambda argv: [sys.executable, *argv])
    script = tmp_path / "child.py"
    script.write_text(CHILD)
    return [str(script), str(tmp_path)]


def started(folder, ranks=2, seconds=60):
    """Wait until the processes have started, and return what they wrote."""
    end = time.monotonic() + seconds
    paths = [folder / f"{rank}.json" for rank in range(ranks)]
    while not all(path.exists() for path in paths):
        assert time.monotonic() < end, "the processes did not start"
        time.sleep(0.05)
    return [json.loads(path.read_text()) for path in paths]


def is_running(process):
    try:
        os.kill(int(process["pid"]), 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize(
    ("argv", "kept"),
    [
        ([], []),
        (["train"], ["train"]),
        (["train", "--devices", "4", "--cv", "2"], ["train", "--cv", "2"]),
        (["train", "--devices=4", "--device", "cpu"], ["train", "--device", "cpu"]),
        (["train", "--devices"], ["train"]),
    ],
)
def test_processes_get_the_command_without_devices(argv, kept):
    assert launch_command(argv) == [sys.executable, "-m", "eegzoo", *kept]


def test_processes_get_an_environment_for_connecting(child, tmp_path, monkeypatch):
    monkeypatch.setenv("OF_THE_USER", "kept")
    assert relaunch(3, [*child, "0", "0", "0"], "cpu") == 0
    found = started(tmp_path, ranks=3)
    assert [process["RANK"] for process in found] == ["0", "1", "2"]
    assert [process["LOCAL_RANK"] for process in found] == ["0", "1", "2"]
    for process in found:
        assert process["WORLD_SIZE"] == process["LOCAL_WORLD_SIZE"] == "3"
        assert process["MASTER_ADDR"] == "127.0.0.1"
        assert process["MASTER_PORT"] == found[0]["MASTER_PORT"]
        assert process["OMP_NUM_THREADS"] == str(threads_per_process(3))
        assert process["OF_THE_USER"] == "kept"
    assert "WORLD_SIZE" not in os.environ


def test_the_users_number_of_threads_is_kept(child, tmp_path, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    assert relaunch(1, [*child, "0"], "cpu") == 0
    assert started(tmp_path, ranks=1)[0]["OMP_NUM_THREADS"] == "7"


@pytest.mark.parametrize(
    ("actions", "status"),
    [
        (["0", "0"], 0),
        (["sleep", "3"], 3),
        (["2", "sleep"], 2),
        (["die", "sleep"], 128 + 9),
    ],
)
def test_all_processes_are_ended_after_the_first_failure(child, tmp_path, actions, status):
    assert relaunch(2, [*child, *actions], "cpu") == status
    # After an early failure, the other process may not have written anything.
    for path in tmp_path.glob("*.json"):
        assert not is_running(json.loads(path.read_text()))


@pytest.mark.parametrize("status", ["3", "0"])
def test_the_launcher_reports_nothing_itself(child, capfd, caplog, status):
    # Each module of torch has a logger with its own level, which its parent's does not change.
    for name in [*logging.root.manager.loggerDict]:
        if name.startswith("torch.distributed.elastic"):
            caplog.set_level(logging.DEBUG, name)
    relaunch(2, [*child, status, status], "cpu")
    assert caplog.records == []
    assert capfd.readouterr().err == ""
    logging.getLogger("torch.distributed.elastic.agent").critical("heard again")
    assert [record.message for record in caplog.records] == ["heard again"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 128 + 2), (signal.SIGTERM, 128 + 15)]
)
def test_processes_are_ended_with_their_launcher(child, tmp_path, number, status):
    parent = tmp_path / "parent.py"
    parent.write_text(PARENT)
    command = [sys.executable, str(parent), *child, "sleep", "sleep"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    starter = subprocess.Popen(command, env=environment)
    try:
        processes = started(tmp_path)
        time.sleep(0.3)
        starter.send_signal(number)
        assert starter.wait(timeout=60) == status
    finally:
        starter.kill()
        starter.wait()
    assert not any(map(is_running, processes))


def test_the_signal_handler_is_restored(child):
    before = signal.getsignal(signal.SIGTERM)
    relaunch(1, [*child, "0"], "cpu")
    assert signal.getsignal(signal.SIGTERM) is before


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((0, [], "cpu"), ValueError, "expected devices to be a positive integer, got 0"),
        (("2", [], "cpu"), TypeError, "expected devices to be a positive integer, got '2'"),
        ((2, [], "mps"), ValueError, "expected device to be one of 'auto', 'cpu', 'cuda'"),
        ((2, [], "cuda"), ValueError, "expected devices of at most 1, the number of GPUs, got 2"),
        ((3, [], "auto"), ValueError, "expected devices of at most 1, the number of GPUs, got 3"),
        ((99, [], "cpu"), ValueError, "expected devices of at most 4, the number of CPU cores"),
    ],
)
def test_invalid_arguments_raise(monkeypatch, arguments, error, message):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    with pytest.raises(error, match=message):
        relaunch(*arguments)


def test_without_gpus_processes_use_the_cpu(child, monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    assert relaunch(2, [*child, "0", "0"]) == 0


def test_a_launched_process_cannot_launch_others(monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(ValueError, match="in a process that was launched with others"):
        relaunch(2, [])

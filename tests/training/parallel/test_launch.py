"""A command runs in several processes, which end together."""

import json
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
from eegzoo.training.parallel.launch import launch_command, quiet_unless_main, relaunch
from eegzoo.training.parallel.processes import World, threads_of_each

ROOT = Path(eegzoo.__file__).parents[1]

# Writes its environment and its number; then sleeps, dies or exits, as its arguments say.
CHILD = """
import json, os, pathlib, signal, sys, time
folder, rank, does = pathlib.Path(sys.argv[1]), int(os.environ["RANK"]), sys.argv[2:]
(folder / f"draft{rank}").write_text(json.dumps({**os.environ, "pid": str(os.getpid())}))
(folder / f"draft{rank}").rename(folder / f"{rank}.json")
what = does[rank]
if what == "sleep":
    time.sleep(60)
elif what == "stubborn":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    time.sleep(60)
elif what == "die":
    os.kill(os.getpid(), signal.SIGKILL)
else:
    sys.exit(int(what))
"""
PARENT = """
import signal, sys
from eegzoo.training.parallel import launch
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background ignores it
launch.launch_command = lambda argv: [sys.executable, *argv]
launch._SECONDS_TO_END = 0.5
sys.exit(launch.relaunch(2, sys.argv[1:], "cpu"))
"""


@pytest.fixture(autouse=True)
def _not_launched(monkeypatch):
    for name in ("WORLD_SIZE", "RANK", "LOCAL_RANK", "OMP_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(launch, "_SECONDS_TO_END", 0.5)
    monkeypatch.setattr(launch, "_SECONDS_FOR_MAIN", 0.0)


@pytest.fixture(name="child")
def path_of_child(tmp_path, monkeypatch):
    """Arguments of a process, which stand for a command of eegzoo."""
    monkeypatch.setattr(launch, "launch_command", lambda argv: [sys.executable, *argv])
    script = tmp_path / "child.py"
    script.write_text(CHILD)
    return [str(script), str(tmp_path)]


def started(folder, ranks=2, seconds=60):
    """What the processes wrote, once they have."""
    end = time.monotonic() + seconds
    paths = [folder / f"{rank}.json" for rank in range(ranks)]
    while not all(path.exists() for path in paths):
        assert time.monotonic() < end, "they did not start"
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
def test_processes_are_not_told_how_many_they_are(argv, kept):
    assert launch_command(argv) == [sys.executable, "-m", "eegzoo", *kept]


def test_processes_learn_from_the_environment_how_to_meet(child, tmp_path, monkeypatch):
    monkeypatch.setenv("OF_THE_USER", "kept")
    assert relaunch(3, [*child, "0", "0", "0"], "cpu") == 0
    found = started(tmp_path, ranks=3)
    assert [process["RANK"] for process in found] == ["0", "1", "2"]
    assert [process["LOCAL_RANK"] for process in found] == ["0", "1", "2"]
    for process in found:
        assert process["WORLD_SIZE"] == process["LOCAL_WORLD_SIZE"] == "3"
        assert process["MASTER_ADDR"] == "127.0.0.1"
        assert process["MASTER_PORT"] == found[0]["MASTER_PORT"]
        assert process["OMP_NUM_THREADS"] == str(threads_of_each(3))
        assert process["OF_THE_USER"] == "kept"
    assert "WORLD_SIZE" not in os.environ


def test_a_number_of_threads_of_the_users_is_kept(child, tmp_path, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    assert relaunch(1, [*child, "0"], "cpu") == 0
    assert started(tmp_path, ranks=1)[0]["OMP_NUM_THREADS"] == "7"


@pytest.mark.parametrize(
    ("does", "status"),
    [
        (["0", "0"], 0),
        (["sleep", "3"], 3),
        (["2", "sleep"], 2),
        (["die", "sleep"], 128 + 9),
        (["stubborn", "4"], 4),
    ],
)
def test_the_first_failure_ends_all(child, tmp_path, does, status):
    assert relaunch(2, [*child, *does], "cpu") == status
    # Of one that failed early, the other may not have come to write anything.
    for path in tmp_path.glob("*.json"):
        assert not is_running(json.loads(path.read_text()))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 128 + 2), (signal.SIGTERM, 128 + 15)]
)
def test_processes_end_with_the_one_that_started_them(child, tmp_path, number, status):
    parent = tmp_path / "parent.py"
    parent.write_text(PARENT)
    command = [sys.executable, str(parent), *child, "sleep", "stubborn"]
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


def test_the_signal_handler_comes_back(child):
    before = signal.getsignal(signal.SIGTERM)
    relaunch(1, [*child, "0"], "cpu")
    assert signal.getsignal(signal.SIGTERM) is before


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((0, [], "cpu"), ValueError, "expected devices to be a positive integer, got 0"),
        (("2", [], "cpu"), TypeError, "expected devices to be a positive integer, got '2'"),
        ((2, [], "mps"), ValueError, "expected device to be one of 'auto', 'cpu', 'cuda'"),
        ((2, [], "cuda"), ValueError, "expected devices of at most 1, the GPUs here, got 2"),
        ((3, [], "auto"), ValueError, "expected devices of at most 1, the GPUs here, got 3"),
    ],
)
def test_what_cannot_be_launched_raises(monkeypatch, arguments, error, message):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    with pytest.raises(error, match=message):
        relaunch(*arguments)


def test_without_gpus_processes_are_for_the_cpu(child, monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    assert relaunch(2, [*child, "0", "0"]) == 0


def test_a_launched_process_launches_no_others(monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(ValueError, match="in a process that was launched with others"):
        relaunch(2, [])


def both(world):
    with quiet_unless_main(world):
        sys.stdout.write("out")
        sys.stderr.write("err")


def test_the_main_process_alone_prints(capsys):
    both(World())
    both(World(0, 2))
    assert capsys.readouterr() == ("outout", "errerr")
    both(World(1, 2))
    assert capsys.readouterr() == ("", "")
    sys.stdout.write("again")
    assert capsys.readouterr().out == "again"


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_errors_pass_and_are_told(capsys, error):
    with pytest.raises(error), quiet_unless_main(World(1, 2)):
        raise error
    sys.stderr.write("told")
    assert capsys.readouterr().err == "told"


def test_errors_wait_for_those_of_the_main_process(monkeypatch):
    waits = []
    monkeypatch.setattr(time, "sleep", waits.append)
    monkeypatch.setattr(launch, "_SECONDS_FOR_MAIN", 2.0)
    for rank in range(2):
        with pytest.raises(ValueError, match="wrong"), quiet_unless_main(World(rank, 2)):
            raise ValueError("wrong")
    assert waits == [2.0]

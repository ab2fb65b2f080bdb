"""Only the main process prints, and errors of the others are delayed."""

import sys
import time

import pytest

from eegzoo.training.parallel import main_output
from eegzoo.training.parallel.main_output import quiet_unless_main
from eegzoo.training.parallel.processes import ProcessInfo


@pytest.fixture(autouse=True)
def _no_delay(monkeypatch):
    monkeypatch.setattr(main_output, "_SECONDS_FOR_MAIN", 0.0)


def write_to_both(process):
    with quiet_unless_main(process):
        sys.stdout.write("out")
        sys.stderr.write("err")


def test_only_the_main_process_prints(capsys):
    write_to_both(ProcessInfo())
    write_to_both(ProcessInfo(0, 2))
    assert capsys.readouterr() == ("outout", "errerr")
    write_to_both(ProcessInfo(1, 2))
    assert capsys.readouterr() == ("", "")
    sys.stdout.write("again")
    assert capsys.readouterr().out == "again"


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_errors_are_raised_and_output_is_restored(capsys, error):
    with pytest.raises(error), quiet_unless_main(ProcessInfo(1, 2)):
        raise error
    sys.stderr.write("shown")
    assert capsys.readouterr().err == "shown"


def test_errors_of_other_processes_are_delayed(monkeypatch):
    waits = []
    monkeypatch.setattr(time, "sleep", waits.append)
    monkeypatch.setattr(main_output, "_SECONDS_FOR_MAIN", 2.0)
    for rank in range(2):
        with pytest.raises(ValueError, match="wrong"), quiet_unless_main(ProcessInfo(rank, 2)):
            raise ValueError("wrong")
    assert waits == [2.0]

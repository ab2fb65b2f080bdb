"""Tests of LSL streams between processes of this machine."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("mne_lsl")

OUTLET = Path(__file__).with_name("lsl_outlet.py")
SFREQ = 100.0
CONFIG = """
[multicast]
ResolveScope = machine
[lab]
KnownPeers = {127.0.0.1}
[log]
level = -3
"""


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Keep the streams on this machine, also those of this process."""
    path = tmp_path_factory.mktemp("lsl") / "lsl.cfg"
    path.write_text(CONFIG)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LSLAPICFG", str(path))
        yield dict(os.environ)


class _Sender:
    """Process that sends a ramp of 0.5 per sample."""

    def __init__(self, environment: Any, folder: Path, unit: str) -> None:
        self.name = f"eegzoo-test-{os.getpid()}-{unit}-{time.monotonic_ns()}"
        self._path = folder / "data.npy"
        np.save(self._path, np.arange(2000.0) * 0.5 + np.array([[0.0], [1000.0]]))
        self._environment, self._unit = environment, unit
        self.process: Any = None

    def start(self, first: int = 0) -> None:
        command = [sys.executable, str(OUTLET), self.name, str(self._path), str(SFREQ), self._unit]
        self.process = subprocess.Popen(
            [*command, str(first)], stdout=subprocess.PIPE, env=self._environment, text=True
        )
        assert self.process.stdout.readline() == "ready\n"

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


@pytest.fixture
def sender(environment: Any, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[_Sender]:
    made = _Sender(environment, tmp_path, getattr(request, "param", "microvolts"))
    made.start()
    yield made
    if made.process.poll() is None:
        made.stop()


def _read(source: Any, seconds: float) -> tuple[Any, Any]:
    parts, deadline = [], time.monotonic() + seconds
    while time.monotonic() < deadline:
        chunk = source.read()
        if chunk.n_samples:
            parts.append(chunk)
        time.sleep(0.01)
    return (
        np.concatenate([part.data for part in parts], axis=1),
        np.concatenate([part.times for part in parts]),
    )


@pytest.mark.parametrize(
    ("sender", "factor"),
    [("microvolts", 1e-6), ("millivolts", 1e-3), ("-6", 1e-6), ("V", 1.0)],
    indirect=["sender"],
)
def test_samples_are_volts_by_the_declared_unit(sender: _Sender, factor: float) -> None:
    from eegzoo.online import LSLSource

    with LSLSource(sender.name) as source:
        data, times = _read(source, 0.6)
    assert (source.ch_names, source.ch_types, source.sfreq) == (["E0", "E1"], ["eeg"] * 2, SFREQ)
    np.testing.assert_allclose(np.diff(data, axis=1), 0.5 * factor, rtol=1e-6)
    np.testing.assert_allclose(data[1] - data[0], 1000 * factor, rtol=1e-6)
    assert np.median(np.diff(times)) == pytest.approx(1 / SFREQ, abs=2e-3)


@pytest.mark.parametrize("sender", ["none"], indirect=True)
def test_missing_unit_raises_and_can_be_given(sender: _Sender) -> None:
    from eegzoo.online import LSLSource

    with pytest.raises(ValueError, match=r"expected channel E0 .* to declare a unit"):
        LSLSource(sender.name).connect()
    with LSLSource(sender.name, unit="uV") as source:
        data, _ = _read(source, 0.5)
    np.testing.assert_allclose(np.diff(data, axis=1), 0.5e-6, rtol=1e-6)


def test_unknown_name_raises_with_the_names_there_are(sender: _Sender) -> None:
    from eegzoo.online import LSLSource

    with pytest.raises(ValueError, match=f"got 0; streams: .*{sender.name}"):
        LSLSource("nobody", timeout_seconds=1.0).connect()


def test_restarted_sender_is_taken_up_and_nothing_is_stale(
    sender: _Sender,
) -> None:
    from eegzoo.online import LSLSource
    from eegzoo.online.running_signal.sample_clock import SampleClock

    clock = SampleClock(SFREQ, max_jitter_seconds=0.05)
    with LSLSource(sender.name) as source:
        before, times = _read(source, 1.0)
        clock.place(len(times), times, before)
        sender.stop()
        time.sleep(1.0)
        sender.start(first=1500)
        deadline = time.monotonic() + 60
        while True:
            assert time.monotonic() < deadline
            time.sleep(0.01)
            chunk = source.read()
            placed = clock.place(chunk.n_samples, chunk.times, chunk.data)
            fresh = chunk.data[0] * 1e6 / 0.5 > 1500 - 1e-6
            if fresh.any():
                break
            assert clock.n_lost == 0  # what was sent before the end
    first = chunk.data[0][fresh][0] * 1e6 / 0.5
    assert first < 1500 + SFREQ  # of the second after the sender found its reader
    assert placed.index[-1] > before.shape[1] + 0.5 * SFREQ
    assert clock.n_lost > 0.5 * SFREQ


def test_decisions_are_published(environment: Any) -> None:
    from mne_lsl.lsl import StreamInlet, resolve_streams

    from eegzoo.online import Decision, DecisionOutlet

    name = f"eegzoo-decisions-{os.getpid()}"
    with DecisionOutlet(name, ["left", "right"], 0.25) as outlet:
        inlet = StreamInlet(resolve_streams(timeout=5, name=name)[0])
        inlet.open_stream(timeout=5)
        outlet.push(Decision(1.0, 0.0, "right", np.array([0.25, 0.75])))
        outlet.push(Decision(1.25, 0.25, "abstain", None, "Cz is flat"))
        rows: list[Any] = []
        deadline = time.monotonic() + 5
        while len(rows) < 2 and time.monotonic() < deadline:
            data, _ = inlet.pull_chunk(timeout=0.2)
            rows.extend(np.asarray(data).reshape(-1, 3).tolist())
        assert inlet.get_sinfo().get_channel_names() == ["p_left", "p_right", "label"]
        inlet.close_stream()
    np.testing.assert_array_equal(rows, [[0.25, 0.75, 1], [np.nan, np.nan, -1]])

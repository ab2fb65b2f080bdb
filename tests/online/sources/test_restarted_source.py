"""A classifier of an LSL stream whose sender is killed and started again, in real time."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from eegzoo.data import Epoch, EpochsDataset, Pick, Preprocessing, SignalInfo
from eegzoo.online import LSLSource, StreamingClassifier
from eegzoo.training import EEGClassifier

pytest.importorskip("mne_lsl")

OUTLET = Path(__file__).with_name("lsl_outlet.py")
SFREQ, WINDOW, STEP = 100.0, 25, 5  # Hz, samples
FIRST_AGAIN = 3000  # sample at which the sender starts again
CONFIG = """
[multicast]
ResolveScope = machine
[lab]
KnownPeers = {127.0.0.1}
[log]
level = -3
"""


class _Rms(nn.Module):
    """Network that tells windows apart by the amplitudes of two channels."""

    def __init__(self) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.ones(()))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return 0.2 * self.gain * x.square().mean(dim=-1).sqrt()


def _classifier() -> EEGClassifier:
    X = np.random.default_rng(1).normal(0, 20, (8, 2, WINDOW)).astype(np.float32)
    info = SignalInfo(["E0", "E1"], SFREQ, WINDOW)
    dataset = EpochsDataset(X, np.arange(8) % 2, ("left", "right"), info)
    return EEGClassifier(
        _Rms(), recipe="plain", normalize="none", max_epochs=1, lr=1e-9, random_state=0
    ).fit(dataset)


def _start(name: str, path: Path, environment: Any, first: int) -> Any:
    process = subprocess.Popen(
        [sys.executable, str(OUTLET), name, str(path), str(SFREQ), "microvolts", str(first)],
        stdout=subprocess.PIPE, env=environment, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def _stop(process: Any) -> None:
    process.kill()
    process.wait()
    process.stdout.close()


def test_decisions_continue_after_a_restart_and_none_is_of_stale_samples(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "lsl.cfg").write_text(CONFIG)
    monkeypatch.setenv("LSLAPICFG", str(tmp_path / "lsl.cfg"))
    data = np.random.default_rng(0).normal(0, 20, (2, 6000))
    np.save(tmp_path / "data.npy", data)
    name = f"eegzoo-restart-{os.getpid()}"
    classifier = _classifier()
    windows = np.lib.stride_tricks.sliding_window_view(data, WINDOW, axis=1).swapaxes(0, 1)
    offline = classifier.predict_proba(windows.astype(np.float32))
    process = _start(name, tmp_path / "data.npy", dict(os.environ), 0)
    try:
        with LSLSource(name) as source:
            stream = StreamingClassifier(
                classifier, ch_names=source.ch_names, sfreq=source.sfreq,
                step_seconds=STEP / SFREQ, max_jitter_seconds=0.2,
                preprocessing=Preprocessing(  # E1 alone would be an EOG
                    [Pick(["E0", "E1"]), Epoch(0.0, seconds=WINDOW / SFREQ)]
                ),
            )  # fmt: skip

            def decisions_for(seconds: float) -> list[Any]:
                found, deadline = [], time.monotonic() + seconds
                while time.monotonic() < deadline:
                    chunk = source.read()
                    found += stream.push(chunk.data, chunk.times)
                    time.sleep(0.01)
                return found

            before = decisions_for(1.5)
            _stop(process)
            before += decisions_for(1.0)
            process = _start(name, tmp_path / "data.npy", dict(os.environ), FIRST_AGAIN)
            after = decisions_for(4.0)
    finally:
        if process.poll() is None:
            _stop(process)
    old = [each for each in before if not each.is_abstention]
    made = [each for each in after if not each.is_abstention]
    assert len(old) > 10
    assert len(made) > 10
    # Each decision is about other samples than the one before it, so that nothing was decided
    # again while the sender was gone.
    _check_windows(old, offline[:FIRST_AGAIN])
    # Windows that touch the gap are named, and each later one is of the new samples alone; the
    # first is among those of the second after the sender found its reader again.
    assert any("samples are lost" in (each.reason or "") for each in after)
    assert _check_windows(made, offline[FIRST_AGAIN:]) < SFREQ
    assert made[0].onset > old[-1].time + 0.5


def _check_windows(decisions: list[Any], offline: np.ndarray) -> int:
    """Compare decisions with those of the windows that their onsets name; return the first."""
    known = np.array([each.probabilities for each in decisions])
    first = int(np.abs(offline - known[0]).max(axis=1).argmin())
    steps = [round((each.onset - decisions[0].onset) * SFREQ) for each in decisions]
    assert np.diff(steps).min() >= STEP
    np.testing.assert_allclose(known, offline[first + np.array(steps)], atol=1e-4)
    return first

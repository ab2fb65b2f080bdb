"""Tests of streams of real recordings: the numbers of offline use, and a stream in real time."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import mne
import numpy as np
import pytest

from eegzoo import find_weights
from eegzoo.data import (
    Epoch,
    EpochsDataset,
    Filter,
    Preprocessing,
    Recording,
    Resample,
    Sequences,
)
from eegzoo.online import StreamingClassifier, compare
from eegzoo.training import EEGClassifier
from tests.shared_data import MNE_DATA, SHARED, needs

RUN_4 = MNE_DATA / "MNE-eegbci-data/files/eegmmidb/1.0.0/S001/S001R04.edf"
DREAMS = SHARED / "data" / "dreams_spindles" / "dreams_excerpts.npz"
SSVEP = SHARED / "data" / "ssvep_exo"
FISTS = {"left_fist": "T1", "right_fist": "T2"}


@pytest.fixture(autouse=True)
def weights_of_authors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EEGZOO_WEIGHTS", str(SHARED / "weights"))


def _fists() -> mne.io.BaseRaw:
    return mne.io.read_raw_edf(RUN_4, preload=True, verbose=False)


@needs(RUN_4)
@pytest.mark.parametrize("name", ["eegnet.physionet_mi2", "eegsym.mi_8", "eegsym.mi_16"])
def test_fists_are_classified_as_offline(name: str) -> None:
    compared = compare(name, _fists(), FISTS)
    assert (compared.n_trials, compared.n_left_out) == (15, 0)
    assert compared.largest_difference < 1e-5
    assert compared.accuracy_online == compared.accuracy_offline > 0.8


@needs(SSVEP)
@pytest.mark.parametrize("name", ["eegnet.ssvep_exo", "shallow_convnet.ssvep_exo"])
def test_flicker_is_classified_as_offline(name: str) -> None:
    path = sorted(SSVEP.glob("*_raw.fif"))[0]
    raw = mne.io.read_raw_fif(path, preload=True, verbose=False)
    events = mne.read_events(str(path).replace("_raw.fif", "-eve.fif"), verbose=False)
    names = {1: "rest", 2: "13hz", 3: "21hz", 4: "17hz"}
    onsets = (events[:, 0] - raw.first_samp) / raw.info["sfreq"]
    labels = [names[code] for code in events[:, 2]]
    raw.set_annotations(mne.Annotations(onsets + raw.first_time, 0, labels, raw.info["meas_date"]))
    compared = compare(name, raw)
    assert compared.n_trials > 20
    assert compared.largest_difference < 1e-5


def _nap(number: int) -> mne.io.BaseRaw:
    """Return a DREAMS excerpt of half an hour, with the stage that most of each 30 s have."""
    known = np.load(DREAMS)
    scale = float(known["scale_uv"]) if "scale_uv" in known.files else 1.0
    sfreq = float(known[f"fs_{number}"])
    data = known[f"eeg_{number}"][None].astype(np.float64) * scale * 1e-6
    raw = mne.io.RawArray(data, mne.create_info(["Cz"], sfreq, "eeg"), verbose=False)
    stages = known[f"hyp5s_{number}"].reshape(-1, 6)
    names = {5: "W", 4: "R", 3: "N1", 2: "N2", 1: "N3", 0: "N3"}
    labels = [names.get(int(np.bincount(row.clip(0), minlength=6).argmax())) for row in stages]
    return raw.set_annotations(mne.Annotations(30.0 * np.arange(len(labels)), 30.0, labels))


@needs(DREAMS)
@pytest.mark.parametrize("band", [(0.3, 35.0), None])
def test_sleep_is_staged_as_offline(band: Any, tmp_path: Path) -> None:
    steps = [Resample(100.0), Epoch(0.0, seconds=30.0)]
    if band is not None:
        steps.insert(0, Filter(*band, "forward"))
    preprocessing = Preprocessing(steps)
    night = EpochsDataset.from_recordings([Recording(_nap(1), "S1")], preprocessing)
    sequences = Sequences.of(night, n_windows=10)
    classifier = EEGClassifier(
        "tinysleepnet", sfreq=100.0, model_params={"n_filters": 8, "hidden_size": 8}, max_epochs=2,
        normalize="standardize", random_state=0,
    ).fit(sequences.X, night.labels[: sequences.y.size].reshape(sequences.y.shape))  # fmt: skip
    classifier.signal_info_ = night.info
    compared = compare(classifier, _nap(2), preprocessing=preprocessing)  # at 200 Hz
    assert compared.n_trials >= 57
    assert compared.n_left_out <= 3
    assert compared.agreement == 1.0
    assert compared.largest_difference < 1e-5
    if band is None:
        classifier.save(tmp_path / "nap.safetensors", preprocessing)
        data = _nap(2).get_data()
        stream = StreamingClassifier(tmp_path / "nap.safetensors", ch_names=["Cz"], sfreq=200.0)
        decisions = [
            each for chunk in np.array_split(data, 100, axis=1) for each in stream.push(chunk)
        ]
        assert [each.time for each in decisions] == pytest.approx(30.0 + 30.0 * np.arange(59))
        assert {each.label for each in decisions} <= {"W", "N1", "N2", "N3", "R", "abstain"}


@pytest.mark.slow
@needs(RUN_4)
def test_player_of_lsl_gives_the_labels_of_offline_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("mne_lsl")
    config = tmp_path / "lsl.cfg"
    config.write_text("[multicast]\nResolveScope = machine\n[lab]\nKnownPeers = {127.0.0.1}\n")
    monkeypatch.setenv("LSLAPICFG", str(config))
    from mne_lsl.lsl import StreamInlet, resolve_streams
    from mne_lsl.player import PlayerLSL

    from eegzoo.online import LSLSource

    raw = _fists().crop(3, 49)  # six trials
    raw.save(tmp_path / "test_raw.fif", verbose=False)
    classifier = EEGClassifier.from_weights("eegnet.physionet_mi2")
    name = f"eegzoo-player-{os.getpid()}"
    player = PlayerLSL(
        tmp_path / "test_raw.fif", chunk_size=16, n_repeat=1, name=name, annotations=True
    )
    with player, LSLSource(name) as source:
        found = resolve_streams(timeout=5, name=f"{name}-annotations")
        marks = StreamInlet(found[0], processing_flags=["clocksync"])
        marks.open_stream(timeout=5)
        kinds = marks.get_sinfo().get_channel_names()
        stream = StreamingClassifier(
            classifier, ch_names=source.ch_names, sfreq=source.sfreq, step_seconds=0.1,
            max_jitter_seconds=0.1,
        )  # fmt: skip
        decisions, trials = [], []
        quiet = time.monotonic() + 10
        while time.monotonic() < quiet:
            chunk = source.read()
            if chunk.n_samples:
                quiet = time.monotonic() + 2
                decisions += stream.push(chunk.data, chunk.times)
            rows, times = marks.pull_chunk(timeout=0.0)
            for row, moment in zip(np.reshape(rows, (-1, len(kinds))), times, strict=True):
                trials.append((moment, kinds[int(np.argmax(row))]))
            time.sleep(0.02)
        marks.close_stream()
    online = _labels_at(decisions, [each for each in trials if each[1] in FISTS.values()])
    weights = find_weights("eegnet.physionet_mi2")
    epochs = weights.preprocessing.epochs(raw, FISTS)
    right = [next(label for label, code in epochs.event_id.items() if code == event)
             for event in epochs.events[:, 2]]  # fmt: skip
    offline = int((classifier.predict(epochs) == right).sum())
    assert len(online) >= len(right) - 1 >= 5
    assert stream.n_lost == 0
    assert abs(sum(online) - offline) <= 1


def _labels_at(decisions: list[Any], trials: list[Any]) -> list[bool]:
    """Return whether the decision about the window nearest to each trial is right."""
    names = {event: label for label, event in FISTS.items()}
    made = [each for each in decisions if not each.is_abstention]
    right = []
    for moment, event in trials:
        nearest = min(made, key=lambda each: abs(each.onset - moment))
        if abs(nearest.onset - moment) < 0.1:
            right.append(nearest.label == names[event])
    return right

"""Files of epochs are read with the labels of their events."""

import mne
import numpy as np
import pytest
import scipy.io

from eegzoo.data import EpochsDataset, is_epochs_file, read_epochs, read_recording
from tests.cases.format_cases import EVENTS, NAMES, noise

TRIALS = ["b", "a"] * 4


@pytest.fixture
def epochs():
    """Return eight epochs of 3 s, of a recording with an event every 4.5 s."""
    raw = mne.io.RawArray(
        noise(8, 128 * 40), mne.create_info(list(NAMES), 128, "eeg"), verbose=False
    )
    raw.set_annotations(mne.Annotations(*zip(*EVENTS, strict=True)))
    return mne.Epochs(raw, tmin=0, tmax=3, baseline=None, preload=True, verbose=False)


def labels_of(epochs):
    names = {code: name for name, code in epochs.event_id.items()}
    return [names[code] for code in epochs.events[:, 2]]


def write_eeglab_epochs(path, data, events_of_each):
    """Write EEGLAB's structure with latencies in milliseconds and types of the events of each."""
    epochs = np.array(
        [
            (
                np.array([late for late, _ in events], object),
                np.array([n for _, n in events], object),
            )
            for events in events_of_each
        ],
        dtype=[("eventlatency", object), ("eventtype", object)],
    )
    events = np.array(
        [
            (name, 1 + place * data.shape[2] + late * 0.128)
            for place, found in enumerate(events_of_each)
            for late, name in found
        ],
        dtype=[("type", object), ("latency", object)],
    )
    places = np.array([(name,) for name in NAMES], dtype=[("labels", object)])
    n_trials, n_chans, n_times = data.shape
    scipy.io.savemat(path, {
        "setname": "r", "nbchan": float(n_chans), "trials": float(n_trials),
        "pnts": float(n_times), "srate": 128.0, "xmin": 0.0, "xmax": (n_times - 1) / 128.0,
        "chanlocs": places, "event": events, "epoch": epochs,
        "data": (1e6 * data).transpose(1, 2, 0).astype("<f4"),
    })  # fmt: skip


def test_epochs_of_mne_are_read(tmp_path, epochs):
    epochs.save(tmp_path / "r-epo.fif", verbose=False)
    found = read_epochs(tmp_path / "r-epo.fif")
    assert is_epochs_file(tmp_path / "r-epo.fif")
    np.testing.assert_allclose(found.get_data(), epochs.get_data(), atol=1e-11)
    assert labels_of(found) == TRIALS


def test_projections_that_were_delayed_are_applied(tmp_path, epochs):
    projected = epochs.copy()
    projected.set_eeg_reference(projection=True)
    projected.save(tmp_path / "r-epo.fif", verbose=False)
    data = read_epochs(tmp_path / "r-epo.fif").get_data()
    np.testing.assert_allclose(data.mean(axis=1), 0, atol=1e-12)


def test_epochs_of_eeglab_have_the_label_of_the_event_at_zero(tmp_path, epochs):
    """MNE makes a class "b/b" of a trial "b" that is followed by another within 3 s."""
    events = [[(0.0, name)] for name in TRIALS]
    events[0].append((2000.0, "b"))
    events[3].insert(0, (-100.0, "cue"))
    write_eeglab_epochs(tmp_path / "r.set", epochs.get_data(), events)
    found = read_epochs(tmp_path / "r.set")
    assert is_epochs_file(tmp_path / "r.set")
    assert labels_of(found) == TRIALS
    np.testing.assert_allclose(found.get_data(), epochs.get_data(), atol=1e-11)
    assert len(EpochsDataset.from_epochs(found)) == 8


def test_eeglab_epochs_of_numbers_are_labelled_by_them(tmp_path, epochs):
    write_eeglab_epochs(
        tmp_path / "r.set", epochs.get_data(), [[(0.0, 1 + k % 2)] for k in range(8)]
    )
    assert labels_of(read_epochs(tmp_path / "r.set")) == ["1", "2"] * 4


def test_epochs_that_mne_exports_to_eeglab_are_read(tmp_path, epochs):
    epochs.export(tmp_path / "r.set", verbose=False)
    assert labels_of(read_epochs(tmp_path / "r.set")) == TRIALS


@pytest.mark.parametrize("name", ["r.set", "r-epo.fif"])
def test_a_recording_is_expected_where_epochs_are(tmp_path, epochs, name):
    if name.endswith(".set"):
        write_eeglab_epochs(tmp_path / name, epochs.get_data(), [[(0.0, text)] for text in TRIALS])
    else:
        epochs.save(tmp_path / name, verbose=False)
    with pytest.raises(ValueError, match="expected a continuous recording, got epochs"):
        read_recording(tmp_path / name)


def test_other_files_are_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="no such file"):
        read_epochs(tmp_path / "absent-epo.fif")
    for name in ("r.edf", "r-epo.fif", "r.set"):
        (tmp_path / name).write_text("text")
        with pytest.raises(ValueError, match="cannot be read as epochs"):
            read_epochs(tmp_path / name)
    assert not is_epochs_file(tmp_path / "r.set")

"""Staging with a classifier that `eegzoo train` saved."""

import numpy as np
import pytest

from eegzoo.data import Preprocessing, Stretch, simulate_sleep
from eegzoo.data.signal.filtering.resampling import resample_raw
from eegzoo.sleep import stage
from eegzoo.training import EEGClassifier


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """File of a classifier of one derivation at 64 Hz."""
    preprocessing = Preprocessing([Stretch(30.0)])
    raw = simulate_sleep(0.5, ch_names=["Fpz-Cz"], sfreq=64.0, random_state=1)
    raw.annotations.description[:] = np.resize(["W", "N1", "N2", "N3", "REM"], 60)
    classifier = EEGClassifier("eegnet_4_2", max_epochs=1, validation=0, random_state=0)
    classifier.fit(preprocessing.epochs(raw))
    path = tmp_path_factory.mktemp("model") / "mine.safetensors"
    classifier.save(path, preprocessing)
    return path


@pytest.mark.parametrize("sfreq", [64.0, 100.0])
def test_recording_of_any_rate_is_staged_from_the_channels_of_the_training(model, sfreq):
    raw = simulate_sleep(0.1, ch_names=["Pz-Oz", "Fpz-Cz"], sfreq=sfreq, random_state=0)
    found = stage(raw, model)
    assert (found.channels, found.model, len(found)) == (("Fpz-Cz",), "mine", 12)
    expected = stage(resample_raw(raw.copy().pick(["Fpz-Cz"]), 64.0), str(model))
    assert found.probabilities == pytest.approx(expected.probabilities, abs=1e-5)


def test_other_channels_are_refused_unless_they_are_named(model):
    raw = simulate_sleep(0.1, ch_names=["C4"], sfreq=64.0, random_state=0)
    with pytest.raises(ValueError, match="expected a channel for 'Fpz-Cz', got the channels C4"):
        stage(raw, model)
    assert stage(raw, model, channels="C4").channels == ("C4",)

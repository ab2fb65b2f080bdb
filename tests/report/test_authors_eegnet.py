"""What the authors' EEGNet of EEGMMIDB looks at in a subject whom it never saw.

The expectation would be the mu rhythm over the motor cortex. It is not what the model uses: the
windows without everything above 4 Hz are classified as well as the whole ones, and those without
everything below by chance. Seen in the figures, and asserted here by other means than theirs.
"""

import mne
import numpy as np
import pytest
from scipy import signal

from eegzoo.data import fetch_eegbci
from eegzoo.models import front_filters
from eegzoo.report import (
    explain,
    permutation_importance,
    plot_spatial_patterns,
    plot_temporal_filters,
    spatial_patterns,
)
from eegzoo.report.model.cross_spectra import frequency_response
from eegzoo.training import EEGClassifier
from eegzoo.weights import find_weights
from tests.shared_data import MNE_DATA, SHARED, needs

NAME = "eegnet.physionet_mi2"
BANDS = {"delta": (0, 4), "theta": (4, 8), "mu": (8, 13), "beta": (13, 30), "gamma": (30, 80)}
RIGHT_MOTOR = ["FC2", "FC4", "C2", "C4", "CP2", "CP4"]  # of the left hand
LEFT_MOTOR = ["FC1", "FC3", "C1", "C3", "CP1", "CP3"]


@pytest.fixture(scope="module")
def subject():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MNE_DATA", str(MNE_DATA))
        patch.setenv("EEGZOO_WEIGHTS", str(SHARED / "weights"))
        weights = find_weights(NAME)
        events = {label: label for label in weights.metadata.labels}
        parts = [weights.epochs(run.raw, events) for run in fetch_eegbci(1, [4, 8, 12])]
        return EEGClassifier.from_weights(NAME), mne.concatenate_epochs(parts, verbose="ERROR")


@needs(SHARED / "weights")
@needs(MNE_DATA)
def test_slow_waves_decide_and_not_the_mu_rhythm(subject):
    classifier, epochs = subject
    found = permutation_importance(classifier, epochs, of="bands", bands=BANDS)
    losses = dict(zip(found.names, found.mean, strict=True))
    assert found.score == pytest.approx(0.956, abs=1e-3)
    assert losses.pop("delta") > 0.3
    assert losses == pytest.approx(dict.fromkeys(losses, 0.0), abs=0.02)
    # The same by a filter of SciPy: the mean and what is below 4 Hz suffice.
    X = epochs.get_data() * 1e6
    y = [classifier.classes_[code - epochs.events[:, 2].min()] for code in epochs.events[:, 2]]
    slow = signal.sosfiltfilt(signal.butter(4, 4.0, fs=160.0, output="sos"), X)
    assert classifier.score(slow.astype(np.float32), y) > 0.9
    fast = X - slow + X.mean(-1, keepdims=True)
    assert classifier.score(fast.astype(np.float32), y) < 0.6


@needs(SHARED / "weights")
@needs(MNE_DATA)
def test_temporal_kernels_are_low_passes(subject):
    kernels = front_filters(subject[0].model_).temporal[0].kernels.numpy()
    frequencies = np.linspace(0, 80, 641)
    gains = abs(frequency_response(kernels, 160.0, frequencies))
    assert frequencies[gains.argmax(axis=1)].max() < 4.0
    at_mu = gains[:, (frequencies >= 8) & (frequencies <= 13)].max(axis=1)
    assert (at_mu < 0.3 * gains.max(axis=1)).all()


@needs(SHARED / "weights")
@needs(MNE_DATA)
def test_attributions_are_contralateral_over_the_motor_cortex_after_those_of_the_eyes(subject):
    pytest.importorskip("captum")
    found = explain(*subject, n_steps=32)
    place = {name: i for i, name in enumerate(found.ch_names)}

    def between(label, names, start, stop):
        during = (start <= found.times) & (found.times < stop)
        channels = [place[name] for name in names]
        return float(found.mean(label)[channels][:, during].sum())

    # Looking at the target on the left makes F8 positive, and on the right F7.
    assert between("left_fist", ["F8", "AF8"], 0.0, 0.6) > 0.2
    assert between("right_fist", ["F7", "FT7"], 0.0, 0.6) > 0.2
    # Then the sensorimotor areas: those opposite to the hand speak for it.
    assert between("left_fist", RIGHT_MOTOR, 0.6, 1.2) > between("left_fist", LEFT_MOTOR, 0.6, 1.2)
    assert between("right_fist", LEFT_MOTOR, 0.6, 1.2) > between(
        "right_fist", RIGHT_MOTOR, 0.6, 1.2
    )
    by_band = abs(found.by_band).sum(axis=(0, 2))
    assert by_band[0] > 0.9 * by_band.sum()


@needs(SHARED / "weights")
@needs(MNE_DATA)
def test_figures_show_all_filters(subject):
    classifier, epochs = subject
    figure = plot_temporal_filters(front_filters(classifier.model_), 160.0)
    assert len(figure.axes) == 16
    patterns = spatial_patterns(classifier, epochs)
    figure = plot_spatial_patterns(patterns)
    assert len(figure.axes) == 2 * 16 + 1
    assert patterns.ch_names[:2] == ("FC5", "FC3")

"""Fine-tuning of small foundation models with new weights."""

import mne
import numpy as np
import pytest

from eegzoo.data import fetch_eegbci
from eegzoo.models import find_entry, list_models
from eegzoo.training import EEGClassifier
from tests.shared_data import MNE_DATA, needs

SMALL = {
    "bendr": {"embed_dim": 16, "depth": 2, "n_heads": 2, "feedforward_size": 16},
    "biot": {"patch_length": 40, "patch_stride": 20, "embed_dim": 16, "depth": 2, "n_heads": 2},
    "cbramod": {"patch_length": 40, "n_filters": 10, "depth": 2, "n_heads": 4},
    "eegpt": {"patch_length": 32, "embed_dim": 16, "depth": 2, "n_heads": 2, "head_units": 4},
    "epint": {"patch_length": 32, "embed_dim": 16, "depth": 2, "n_heads": 2},
    "labram": {"patch_length": 40, "n_filters": 4, "depth": 2, "n_heads": 2},
    "luna": {"patch_length": 16, "embed_dim": 16, "n_queries": 2, "depth": 2, "n_heads": 2},
    "reve": {
        "patch_length": 40,
        "patch_stride": 30,
        "embed_dim": 16,
        "depth": 2,
        "n_heads": 2,
        "feedforward_size": 16,
    },
    "signal_jepa": {},
    "steegformer": {"embed_dim": 16, "depth": 2, "n_heads": 2},
}
RNG = np.random.default_rng(0)
Y = np.array(["left", "right"])[np.arange(40) % 2]
X = RNG.normal(0, 20, (40, 3, 160)).astype(np.float32)
X[Y == "left", 0] += 40 * np.sin(np.arange(160))


@pytest.mark.parametrize("name", list_models(foundation=True))
@pytest.mark.parametrize("layer_decay", [1.0, 0.65])
def test_two_epochs_of_fine_tuning(name, layer_decay):
    sfreq = find_entry(name).standard["sfreq"]
    classifier = EEGClassifier(
        name, model_params=SMALL[name], sfreq=sfreq, max_epochs=2, batch_size=8, lr=1e-3,
        layer_decay=layer_decay, random_state=0,
    )  # fmt: skip
    classifier.fit(X, Y)
    assert len(classifier.history_) == 2
    assert np.isfinite(classifier.history_[-1]["train_loss"])
    probabilities = classifier.predict_proba(X)
    assert probabilities.shape == (40, 2)
    assert np.isfinite(probabilities).all()


# A recording of PhysioNet.


def fists(name, epochs):
    """Windows of the rate, the channels and at most three seconds that a model takes."""
    contract = find_entry(name).model_class.channel_contract
    windows = epochs.copy().load_data().resample(contract.sfreq)
    known = {each.upper(): each for each in contract.known_ch_names}
    if name == "biot":
        pairs = [each.split("-") for each in contract.known_ch_names if "A" not in each]
        there = {each.upper(): each for each in windows.ch_names}
        anode, cathode = ([there[side] for side in sides] for sides in zip(*pairs, strict=True))
        mne.set_bipolar_reference(windows, anode, cathode, copy=False, verbose="ERROR")
        known = {each.upper(): each for each in windows.ch_names if "-" in each}
    if known:
        windows.pick([each for each in windows.ch_names if each.upper() in known])
    return windows


@pytest.fixture(scope="module")
def epochs():
    """Imagined fists of a subject, filtered, which all models share."""
    parts = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MNE_DATA", str(MNE_DATA))
        recordings = fetch_eegbci(1, [4, 8, 12])
    for recording in recordings:
        raw = recording.raw.copy().load_data().filter(0.5, 40, verbose="ERROR")
        events, numbers = mne.events_from_annotations(raw, verbose="ERROR")
        wanted = {label: number for label, number in numbers.items() if "fist" in label}
        parts.append(
            mne.Epochs(raw, events, wanted, 0, 3, baseline=None, preload=True, verbose="ERROR")
        )
    return mne.concatenate_epochs(parts, verbose="ERROR")


@needs(MNE_DATA)
@pytest.mark.slow
@pytest.mark.parametrize("name", list_models(foundation=True))
def test_two_epochs_on_a_subject_of_eegmmidb(name, epochs):
    windows = fists(name, epochs)
    classifier = EEGClassifier(
        name, model_params=SMALL[name], max_epochs=2, batch_size=8, random_state=0
    )
    classifier.fit(windows)
    assert classifier.model_.ch_names is not None
    assert classifier.predict_proba(windows).shape == (45, 2)

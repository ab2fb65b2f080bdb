"""Models of each kind of target, for the tests of the command line."""

import numpy as np
import pytest

from eegzoo.data import Epoch, Preprocessing, simulate_motor_imagery
from eegzoo.training import EEGClassifier, EEGRegressor

CH_NAMES = ("C3", "Cz", "C4")


@pytest.fixture(scope="session")
def models(tmp_path_factory):
    """Folder with a recording, and with a classifier and regressors trained on it."""
    folder = tmp_path_factory.mktemp("models")
    raw = simulate_motor_imagery(8, ch_names=CH_NAMES, random_state=0)
    raw.save(folder / "ok_raw.fif", verbose="ERROR")
    preprocessing = Preprocessing([Epoch(0.0, 2.0)])
    epochs = preprocessing.epochs(raw)
    numbers = np.linspace(200, 400, len(epochs))
    indicator = np.random.default_rng(0).integers(0, 2, (len(epochs), 3))
    pairs = np.stack([numbers, -numbers], axis=1)
    for name, estimator, y in [
        ("classifier", EEGClassifier, None),
        ("multilabel", EEGClassifier, indicator),
        ("regressor", EEGRegressor, numbers),
        ("two_targets", EEGRegressor, pairs),
    ]:
        fitted = estimator("eegnet_4_2", max_epochs=1, n_crops=3, random_state=0).fit(epochs, y)
        fitted.save(folder / f"{name}.safetensors", preprocessing)
    return folder

"""Fine-tuning of small foundation models with new weights."""

import numpy as np
import pytest

from eegzoo.models import find_entry, list_models
from eegzoo.training import EEGClassifier

SMALL = {
    "bendr": {"embed_dim": 16, "depth": 2, "n_heads": 2, "feedforward_size": 16},
    "biot": {"patch_length": 40, "patch_stride": 20, "embed_dim": 16, "depth": 2, "n_heads": 2},
    "cbramod": {"patch_length": 40, "n_filters": 10, "depth": 2, "n_heads": 4},
    "eegpt": {"patch_length": 32, "embed_dim": 16, "depth": 2, "n_heads": 2, "head_units": 4},
    "epint": {"patch_length": 32, "embed_dim": 16, "depth": 2, "n_heads": 2},
    "labram": {"patch_length": 40, "n_filters": 4, "depth": 2, "n_heads": 2},
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

"""Make atcnet_keras.npz by running the authors' code.

It needs Altaheri/EEG-ATCNet at commit 65162fb359ea46a2f62c885a9987247ab491ee7a in a folder, and an
environment with ``tensorflow-cpu==2.15.1``. From this folder:

    python make_atcnet.py PATH_TO_EEG_ATCNET
"""

import sys

import numpy as np
from keras_run import run
from package import save
from tensorflow import keras


def trained_probabilities(build, folder, subject):
    """Return what the authors' trained model makes of a seeded input."""
    keras.backend.clear_session()
    keras.backend.set_floatx("float32")
    model = build()
    model.load_weights(f"{folder}/results/saved models/run-1/subject-{subject}.h5")
    x = np.random.default_rng(0).standard_normal((4, 1, 22, 1125)).astype(np.float32)
    return model(x, training=False).numpy()


if __name__ == "__main__":
    sys.path.insert(0, sys.argv[1])
    from models import ATCNet_

    size = {"n_classes": 4, "in_chans": 22, "in_samples": 1125}
    meta = {"source": "Altaheri/EEG-ATCNet 65162fb ATCNet_", **size}
    gains = {"conv": 0.45, "dense": 1.0, "": 1.5}
    arrays, meta = run(lambda: ATCNet_(**size), meta, seed=3, gains=gains, scale_of_x=20.0)
    for subject in (1, 2):
        arrays[f"trained_{subject}"] = trained_probabilities(
            lambda: ATCNet_(**size), sys.argv[1], subject
        )
    save("atcnet_keras.npz", arrays, meta)

"""Make eegsym_keras.npz by running the authors' code.

It needs Serpeve/EEGSym at commit 26a19bf26b9665e6590acc3d4e67eec04a47b415 in a folder, and an
environment with ``tensorflow-cpu==2.15.1`` and ``h5py``. From this folder:

    python make_eegsym.py PATH_TO_EEGSYM
"""

import sys

import numpy as np
import tensorflow as tf
from keras_run import run
from package import save
from tensorflow import keras

SIZE = {"ncha": 8, "filters_per_branch": 8, "scales_time": (125, 250, 500), "input_time": 1563}


def build():
    """Return the authors' model, compiled: TensorFlow pools in float64 with XLA alone."""
    model = EEGSym(**SIZE)
    model.call = tf.function(model.call, jit_compile=True)
    return model


def trained_probabilities(folder, n_chans):
    """Return what the authors' trained model makes of a seeded input."""
    keras.backend.clear_session()
    keras.backend.set_floatx("float32")
    size = {"ncha": n_chans, "ch_lateral": n_chans // 2 - 1, "scales_time": (125, 250, 500)}
    model = EEGSym(**size, filters_per_branch=24)
    model.load_weights(f"{folder}/EEGSym_pretrained_weights_{n_chans}_electrode.h5")
    x = np.random.default_rng(0).standard_normal((4, 384, n_chans, 1)).astype(np.float32)
    return model(x, training=False).numpy()


if __name__ == "__main__":
    sys.path.insert(0, sys.argv[1])
    from EEGSym_architecture import EEGSym

    meta = {"source": "Serpeve/EEGSym 26a19bf EEGSym", **SIZE}
    arrays, meta = run(build, meta, seed=16, gains={"dense": 0.4, "": 1.0}, scale_of_x=3.0)
    for n_chans in (8, 16):
        arrays[f"trained_{n_chans}"] = trained_probabilities(sys.argv[1], n_chans)
    save("eegsym_keras.npz", arrays, meta)

"""Make eegnex_keras.npz by running the authors' code.

It needs chenxiachan/EEGNeX at commit 044d7fb2a5b953c7004f30fe45db40d1ce57af5c in a folder, and an
environment with ``tensorflow-cpu==2.15.1``. From this folder:

    python make_eegnex.py PATH_TO_EEGNEX
"""

import sys
from unittest.mock import MagicMock

import tensorflow as tf
from keras_run import run
from package import save
from tensorflow import keras

if __name__ == "__main__":
    sys.path.insert(0, sys.argv[1])
    # Where Keras had these in 2022; the drawing of models needs a program of its own.
    sys.modules["keras.layers.convolutional"] = keras.layers
    sys.modules["keras.utils.vis_utils"] = MagicMock()
    from BenchmarkModels import EEGNeX_8_32

    size = {"n_timesteps": 149, "n_features": 8, "n_outputs": 3}

    def build():
        """Return the model, its channels-first convolutions in XLA: the others need a GPU."""
        model = EEGNeX_8_32(**size)
        model.call = tf.function(model.call, jit_compile=True)
        return model

    meta = {"source": "chenxiachan/EEGNeX 044d7fb EEGNeX_8_32", **size}
    gains = {"dense": 0.2, "": 1.0}
    arrays, meta = run(build, meta, seed=6, gains=gains, scale_of_x=20.0)
    save("eegnex_keras.npz", arrays, meta)

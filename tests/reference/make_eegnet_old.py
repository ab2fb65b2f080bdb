"""Make eegnet_old_keras.npz by running the authors' code.

It needs vlawhern/arl-eegmodels at commit d9d4a42cf65bb020b8a1ca5121c92d749f414b2c in a folder, and
an environment with ``tensorflow-cpu==2.15.1``. From this folder:

    python make_eegnet_old.py PATH_TO_ARL_EEGMODELS

The code of the later commits, from 8d35502 on, cannot be run: its first convolution gets an input
without an axis of maps.
"""

import sys

import tensorflow as tf
from keras_run import run
from package import save
from tensorflow import keras

SIZE = {"nb_classes": 4, "Chans": 14, "Samples": 100}


def build():
    """Return the authors' model, compiled: on a CPU only XLA convolves with maps first."""
    model = EEGNet_old(**SIZE)
    model.call = tf.function(model.call, jit_compile=True)
    return model


if __name__ == "__main__":
    sys.path.insert(0, sys.argv[1])
    from EEGModels import EEGNet_old

    keras.backend.set_image_data_format("channels_first")
    meta = {"source": "vlawhern/arl-eegmodels d9d4a42 EEGNet_old", **SIZE}
    gains = {"dense": 0.4, "": 1.0}
    arrays, meta = run(build, meta, seed=15, gains=gains, scale_of_x=10.0)
    save("eegnet_old_keras.npz", arrays, meta)

"""Make eegnex_keras.npz with the authors' code: ``python make_eegnex.py EEGNEX``.

Requires chenxiachan/EEGNeX at commit 044d7fb2a5b953c7004f30fe45db40d1ce57af5c and
``tensorflow-cpu==2.15.1``.
"""

import sys

from keras_run import compiled, make
from package import import_from_arguments
from tensorflow import keras

if __name__ == "__main__":
    # Drawing models requires another program.
    import_from_arguments(unused=("keras.utils.vis_utils",))
    # Keras had these layers in another module in 2022.
    sys.modules["keras.layers.convolutional"] = keras.layers
    from BenchmarkModels import EEGNeX_8_32

    # Without XLA, channels-first convolutions need a GPU.
    build, size = compiled(EEGNeX_8_32), {"n_timesteps": 149, "n_features": 8, "n_outputs": 3}
    seeded = {"seed": 6, "gains": {"dense": 0.2, "": 1.0}, "scale_of_x": 20.0}
    make("eegnex_keras.npz", "chenxiachan/EEGNeX 044d7fb EEGNeX_8_32", build, size, **seeded)

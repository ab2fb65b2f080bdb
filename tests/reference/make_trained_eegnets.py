"""Make trained_eegnets.npz: what the authors' code makes of their trained weights.

It needs MHersche/eegnet-based-embedded-bci at commit f09050d076862fcfbb7f1285399ff890791b6b82 and
vlawhern/arl-eegmodels at commit 4a512e503198db2010848813ead9afbf8cd54c97 in two folders, their
weights in a third, and an environment with ``tensorflow-cpu==2.15.1``. From this folder:

    python make_trained_eegnets.py PATH_TO_EMBEDDED_BCI PATH_TO_ARL_EEGMODELS PATH_TO_WEIGHTS

The weights were saved channels first, which TensorFlow computes on a CPU through XLA alone.
"""

import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import tensorflow as tf
from package import FOLDER
from tensorflow import keras

# Modules of an older Keras that the authors import from.
for old in ("core", "convolutional", "normalization"):
    module = ModuleType(f"keras.layers.{old}")
    module.__dict__.update(vars(keras.layers))
    sys.modules[f"keras.layers.{old}"] = module


def probabilities(model, path, scale):
    """Return the outputs for seeded windows of 20 microvolts."""
    model.load_weights(path)
    n_chans, n_times = (size for size in model.input_shape[1:] if size != 1)
    x = (20 * np.random.default_rng(0).standard_normal((4, n_chans, n_times))).astype(np.float32)
    run = tf.function(lambda x: model(x, training=False), jit_compile=True)
    return run(tf.constant(scale * x.reshape(4, *model.input_shape[1:]))).numpy()


def main():
    """Write the outputs of each file of weights under its name."""
    keras.backend.set_image_data_format("channels_first")
    embedded, lawhern, weights = map(Path, sys.argv[1:])
    sys.path[:0] = [str(embedded), str(lawhern)]
    import models
    from EEGModels import EEGNet

    arrays = {}
    for n_classes in (2, 3, 4):
        for fold in range(5):
            model = models.EEGNet(n_classes, Chans=64, Samples=480, kernLength=128)
            path = weights / f"global_class_{n_classes}_split_{fold}_v1.h5"
            arrays[path.name] = probabilities(model, path, 1.0)
    path = weights / "EEGNet-8-2-weights.h5"
    keras.backend.set_image_data_format("channels_last")
    size = {"Chans": 60, "Samples": 151, "kernLength": 32, "F1": 8, "D": 2, "F2": 16}
    # Its authors give volts times a thousand.
    arrays[path.name] = probabilities(EEGNet(4, **size), path, np.float32(1e-3))
    np.savez_compressed(FOLDER / "trained_eegnets.npz", **arrays)


if __name__ == "__main__":
    main()

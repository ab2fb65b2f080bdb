"""Make trained_eegnets.npz: outputs of the authors' code with their trained weights.

Requires MHersche/eegnet-based-embedded-bci at commit f09050d076862fcfbb7f1285399ff890791b6b82,
vlawhern/arl-eegmodels at commit 4a512e503198db2010848813ead9afbf8cd54c97, a folder of their
weights, and ``tensorflow-cpu==2.15.1``. Usage:

    python make_trained_eegnets.py EMBEDDED_BCI ARL_EEGMODELS WEIGHTS

The weights were saved for channels-first convolutions, which on a CPU need XLA.
"""

import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import tensorflow as tf
from package import FOLDER, import_from_arguments
from tensorflow import keras

# The authors import from these modules of an older Keras.
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


if __name__ == "__main__":
    keras.backend.set_image_data_format("channels_first")
    weights = Path(import_from_arguments()[-1])
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
    # The authors feed volts times 1000.
    arrays[path.name] = probabilities(EEGNet(4, **size), path, np.float32(1e-3))
    np.savez_compressed(FOLDER / "trained_eegnets.npz", **arrays)

"""Make eegnet*_keras.npz by running the authors' code.

It needs vlawhern/arl-eegmodels at commit 4a512e503198db2010848813ead9afbf8cd54c97 in a folder, and
an environment with ``tensorflow-cpu==2.15.1``. From this folder:

    python make_eegnet.py PATH_TO_ARL_EEGMODELS
"""

import sys

from keras_run import run
from package import save
from tensorflow import keras

# Keras limits norms after a step and never before the first, so the kernels are drawn within them.
VARIANTS = {
    "eegnet": ("EEGNet", {"nb_classes": 2, "Chans": 14, "Samples": 128}, 2.0),
    "eegnet_4_2": ("EEGNet", {"nb_classes": 4, "Chans": 22, "Samples": 128, "F1": 4, "F2": 8}, 1.4),
    "eegnet_8_2": (
        "EEGNet", {"nb_classes": 4, "Chans": 60, "Samples": 151, "kernLength": 32}, 2.0,
    ),
    "eegnet_ssvep": ("EEGNet_SSVEP", {"nb_classes": 12, "Chans": 8, "Samples": 256}, 6.0),
}  # fmt: skip

if __name__ == "__main__":
    sys.path.insert(0, sys.argv[1])
    import EEGModels

    for seed, (name, (function, size, depthwise)) in enumerate(VARIANTS.items(), start=10):
        keras.backend.clear_session()
        keras.backend.set_floatx("float32")  # `run` leaves it at float64
        meta = {"source": f"vlawhern/arl-eegmodels 4a512e5 {function}", **size}
        gains = {"depthwise_conv2d": depthwise, "pointwise": 8.0, "dense": 0.2, "": 1.0}
        seeded = {"seed": seed, "gains": gains, "scale_of_x": 10.0}
        build = getattr(EEGModels, function)
        arrays, meta = run(lambda build=build, size=size: build(**size), meta, **seeded)
        save(f"{name}_keras.npz", arrays, meta)

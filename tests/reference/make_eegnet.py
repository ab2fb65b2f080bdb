"""Make eegnet*_keras.npz with the authors' code: ``python make_eegnet.py ARL_EEGMODELS``.

Requires vlawhern/arl-eegmodels at commit 4a512e503198db2010848813ead9afbf8cd54c97 and
``tensorflow-cpu==2.15.1``.
"""

from keras_run import make
from package import import_from_arguments

# Kernels are drawn within their limits: Keras applies a constraint only after a step.
VARIANTS = {
    "eegnet": ("EEGNet", {"nb_classes": 2, "Chans": 14, "Samples": 128}, 2.0),
    "eegnet_4_2": ("EEGNet", {"nb_classes": 4, "Chans": 22, "Samples": 128, "F1": 4, "F2": 8}, 1.4),
    "eegnet_8_2": (
        "EEGNet", {"nb_classes": 4, "Chans": 60, "Samples": 151, "kernLength": 32}, 2.0,
    ),
    "eegnet_ssvep": ("EEGNet_SSVEP", {"nb_classes": 12, "Chans": 8, "Samples": 256}, 6.0),
}  # fmt: skip

if __name__ == "__main__":
    import_from_arguments()
    import EEGModels

    for seed, (name, (function, size, depthwise)) in enumerate(VARIANTS.items(), start=10):
        gains = {"depthwise_conv2d": depthwise, "pointwise": 8.0, "dense": 0.2, "": 1.0}
        seeded = {"seed": seed, "gains": gains, "scale_of_x": 10.0}
        build, source = getattr(EEGModels, function), f"vlawhern/arl-eegmodels 4a512e5 {function}"
        make(f"{name}_keras.npz", source, build, size, **seeded)

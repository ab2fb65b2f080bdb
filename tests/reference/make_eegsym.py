"""Make eegsym_keras.npz with the authors' code: ``python make_eegsym.py EEGSYM``.

Requires Serpeve/EEGSym at commit 26a19bf26b9665e6590acc3d4e67eec04a47b415,
``tensorflow-cpu==2.15.1`` and ``h5py``.
"""

from keras_run import compiled, make, trained_probabilities
from package import import_from_arguments

SCALES = {"scales_time": (125, 250, 500)}
SIZE = {"ncha": 8, "filters_per_branch": 8, **SCALES, "input_time": 1563}


def trained():
    """Return the outputs of the authors' trained models."""
    arrays = {}
    for n_chans in (8, 16):
        size = {"ncha": n_chans, "ch_lateral": n_chans // 2 - 1, **SCALES, "filters_per_branch": 24}
        file = f"{folder}/EEGSym_pretrained_weights_{n_chans}_electrode.h5"
        shape = (4, 384, n_chans, 1)
        arrays[f"trained_{n_chans}"] = trained_probabilities(EEGSym, size, file, shape)
    return arrays


if __name__ == "__main__":
    (folder,) = import_from_arguments()
    from EEGSym_architecture import EEGSym

    # TensorFlow requires XLA to pool in float64.
    build, seeded = compiled(EEGSym), {"gains": {"dense": 0.4, "": 1.0}, "scale_of_x": 3.0}
    source = "Serpeve/EEGSym 26a19bf EEGSym"
    make("eegsym_keras.npz", source, build, SIZE, trained, seed=16, **seeded)

"""Make atcnet_keras.npz with the authors' code: ``python make_atcnet.py EEG_ATCNET``.

Requires Altaheri/EEG-ATCNet at commit 65162fb359ea46a2f62c885a9987247ab491ee7a and
``tensorflow-cpu==2.15.1``.
"""

from keras_run import make, trained_probabilities
from package import import_from_arguments

SIZE = {"n_classes": 4, "in_chans": 22, "in_samples": 1125}


def trained():
    """Return the outputs of the authors' trained models."""
    file = f"{folder}/results/saved models/run-1/subject-%d.h5"
    return {
        f"trained_{subject}": trained_probabilities(ATCNet_, SIZE, file % subject, (4, 1, 22, 1125))
        for subject in (1, 2)
    }


if __name__ == "__main__":
    (folder,) = import_from_arguments()
    from models import ATCNet_

    gains = {"conv": 0.45, "dense": 1.0, "": 1.5}
    make(
        "atcnet_keras.npz", "Altaheri/EEG-ATCNet 65162fb ATCNet_", ATCNet_, SIZE, trained,
        seed=3, gains=gains, scale_of_x=20.0,
    )  # fmt: skip

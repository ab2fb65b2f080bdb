"""Make eegtcnet_keras.npz by running the authors' code.

It needs iis-eth-zurich/eeg-tcnet at commit 363c7e52d19285b0bac9a8846bbdbd6aac5aa851 in a folder,
and an environment with ``tensorflow-cpu==2.15.1``. From this folder:

    python make_eegtcnet.py PATH_TO_EEG_TCNET
"""

import sys

from keras_run import run
from package import save
from tensorflow import keras

if __name__ == "__main__":
    sys.path.insert(0, sys.argv[1])
    # Where Keras had these layers in 2020.
    for module in ("core", "convolutional", "normalization"):
        sys.modules[f"keras.layers.{module}"] = keras.layers
    from utils.models import EEGTCNet

    size = {"nb_classes": 4, "Chans": 22, "Samples": 1125}
    # Those of the authors' sample_train.py.
    fixed = {"layers": 2, "kernel_s": 4, "filt": 12, "dropout": 0.3, "activation": "elu"}
    fixed |= {"F1": 8, "D": 2, "kernLength": 32, "dropout_eeg": 0.2}
    meta = {"source": "iis-eth-zurich/eeg-tcnet 363c7e5 EEGTCNet", **size, **fixed}
    gains = {"dense": 0.15, "conv2d": 1.0, "": 2.0}
    seeded = {"seed": 5, "gains": gains, "scale_of_x": 20.0}
    arrays, meta = run(lambda: EEGTCNet(**size, **fixed), meta, **seeded)
    save("eegtcnet_keras.npz", arrays, meta)

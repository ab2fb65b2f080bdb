"""Make eegtcnet_keras.npz with the authors' code: ``python make_eegtcnet.py EEG_TCNET``.

Requires iis-eth-zurich/eeg-tcnet at commit 363c7e52d19285b0bac9a8846bbdbd6aac5aa851 and
``tensorflow-cpu==2.15.1``.
"""

import sys

from keras_run import make
from package import import_from_arguments
from tensorflow import keras

if __name__ == "__main__":
    import_from_arguments()
    # Keras had these layers in other modules in 2020.
    for module in ("core", "convolutional", "normalization"):
        sys.modules[f"keras.layers.{module}"] = keras.layers
    from utils.models import EEGTCNet

    size = {"nb_classes": 4, "Chans": 22, "Samples": 1125}
    # Arguments of the authors' sample_train.py.
    size |= {"layers": 2, "kernel_s": 4, "filt": 12, "dropout": 0.3, "activation": "elu"}
    size |= {"F1": 8, "D": 2, "kernLength": 32, "dropout_eeg": 0.2}
    gains = {"dense": 0.15, "conv2d": 1.0, "": 2.0}
    source = "iis-eth-zurich/eeg-tcnet 363c7e5 EEGTCNet"
    make("eegtcnet_keras.npz", source, EEGTCNet, size, seed=5, gains=gains, scale_of_x=20.0)

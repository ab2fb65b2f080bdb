"""Make deep_convnet_keras.npz with the authors' code.

Requires vlawhern/arl-eegmodels at commit 4a512e503198db2010848813ead9afbf8cd54c97 and
``tensorflow-cpu==2.15.1``. Usage: ``python make_deep_convnet.py ARL_EEGMODELS``.
"""

from keras_run import make
from package import import_from_arguments

if __name__ == "__main__":
    import_from_arguments()
    from EEGModels import DeepConvNet

    size = {"nb_classes": 4, "Chans": 22, "Samples": 256}
    seeded = {"seed": 2, "gains": {"dense": 0.4, "": 1.0}, "scale_of_x": 10.0}
    source = "vlawhern/arl-eegmodels 4a512e5 DeepConvNet"
    make("deep_convnet_keras.npz", source, DeepConvNet, size, **seeded)

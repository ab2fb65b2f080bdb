"""Make shallow_convnet_keras.npz with the authors' code.

Requires vlawhern/arl-eegmodels at commit 4a512e503198db2010848813ead9afbf8cd54c97 and
``tensorflow-cpu==2.15.1``. Usage: ``python make_shallow_convnet.py ARL_EEGMODELS``.
"""

from keras_run import make
from package import import_from_arguments

if __name__ == "__main__":
    import_from_arguments()
    from EEGModels import ShallowConvNet

    size = {"nb_classes": 4, "Chans": 22, "Samples": 128}
    seeded = {"seed": 1, "gains": {"dense": 0.4, "": 1.0}, "scale_of_x": 10.0}
    source = "vlawhern/arl-eegmodels 4a512e5 ShallowConvNet"
    make("shallow_convnet_keras.npz", source, ShallowConvNet, size, **seeded)

"""Make shallow_convnet_keras.npz by running the authors' code.

It needs vlawhern/arl-eegmodels at commit 4a512e503198db2010848813ead9afbf8cd54c97 in a folder, and
an environment with ``tensorflow-cpu==2.15.1``. From this folder:

    python make_shallow_convnet.py PATH_TO_ARL_EEGMODELS
"""

import sys

from keras_run import run
from package import save

if __name__ == "__main__":
    sys.path.insert(0, sys.argv[1])
    from EEGModels import ShallowConvNet

    size = {"nb_classes": 4, "Chans": 22, "Samples": 128}
    meta = {"source": "vlawhern/arl-eegmodels 4a512e5 ShallowConvNet", **size}
    gains = {"dense": 0.4, "": 1.0}
    seeded = {"seed": 1, "gains": gains, "scale_of_x": 10.0}
    arrays, meta = run(lambda: ShallowConvNet(**size), meta, **seeded)
    save("shallow_convnet_keras.npz", arrays, meta)

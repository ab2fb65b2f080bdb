"""Make eeginception_erp_keras.npz by running the authors' code.

It needs esantamariavazquez/EEG-Inception at commit ff84534064abded7a7d5b686aff4a6e19fe5f5ef in a
folder, and an environment with ``tensorflow-cpu==2.15.1``. From this folder:

    python make_eeginception_erp.py PATH_TO_EEG_INCEPTION
"""

import sys

from keras_run import run
from package import save

if __name__ == "__main__":
    sys.path.insert(0, f"{sys.argv[1]}/EEGInception")
    from EEGInception import EEGInception

    size = {"input_time": 1000, "fs": 128, "ncha": 8, "n_classes": 2}
    meta = {"source": "esantamariavazquez/EEG-Inception ff84534 EEGInception", **size}
    gains = {"dense": 1.5, "": 1.5}
    arrays, meta = run(lambda: EEGInception(**size), meta, seed=5, gains=gains, scale_of_x=10.0)
    save("eeginception_erp_keras.npz", arrays, meta)

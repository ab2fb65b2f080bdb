"""Make eeginception_erp_keras.npz with the authors' code.

Requires esantamariavazquez/EEG-Inception at commit ff84534064abded7a7d5b686aff4a6e19fe5f5ef and
``tensorflow-cpu==2.15.1``. Usage: ``python make_eeginception_erp.py EEG_INCEPTION``.
"""

from keras_run import make
from package import import_from_arguments

if __name__ == "__main__":
    import_from_arguments("EEGInception")
    from EEGInception import EEGInception

    size = {"input_time": 1000, "fs": 128, "ncha": 8, "n_classes": 2}
    seeded = {"seed": 5, "gains": {"dense": 1.5, "": 1.5}, "scale_of_x": 10.0}
    source = "esantamariavazquez/EEG-Inception ff84534 EEGInception"
    make("eeginception_erp_keras.npz", source, EEGInception, size, **seeded)

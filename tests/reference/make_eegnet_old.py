"""Make eegnet_old_keras.npz with the authors' code: ``python make_eegnet_old.py ARL_EEGMODELS``.

Requires vlawhern/arl-eegmodels at commit d9d4a42cf65bb020b8a1ca5121c92d749f414b2c and
``tensorflow-cpu==2.15.1``. Later commits, from 8d35502 on, cannot be run: the input of the first
convolution lacks an axis of maps.
"""

from keras_run import compiled, make
from package import import_from_arguments
from tensorflow import keras

if __name__ == "__main__":
    import_from_arguments()
    from EEGModels import EEGNet_old

    # Without XLA, channels-first convolutions need a GPU.
    keras.backend.set_image_data_format("channels_first")
    build, size = compiled(EEGNet_old), {"nb_classes": 4, "Chans": 14, "Samples": 100}
    seeded = {"seed": 15, "gains": {"dense": 0.4, "": 1.0}, "scale_of_x": 10.0}
    source = "vlawhern/arl-eegmodels d9d4a42 EEGNet_old"
    make("eegnet_old_keras.npz", source, build, size, **seeded)

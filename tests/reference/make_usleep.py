"""Make usleep_keras.npz and usleep_standard_keras.npz by running the authors' code.

It needs perslev/U-Time at commit e51be3fc9e44e2073152b19c424e14673a963ea9 in a folder, and an
environment with ``tensorflow-cpu==2.15.1``. From this folder:

    python make_usleep.py PATH_TO_U_TIME
"""

import sys
from unittest.mock import MagicMock

import numpy as np
from keras_run import assign, run, weights_of
from package import draw, save

# Of the authors' configuration.
SIZES = {"n_classes": 5, "complexity_factor": 1.67, "activation": "elu", "no_log": True}
SOURCE = "perslev/U-Time e51be3f USleep"


def main():
    """Write the reference numbers."""
    sys.path.insert(0, sys.argv[1])
    sys.modules |= {"psg_utils": MagicMock(), "psg_utils.utils": MagicMock()}
    # Their training, of which a model takes an activation by its name.
    training = MagicMock(get_activation_function=lambda activation_string: activation_string)
    sys.modules |= {"utime.train": training, "utime.train.utils": training}
    vars(np)["int"] = int  # for their count of the receptive field
    from utime.models.usleep import USleep

    seeded = {"seed": 11, "gains": {"out": 2.0, "": 1.5}, "scale_of_x": 2.0}

    # As published; a stage for every window, and one for every second.
    standard = {"batch_shape": [None, 2, 3840, 2], **SIZES}
    model, finer = USleep(**standard), USleep(**standard, data_per_prediction=128)
    shapes = {name: tuple(weight.shape) for name, weight in weights_of(model).items()}
    seeded["shape_of_x"] = (2, 2, 3840, 2)
    weights, x = draw(shapes, **seeded)
    arrays = {}
    for name, built in {"probabilities": model, "each_second": finer}.items():
        assign(built, weights)
        arrays[name] = built(x, training=False).numpy()
    meta = {"source": SOURCE, "n_params": model.count_params()}
    save("usleep_standard_keras.npz", arrays, meta | {"seeded": seeded, "shapes": shapes})

    def build():
        return USleep(batch_shape=[None, 3, 1000, 2], depth=8, **SIZES)

    save("usleep_keras.npz", *run(build, {"source": SOURCE}, **seeded))


if __name__ == "__main__":
    main()

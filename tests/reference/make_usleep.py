"""Make usleep_keras.npz and usleep_standard_keras.npz with the authors' code.

Requires perslev/U-Time at commit e51be3fc9e44e2073152b19c424e14673a963ea9 and
``tensorflow-cpu==2.15.1``. Usage: ``python make_usleep.py U_TIME``.
"""

import sys
from unittest.mock import MagicMock

import numpy as np
from keras_run import assign, make, weights_of
from package import draw, import_from_arguments, save

# Arguments in the authors' configuration.
SIZES = {"n_classes": 5, "complexity_factor": 1.67, "activation": "elu", "no_log": True}
SOURCE = "perslev/U-Time e51be3f USleep"


if __name__ == "__main__":
    import_from_arguments(unused=("psg_utils", "psg_utils.utils"))
    # The model takes only an activation by name from their training code.
    training = MagicMock(get_activation_function=lambda activation_string: activation_string)
    sys.modules |= {"utime.train": training, "utime.train.utils": training}
    vars(np)["int"] = int  # used in their computation of the receptive field
    from utime.models.usleep import USleep

    seeded = {"seed": 11, "gains": {"out": 2.0, "": 1.5}, "scale_of_x": 2.0}

    # The published size, with a stage for each window and a stage for each second.
    standard = {"batch_shape": [None, 2, 3840, 2], **SIZES}
    model, finer = USleep(**standard), USleep(**standard, data_per_prediction=128)
    shapes = {name: tuple(weight.shape) for name, weight in weights_of(model).items()}
    shape_of_x = {"shape_of_x": (2, 2, 3840, 2)}
    weights, x = draw(shapes, **seeded, **shape_of_x)
    arrays = {}
    for name, built in {"probabilities": model, "each_second": finer}.items():
        assign(built, weights)
        arrays[name] = built(x, training=False).numpy()
    meta = {"source": SOURCE, "n_params": model.count_params(), "seeded": seeded | shape_of_x}
    save("usleep_standard_keras.npz", arrays, meta | {"shapes": shapes})

    def build():
        return USleep(batch_shape=[None, 3, 1000, 2], depth=8, **SIZES)

    make("usleep_keras.npz", SOURCE, build, {}, **seeded)

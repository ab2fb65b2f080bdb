"""Run an authors' Keras model on seeded weights: what the makers of reference numbers share.

It needs ``tensorflow-cpu==2.15.1``.
"""

import numpy as np
import tensorflow as tf
from package import draw, positions
from tensorflow import keras

N_WINDOWS = 6


def run(build, meta, **seeded):
    """Return reference arrays of the model that `build` makes, and `meta` with what they tell.

    `seeded` are the arguments of `seeded.draw` but for the shapes, which are the model's own.
    Outputs in evaluation are computed in float32, as the authors do, the gradient of the
    cross-entropy in training, without dropout and without penalties, in float64.
    """
    model = build()
    shapes = {name: tuple(weight.shape) for name, weight in weights_of(model).items()}
    seeded["shape_of_x"] = (N_WINDOWS, *model.input_shape[1:])
    weights, x = draw(shapes, **seeded)
    assign(model, weights)
    outputs = model(x, training=False).numpy()
    y = np.arange(outputs[..., 0].size).reshape(outputs.shape[:-1]) % outputs.shape[-1]
    arrays = {"probabilities": outputs, "y": y}
    meta |= {"tensorflow": tf.__version__, "n_params": model.count_params()}
    meta |= {"seeded": seeded, "shapes": shapes}
    keras.backend.clear_session()
    keras.backend.set_floatx("float64")
    model = build()
    assign(model, weights)
    _without_dropout(model)
    with tf.GradientTape() as tape:
        probabilities = model(x.astype(np.float64), training=True)
        loss = tf.reduce_mean(keras.losses.sparse_categorical_crossentropy(y, probabilities))
    variables = weights_of(model)
    gradients = tape.gradient(loss, list(variables.values()), unconnected_gradients="zero")
    flat = np.concatenate([gradient.numpy().ravel() for gradient in gradients])
    arrays |= {"loss": loss.numpy(), "gradient": flat[positions(shapes)]}
    return arrays, meta


def weights_of(model):
    """Return the variables by name: "conv2d/kernel:0" as "conv2d.kernel"."""
    return {
        variable.name.removesuffix(":0").replace("/", ".", 1): variable
        for layer in model.layers
        for variable in layer.weights
    }


def assign(model, weights):
    """Give the variables their values."""
    for name, variable in weights_of(model).items():
        variable.assign(weights[name])


def _without_dropout(model):
    for layer in model._flatten_layers():  # those within the attention too
        if isinstance(layer, keras.layers.Dropout):
            layer.rate = 0.0

"""Make reference numbers by running a Keras model on seeded weights.

Requires ``tensorflow-cpu==2.15.1``.
"""

import numpy as np
import tensorflow as tf
from package import draw, positions, save
from tensorflow import keras

N_WINDOWS = 6


def make(file, source, build, size, more=lambda: {}, **seeded):
    """Write the reference numbers of the model that ``build(**size)`` returns.

    Outputs in evaluation mode are computed in float32, as the authors do. The gradient of the
    cross-entropy in training, without dropout and penalties, is computed in float64. `source` is
    the repository, commit and name of the model; `more` returns additional arrays; `seeded` are the
    arguments of `seeded.draw` except the shapes, which are those of the model.
    """
    _start_session("float32")
    model = build(**size)
    shapes = {name: tuple(weight.shape) for name, weight in weights_of(model).items()}
    seeded["shape_of_x"] = (N_WINDOWS, *model.input_shape[1:])
    weights, x = draw(shapes, **seeded)
    assign(model, weights)
    outputs = model(x, training=False).numpy()
    y = np.arange(outputs[..., 0].size).reshape(outputs.shape[:-1]) % outputs.shape[-1]
    arrays = {"probabilities": outputs, "y": y}
    meta = {"source": source, **size, "tensorflow": tf.__version__}
    meta |= {"n_params": model.count_params(), "seeded": seeded, "shapes": shapes}
    _start_session("float64")
    model = build(**size)
    assign(model, weights)
    _without_dropout(model)
    with tf.GradientTape() as tape:
        probabilities = model(x.astype(np.float64), training=True)
        loss = tf.reduce_mean(keras.losses.sparse_categorical_crossentropy(y, probabilities))
    variables = weights_of(model)
    gradients = tape.gradient(loss, list(variables.values()), unconnected_gradients="zero")
    flat = np.concatenate([gradient.numpy().ravel() for gradient in gradients])
    arrays |= {"loss": loss.numpy(), "gradient": flat[positions(shapes)]}
    save(file, arrays | more(), meta)


def compiled(build):
    """Return a function like `build` whose model is compiled with XLA."""

    def build_compiled(**size):
        model = build(**size)
        model.call = tf.function(model.call, jit_compile=True)
        return model

    return build_compiled


def trained_probabilities(build, size, weights, shape):
    """Return the outputs of a model with the weights in a file for a seeded input."""
    _start_session("float32")
    model = build(**size)
    model.load_weights(weights)
    x = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    return model(x, training=False).numpy()


def weights_of(model):
    """Return the variables by name: "conv2d/kernel:0" as "conv2d.kernel"."""
    return {
        variable.name.removesuffix(":0").replace("/", ".", 1): variable
        for layer in model.layers
        for variable in layer.weights
    }


def assign(model, weights):
    """Set the variables of a model to weights by name."""
    for name, variable in weights_of(model).items():
        variable.assign(weights[name])


def _start_session(float_type):
    """Restart Keras's numbers for layers, and set the type of weights."""
    keras.backend.clear_session()
    keras.backend.set_floatx(float_type)


def _without_dropout(model):
    for layer in model._flatten_layers():  # includes layers inside the attention
        if isinstance(layer, keras.layers.Dropout):
            layer.rate = 0.0

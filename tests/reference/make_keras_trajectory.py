"""Make keras_trajectory.npz: kernels of constrained Keras layers over five steps of SGD.

Requires torch and Keras. Usage: ``KERAS_BACKEND=torch python make_keras_trajectory.py``.
"""

import json

import keras
import numpy as np
from keras import layers, optimizers
from keras.constraints import MaxNorm, MinMaxNorm, UnitNorm

N_STEPS = 5
# Layer, shape of one input, learning rate.
CASES = {
    "conv1d_max": (
        layers.Conv1D(6, 5, padding="same", kernel_constraint=MaxNorm(0.5, (0, 1))), (16, 3), 2.0,
    ),
    "conv1d_minmax": (
        layers.Conv1D(6, 4, padding="same", kernel_constraint=MinMaxNorm(0.9, 1.1, 1.0, (0, 1))),
        (16, 3), 2.0,
    ),
    "conv1d_minmax_rate": (
        layers.Conv1D(6, 5, padding="causal", kernel_constraint=MinMaxNorm(0.9, 1.1, 0.3, (0, 1))),
        (16, 3), 2.0,
    ),
    "conv2d_unit": (
        layers.Conv2D(4, (2, 5), padding="same", kernel_constraint=UnitNorm((0, 1, 2))),
        (3, 12, 2), 0.5,
    ),
    "depthwise_max": (
        layers.DepthwiseConv2D(
            (5, 1), depth_multiplier=2, use_bias=False, depthwise_constraint=MaxNorm(0.5, (0, 1)),
        ),
        (5, 12, 3), 2.0,
    ),
    "dense_max": (layers.Dense(4, kernel_constraint=MaxNorm(0.25, 0)), (10,), 0.5),
}  # fmt: skip


def train(layer, x, target, kernel, learning_rate):
    """Return the kernel before the first step and after each step."""
    model = keras.Sequential([keras.Input(x.shape[1:]), layer])
    layer.set_weights([kernel, *layer.get_weights()[1:]])
    model.compile(optimizers.SGD(learning_rate), "mse")
    kernels = [layer.get_weights()[0]]
    for _ in range(N_STEPS):
        model.train_on_batch(x, target)
        kernels.append(layer.get_weights()[0])
    return np.stack(kernels)


if __name__ == "__main__":
    rng = np.random.default_rng(3)
    arrays, learning_rates = {}, {}
    for name, (layer, shape, learning_rate) in CASES.items():
        x = rng.standard_normal((8, *shape)).astype("float32")
        target = (3 * rng.standard_normal(layer(x).shape)).astype("float32")
        kernel = rng.standard_normal(layer.get_weights()[0].shape).astype("float32")
        # Start within the limits: Keras projects only after a step.
        axes = tuple(range(kernel.ndim - (2 if name == "depthwise_max" else 1)))
        kernel /= np.sqrt((kernel**2).sum(axes, keepdims=True))
        kernel *= {"depthwise_max": 0.4, "dense_max": 0.2, "conv1d_max": 0.4}.get(name, 1.0)
        arrays[f"{name}__kernels"] = train(layer, x, target, kernel, learning_rate)
        arrays[f"{name}__x"], arrays[f"{name}__target"] = x, target
        learning_rates[name] = learning_rate
    meta = {"keras": keras.__version__, "backend": keras.backend.backend(), "lr": learning_rates}
    np.savez_compressed("keras_trajectory.npz", meta_json=json.dumps(meta), **arrays)

"""Run a TensorFlow 1 graph on seeded weights to make reference numbers.

Requires ``tensorflow-cpu==2.15.1``.
"""

import sys
from types import SimpleNamespace
from unittest.mock import MagicMock

import numpy as np
import tensorflow
from package import positions

tf = tensorflow.compat.v1
tf.disable_v2_behavior()
FLOATS = tf.float32, tf.float64
# TensorFlow 1 had these in contrib. The cells are built without dropout; metrics and slim serve
# training only.
cells = SimpleNamespace(LSTMCell=tf.nn.rnn_cell.LSTMCell, DropoutWrapper=lambda cell, **_: cell)
contrib = SimpleNamespace(rnn=cells, metrics=MagicMock(), slim=MagicMock())
sys.modules |= {"tensorflow": tf, "tensorflow.contrib": contrib}
sys.modules |= {f"tensorflow.contrib.{name}": part for name, part in vars(contrib).items()}
tf.contrib = contrib


def session(build, wide=False):
    """Return the result of `build` in a new graph, a session, and the variables by name.

    With `wide`, the graph is in float64 even where the code says float32.
    """
    tf.reset_default_graph()
    tf.float32 = FLOATS[wide]
    with tf.variable_scope("", dtype=tf.float32):
        made = build()
    variables = {variable.op.name: variable for variable in tf.global_variables()}
    return made, tf.Session(), variables


def shapes_of(build):
    """Return the shapes of the weights by name."""
    _, _, variables = session(build)
    return {name: tuple(variable.shape.as_list()) for name, variable in variables.items()}


def load(running, variables, weights):
    """Set the variables of a session to weights by name."""
    for name, variable in variables.items():
        variable.load(weights[name], running)


def step(build, weights, feed, y):
    """Return loss and gradient, in float64, of the cross-entropy of the logits.

    `build` returns placeholders by name, and "logits"; `feed` has the placeholders' values.
    """
    made, running, variables = session(build, wide=True)
    load(running, variables, weights)
    loss = tf.reduce_mean(
        tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y.ravel(), logits=made["logits"])
    )
    trained = tf.trainable_variables()
    gradients = dict(zip([v.op.name for v in trained], tf.gradients(loss, trained), strict=True))
    feed = {made[key]: feed[key] for key in feed}
    loss, gradients = running.run([loss, gradients], feed)
    flat = [gradients.get(name, np.zeros_like(value)).ravel() for name, value in weights.items()]
    shapes = {name: value.shape for name, value in weights.items()}
    return {"loss": loss, "gradient": np.concatenate(flat)[positions(shapes)]}


def describe(source, seeded, shapes):
    """Return a description of the numbers, to be stored with them."""
    n_params = sum(int(np.prod(shape)) for shape in shapes.values())
    meta = {"source": source, "tensorflow": tensorflow.__version__, "seeded": seeded}
    return meta | {"shapes": shapes, "n_params": n_params}

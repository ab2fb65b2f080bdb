"""Run an authors' TensorFlow 1 graph on seeded weights: what the makers of such numbers share.

It needs ``tensorflow-cpu==2.15.1``.
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
# What code for TensorFlow 1 takes from contrib: cells, here without dropout, and what only trains.
cells = SimpleNamespace(LSTMCell=tf.nn.rnn_cell.LSTMCell, DropoutWrapper=lambda cell, **_: cell)
contrib = SimpleNamespace(rnn=cells, metrics=MagicMock(), slim=MagicMock())
sys.modules |= {"tensorflow": tf, "tensorflow.contrib": contrib}
sys.modules |= {f"tensorflow.contrib.{name}": part for name, part in vars(contrib).items()}
tf.contrib = contrib


def session(build, wide=False):
    """Return what `build` makes in a graph of its own, a session, and the variables by name.

    With `wide`, the graph is in float64, whatever the code says.
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
    """Give the variables their values."""
    for name, variable in variables.items():
        variable.load(weights[name], running)


def step(build, weights, feed, y):
    """Return loss and gradient, in float64, of the cross-entropy of the logits that `build` makes.

    `build` returns placeholders by name, "logits" among them; `feed` has what they are given.
    """
    made, running, variables = session(build, wide=True)
    load(running, variables, weights)
    loss = tf.reduce_mean(
        tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y.ravel(), logits=made["logits"])
    )
    learnt = tf.trainable_variables()
    gradients = dict(zip([v.op.name for v in learnt], tf.gradients(loss, learnt), strict=True))
    feed = {made[key]: feed[key] for key in feed}
    loss, gradients = running.run([loss, gradients], feed)
    flat = [gradients.get(name, np.zeros_like(value)).ravel() for name, value in weights.items()]
    shapes = {name: value.shape for name, value in weights.items()}
    return {"loss": loss, "gradient": np.concatenate(flat)[positions(shapes)]}

"""Make deepsleepnet_tf.npz with the authors' code: ``python make_deepsleepnet.py DEEPSLEEPNET``.

Requires akaraspt/deepsleepnet at commit eb72f9b27af54e6caa1f1bd89a285c58ebfe7779 and
``tensorflow-cpu==2.15.1``.
"""

import numpy as np
from graph_run import describe, load, session, shapes_of, step, tf
from package import draw, import_from_arguments, save

BATCH, N_WINDOWS = 2, 3
SEEDED = {
    "seed": 8,
    "gains": {"diag": 0.3, "l1_conv": 0.1, "l9_conv": 0.1, "biases": 0.1, "l19_fc": 0.3, "": 1.0},
    "shape_of_x": (BATCH * N_WINDOWS, 3000, 1, 1),
    "scale_of_x": 20.0,
}


def build(training=False):
    """Build the authors' network, without its losses and without dropout."""
    from deepsleep.model import DeepSleepNet, fc

    net = DeepSleepNet(
        batch_size=BATCH, input_dims=3000, n_classes=5, seq_length=N_WINDOWS, n_rnn_layers=2,
        return_last=False, is_train=training, reuse_params=False,
        use_dropout_feature=False, use_dropout_sequence=False,
    )  # fmt: skip
    net._build_placeholder()
    features = net.build_model(net.input_var)
    logits = fc("softmax_linear", features, 5, bias=0.0)
    # c and h of each forward layer, then of each backward layer.
    before = tf.nest.flatten([net.fw_initial_state, net.bw_initial_state])
    after = tf.nest.flatten([net.fw_final_state, net.bw_final_state])
    return {"x": net.input_var, "logits": logits, "before": before, "after": after}


if __name__ == "__main__":
    import_from_arguments()
    shapes = shapes_of(build)
    weights, x = draw(shapes, **SEEDED)
    y = np.arange(BATCH * N_WINDOWS).reshape(BATCH, N_WINDOWS) % 5
    made, running, variables = session(build)
    load(running, variables, weights)
    logits, state = running.run([made["logits"], made["after"]], {made["x"]: x})
    # The same windows in reverse order, with the states carried over.
    carried = dict(zip(made["before"], state, strict=True))
    next_logits = running.run(made["logits"], {made["x"]: x[::-1], **carried})
    arrays = {"logits": logits.reshape(*y.shape, 5), "y": y}
    arrays["next_logits"] = next_logits.reshape(*y.shape, 5)
    arrays |= step(lambda: build(training=True), weights, {"x": x}, y)
    meta = describe("akaraspt/deepsleepnet eb72f9b DeepSleepNet", SEEDED, shapes)
    save("deepsleepnet_tf.npz", arrays, meta)

"""Make tinysleepnet_tf.npz and tinysleepnet_128_tf.npz with the authors' code.

Requires akaraspt/tinysleepnet at commit 70f45cff92ac0bf0a718e522bc27cca2c63ceff7 and
``tensorflow-cpu==2.15.1``. Usage: ``python make_tinysleepnet.py TINYSLEEPNET``.
"""

import numpy as np
from graph_run import describe, load, session, shapes_of, step, tf
from package import draw, import_from_arguments, save

BATCH, N_WINDOWS = 2, 5
LENGTHS = np.array([5, 3])
GAINS = {"diag": 0.3, "conv1d_1/": 0.1, "softmax_linear": 3.0, "": 1.0}


def build(sfreq):
    """Build the authors' network in evaluation mode, without its losses."""
    from model import TinySleepNet, nn

    net = TinySleepNet.__new__(TinySleepNet)
    net.config = {"sampling_rate": sfreq, "seq_length": N_WINDOWS, "batch_size": BATCH}
    net.config |= {"n_rnn_layers": 1, "n_rnn_units": 128}
    net.signals = tf.placeholder(tf.float32, (None, int(30 * sfreq), 1, 1))
    net.seq_lengths = tf.placeholder(tf.int32, (None,))
    # This placeholder only switches dropout.
    net.is_training = tf.constant(False)
    logits = nn.fc("softmax_linear", net.append_rnn(net.build_cnn()), 5, bias=0.0)
    (first,), (last,) = net.init_state, net.final_state
    state = {"c": first.c, "h": first.h, "last_c": last.c, "last_h": last.h}
    return {"x": net.signals, "lengths": net.seq_lengths, "logits": logits, **state}


def make(file, sfreq, seed):
    """Write the reference numbers at a sampling rate."""
    shapes = shapes_of(lambda: build(sfreq))
    seeded = {"seed": seed, "gains": GAINS, "scale_of_x": 20.0}
    seeded["shape_of_x"] = (BATCH * N_WINDOWS, int(30 * sfreq), 1, 1)
    weights, x = draw(shapes, **seeded)
    y = np.arange(BATCH * N_WINDOWS).reshape(BATCH, N_WINDOWS) % 5
    made, running, variables = session(lambda: build(sfreq))
    load(running, variables, weights)

    def run(x, lengths, **state):
        feed = {"x": x, "lengths": lengths, **state}
        fetched = [made[key] for key in ("logits", "last_h", "last_c")]
        logits, h, c = running.run(fetched, {made[key]: feed[key] for key in feed})
        return logits.reshape(BATCH, N_WINDOWS, 5), h, c

    whole = np.full(BATCH, N_WINDOWS)
    arrays = {"logits": run(x, whole)[0], "y": y, "lengths": LENGTHS}
    # Some windows are padding; then the same windows in reverse order, with the state carried over.
    arrays["short_logits"], arrays["short_h"], arrays["short_c"] = run(x, LENGTHS)
    carried = {"h": arrays["short_h"], "c": arrays["short_c"]}
    arrays["next_logits"], arrays["next_h"], arrays["next_c"] = run(x[::-1], whole, **carried)
    arrays |= step(lambda: build(sfreq), weights, {"x": x, "lengths": whole}, y)
    save(file, arrays, describe("akaraspt/tinysleepnet 70f45cf TinySleepNet", seeded, shapes))


if __name__ == "__main__":
    import_from_arguments(unused=("sklearn", "sklearn.metrics"))  # metrics for training
    make("tinysleepnet_tf.npz", 100.0, seed=6)
    make("tinysleepnet_128_tf.npz", 128.0, seed=7)

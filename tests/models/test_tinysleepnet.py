"""TinySleepNet against its authors' TensorFlow code."""

import json

import numpy as np
import pytest
import torch

from eegzoo.models import TinySleepNet
from tests.reference import keras_layout as keras

REFERENCE = keras.load("tinysleepnet_tf.npz")
CASES = ("fs100", "fs128")


def from_seed(case):
    """Draw the authors' weights and inputs as the reference run drew them."""
    meta = dict(item.split("=") for item in str(REFERENCE[f"{case}__meta"]).split())
    rng = np.random.default_rng(int(meta["seed"]))
    weights = {
        name.removeprefix("cnn/"): draw(rng, name, shape).astype(np.float32)
        for name, shape in json.loads(str(REFERENCE[f"{case}__weight_order"]))
    }
    size = (int(meta["B"]) * int(meta["S"]), int(meta["input_size"]), 1, 1)
    x = rng.standard_normal(size) * 20
    rng.integers(0, 5, size[0])
    x2 = rng.standard_normal(size) * 20
    np.testing.assert_allclose([x.sum(), np.abs(x).sum()], REFERENCE[f"{case}__x_checksum"])
    sequences = [
        torch.from_numpy(part.astype(np.float32)).reshape(int(meta["B"]), int(meta["S"]), 1, -1)
        for part in (x, x2)
    ]
    return float(meta["fs"]), weights, sequences


def draw(rng, name, shape):
    kind = name.rpartition("/")[2]
    if kind == "moving_variance":
        return rng.uniform(0.5, 1.5, shape)
    if kind == "gamma":
        return rng.uniform(0.7, 1.3, shape)
    if kind.endswith("_diag"):
        return rng.normal(0, 0.3, shape)
    if kind in ("moving_mean", "beta", "bias"):
        return rng.normal(0, 0.1, shape)
    return rng.normal(0, np.sqrt(1 / np.prod(shape[:-1])), shape)


def torch_gates(columns):
    """TensorFlow's gates i, j, f, o along the last axis, as torch's rows i, f, g, o."""
    i, j, f, o = np.split(columns, 4, axis=-1)
    return torch.from_numpy(np.concatenate([i, f, j, o], axis=-1).T.copy())


def authors_model(case):
    sfreq, weights, sequences = from_seed(case)
    model = TinySleepNet(n_times=int(30 * sfreq), sfreq=sfreq)
    state = {}
    blocks = {"first": "1", "blocks.0": "2_1", "blocks.1": "2_2", "blocks.2": "2_3"}
    for place, name in blocks.items():
        kernel = weights[f"conv1d_{name}/conv2d/kernel"]
        state[f"{place}.conv.weight"] = keras.conv2d(kernel).squeeze(3)
        norm = {f"bn.{k.rpartition('/')[2]}": v for k, v in weights.items() if f"bn_{name}/" in k}
        entries = keras.batch_norm("bn", norm).items()
        state |= {f"{place}.norm.{key}": value for key, value in entries}
    cell = "rnn/rnn/multi_rnn_cell/cell_0/lstm_cell"
    kernel = weights[f"{cell}/kernel"]
    inputs = model.lstm.input_size
    in_map_time_order = (
        kernel[:inputs].reshape(-1, 128, 512).transpose(1, 0, 2).reshape(inputs, 512)
    )
    state["lstm.weight_ih"] = torch_gates(in_map_time_order)
    state["lstm.weight_hh"] = torch_gates(kernel[inputs:])
    state["lstm.bias"] = torch_gates(weights[f"{cell}/bias"])
    for gate in "ifo":
        state[f"lstm.peephole_{gate}"] = torch.from_numpy(weights[f"{cell}/w_{gate}_diag"])
    state["head.weight"] = keras.dense(weights["softmax_linear/dense/kernel"])
    state["head.bias"] = torch.from_numpy(weights["softmax_linear/dense/bias"])
    model.load_state_dict(state)
    return model.eval(), sequences


def expected(case, name, *shape):
    return torch.from_numpy(REFERENCE[f"{case}__{name}"]).reshape(*shape)


@pytest.mark.parametrize("case", CASES)
def test_logits_and_state_equal_the_authors_over_two_chunks(case):
    model, (x, x2) = authors_model(case)
    batch, n_windows = x.shape[:2]
    lengths = torch.from_numpy(REFERENCE[f"{case}__seq_lengths"])
    logits, state = model(x, lengths=lengths, return_state=True)
    close = {"rtol": 1e-5, "atol": 1e-5}
    cell_close = {"rtol": 1e-5, "atol": 5e-5}  # TensorFlow's own error, at a scale of 5
    torch.testing.assert_close(logits, expected(case, "logits", batch, n_windows, 5), **close)
    torch.testing.assert_close(state[0], expected(case, "final_h", batch, 128), **close)
    torch.testing.assert_close(state[1], expected(case, "final_c", batch, 128), **cell_close)
    logits, state = model(x2, state, return_state=True)
    carried = expected(case, "logits2_state_carried", batch, n_windows, 5)
    torch.testing.assert_close(logits, carried, **close)
    torch.testing.assert_close(state[0], expected(case, "final2_h", batch, 128), **cell_close)
    torch.testing.assert_close(state[1], expected(case, "final2_c", batch, 128), **cell_close)


@pytest.mark.parametrize("case", CASES)
def test_convolutional_features_equal_the_authors(case):
    model, (x, _) = authors_model(case)
    features = model._window_features(x.flatten(0, 1))
    in_time_map_order = features.unflatten(1, (128, -1)).transpose(1, 2).flatten(1)
    reference = expected(case, "flatten", *features.shape)
    scale = reference.abs().max().item()
    torch.testing.assert_close(in_time_map_order, reference, rtol=1e-5, atol=1e-5 * scale)


def test_parameter_count_is_the_authors():
    assert sum(p.numel() for p in TinySleepNet().parameters()) == 1_516_293


@pytest.mark.parametrize(
    ("sfreq", "features"), [(100, 2048), (125, 2176), (128, 1920), (200, 2048), (256, 1920)]
)
def test_features_of_a_window_by_sampling_rate(sfreq, features):
    assert TinySleepNet(n_times=30 * sfreq, sfreq=sfreq).lstm.input_size == features


@pytest.fixture
def small():
    return TinySleepNet(n_times=480, sfreq=16, n_filters=4, hidden_size=6).eval()


def test_state_carried_window_by_window_equals_the_whole_night(small):
    night = torch.randn(2, 7, 1, 480)
    whole = small(night)
    state, parts = None, []
    for window in night.unbind(1):
        logits, state = small(window, state, return_state=True)
        parts.append(logits)
    torch.testing.assert_close(torch.stack(parts, dim=1), whole)


def test_single_windows_do_not_see_each_other(small):
    windows = torch.randn(3, 1, 480)
    torch.testing.assert_close(small(windows)[1:2], small(windows[1:2]))


def test_padding_after_lengths_changes_nothing(small):
    night = torch.randn(2, 5, 1, 480)
    lengths = torch.tensor([5, 2])
    logits, state = small(night, lengths=lengths, return_state=True)
    night[1, 2:] = 1e3
    again, same_state = small(night, lengths=lengths, return_state=True)
    torch.testing.assert_close(logits, again)
    torch.testing.assert_close(state, same_state)
    _, short = small(night[1:, :2], return_state=True)
    torch.testing.assert_close((state[0][1:], state[1][1:]), short)


def test_peephole_lstm_without_peepholes_is_torchs_lstm():
    from eegzoo.layers.recurrent import PeepholeLSTM

    ours, torchs = PeepholeLSTM(5, 3, forget_bias=0.0), torch.nn.LSTM(5, 3, batch_first=True)
    state = torchs.state_dict()
    ours.load_state_dict(
        {
            "weight_ih": state["weight_ih_l0"],
            "weight_hh": state["weight_hh_l0"],
            "bias": state["bias_ih_l0"] + state["bias_hh_l0"],
            **{f"peephole_{gate}": torch.zeros(3) for gate in "ifo"},
        }
    )
    x = torch.randn(2, 4, 5)
    out, (h, c) = ours(x)
    reference, (h_n, c_n) = torchs(x)
    torch.testing.assert_close(out, reference)
    torch.testing.assert_close((h, c), (h_n[0], c_n[0]))


@pytest.mark.parametrize(
    "shape", [(480,), (2, 480), (2, 2, 480), (2, 3, 2, 480), (1, 2, 3, 1, 480)]
)
def test_wrong_shapes_raise_with_what_was_expected(small, shape):
    with pytest.raises(ValueError, match=r"n_chans=1, n_times=480"):
        small(torch.zeros(shape))


def test_too_low_a_sampling_rate_raises():
    with pytest.raises(ValueError, match="sfreq of at least 16"):
        TinySleepNet(n_times=300, sfreq=10)

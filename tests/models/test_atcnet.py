"""ATCNet against its authors' Keras code."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from eegzoo.models.atcnet import ATCNet
from tests.reference import keras_layout as keras
from tests.reference import seeded
from tests.reference.model_checks import (
    assert_initial_limits,
    assert_step_equals,
    constraint_table,
)

REFERENCE = keras.load("atcnet_keras.npz")
META = json.loads(str(REFERENCE["meta_json"]))
SIZES = {"n_chans": 22, "n_times": 1125, "n_outputs": 4}
WEIGHTS = Path(__file__).parents[2].parent / "shared" / "weights"


def state_from(weights):
    """Rearrange Keras's weights, by its names for them, to ours."""
    norms = {"front.norm": "batch_normalization"}
    norms |= {"reduce.0": "batch_normalization_1", "reduce.5": "batch_normalization_2"}
    state = {
        # Keras's height is time here, its width channels.
        "front.temporal.weight": keras.conv2d(weights["conv2d.kernel"]).mT,
        "front.spatial.weight": keras.depthwise2d(weights["depthwise_conv2d.depthwise_kernel"]).mT,
        "reduce.4.weight": keras.conv2d(weights["conv2d_1.kernel"]).squeeze(3),
    }
    for place, name in norms.items():
        state |= {f"{place}.{k}": v for k, v in keras.batch_norm(name, weights).items()}
    windows = [window_state(weights, window) for window in range(5)]
    for key, value in windows[0].items():
        parts = [window[key] for window in windows]
        side_by_side = torch.cat if key.startswith("tcn") else torch.stack
        state[key] = side_by_side(parts) if value.ndim else value
    return state


def window_state(weights, window):
    def nth(layer, number):
        return f"{layer}_{number}" if number else layer

    attention, norm = nth("multi_head_attention", window), nth("layer_normalization", window)
    state = {
        "attention.weight": torch.from_numpy(weights[f"{norm}.gamma"]),
        "attention.bias": torch.from_numpy(weights[f"{norm}.beta"]),
        "head.weight": keras.dense(weights[f"{nth('dense', window)}.kernel"]),
        "head.bias": torch.from_numpy(weights[f"{nth('dense', window)}.bias"]),
    }
    for ours, theirs in {"query": "query", "key": "key", "value": "value"}.items():
        kernel = weights[f"{attention}.{theirs}/kernel"]
        state[f"attention.attend.{ours}.weight"] = keras.dense(kernel.reshape(32, 16))
        bias = weights[f"{attention}.{theirs}/bias"]
        state[f"attention.attend.{ours}.bias"] = torch.from_numpy(bias.reshape(16))
    kernel = weights[f"{attention}.attention_output/kernel"]
    state["attention.attend.out.weight"] = keras.dense(kernel.reshape(16, 32))
    bias = weights[f"{attention}.attention_output/bias"]
    state["attention.attend.out.bias"] = torch.from_numpy(bias)
    for block in range(2):
        for half in range(2):
            number = 4 * window + 2 * block + half
            conv, norm = nth("conv1d", number), f"batch_normalization_{number + 3}"
            place = f"tcn.{block}.body.{4 * half}"
            kernel = weights[f"{conv}.kernel"].transpose(2, 1, 0)
            state[f"{place}.weight"] = torch.from_numpy(kernel.copy())
            state[f"{place}.bias"] = torch.from_numpy(weights[f"{conv}.bias"])
            entries = keras.batch_norm(norm, weights).items()
            state |= {f"tcn.{block}.body.{4 * half + 1}.{key}": value for key, value in entries}
    return state


def authors_model(**changes):
    weights, x = seeded.draw(META["shapes"], **META["seeded"])
    model = ATCNet(**SIZES | changes)
    model.load_state_dict(state_from(weights))
    return model.eval(), torch.from_numpy(x).squeeze(1)


def test_outputs_equal_the_authors():
    model, x = authors_model()
    expected = torch.from_numpy(REFERENCE["probabilities"])
    torch.testing.assert_close(model(x).softmax(dim=1), expected, rtol=1e-5, atol=2e-6)


def test_gradients_of_a_training_step_equal_the_authors():
    model, x = authors_model(drop_prob=0.0, attention_drop_prob=0.0)
    assert_step_equals(REFERENCE, model, x, state_from, META["shapes"])


def counted_from_zero(weights):
    """Rename the layers of a model that was not the first of its session."""

    def kind_and_number(layer):
        kind, _, number = layer.rpartition("_")
        return (kind, int(number)) if number.isdigit() else (layer, 0)

    names = {}
    for layer in sorted({name.partition(".")[0] for name in weights}, key=kind_and_number):
        kind, _ = kind_and_number(layer)
        number = sum(kind_and_number(other)[0] == kind for other in names)
        names[layer] = f"{kind}_{number}" if number else kind
    renamed = {}
    for name, value in weights.items():
        layer, _, tensor = name.partition(".")
        renamed[f"{names[layer]}.{tensor}"] = value
    return renamed


@pytest.mark.realdata
@pytest.mark.parametrize("subject", [1, 2])
def test_the_authors_trained_weights_give_their_outputs(subject):
    h5py = pytest.importorskip("h5py")
    path = WEIGHTS / f"atcnet-subject-{subject}.h5"
    if not path.exists():
        pytest.skip(f"{path} is not there")
    with h5py.File(path) as file:
        weights = {
            str(name, "utf-8").removesuffix(":0").replace("/", ".", 1): layer[name][()]
            for layer in file.values()
            for name in layer.attrs["weight_names"]
        }
    model = ATCNet(**SIZES).eval()
    model.load_state_dict(state_from(counted_from_zero(weights)))
    x = np.random.default_rng(0).standard_normal((4, 22, 1125)).astype(np.float32)
    expected = torch.from_numpy(REFERENCE[f"trained_{subject}"])
    outputs = model(torch.from_numpy(x)).softmax(dim=1)
    torch.testing.assert_close(outputs, expected, rtol=1e-5, atol=2e-6)


def test_parameter_count_is_the_authors():
    model = ATCNet(**SIZES)
    # Keras counts running means and variances too; 113,732 is what the authors print.
    statistics = 2 * sum(m.num_features for m in model.modules() if hasattr(m, "running_var"))
    count = sum(p.numel() for p in model.parameters())
    assert count == 113_732
    assert count + statistics == META["n_params"]


def test_constraints_are_the_authors():
    convolutions = {"front.temporal": (1, 2, 3), "front.spatial": (1, 2, 3), "reduce.4": (1, 2)}
    convolutions |= {f"tcn.{block}.body.{conv}": (1, 2) for block in range(2) for conv in (0, 4)}
    expected = {name: (0.6, axes) for name, axes in convolutions.items()}
    assert constraint_table(ATCNet(**SIZES)) == expected
    wider = constraint_table(ATCNet(**SIZES, tcn_filters=12))
    assert wider.keys() - expected.keys() == {"tcn.0.shortcut"}
    assert constraint_table(ATCNet(**SIZES, max_norm=None)) == {}


@pytest.mark.parametrize("training", [True, False], ids=["training", "evaluation"])
def test_spatial_filters_of_all_maps_have_one_norm_together(training):
    spatial = ATCNet(5, 280, 2, F1=3, D=2).front.spatial.train(training)
    kernel = np.random.default_rng(0).normal(0, [0.1, 2.0], (1, 5, 3, 2))  # one within, one over
    norms = np.sqrt((kernel**2).sum(axis=(0, 1, 2)))
    assert norms[0] < 0.6 < norms[1]
    expected = kernel * np.minimum(1.0, 0.6 / norms)
    with torch.no_grad():
        spatial.weight.copy_(keras.depthwise2d(kernel).mT)
    before = spatial.weight.clone()
    weight = spatial.constrained_weight()
    torch.testing.assert_close(weight, keras.depthwise2d(expected).mT.float())
    torch.testing.assert_close(spatial.weight, weight if training else before, rtol=0, atol=0)


def test_initial_weights_have_the_limits_of_keras():
    limits = {
        "front.temporal.weight": 0.0743,
        "front.spatial.weight": 0.1231,
        "reduce.4.weight": 0.0765,
        "attention.attend.query.weight": 0.1369,
        "attention.attend.key.weight": 0.1369,
        "attention.attend.value.weight": 0.1369,
        "attention.attend.out.weight": 0.2739,
        "attention.attend.out.bias": 0.0,
        "tcn.0.body.0.weight": 0.2165,
        "tcn.1.body.4.weight": 0.2165,
        "tcn.1.body.4.bias": 0.0,
        "head.weight": 0.4082,
        "head.bias": 0.0,
    }
    assert_initial_limits(lambda: ATCNet(**SIZES), limits, n_draws=5)


def test_a_shortcut_between_widths_has_the_limits_of_one_window():
    def build():
        return ATCNet(**SIZES, tcn_filters=12)

    assert_initial_limits(build, {"tcn.0.shortcut.weight": (6 / (32 + 12)) ** 0.5}, n_draws=5)


def test_sliding_windows_have_weights_of_their_own():
    model = ATCNet(3, 448, 2, drop_prob=0.0).eval()
    x = torch.randn(2, 3, 448)
    before = model.features(x).unflatten(1, (5, 32))
    with torch.no_grad():
        model.attention.attend.value.weight[2].neg_()
        model.tcn[1].body[4].weight[3 * 32 : 4 * 32].neg_()
    changed = model.features(x).unflatten(1, (5, 32)).ne(before).any(dim=2).any(dim=0)
    assert changed.tolist() == [False, False, True, True, False]


def test_tcn_looks_back_alone():
    tcn = ATCNet(3, 448, 2).tcn.eval()
    x = torch.randn(1, 160, 12)
    before = tcn(x)
    x[:, :, 7] += 1.0
    changed = tcn(x).ne(before).any(dim=1).squeeze(0)
    assert changed.tolist() == [False] * 7 + [True] * 5


@pytest.mark.parametrize(("sfreq", "kernel_length"), [(250, 64), (125, 32), (512, 131), (1, 1)])
def test_first_kernel_follows_the_sampling_rate(sfreq, kernel_length):
    assert ATCNet(3, 600, 2, sfreq=sfreq).front.temporal.kernel_size == (1, kernel_length)


def test_explicit_lengths_win():
    model = ATCNet(
        3, 200, 2, kernel_length=10, second_kernel_length=4, pool_lengths=(4, 5), n_windows=3,
        tcn_kernel_length=3, tcn_filters=6, tcn_depth=3, F1=4, D=1,
    )  # fmt: skip
    assert model.front.temporal.kernel_size == (1, 10)
    assert [block.body[0].dilation for block in model.tcn] == [(1,), (2,), (4,)]
    assert model(torch.randn(2, 3, 200)).shape == (2, 2)
    assert model.num_features == 18


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_times": 279}, "n_times of at least 280"),
        ({"n_windows": 11}, "n_times of at least 616"),
        ({"F1": 0}, "F1"),
        ({"head_dim": 0}, "head_dim"),
        ({"pool_lengths": (8,)}, "pool_lengths"),
        ({"tcn_depth": 0}, "tcn_depth"),
        ({"attention_drop_prob": 1.5}, "attention_drop_prob"),
        ({"max_norm": -1.0}, "max_norm"),
    ],
)
def test_bad_arguments_raise_by_name(arguments, message):
    with pytest.raises(ValueError, match=message):
        ATCNet(**{"n_chans": 3, "n_times": 500, "n_outputs": 2, **arguments})

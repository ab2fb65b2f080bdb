"""ATCNet against its authors' Keras code."""

from pathlib import Path

import numpy as np
import pytest
import torch

from eegzoo.models.atcnet import ATCNet
from eegzoo.models.references import find_reference
from eegzoo.models.references import keras_layout as keras
from eegzoo.models.references.atcnet import state_from
from tests.reference.model_checks import assert_initial_limits

REFERENCE = find_reference("atcnet").arrays
SIZES = {"n_chans": 22, "n_times": 1125, "n_outputs": 4, "sfreq": 250}
WEIGHTS = Path(__file__).parents[2].parent / "shared" / "weights"


def counted_from_zero(weights):
    """Number the layers from zero, as for the first model of a Keras session."""

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
        pytest.skip(f"{path} is missing")
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


def test_parameter_count_is_the_one_that_the_authors_print():
    assert sum(p.numel() for p in ATCNet(**SIZES).parameters()) == 113_732


def test_a_shortcut_between_widths_is_constrained_too():
    def constrained(**changes):
        layers = ATCNet(**SIZES, **changes).named_modules()
        return {n for n, layer in layers if getattr(layer, "max_norm", None) == 0.6}

    assert "tcn.0.shortcut" in constrained(tcn_n_filters=12) - constrained()
    assert constrained(max_norm=None) == set()


@pytest.mark.parametrize("training", [True, False], ids=["training", "evaluation"])
def test_spatial_filters_of_all_temporal_filters_share_one_norm(training):
    spatial = ATCNet(5, 280, 2, F1=3, D=2, sfreq=250).front.spatial.train(training)
    kernel = np.random.default_rng(0).normal(0, [0.1, 2.0], (1, 5, 3, 2))
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


def test_a_shortcut_between_widths_has_the_initial_limits_of_one_segment():
    def build():
        return ATCNet(**SIZES, tcn_n_filters=12)

    assert_initial_limits(build, {"tcn.0.shortcut.weight": (6 / (32 + 12)) ** 0.5}, n_draws=5)


def test_each_segment_has_its_own_weights():
    model = ATCNet(3, 448, 2, drop_prob=0.0, sfreq=250).eval()
    x = torch.randn(2, 3, 448)
    before = model.features(x).unflatten(1, (5, 32))
    with torch.no_grad():
        model.attention.attend.value.weight[2].neg_()
        model.tcn[1].body[4].weight[3 * 32 : 4 * 32].neg_()
    changed = model.features(x).unflatten(1, (5, 32)).ne(before).any(dim=2).any(dim=0)
    assert changed.tolist() == [False, False, True, True, False]


def test_the_tcn_is_causal():
    tcn = ATCNet(3, 448, 2, sfreq=250).tcn.eval()
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
        3, 200, 2, kernel_length=10, second_kernel_length=4, pool_lengths=(4, 5), n_segments=3,
        tcn_kernel_length=3, tcn_n_filters=6, tcn_depth=3, F1=4, D=1, sfreq=250
    )  # fmt: skip
    assert model.front.temporal.kernel_size == (1, 10)
    assert [block.body[0].dilation for block in model.tcn] == [(1,), (2,), (4,)]
    assert model(torch.randn(2, 3, 200)).shape == (2, 2)
    assert model.num_features == 18


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_times": 279}, "n_times of at least 280"),
        ({"n_segments": 11}, "n_times of at least 616"),
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
        ATCNet(**{"n_chans": 3, "n_times": 500, "n_outputs": 2, "sfreq": 250, **arguments})

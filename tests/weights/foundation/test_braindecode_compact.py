"""Weights of compact models from and to braindecode, on numbers of its own classes."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from eegzoo.models import create_model
from eegzoo.models.references.seeded import draw
from eegzoo.weights.foundation.braindecode import (
    arguments_from,
    from_braindecode,
    to_braindecode,
)
from eegzoo.weights.foundation.braindecode_compact_maps import COMPACT_MAPS, DIFFERENCES

FILE = Path(__file__).parents[2] / "reference" / "braindecode_compact.npz"
with np.load(FILE) as _arrays:
    STORED = {key: _arrays[key] for key in _arrays.files}
META = json.loads(str(STORED["meta_json"]))
NO_LIMITS = {
    "shallow_convnet": {"max_norm": None, "head_max_norm": None},
    "deep_convnet": {"max_norm": None, "head_max_norm": None},
    "eegnet": {"head_max_norm": None}, "eeginception_erp": {"max_norm": None},
}  # fmt: skip
every_model = pytest.mark.parametrize("name", list(COMPACT_MAPS))


def theirs_of(name):
    weights, x = draw(META[name]["drawn"], **META[name]["seeded"])
    names = META[name]["renamed"]
    state = {
        key: torch.zeros(shape, dtype=torch.int64 if "num_batches" in key else torch.float32)
        for key, shape in META[name]["shapes"].items()
    }
    state |= {names[short]: torch.from_numpy(value) for short, value in weights.items()}
    return state, torch.from_numpy(x)


def ours_of(name, **changes):
    arguments = arguments_from(name, META[name]["config"])
    return create_model(
        name, **{**META[name]["sizes"], **NO_LIMITS.get(name, {}), **arguments, **changes}
    ).eval()


@every_model
def test_outputs_are_those_of_braindecode(name):
    theirs, x = theirs_of(name)
    model = ours_of(name)
    match = from_braindecode(model, theirs)
    assert (match.n_matched, match.new) == (len(model.state_dict()), ())
    with torch.no_grad():
        found = model(x).numpy()
    expected = STORED[f"{name}_logits"]
    scale = max(1, np.abs(expected).max())
    np.testing.assert_allclose(found / scale, expected / scale, atol=1e-5)


@every_model
def test_weights_return_to_braindecode_unchanged(name):
    theirs, _ = theirs_of(name)
    model = ours_of(name)
    from_braindecode(model, theirs)
    zeros = {key: torch.zeros_like(value) for key, value in theirs.items()}
    again = to_braindecode(model, zeros)
    assert again.keys() == theirs.keys()
    for key, value in theirs.items():
        torch.testing.assert_close(again[key], value, rtol=1e-6, atol=1e-7)


def test_biases_that_braindecode_lacks_enter_its_means():
    theirs, x = theirs_of("deep_convnet")
    model = ours_of("deep_convnet")
    from_braindecode(model, theirs)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if name.endswith("bias") and name != "head.bias":
                weight.add_(torch.randn_like(weight))
        expected = model(x)
        again = ours_of("deep_convnet")
        from_braindecode(again, to_braindecode(model, theirs))
        torch.testing.assert_close(again(x), expected, rtol=1e-4, atol=1e-5)


@every_model
def test_a_head_of_another_size_is_left_out(name):
    theirs, _ = theirs_of(name)
    match = from_braindecode(ours_of(name, n_outputs=5), theirs)
    assert match.new
    assert all(key.startswith("head.") for key in match.new)


@every_model
def test_missing_and_other_weights_raise_by_name(name):
    theirs, _ = theirs_of(name)
    first = next(iter(theirs))
    with pytest.raises(ValueError, match=r"got 1 of other names: 'module.extra'"):
        from_braindecode(ours_of(name), {**theirs, "module.extra": torch.zeros(2)})
    model = ours_of(name)
    before = {key: value.clone() for key, value in model.state_dict().items()}
    del theirs[first]
    with pytest.raises(ValueError, match=r"expected all \d+ weights of \w+ but the head, matched"):
        from_braindecode(model, theirs)
    assert all(torch.equal(before[key], value) for key, value in model.state_dict().items())


@pytest.mark.parametrize("name", ["shallow_convnet", "deep_convnet", "eeginception_erp"])
def test_norms_beyond_our_limits_raise(name):
    theirs, _ = theirs_of(name)
    large = {key: 9 * value if value.dim() > 1 else value for key, value in theirs.items()}
    from_braindecode(ours_of(name), large)
    with pytest.raises(ValueError, match=r"expected norms of at most [\d.]+ in .*weight, got"):
        from_braindecode(ours_of(name, max_norm=0.1), large)


def test_windows_with_another_number_of_features_raise():
    theirs, _ = theirs_of("shallow_convnet")
    with pytest.raises(
        ValueError, match=r"expected the shapes of ShallowConvNet, got head\.weight"
    ):
        from_braindecode(ours_of("shallow_convnet", n_times=512), theirs)


def test_kernels_of_even_length_go_back_only_with_a_zero_at_their_end():
    theirs, _ = theirs_of("eegnet")
    model = ours_of("eegnet")
    from_braindecode(model, theirs)
    assert model.kernel_length == 65
    assert model.second_kernel_length == 17
    with torch.no_grad():
        model.front.temporal.weight[..., -1] = 0.1
    with pytest.raises(ValueError, match=r"expected conv_temporal.weight of shape \(8, 1, 1, 65\)"):
        to_braindecode(model, theirs)


@pytest.mark.parametrize("name", sorted(DIFFERENCES))
def test_other_architectures_are_refused_with_their_difference(name):
    with pytest.raises(ValueError, match=f"got '{name}': (it|no map)"):
        arguments_from(name, {})


def test_tensors_of_their_model_that_ours_lacks_raise_by_name():
    theirs, _ = theirs_of("bdtcn")
    model = ours_of("bdtcn")
    from_braindecode(model, theirs)
    block = "base_tcn.temporal_blocks.temporal_block_3.conv1.bias"
    with pytest.raises(ValueError, match=f"got 1 of other names: '{block}'"):
        to_braindecode(model, {**theirs, block: torch.zeros(10)})


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("eegitnet", {"tcn_dilatation": 2}, "expected tcn_dilatation=1 of braindecode's eegitnet"),
        ("tidnet", {"summary": 4}, "expected summary=-1 of braindecode's tidnet"),
        ("sparcnet", {"stride_conv1": 2}, "expected stride_conv1=1 of braindecode's sparcnet"),
    ],
)
def test_arguments_of_braindecode_that_ours_lacks_raise(name, arguments, message):
    config = META[name]["config"]
    arguments_from(name, config)
    with pytest.raises(ValueError, match=message):
        arguments_from(name, {**config, **arguments})


def test_batch_normalisations_of_three_scales_are_one_of_ours():
    theirs, _ = theirs_of("eegitnet")
    model = ours_of("eegitnet")
    from_braindecode(model, theirs)
    means = [theirs[f"inception_block.branches.{scale}.3.running_mean"] for scale in range(3)]
    assert torch.equal(model.reduce[0].running_mean, torch.cat(means))
    key = "inception_block.branches.2.3.weight"
    del theirs[key]
    with pytest.raises(ValueError, match=f"which has '{key}'"):
        to_braindecode(model, theirs)

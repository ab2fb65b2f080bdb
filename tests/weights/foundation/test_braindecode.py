"""Weights of foundation models from and to braindecode, on numbers of its own classes."""

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

FILE = Path(__file__).parents[2] / "reference" / "braindecode_foundation.npz"
with np.load(FILE) as _arrays:
    STORED = {key: _arrays[key] for key in _arrays.files}
META = json.loads(str(STORED["meta_json"]))

NAMES = {
    "labram": ("C4", "FP1", "T3", "A2"),
    # Rows 3, 0, 144 and 7: the third has no name.
    "steegformer": ("F6", "C1", "PPO2h", "FCC5h"),
    "eegpt": ("CZ", "O2", "FP1", "PO6"),
}
SFREQ = {"steegformer": 128, "eegpt": 256, "signal_jepa": 128}
# Our models take microvolts; braindecode's take what the authors' models take.
MICROVOLTS = {"labram": 100, "cbramod": 100, "eegpt": 1000}
every_model = pytest.mark.parametrize(
    "name", ["labram", "biot", "cbramod", "steegformer", "eegpt", "signal_jepa"]
)


def theirs_of(name):
    weights, x = draw(META[name]["drawn"], **META[name]["seeded"])
    state = {
        key: torch.from_numpy(weights[key]) if key in weights else torch.zeros(shape)
        for key, shape in META[name]["shapes"].items()
    }
    return state, x


def ours_of(name, **changes):
    n_times = META[name]["seeded"]["shape_of_x"][2]
    sizes = {"n_chans": 4, "n_times": n_times, "n_outputs": 3, "sfreq": SFREQ.get(name, 200)}
    arguments = {**arguments_from(name, META[name]["config"]), "ch_names": NAMES.get(name)}
    if name == "eegpt":
        arguments["head_units"] = 16
    return create_model(name, **{**sizes, **arguments, **changes}).eval()


@every_model
def test_outputs_are_those_of_braindecode(name):
    theirs, x = theirs_of(name)
    if name == "steegformer":  # exchange the row without a name and that of the name
        table = theirs["channel_pos.embedding.weight"]
        table[[144, 141]] = table[[141, 144]]
    model = ours_of(name)
    from_braindecode(model, theirs)
    x = torch.from_numpy(x)
    with torch.no_grad():
        found = x * MICROVOLTS.get(name, 1)
        found = model.features(found) if name == "cbramod" else model(found)
    expected = STORED[f"{name}_features" if name == "cbramod" else f"{name}_logits"]
    scale = max(1, np.abs(expected).max())
    np.testing.assert_allclose(
        found.numpy().reshape(len(expected), -1) / scale,
        expected.reshape(len(expected), -1) / scale,
        atol=1e-5,
    )


@every_model
def test_weights_return_to_braindecode_unchanged(name):
    theirs, _ = theirs_of(name)
    model = ours_of(name)
    match = from_braindecode(model, theirs)
    zeros = {key: torch.zeros_like(value) for key, value in theirs.items()}
    again = to_braindecode(model, zeros)
    returned = [key for key in theirs if torch.equal(again[key], theirs[key])]
    n_fused = {"biot": 2 * 2, "steegformer": 2 * 4}.get(name, 0)  # three of theirs are one of ours
    assert len(returned) >= match.n_matched + n_fused
    # What ours do not have, or what braindecode's models of this size do not use.
    others = {
        "labram": {"temporal_embedding"}, "biot": {"encoder.positional_encoding.pe"},
        "cbramod": {"proj_out.0.weight", "proj_out.0.bias", "final_layer.1.weight",
                    "final_layer.1.bias", "patch_embedding.mask_encoding"},
        "steegformer": {"norm.weight", "norm.bias"},
    }  # fmt: skip
    assert set(theirs) - set(returned) <= others.get(name, set())


@every_model
def test_all_weights_but_the_head_match(name):
    theirs, _ = theirs_of(name)
    model = ours_of(name)
    match = from_braindecode(model, theirs)
    head = {key for key in model.state_dict() if key.startswith("head.")}
    assert match.n_matched + len(match.new) == len(model.state_dict())
    assert set(match.new) == (head if name == "cbramod" else set())


@every_model
def test_a_head_of_another_size_is_left_out(name):
    theirs, _ = theirs_of(name)
    match = from_braindecode(ours_of(name, n_outputs=5), theirs)
    assert match.new
    assert all(key.startswith("head.") for key in match.new)


@every_model
def test_missing_weights_raise_by_name(name):
    theirs, _ = theirs_of(name)
    lost = next(key for key in reversed(theirs) if "layer" not in key and "proj_out" not in key)
    if name in ("labram", "steegformer"):
        lost = "cls_token"
    del theirs[lost]
    with pytest.raises(ValueError, match=r"expected all \d+ weights of .* but the head, matched"):
        from_braindecode(ours_of(name), theirs)


@every_model
def test_other_weights_raise_by_name(name):
    theirs, _ = theirs_of(name)
    theirs["module.extra"] = torch.zeros(2)
    with pytest.raises(ValueError, match=r"got 1 of other names: 'module.extra'"):
        from_braindecode(ours_of(name), theirs)


def test_no_weights_raise():
    prefixed = {f"model.{key}": value for key, value in theirs_of("labram")[0].items()}
    with pytest.raises(ValueError, match=r"of other names: 'model\.cls_token'"):
        from_braindecode(ours_of("labram"), prefixed)
    with pytest.raises(ValueError, match="matched 0; missing"):
        from_braindecode(ours_of("labram"), {})


def test_the_model_is_unchanged_after_an_error():
    theirs, _ = theirs_of("signal_jepa")
    theirs["feature_encoder.2.0.weight"] = torch.zeros(3, 3)
    model = ours_of("signal_jepa")
    before = {key: value.clone() for key, value in model.state_dict().items()}
    with pytest.raises(ValueError, match=r"convolutions.1.0.weight \(16, 8, 2\), not \(3, 3\)"):
        from_braindecode(model, theirs)
    assert all(torch.equal(before[key], value) for key, value in model.state_dict().items())


def test_a_model_that_braindecode_does_not_share_raises():
    model = create_model("epint", n_chans=1, n_times=512, n_outputs=2, sfreq=1024, depth=1)
    with pytest.raises(ValueError, match="architecture that braindecode shares, got 'epint'"):
        from_braindecode(model, {})


def test_too_few_seconds_raise():
    theirs, _ = theirs_of("labram")
    with pytest.raises(ValueError, match="windows of at most 4 patches"):
        from_braindecode(ours_of("labram", n_times=1000), theirs)

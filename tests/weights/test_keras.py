"""Weights of Keras give Keras's outputs in our models."""

import zipfile

import numpy as np
import pytest
import torch
from torch import nn

import eegzoo
from eegzoo.models.references import find_reference, seeded
from eegzoo.weights import from_keras
from eegzoo.weights.keras import KERAS

SIZES = {"n_chans": 14, "n_times": 128, "n_outputs": 2, "sfreq": 128}
EEGNET = find_reference("eegnet")


def eegnet_weights():
    return seeded.draw(EEGNET.meta["shapes"], **EEGNET.meta["seeded"])


def difference(model, x):
    with torch.no_grad():
        found = model(torch.from_numpy(x).squeeze(3)).softmax(1).numpy()
    return np.abs(found - EEGNET.arrays["probabilities"]).max()


def write(path, weights, of_keras_3=False):
    """Write the layout of Keras's HDF5 files, as Keras 2.15 and Keras 3.15.1 write it."""
    h5py = pytest.importorskip("h5py")
    with h5py.File(path, "w") as file:
        root = file.create_group("model_weights") if of_keras_3 else file
        layers = list(dict.fromkeys(name.partition(".")[0] for name in weights))
        root.attrs["layer_names"] = [layer.encode() for layer in layers]
        for layer in layers:
            group, names = root.create_group(layer), []
            for name, value in weights.items():
                if name.partition(".")[0] == layer:
                    names.append(name.replace(".", "/") + ("" if of_keras_3 else ":0"))
                    group[names[-1]] = value
            group.attrs["weight_names"] = [name.encode() for name in names]
    return path


def of_keras_3(weights):
    """Return names as Keras 3 has them in a session with an earlier model."""
    return {
        name.replace("depthwise_conv2d.depthwise_kernel", "depthwise_conv2d.kernel")
        .replace("conv2d.", "conv2d_1."): value
        for name, value in weights.items()
    }  # fmt: skip


@pytest.mark.parametrize("name", KERAS)
def test_outputs_are_those_that_the_authors_code_computed(name):
    reference = find_reference(name)
    weights, x = seeded.draw(reference.meta["shapes"], **reference.meta["seeded"])
    model = from_keras(eegzoo.create_model(name, **reference.arguments), weights)
    windows = x.reshape(len(x), model.n_chans, model.n_times)
    if reference.windows_from is not None:
        windows = np.ascontiguousarray(reference.windows_from(x))
    with torch.no_grad():
        outputs = reference.outputs_of(model, torch.from_numpy(windows))
    expected = reference.arrays.get("probabilities")
    found = outputs if expected is None else outputs.softmax(-1)
    expected = reference.arrays["logits"] if expected is None else expected
    scale = max(1.0, np.abs(expected).max())
    np.testing.assert_allclose(found / scale, expected / scale, rtol=0, atol=1e-5)
    assert not model.training


def test_files_and_names_of_both_keras_versions(tmp_path):
    weights, x = eegnet_weights()
    later = of_keras_3(weights)
    assert "depthwise_conv2d_1.kernel" in later
    for given in (
        later,
        write(tmp_path / "two.h5", weights),
        str(write(tmp_path / "three.h5", later, of_keras_3=True)),
    ):
        assert difference(from_keras(eegzoo.create_model("eegnet", **SIZES), given), x) < 1e-5


def test_files_of_keras_3_without_names_say_what_to_save(tmp_path):
    h5py = pytest.importorskip("h5py")
    model = eegzoo.create_model("eegnet", **SIZES)
    with h5py.File(tmp_path / "my.weights.h5", "w") as file:
        file["layers/conv2d/vars/0"] = np.zeros((1, 64, 1, 8))
    with zipfile.ZipFile(tmp_path / "my.keras", "w") as archive:
        archive.writestr("model.weights.h5", b"")
    for name in ("my.weights.h5", "my.keras"):
        with pytest.raises(ValueError, match=r"that lacks them; save .*model\.save\('NAME\.h5'\)"):
            from_keras(model, tmp_path / name)


def test_other_weights_and_models_are_refused_by_name():
    weights, _ = eegnet_weights()
    model = eegzoo.create_model("eegnet", **SIZES)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    other = eegzoo.create_model("eegnet", **{**SIZES, "n_chans": 10})
    with pytest.raises(ValueError, match=r"front\.spatial\.weight of shape \(16, 1, 10, 1\), got"):
        from_keras(other, weights)
    with pytest.raises(ValueError, match=r"Keras's eegnet, named 'layer.tensor', got conv2d\.ker"):
        from_keras(model, dict(list(weights.items())[:1]))
    with pytest.raises(ValueError, match=r"named .layer\.tensor., got nothing"):
        from_keras(model, {})
    for wrong in (eegzoo.create_model("eegconformer", **SIZES), nn.Linear(2, 2)):
        with pytest.raises(ValueError, match="expected a model with a Keras implementation"):
            from_keras(wrong, weights)
    assert all((model.state_dict()[name] == value).all() for name, value in before.items())

"""Saving and loading models, and files that are damaged or foreign."""

import hashlib
import json
import os
import pickle
import random
import stat
import struct

import numpy as np
import pytest
import safetensors
import safetensors.torch
import torch
from torch import nn

import eegzoo
from eegzoo.models import EEGNet, create_model, load_model, read_metadata, save_model, saving


class Swish(nn.Module):
    """Activation that is not in torch.nn."""


class ReLU(nn.Module):
    """Activation that has only its name in common with one in torch.nn."""


@pytest.fixture
def model():
    return create_model("eegnet_4_2", n_chans=3, n_times=64, n_outputs=2, sfreq=32).eval()


@pytest.fixture
def path(model, tmp_path):
    path = tmp_path / "model.safetensors"
    save_model(model, path, {"labels": ["left", "right"]})
    return path


def read_with_safetensors(path):
    with safetensors.safe_open(path, framework="pt") as file:
        return file.metadata(), {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118


def rewrite(path, change):
    """Change the contents of a file and update its checksum."""
    header, tensors = read_with_safetensors(path)
    metadata, tensors = json.loads(header["eegzoo"]), {k: v.clone() for k, v in tensors.items()}
    change(metadata, tensors)
    text = json.dumps(metadata)
    header = {"eegzoo": text, "sha256": saving._digest(text, tensors)}
    safetensors.torch.save_file(tensors, path, header)


def assert_same(model, other):
    assert model.arguments == other.arguments
    torch.testing.assert_close(model.state_dict(), other.state_dict(), rtol=0, atol=0)


# Contents of a file.


def test_safetensors_reads_the_file(model, path):
    header, tensors = read_with_safetensors(path)
    torch.testing.assert_close(tensors, dict(model.state_dict()), rtol=0, atol=0)
    assert json.loads(header["eegzoo"]) == {
        "format": 1,
        "version": eegzoo.__version__,
        "architecture": "eegnet",
        "arguments": json.loads(json.dumps({**model.arguments, "activation": {"torch.nn": "ELU"}})),
        "extra": {"labels": ["left", "right"]},
    }


def test_the_checksum_covers_the_metadata_and_every_tensor_in_order(path):
    header, tensors = read_with_safetensors(path)
    content = header["eegzoo"].encode()
    for key in sorted(tensors):
        array = tensors[key].numpy()
        content += f"{key} {tensors[key].dtype} {array.shape}".encode() + array.tobytes()
    assert header["sha256"] == hashlib.sha256(content).hexdigest()


def test_metadata_are_read_back(path):
    metadata = read_metadata(str(path))
    assert metadata["extra"] == {"labels": ["left", "right"]}
    assert metadata["architecture"] == "eegnet"
    assert metadata["version"] == eegzoo.__version__
    assert metadata["arguments"]["pool_lengths"] == [4, 8]


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16, torch.float16], ids=str)
def test_dtypes_are_restored(model, path, dtype):
    save_model(model.to(dtype), path)
    assert_same(load_model(path), model)


def test_a_file_name_may_be_a_string_without_a_folder(model, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    save_model(model, "here.safetensors")
    assert_same(load_model("here.safetensors"), model)


@pytest.mark.parametrize("activation", [nn.ReLU, nn.GELU, nn.LeakyReLU])
def test_layers_of_torch_are_restored_as_arguments(path, activation):
    model = EEGNet(3, 64, 2, activation=activation, max_norm=None, F2=5, drop_maps=True, sfreq=128)
    save_model(model, path)
    again = load_model(path)
    assert_same(again, model)
    assert again.activation is activation
    assert isinstance(again.reduce[1], activation)


@pytest.mark.parametrize("activation", [Swish, ReLU])
def test_a_layer_outside_torch_raises_when_saved(tmp_path, activation):
    model = EEGNet(3, 64, 2, activation=activation, sfreq=128)
    with pytest.raises(
        ValueError,
        match=rf"expected an argument from torch.nn to save, got .*{activation.__name__}",
    ):
        save_model(model, tmp_path / "model.safetensors")
    assert list(tmp_path.iterdir()) == []


def test_a_model_that_is_not_registered_raises_when_saved(tmp_path):
    class Private(EEGNet):
        pass

    with pytest.raises(ValueError, match="expected a registered model, got Private"):
        save_model(Private(3, 64, 2, sfreq=128), tmp_path / "model.safetensors")
    assert list(tmp_path.iterdir()) == []


# Saving.


@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt()], ids=repr)
@pytest.mark.parametrize("step", ["save_file", "replace"])
@pytest.mark.parametrize("exists", [True, False], ids=["over a file", "new"])
def test_a_failed_write_keeps_the_previous_file(model, path, monkeypatch, error, step, exists):
    before = path.read_bytes()
    if not exists:
        path.unlink()

    def fail(*arguments):
        if step == "save_file":
            with open(arguments[1], "wb") as draft:
                draft.write(b"half a file")
        raise error

    monkeypatch.setattr(saving if step == "save_file" else os, step, fail)
    with pytest.raises(type(error)):
        save_model(model, path)
    assert {file: file.read_bytes() for file in path.parent.iterdir()} == (
        {path: before} if exists else {}
    )


@pytest.mark.parametrize(
    ("extra", "error"), [({"a": object()}, TypeError), ({"a": float("nan")}, ValueError)]
)
def test_metadata_that_are_not_json_serialisable_raise_and_write_nothing(
    model, tmp_path, extra, error
):
    with pytest.raises(error, match="JSON"):
        save_model(model, tmp_path / "model.safetensors", extra)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_does_not_exist_raises(model, tmp_path):
    with pytest.raises(FileNotFoundError, match="absent"):
        save_model(model, tmp_path / "absent" / "model.safetensors")


@pytest.mark.parametrize(("mask", "mode"), [(0o022, 0o644), (0o027, 0o640), (0o077, 0o600)])
def test_the_mode_of_a_file_follows_the_umask(model, path, mask, mode):
    before = os.umask(mask)
    try:
        save_model(model, path)
        assert os.umask(mask) == mask
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == mode


def test_saving_does_not_change_the_model(model, path):
    before = {key: tensor.clone() for key, tensor in model.state_dict().items()}
    model.train()
    save_model(model, path)
    assert all(module.training for module in model.modules())
    torch.testing.assert_close(dict(model.state_dict()), before, rtol=0, atol=0)


# Loading.


def test_loading_draws_no_random_numbers(path):
    torch_state, python_state, numpy_state = (
        torch.get_rng_state(), random.getstate(), np.random.get_state()[1].copy(),  # noqa: NPY002
    )  # fmt: skip
    load_model(path)
    assert torch.equal(torch.get_rng_state(), torch_state)
    assert random.getstate() == python_state
    np.testing.assert_array_equal(np.random.get_state()[1], numpy_state)  # noqa: NPY002


def test_a_loaded_model_does_not_change_with_its_file(model, path):
    loaded = load_model(path)
    with open(path, "r+b") as file:
        file.write(bytes(path.stat().st_size))
    assert_same(loaded, model)


def test_training_a_loaded_model_does_not_change_its_file(path):
    before = path.read_bytes()
    loaded = load_model(path)
    with torch.no_grad():
        for parameter in loaded.parameters():
            parameter.add_(1.0)
    assert path.read_bytes() == before


class Trap:
    def __reduce__(self):
        return (pytest.fail, ("a pickle was loaded",))


@pytest.mark.parametrize("write", [pickle.dump, torch.save])
def test_a_pickle_is_refused_without_loading_it(tmp_path, write):
    path = tmp_path / "model.safetensors"
    with open(path, "wb") as file:
        write(Trap(), file)
    with pytest.raises(ValueError, match="not a model saved by eegzoo"):
        load_model(path)


def test_loading_never_unpickles(path, monkeypatch):
    for module, name in (
        (pickle, "load"),
        (pickle, "loads"),
        (pickle, "Unpickler"),
        (torch, "load"),
    ):
        monkeypatch.setattr(module, name, lambda *_, **__: pytest.fail("a pickle was loaded"))
    load_model(path)


# Damaged and foreign files.


def raises_clearly(path, message):
    """Check that both readers raise an error that names the file."""
    with pytest.raises(ValueError, match=message) as raised:
        load_model(path)
    assert str(path) in str(raised.value)
    with pytest.raises(ValueError, match=message):
        read_metadata(path)


@pytest.mark.parametrize("read", [load_model, read_metadata])
@pytest.mark.parametrize("name", ["absent.safetensors", "."])
def test_an_absent_file_raises_by_name(tmp_path, read, name):
    with pytest.raises(FileNotFoundError, match=f"no such file: .*{name}"):
        read(f"{tmp_path}/{name}")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"Dear diary,\n" * 50,
        bytes(1000),
        b"\xff" * 1000,
        struct.pack("<Q", 2) + b"{}" + b"rest",
        struct.pack("<Q", 2**62),
    ],
    ids=["empty", "one byte", "text", "zeros", "ones", "tail", "endless header"],
)
def test_a_file_that_is_not_safetensors_raises(tmp_path, content):
    path = tmp_path / "model.safetensors"
    path.write_bytes(content)
    raises_clearly(path, "not a model saved by eegzoo, or is damaged")


@pytest.mark.parametrize("header", [None, {"format": "pt"}])
def test_a_foreign_safetensors_file_raises(tmp_path, header):
    path = tmp_path / "model.safetensors"
    safetensors.torch.save_file({"weight": torch.ones(2)}, path, header)
    raises_clearly(path, "a safetensors file, but not one saved by eegzoo")


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "3", "{}", '{"format": 1}'])
def test_metadata_that_cannot_be_read_raise(tmp_path, text):
    path = tmp_path / "model.safetensors"
    tensors = {"weight": torch.ones(2)}
    header = {"eegzoo": text, "sha256": saving._digest(text, tensors)}
    safetensors.torch.save_file(tensors, path, header)
    raises_clearly(path, "damaged: its metadata cannot be read")


def test_a_newer_format_raises_with_both_versions(path):
    rewrite(path, lambda metadata, _: metadata.update(format=saving.FORMAT + 1, version="99.0"))
    raises_clearly(path, f"saved by eegzoo 99.0, which is newer than {eegzoo.__version__}")


@pytest.mark.parametrize("part", ["checksum", "metadata", "tensor", "dtype", "shape", "key"])
def test_contents_that_do_not_match_the_checksum_raise(path, part):
    header, tensors = read_with_safetensors(path)
    tensors = {key: tensor.clone() for key, tensor in tensors.items()}
    if part == "checksum":
        del header["sha256"]
    elif part == "metadata":
        header["eegzoo"] = header["eegzoo"].replace('"ELU"', '"GLU"')
    elif part == "tensor":
        tensors["head.bias"].view(torch.uint8)[0] ^= 1
    elif part == "dtype":
        tensors["head.bias"] = tensors["head.bias"].view(torch.int32)
    elif part == "shape":
        tensors["separable.1.weight"] = tensors["separable.1.weight"].squeeze(2)
    else:
        tensors["head.biases"] = tensors.pop("head.bias")
    safetensors.torch.save_file(tensors, path, header)
    raises_clearly(path, "damaged: .* checksum")


def put(key, value):
    return lambda metadata, _: metadata["arguments"].update({key: value})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda m, _: m.update(architecture="egnet"), "unknown model 'egnet'; did you mean"),
        (lambda m, _: m.update(architecture=["eegnet"]), "cannot be loaded"),
        (lambda m, _: m.pop("architecture"), "architecture"),
        (lambda m, _: m.pop("arguments"), "arguments"),
        (lambda m, _: m.update(arguments=[1, 2]), "cannot be loaded"),
        (lambda m, _: m["arguments"].pop("n_chans"), "n_chans"),
        (put("n_chans", 4), "size mismatch for front.spatial.weight"),
        (put("n_times", 1), "n_times of at least 32"),
        (put("kernels", 4), "takes no argument 'kernels'"),
        (put("activation", {"torch.nn": "Elu"}), "Elu"),
        (
            put("activation", {"torch.nn": "functional"}),
            "expected a layer of torch.nn, got 'functional'",
        ),
        (
            put("activation", {"torch.nn": "Parameter"}),
            "expected a layer of torch.nn, got 'Parameter'",
        ),
        (put("activation", {"os": "system"}), "torch.nn"),
        (lambda _, t: t.pop("head.bias"), r"Missing key\(s\).*head.bias"),
        (lambda _, t: t.update(extra=torch.ones(2)), r"Unexpected key\(s\).*extra"),
        (lambda _, t: t.update({"head.bias": torch.ones(3)}), "size mismatch for head.bias"),
        (lambda _, t: t.update({"head.bias": torch.ones(2).int()}), "cannot be loaded"),
    ],
)
def test_an_undamaged_file_without_a_valid_model_raises(path, change, message):
    rewrite(path, change)
    with pytest.raises(ValueError, match=message) as raised:
        load_model(path)
    assert str(path) in str(raised.value)


def flip_a_bit(content, draw, end):
    content[draw.randrange(end)] ^= 1 << draw.randrange(8)


def put_a_byte(content, draw, end):
    content[draw.randrange(end)] = draw.randrange(256)


def insert_bytes(content, draw, end):
    place = draw.randrange(end)
    content[place:place] = draw.randbytes(draw.randrange(1, 9))


def delete_bytes(content, draw, end):
    place = draw.randrange(end)
    del content[place : place + draw.randrange(1, 9)]


def swap_blocks(content, draw, end):
    a, b = draw.randrange(end), draw.randrange(end)
    content[a : a + 16], content[b : b + 16] = content[b : b + 16], content[a : a + 16]


def zero_a_block(content, draw, end):
    place = draw.randrange(end)
    length = len(content[place : place + 64])
    content[place : place + length] = bytes(length)


def write_digits(content, draw, end):
    digits = [place for place in range(end) if chr(content[place]).isdigit()]
    for place in draw.sample(digits, draw.randrange(1, 4)):
        content[place] = ord(draw.choice("0123456789"))


@pytest.mark.parametrize(
    "damage",
    [
        flip_a_bit, put_a_byte, insert_bytes, delete_bytes, swap_blocks, zero_a_block, write_digits,
    ],
)  # fmt: skip
@pytest.mark.parametrize("where", ["header", "anywhere"])
def test_no_damage_goes_unnoticed(model, path, damage, where):
    draw = random.Random(damage.__name__ + where)
    sound = path.read_bytes()
    end = 8 + struct.unpack("<Q", sound[:8])[0] if where == "header" else len(sound)
    refused = 0
    for _ in range(50):
        content = bytearray(sound)
        damage(content, draw, end)
        path.write_bytes(content)
        try:
            loaded = load_model(path)
        except ValueError:
            refused += 1
        else:  # the change has no effect, such as one in the padding
            assert_same(loaded, model)
    assert refused > 25


def test_no_truncation_goes_unnoticed(path):
    sound = path.read_bytes()
    start = 8 + struct.unpack("<Q", sound[:8])[0]
    lengths = {*range(0, 20), *range(20, len(sound), 97), start - 1, start, start + 1}
    for length in lengths | {len(sound) - 1}:
        path.write_bytes(sound[:length])
        raises_clearly(path, "not a model saved by eegzoo, or is damaged")

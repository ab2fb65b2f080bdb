"""A thousand damaged files: each raises an error or gives the same weights.

`tests/models/test_checkpoint.py` damages single bytes. Here files are also cut, joined, exchanged
for others, and written by a later version; and cards and classifiers are read too.
"""

import functools
import io
import json
import pickle
import random
import struct
import zipfile

import pytest
import safetensors
import safetensors.torch
import torch

from eegzoo.data.preprocessing.normalization import Unchanged
from eegzoo.models import create_model, load_model, saving
from eegzoo.training import EEGClassifier
from eegzoo.weights import catalogue, find_weights, weights_in
from eegzoo.weights.authors.keras_file import read_keras_weights
from eegzoo.weights.zoo import load_weights
from tests.shared_data import SHARED, needs

N_CHECKPOINTS, N_KERAS = 700, 300
NAME = "eegnet.physionet_mi2_fold0"
CARD = find_weights(NAME).metadata


class Trap:
    def __reduce__(self):
        return (pytest.fail, ("a pickle was loaded",))


@pytest.fixture(autouse=True)
def _no_pickles(monkeypatch):
    for module, name in ((pickle, "load"), (pickle, "loads"), (pickle, "Unpickler")):
        monkeypatch.setattr(module, name, lambda *_, **__: pytest.fail("a pickle was loaded"))
    monkeypatch.setattr(torch, "load", lambda *_, **__: pytest.fail("a pickle was loaded"))


# Damages of a file's content, at random.


def cut(content, draw):
    return content[: draw.randrange(len(content))]


def cut_the_start(content, draw):
    return content[draw.randrange(1, len(content)) :]


def flip_bits(content, draw):
    content = bytearray(content)
    for _ in range(draw.choice([1, 1, 2, 30])):
        content[draw.randrange(len(content))] ^= 1 << draw.randrange(8)
    return bytes(content)


def flip_in_the_header(content, draw):
    content = bytearray(content)
    content[draw.randrange(min(4096, len(content)))] ^= 1 << draw.randrange(8)
    return bytes(content)


def overwrite(content, draw):
    place, length = draw.randrange(len(content)), draw.randrange(1, 512)
    return content[:place] + draw.randbytes(length) + content[place + length :]


def zero(content, draw):
    place, length = draw.randrange(len(content)), draw.randrange(1, 512)
    return content[:place] + bytes(len(content[place : place + length])) + content[place + length :]


def insert(content, draw):
    place = draw.randrange(len(content))
    return content[:place] + draw.randbytes(draw.randrange(1, 64)) + content[place:]


def delete(content, draw):
    place = draw.randrange(len(content))
    return content[:place] + content[place + draw.randrange(1, 64) :]


def append(content, draw):
    return content + draw.randbytes(draw.randrange(1, 64))


def double(content, draw):
    return content + content


def foreign(content, draw):
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("archive/data.pkl", pickle.dumps(Trap()))
    return draw.choice(
        [
            b"", b"\x89HDF\r\n\x1a\n", b"\x89HDF\r\n\x1a\n" + draw.randbytes(500),
            pickle.dumps(Trap()), archive.getvalue(), draw.randbytes(draw.randrange(1, 3000)),
            b"<!DOCTYPE html><title>404</title>", struct.pack("<Q", 2) + b"{}",
            b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n",
        ]
    )  # fmt: skip


DAMAGES = [
    cut, cut_the_start, flip_bits, flip_in_the_header, overwrite, zero, insert, delete, append,
    double, foreign,
]  # fmt: skip


# Files that eegzoo saves.


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """Return the content of a classifier's file with a card."""
    card = find_weights(NAME).metadata
    model = create_model(card.architecture, **card.arguments).eval()
    classifier = EEGClassifier.fitted(
        model, card.labels, Unchanged(),
        signal_info=find_weights(NAME).signal, preprocessing=find_weights(NAME).preprocessing,
    )  # fmt: skip
    path = tmp_path_factory.mktemp("saved") / "model.safetensors"
    classifier.save(path, card=card)
    return path.read_bytes()


def rewritten(content, change):
    """Return an undamaged file with changed contents and a matching checksum."""
    header = json.loads(content[8 : 8 + struct.unpack("<Q", content[:8])[0]])
    metadata = json.loads(header["__metadata__"]["eegzoo"])
    tensors = safetensors.torch.load(content)
    change(metadata, tensors)
    text = json.dumps(metadata)
    known = {"eegzoo": text, "sha256": saving._digest(text, tensors)}
    return safetensors.torch.save(tensors, known)


def newer(metadata, tensors, draw):
    metadata.update(format=saving.FORMAT + draw.randrange(1, 9), version="99.0")


def rename_a_tensor(metadata, tensors, draw):
    name = draw.choice(sorted(tensors))
    tensors[name + "s"] = tensors.pop(name)


def lose_a_tensor(metadata, tensors, draw):
    # torch sets a missing "num_batches_tracked" to 0; nothing depends on it.
    del tensors[draw.choice(sorted(name for name in tensors if "num_batches" not in name))]


def exchange_two_names(metadata, tensors, draw):
    """Exchange two tensors of different shapes; the new checksum would hide equal shapes."""
    one, other = "front.temporal.weight", "head.weight"
    tensors[one], tensors[other] = tensors[other], tensors[one]


def rename_the_architecture(metadata, tensors, draw):
    metadata["architecture"] = draw.choice(["egnet", "deep_convnet", "", 3, None, ["eegnet"]])


def other_card(metadata, tensors, draw):
    card = metadata["extra"]["card"]
    field = draw.choice(sorted(card))
    change = draw.choice(["lose", "rename", "number"])
    if change == "number":
        card[draw.choice(["labels", "training", "metrics", "origin"])] = 3
    elif field in ("adapted", "amplitude"):  # the optional fields
        card["loudness"] = 1
    else:
        value = card.pop(field)
        if change == "rename":
            card[f"{field}_"] = value


REWRITES = [
    newer, rename_a_tensor, lose_a_tensor, exchange_two_names, rename_the_architecture, other_card,
]  # fmt: skip


def outcomes(path):
    """Yield the result or the error of each of the three readers of a file."""
    for read in (load_model, weights_in, EEGClassifier.load):
        try:
            yield read(path)
        except (ValueError, OSError) as error:
            yield error


def assert_is_what_was_saved(found, model):
    if hasattr(found, "metadata"):
        assert json.dumps(found.metadata.labels) == json.dumps(CARD.labels)
        assert found.metadata.training == CARD.training
        return
    found = getattr(found, "model_", found)
    assert found.arguments == model.arguments
    torch.testing.assert_close(found.state_dict(), model.state_dict(), rtol=0, atol=0)


def test_damage_to_a_saved_file_is_noticed(saved, tmp_path):
    path = tmp_path / "model.safetensors"
    path.write_bytes(saved)
    model = load_model(path)
    draw = random.Random("checkpoints")
    refused = 0
    for case in range(N_CHECKPOINTS):
        damage = DAMAGES[case % len(DAMAGES)]
        path.write_bytes(damage(saved, draw))
        for found in outcomes(path):
            if isinstance(found, Exception):
                refused += str(path) in str(found)  # the error names the file
            else:  # harmless damage, such as a zero that replaces a zero
                assert_is_what_was_saved(found, model)
    assert refused > 0.95 * 3 * N_CHECKPOINTS


@pytest.mark.parametrize("change", REWRITES)
def test_undamaged_file_with_other_contents_is_noticed(saved, tmp_path, change):
    path = tmp_path / "model.safetensors"
    for seed in range(10):
        path.write_bytes(rewritten(saved, functools.partial(change, draw=random.Random(seed))))
        found = list(outcomes(path))
        if change is other_card:
            assert isinstance(found[1], ValueError), found
            assert isinstance(found[2], ValueError), found
        elif change is newer:
            assert all("newer than" in str(each) for each in found)
        else:
            assert isinstance(found[0], ValueError)
            assert isinstance(found[2], ValueError)


# Keras files.


@needs(SHARED / "weights")
def test_damage_to_an_authors_file_is_noticed(tmp_path, monkeypatch):
    monkeypatch.setenv("EEGZOO_WEIGHTS", str(tmp_path))
    weights, file = find_weights(NAME), catalogue._AUTHORS[NAME].file
    sound = (SHARED / "weights" / file).read_bytes()
    others = [path.read_bytes() for path in sorted((SHARED / "weights").glob("*.h5"))]
    draw = random.Random("keras")
    for case in range(N_KERAS):
        damage = [*DAMAGES, None][case % (len(DAMAGES) + 1)]
        content = draw.choice(others) if damage is None else damage(sound, draw)
        (tmp_path / file).write_bytes(content)
        if content == sound:
            load_weights(weights)
            continue
        with pytest.raises(ValueError, match="is damaged, or another file than"):
            load_weights(weights)


@needs(SHARED / "weights")
@pytest.mark.parametrize("damage", [cut, cut_the_start, foreign])
def test_unreadable_keras_file_raises(tmp_path, damage):
    sound = (SHARED / "weights" / catalogue._AUTHORS[NAME].file).read_bytes()
    path, draw = tmp_path / "weights.h5", random.Random(damage.__name__)
    for _ in range(30):
        path.write_bytes(damage(sound, draw))
        with pytest.raises(ValueError, match="is damaged or contains no Keras weights"):
            read_keras_weights(path)


def test_other_hdf5_file_raises(tmp_path):
    h5py = pytest.importorskip("h5py")
    path = tmp_path / "other.h5"
    with h5py.File(path, "w") as file:
        file["data"] = [1, 2, 3]
    with pytest.raises(ValueError, match="contains no Keras weights"):
        read_keras_weights(path)
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = [b"conv2d"]
        file.create_group("conv2d").attrs["weight_names"] = [b"conv2d/kernel:0"]
    with pytest.raises(ValueError, match="contains no Keras weights"):
        read_keras_weights(path)

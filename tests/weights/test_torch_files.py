"""Files that torch saved: their layouts, damaged files, and files that would run code."""

import dataclasses
import hashlib
import io
import json
import tarfile
from collections import OrderedDict
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
import torch

from eegzoo.models import create_model
from eegzoo.models.references import seeded
from eegzoo.models.references.seqsleepnet import outputs_of
from eegzoo.weights import catalogue
from eegzoo.weights.authors import authors_file, robustsleepnet
from eegzoo.weights.authors.torch_file import read_lightning_state, read_tar_state

FILES = catalogue._AUTHORS


class Bomb:
    """Object whose unpickling would write a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


def write_tar(path, members):
    with tarfile.open(path, "w") as archive:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


def saved(value, **options):
    file = io.BytesIO()
    torch.save(value, file, **options)
    return file.getvalue()


@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "legacy"])
def test_state_in_a_tar_is_read(tmp_path, zipped):
    state = OrderedDict(weight=torch.randn(3, 2), bias=torch.zeros(3))
    content = saved(state, _use_new_zipfile_serialization=zipped)
    path = write_tar(tmp_path / "net.tar", {"net_params.json": b"{}", "state.torch": content})
    found = read_tar_state(path)
    assert list(found) == ["weight", "bias"]
    np.testing.assert_array_equal(found["weight"], state["weight"])
    assert sorted(each.name for each in tmp_path.iterdir()) == ["net.tar"]  # nothing is unpacked


def test_checkpoint_of_lightning_is_read(tmp_path):
    checkpoint = {
        "epoch": 3, "pytorch-lightning_version": "2.1.3", "callbacks": {"monitor": "val_acc"},
        "state_dict": {"nn.clf.weight": torch.randn(5, 8), "wacc.total": torch.tensor(3)},
        "optimizer_states": [{"state": {0: {"step": torch.tensor(2.0)}}}],
    }  # fmt: skip
    torch.save(checkpoint, tmp_path / "net.ckpt")
    found = read_lightning_state(tmp_path / "net.ckpt")
    assert list(found) == ["clf.weight"]
    np.testing.assert_array_equal(found["clf.weight"], checkpoint["state_dict"]["nn.clf.weight"])


def test_files_that_would_run_code_raise_and_run_nothing(tmp_path):
    target = tmp_path / "written"
    state = {"weight": torch.zeros(2), "bomb": Bomb(target)}
    tar = write_tar(tmp_path / "net.tar", {"state.torch": saved(state)})
    with pytest.raises(ValueError, match=r"net\.tar is damaged or contains no state\.torch"):
        read_tar_state(tar)
    torch.save({"state_dict": {"nn.weight": torch.zeros(2)}, "bomb": Bomb(target)}, tmp_path / "c")
    with pytest.raises(ValueError, match="is damaged or no checkpoint of Lightning"):
        read_lightning_state(tmp_path / "c")
    assert not target.exists()


@pytest.mark.parametrize(
    "members",
    [{}, {"other.torch": b"x"}, {"../state.torch": b"x"}, {"state.torch": b""},
     {"state.torch": b"not torch"}, {"state.torch": saved([1, 2])}],
)  # fmt: skip
def test_damaged_tars_raise(tmp_path, members):
    path = write_tar(tmp_path / "net.tar", members)
    with pytest.raises(ValueError, match=r"net\.tar is damaged or contains no state\.torch"):
        read_tar_state(path)


def test_other_files_raise(tmp_path):
    path = tmp_path / "net"
    path.write_bytes(b"<html>")
    for read in (read_tar_state, read_lightning_state):
        with pytest.raises(ValueError, match="net is damaged"):
            read(path)
    for content in ({"epoch": 1}, {"state_dict": {"clf.weight": torch.zeros(2)}}, [1]):
        torch.save(content, path)
        with pytest.raises(ValueError, match="no checkpoint of Lightning"):
            read_lightning_state(path)


LAYOUTS = Path(__file__).parents[1] / "reference" / "physioex_layouts.npz"


def write_physioex_checkpoint(name, path):
    """Write what physioex's Lightning writes, with seeded weights; return an input and its logits.

    Names, shapes and logits are those of physioex's own networks, the rest is as in its files.
    """
    with np.load(LAYOUTS) as arrays:
        layout, logits = json.loads(str(arrays["meta_json"]))[name], arrays[name]
    drawn = {key: shape for key, shape in layout["shapes"].items() if shape}
    weights, x = seeded.draw(drawn, **layout["seeded"])
    state = {
        key: torch.from_numpy(weights[key]) if shape else torch.tensor(639_890)
        for key, shape in layout["shapes"].items()
    }
    moments = {
        place: {"step": torch.tensor(2.0), "exp_avg": value, "exp_avg_sq": value}
        for place, value in enumerate(state.values())
    }
    checkpoint = {
        "epoch": 43, "global_step": 639_890, "pytorch-lightning_version": "2.1.3",
        "state_dict": OrderedDict((f"nn.{key}", value) for key, value in state.items()),
        "loops": {"fit_loop": {"state_dict": {}, "epoch_progress": {"total": {"ready": 44}}}},
        "callbacks": {"ModelCheckpoint": {"kth_value": torch.tensor(0.87), "dirpath": "models"}},
        "optimizer_states": [{"state": moments, "param_groups": [{"lr": 5e-5}]}],
        "lr_schedulers": [{"mode_worse": -float("inf"), "_last_lr": [5e-5]}],
    }  # fmt: skip
    torch.save(checkpoint, path)
    return torch.from_numpy(x), torch.from_numpy(logits)


@pytest.mark.parametrize(
    "name",
    ["sleeptransformer.physioex", "tinysleepnet.physioex", "tinysleepnet.physioex_eeg_eog_emg"],
)
def test_files_that_are_too_large_to_be_kept_are_loaded_in_their_layout(
    tmp_path, monkeypatch, name
):
    path = tmp_path / FILES[name].file
    x, expected = write_physioex_checkpoint(name, path)
    origin = dataclasses.replace(FILES[name].card.origin, git_blob=authors_file.git_blob_of(path))
    file = dataclasses.replace(
        FILES[name], card=dataclasses.replace(FILES[name].card, origin=origin)
    )
    monkeypatch.setenv("EEGZOO_WEIGHTS", str(tmp_path))
    model = file.load()
    assert sum(p.numel() for p in model.parameters()) == file.card.n_params
    with torch.no_grad():
        if name.startswith("sleeptransformer"):  # physioex's network takes spectra
            logits = outputs_of(model, x).reshape(expected.shape)
        else:
            logits = model(x)
    torch.testing.assert_close(logits, expected, rtol=1e-5, atol=2e-6)


def test_git_blob_is_that_of_git(tmp_path):
    # `printf 'what is up, doc?' | git hash-object --stdin`, from the Pro Git book.
    path = tmp_path / "file"
    path.write_bytes(b"what is up, doc?")
    assert authors_file.git_blob_of(path) == "bd9dbf5aae1a3862dd1526723246b20206e5fc37"


def test_other_file_than_the_git_blob_is_not_kept(tmp_path, monkeypatch):
    name = "tinysleepnet.physioex"
    monkeypatch.setenv("EEGZOO_WEIGHTS", str(tmp_path))

    def retrieve(url, known_hash, fname, path, progressbar):
        assert known_hash is None
        (path / fname).write_bytes(b"other")

    with (
        mock.patch.object(authors_file.pooch, "retrieve", retrieve),
        pytest.raises(ValueError, match="expected Git blob f423707f340aacf401489610db0d48ce8325"),
    ):
        FILES[name].fetch()
    assert list(tmp_path.iterdir()) == []
    (tmp_path / FILES[name].file).write_bytes(b"mine")  # a user's file is kept
    with pytest.raises(ValueError, match="delete it to fetch it again"):
        FILES[name].fetch()
    assert (tmp_path / FILES[name].file).read_bytes() == b"mine"


def test_robustsleepnet_in_the_authors_layout_is_loaded(tmp_path, monkeypatch):
    name = "robustsleepnet.mesa"
    torch.manual_seed(0)
    sizes = {"n_chans": 1, "n_times": 1800, "n_outputs": 5, "sfreq": 60}
    model = create_model("robustsleepnet", **sizes).eval()
    ours_to_theirs = {our: their for their, our in robustsleepnet.robustsleepnet.PLACES.items()}
    theirs = {}
    for key, value in model.state_dict().items():
        module, _, tensor = key.rpartition(".")
        theirs[f"{ours_to_theirs[module]}.{tensor}"] = value
    assert len(theirs) == 49
    path = write_tar(tmp_path / FILES[name].file, {"state.torch": saved(theirs)})
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    origin = dataclasses.replace(FILES[name].card.origin, sha256=sha256)
    card = dataclasses.replace(FILES[name].card, origin=origin)
    monkeypatch.setenv("EEGZOO_WEIGHTS", str(tmp_path))
    loaded = dataclasses.replace(FILES[name], card=card).load()
    x = torch.randn(1, 3, 1, 1800)
    torch.testing.assert_close(loaded(x), model(x))
    del theirs["classifier.bias"]
    path = write_tar(path, {"state.torch": saved(theirs)})
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    card = dataclasses.replace(card, origin=dataclasses.replace(origin, sha256=sha256))
    with pytest.raises(RuntimeError, match=r'Missing key.*"head\.bias"'):  # strict
        dataclasses.replace(FILES[name], card=card).load()

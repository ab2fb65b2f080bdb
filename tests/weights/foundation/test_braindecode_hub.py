"""Foundation models from braindecode's repositories on the hub, which are folders here."""

import json
import sys
import types

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from eegzoo.weights import from_braindecode_hub
from tests.weights.foundation.test_braindecode import META, MICROVOLTS, NAMES, STORED, theirs_of

COMMIT = "0123456789" * 4
REPO = "braindecode/pretrained"


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """A client of a hub that has one repository."""
    module = types.ModuleType("huggingface_hub")
    folder = tmp_path / "repository"
    folder.mkdir()

    def hf_hub_download(repo_id, filename, *, revision=None, token=None):
        assert (repo_id, revision) == (REPO, COMMIT)
        return str(folder / filename)

    module.hf_hub_download = hf_hub_download
    monkeypatch.setitem(sys.modules, "huggingface_hub", module)
    return folder


def push(hub, name, **changes):
    """Write the files of a repository, as braindecode 1.8.1 does."""
    config = {**META[name]["config"], "activation": "torch.nn.modules.activation.GELU"}
    (hub / "config.json").write_text(json.dumps(config))
    state, x = theirs_of(name)
    save_file({key: value.contiguous() for key, value in (state | changes).items()},
              hub / "model.safetensors")  # fmt: skip
    return x


def load(name, **changes):
    n_times = META[name]["seeded"]["shape_of_x"][2]
    channels = {"ch_names": NAMES[name]} if name in NAMES else {"n_chans": 4}
    options = {"n_times": n_times, "n_outputs": 3, **channels, **changes}
    return from_braindecode_hub(name, REPO, COMMIT, **options)


@pytest.mark.parametrize("name", ["labram", "signal_jepa"])
def test_outputs_are_those_of_braindecode(hub, name):
    x = torch.from_numpy(push(hub, name)) * MICROVOLTS.get(name, 1)
    model = load(name)
    assert not model.training
    with torch.no_grad():
        found = model(x).numpy()
    np.testing.assert_allclose(found, STORED[f"{name}_logits"], atol=1e-5)


def test_sizes_come_from_the_configuration(hub):
    push(hub, "steegformer")
    model = load("steegformer", path_drop_prob=0.3, n_outputs=7)
    assert (model.embed_dim, model.depth, model.n_heads, model.expansion) == (24, 2, 2, 4)
    assert (model.path_drop_prob, model.n_outputs) == (0.3, 7)


def test_other_weights_are_refused(hub):
    push(hub, "labram", extra=torch.zeros(2))
    with pytest.raises(ValueError, match="got 1 of other names: 'extra'"):
        load("labram")


def test_a_damaged_file_is_refused(hub):
    push(hub, "labram")
    file = hub / "model.safetensors"
    file.write_bytes(file.read_bytes()[:200])
    with pytest.raises(ValueError, match=f"{REPO} at {COMMIT} has a damaged file"):
        load("labram")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"sfreq": 250}, "expected sfreq=200"),
        ({"ch_names": None, "n_chans": 4}, "which has learnt channels by name"),
        ({"n_times": 100}, "n_times of at least 200"),
    ],
)
def test_windows_that_do_not_fit_are_refused(hub, changes, message):
    push(hub, "labram")
    with pytest.raises(ValueError, match=message):
        load("labram", **changes)


def test_an_architecture_that_braindecode_does_not_share_is_refused():
    with pytest.raises(ValueError, match="that braindecode shares, got 'epint'"):
        from_braindecode_hub("epint", REPO, COMMIT, n_times=3072, n_outputs=2, n_chans=1)


def test_branches_are_refused():
    with pytest.raises(ValueError, match="commit of 40 hexadecimal digits, got 'main'"):
        from_braindecode_hub("signal_jepa", REPO, "main", n_times=300, n_outputs=2, n_chans=4)

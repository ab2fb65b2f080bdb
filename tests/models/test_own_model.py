"""Models of users' own: registered, or given as module:Class."""

import sys

import numpy as np
import pytest
import torch

from eegzoo.models import EEGModel, create_model, find_entry, load_model, register_model, save_model
from eegzoo.models import registry as module
from eegzoo.testing import check_model
from eegzoo.training import EEGClassifier
from tests.cli.test_cli import eegzoo, eegzoo_process

OWN = """
import torch
from eegzoo.layers import ConstrainedConv1d
from eegzoo.models import EEGModel


class PowerNet(EEGModel):
    def __init__(self, n_chans, n_times, n_outputs, sfreq, *, n_filters=8):
        super().__init__(n_chans, n_times, n_outputs, sfreq)
        self.set_arguments(n_filters=n_filters)
        self.conv = ConstrainedConv1d(n_chans, n_filters, 25)
        self.num_features = n_filters
        self.head = self.make_head(n_outputs)

    def features(self, x):
        return self.conv(x).square().mean(dim=2).add(1e-6).log()
"""
SIZES = {"n_chans": 3, "n_times": 128, "n_outputs": 2, "sfreq": 128}


@pytest.fixture
def registry(monkeypatch):
    entries = dict(module._ENTRIES)
    monkeypatch.setattr(module, "_ENTRIES", entries)
    return entries


@pytest.fixture
def own(tmp_path, monkeypatch):
    (tmp_path / "own_models.py").write_text(OWN)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "own_models", raising=False)
    import own_models

    yield own_models
    sys.modules.pop("own_models", None)


def test_a_model_of_ten_lines_passes_the_suite(own):
    check_model(own.PowerNet, n_times=64, lr=0.05, skip=["check_compiled_model"])


def test_its_windows_are_checked_without_a_line_of_its_own(own):
    with pytest.raises(ValueError, match=r"n_chans=3, n_times=128.* got \(2, 4, 128\)"):
        own.PowerNet(**SIZES).features(torch.zeros(2, 4, 128))


def test_it_is_created_saved_and_loaded_as_module_and_class(own, tmp_path):
    model = create_model("own_models:PowerNet", **SIZES, n_filters=4).eval()
    save_model(model, tmp_path / "model.safetensors")
    again = load_model(tmp_path / "model.safetensors")
    x = torch.randn(4, 3, 128)
    assert type(again) is own.PowerNet
    assert torch.equal(again(x), model(x))
    del sys.modules["own_models"]
    with pytest.raises(ValueError, match="import 'own_models', which defines it, before loading"):
        load_model(tmp_path / "model.safetensors")


def test_it_is_registered(own, registry, tmp_path):
    register_model("power_net")(own.PowerNet)
    model = create_model("power_net", **SIZES)
    save_model(model, tmp_path / "model.safetensors")
    assert type(load_model(tmp_path / "model.safetensors")) is own.PowerNet
    assert find_entry("own_models:PowerNet").name == "power_net"
    del registry["power_net"], sys.modules["own_models"]
    with pytest.raises(ValueError, match="'power_net': import 'own_models'"):
        load_model(tmp_path / "model.safetensors")


def test_a_new_definition_replaces_the_earlier_one(registry):
    def define():
        @register_model("mine")
        class Mine(EEGModel):
            pass

        return Mine

    define()
    again = define()
    assert find_entry("mine").model_class is again


@pytest.mark.parametrize("name", ["a.b", "a:b", "", 3], ids=repr)
def test_names_of_weights_and_classes_are_not_registered(registry, name):
    with pytest.raises(ValueError, match="name of a model to be a string without"):
        register_model(name)


@pytest.mark.parametrize(
    ("path", "error", "message"),
    [
        ("no_such_module_7:Net", ValueError, "No module named 'no_such_module_7'"),
        ("own_models:PoweNet", ValueError, "did you mean 'PowerNet'"),
        ("own_models:torch", TypeError, "to be a subclass of EEGModel"),
        (":Net", ValueError, "expected module:Class, got ':Net'"),
    ],
)
def test_a_class_that_does_not_exist_raises(own, path, error, message):
    with pytest.raises(error, match=message):
        find_entry(path)


def test_an_argument_that_is_not_kept_raises_by_name():
    class Forgetful(EEGModel):
        def __init__(self, n_chans, n_times, n_outputs, sfreq, width=3):
            super().__init__(n_chans, n_times, n_outputs, sfreq)

    with pytest.raises(TypeError, match="Forgetful to keep its argument 'width'"):
        Forgetful(**SIZES).arguments  # noqa: B018
    with pytest.raises(TypeError, match="to set num_features"):
        Forgetful(**SIZES).make_head(2)


def test_the_suite_finds_a_fault(own):
    class Mixing(own.PowerNet):
        def features(self, x):
            features = super().features(x)
            return features - features.mean(dim=0)

    with pytest.raises(AssertionError, match=r"check_nan_stays_in_its_window: "):
        check_model(Mixing, n_times=64)
    with pytest.raises(ValueError, match="did you mean 'check_copies'"):
        check_model(Mixing, skip=["check_copy"])


def test_an_estimator_takes_it_by_name(own, tmp_path):
    x = np.random.default_rng(0).standard_normal((12, 3, 128)).astype(np.float32) * 20
    y = np.arange(12) % 2
    fitted = EEGClassifier("own_models:PowerNet", sfreq=128, max_epochs=2, random_state=0).fit(x, y)
    fitted.save(tmp_path / "model.safetensors")
    again = EEGClassifier.load(tmp_path / "model.safetensors")
    assert np.array_equal(again.predict_proba(x), fitted.predict_proba(x))


def test_the_command_line_trains_it(own, tmp_path):
    options = ["--model", "own_models:PowerNet", "--max-epochs", "1", "--cv", "2", "--tmax", "1"]
    trained = eegzoo("train", *options, "--out", "own.safetensors", cwd=tmp_path)
    assert trained.returncode == 0, trained.stderr
    assert "saved own.safetensors" in trained.stdout
    # A new process knows the class by --import alone.
    evaluate = ("evaluate", "own.safetensors")
    shown = eegzoo_process("--import", "own_models", *evaluate, cwd=tmp_path)
    assert shown.returncode == 0, shown.stderr
    del sys.modules["own_models"]
    refused = eegzoo(*evaluate, cwd=tmp_path)
    assert refused.returncode == 2
    assert "import 'own_models'" in refused.stderr

"""Fine-tuning of small seeded models in the place of pretrained ones."""

import dataclasses
import sys

import numpy as np
import pytest
import torch
from sklearn.base import clone

from eegzoo import create_model
from eegzoo.data import EpochsDataset, SignalInfo
from eegzoo.models import LaBraM, parameter_groups
from eegzoo.models.finetuning import freeze, layers_of
from eegzoo.training import RECIPES, EEGClassifier
from eegzoo.training.finetuning.groups import tuned_groups
from eegzoo.training.finetuning.recomputing import recomputed_layers
from tests.weights.channels.small_weights import SMALL, small_weights
from tests.weights.foundation.test_checkpoints import checkpoint

pytestmark = pytest.mark.filterwarnings("ignore:channels are not used")

CH_NAMES = ["Fp1", "F7", "T7", "P7", "C3", "Cz", "C4"]
FAST = {"max_epochs": 2, "random_state": 0, "check_signal": "ignore"}


def small_labram(**changes):
    torch.manual_seed(0)
    arguments = {"n_filters": 4, "depth": 3, "n_heads": 2, "path_drop_prob": 0.0, **changes}
    return LaBraM(7, 400, 2, 200.0, ch_names=CH_NAMES, **arguments)


def windows(n=24, sfreq=200.0, seconds=2.0):
    """Return windows whose classes differ in the alpha amplitude of one channel."""
    rng = np.random.default_rng(0)
    n_times = round(seconds * sfreq)
    y = np.arange(n) % 2
    x = 20 * rng.standard_normal((n, len(CH_NAMES), n_times))
    alpha = np.sin(2 * np.pi * 10 * np.arange(n_times) / sfreq)
    x[:, 4] += 80 * y[:, None] * alpha
    signal = SignalInfo(CH_NAMES, sfreq, n_times)
    return EpochsDataset(x.astype(np.float32), y, ["left", "right"], signal)


def changed(before, after):
    """Return the names of the weights that a training changed."""
    after = after.state_dict()
    return {name for name, value in before.state_dict().items()
            if not torch.equal(value, after[name])}  # fmt: skip


# Learning rates.


def test_rates_are_those_of_labrams_authors():
    """`get_num_layer_for_vit` in the authors' optim_factory.py, with depth + 2 values."""
    model, decay = small_labram(), 0.65
    values = [decay ** (3 + 1 - place) for place in range(3 + 2)]
    recipe = dataclasses.replace(RECIPES["labram"], lr=1.0)
    rates, decays = {}, {}
    names = {id(weight): name for name, weight in model.named_parameters()}
    for group in tuned_groups(model, recipe):
        for weight in group["params"]:
            rates[names[id(weight)]] = group["lr"]
            decays[names[id(weight)]] = group.get("weight_decay")
    expected = {
        "class_token": values[0], "electrodes": values[0], "patches": values[0],
        "transformer.0": values[1], "transformer.1": values[2], "transformer.2": values[3],
        "norm": values[4], "head": values[4],
        # The authors' names let the table of seconds learn at the head's rate; here it learns like
        # the table of electrodes.
        "seconds": values[0],
    }  # fmt: skip
    assert len(rates) == len(names)
    for name, rate in rates.items():
        known = [value for start, value in expected.items() if name.startswith(start)]
        assert [rate] == pytest.approx(known), name
        matrix = model.get_parameter(name).ndim > 1
        assert decays[name] == (None if matrix else 0.0), name


def test_cbramods_backbone_learns_at_a_fifth():
    model = create_model("cbramod", n_chans=3, n_times=400, n_outputs=2, sfreq=200.0,
                         **{**SMALL["cbramod"], "depth": 2})  # fmt: skip
    recipe = RECIPES["cbramod"]
    for group in tuned_groups(model, recipe):
        is_head = any(weight is model.head.weight for weight in group["params"])
        assert group["lr"] == pytest.approx(5e-4 if is_head else 1e-4)


def test_other_recipes_have_one_group_of_the_recipes_rate():
    assert [list(group) for group in tuned_groups(small_labram(), RECIPES["plain"])] == [["params"]]


def test_layers_count_through_an_adapted_input():
    model = create_model("labram", weights=small_weights("labram"), ch_names=CH_NAMES, sfreq=250.0,
                         n_times=500, n_outputs=2)  # fmt: skip
    rates = [group["lr"] for group in parameter_groups(model, 1.0, 0.5)]
    assert rates == [1.0, 0.5, 0.25, 0.125]  # head, two layers, patches
    assert len(layers_of(model)) == 2


# What is trained.


@pytest.mark.parametrize("recipe", ["finetune", "labram", "cbramod"])
def test_all_weights_are_trained(recipe):
    model = small_labram()
    trained = EEGClassifier(model, recipe=recipe, **FAST).fit(windows()).model_
    assert changed(model, trained) == set(model.state_dict())


def test_the_head_alone_is_trained_as_with_a_frozen_backbone():
    model, data = small_labram(), windows()
    probe = EEGClassifier(model, recipe="linear_probe", **FAST).fit(data)
    assert changed(model, probe.model_) == {"head.weight", "head.bias"}
    frozen = small_labram()
    freeze(frozen)
    recipe = dataclasses.replace(RECIPES["linear_probe"], trains="all")
    slow = EEGClassifier(frozen, recipe=recipe, **FAST).fit(data)
    torch.testing.assert_close(
        probe.model_.head.weight, slow.model_.head.weight, rtol=1e-4, atol=1e-5
    )
    assert [*slow.model_.frozen_parts] != []
    assert [*probe.model_.frozen_parts] == []


def test_features_are_computed_once(monkeypatch):
    calls = []
    features = LaBraM.features

    def counted(self, x):
        calls.append(len(x))
        return features(self, x)

    monkeypatch.setattr(LaBraM, "features", counted)
    EEGClassifier(small_labram(), recipe="linear_probe", **{**FAST, "max_epochs": 5}).fit(windows())
    assert sum(calls) == 24


def test_augmented_windows_pass_a_frozen_backbone():
    model = small_labram()
    probe = EEGClassifier(model, recipe="linear_probe", augment=["gaussian_noise"], **FAST)
    assert changed(model, probe.fit(windows()).model_) == {"head.weight", "head.bias"}


def test_a_head_on_frozen_features_learns():
    data = windows(60)
    settings = {**FAST, "max_epochs": 60}
    probe = EEGClassifier(small_labram(), recipe="linear_probe", **settings).fit(data)
    assert probe.score(data) > 0.9
    assert probe.transform(data).shape == (60, probe.model_.num_features)


# Low-rank changes.


def test_lora_changes_linear_layers_by_a_low_rank():
    pytest.importorskip("peft")
    model = small_labram()
    recipe = dataclasses.replace(RECIPES["lora"], lora_rank=2)
    trained = EEGClassifier(model, recipe=recipe, **FAST).fit(windows()).model_
    names = [name for name in model.state_dict() if ".qkv.weight" in name or ".out.weight" in name]
    names += [
        f"transformer.{layer}.expand.{place}.weight" for layer in range(3) for place in (1, 3)
    ]
    assert changed(model, trained) == {*names, "head.weight", "head.bias"}
    assert list(trained.state_dict()) == list(model.state_dict())
    for name in names:
        difference = trained.state_dict()[name] - model.state_dict()[name]
        assert torch.linalg.matrix_rank(difference, rtol=1e-3) == 2, name
    assert all(weight.requires_grad for weight in trained.parameters())
    assert not hasattr(trained, "peft_config")


def test_lora_predicts_after_loading_what_it_did(tmp_path):
    pytest.importorskip("peft")
    data = windows()
    classifier = EEGClassifier(small_labram(), recipe="lora", **FAST).fit(data)
    classifier.save(tmp_path / "model.safetensors")
    again = EEGClassifier.load(tmp_path / "model.safetensors")
    np.testing.assert_array_equal(again.predict_proba(data), classifier.predict_proba(data))


def test_lora_without_peft_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "peft", None)
    with pytest.raises(ImportError, match=r"pip install 'eegzoo\[lora\]'"):
        EEGClassifier(small_labram(), recipe="lora", **FAST).fit(windows())


def test_lora_needs_linear_layers():
    pytest.importorskip("peft")
    with pytest.raises(ValueError, match="expected a model with linear layers before its head"):
        EEGClassifier("eegnet", recipe="lora", **FAST).fit(windows())


# Gradient checkpointing.


def test_recomputing_gives_the_same_weights():
    model, data = small_labram(drop_prob=0.2), windows()
    recipe = dataclasses.replace(RECIPES["finetune"], recompute_layers=True)
    plain = EEGClassifier(model, recipe="finetune", **FAST).fit(data).model_
    again = EEGClassifier(model, recipe=recipe, **FAST).fit(data).model_
    for name, value in plain.state_dict().items():
        torch.testing.assert_close(again.state_dict()[name], value, rtol=1e-4, atol=1e-6)
    assert "forward" not in vars(again.transformer[0])


def test_recomputing_keeps_less_for_the_gradient():
    def kept(model):
        total = 0

        def pack(tensor):
            nonlocal total
            total += tensor.numel()
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
            model(torch.randn(2, 7, 400))
        return total

    model = small_labram()
    plain = kept(model)
    with recomputed_layers(model):
        assert kept(model) < 0.5 * plain


def test_recomputing_needs_a_stack_of_layers():
    recipe = dataclasses.replace(RECIPES["plain"], recompute_layers=True)
    with pytest.raises(ValueError, match="expected a model with a stack of layers"):
        EEGClassifier("eegnet", recipe=recipe, **FAST).fit(windows())


# Weights by name.


@pytest.mark.parametrize("architecture", SMALL)
def test_weights_are_fine_tuned_on_other_channels_and_rates(architecture):
    data = windows(sfreq=250.0)
    classifier = EEGClassifier(small_weights(architecture), recipe="finetune", **FAST).fit(data)
    assert classifier.model_.ch_names == tuple(CH_NAMES)
    assert classifier.predict(data).shape == (24,)
    assert classifier.transform(data).shape == (24, classifier.model_.num_features)


def test_pretrained_weights_are_fine_tuned_by_name(tmp_path):
    torch.save(checkpoint("biot.six_datasets"), tmp_path / "biot.ckpt")
    settings = {**FAST, "model_params": {"path": tmp_path / "biot.ckpt"}}
    classifier = EEGClassifier("biot.six_datasets", recipe="linear_probe", **settings)
    classifier.fit(windows(sfreq=250.0))
    assert type(classifier.model_.backbone).__name__ == "BIOT"
    classifier.save(tmp_path / "mine.safetensors")
    again = EEGClassifier.load(tmp_path / "mine.safetensors")
    data = windows(sfreq=250.0)
    np.testing.assert_array_equal(again.predict_proba(data), classifier.predict_proba(data))


def test_weights_of_compact_models_are_fine_tuned_by_name():
    names = create_model("eegnet.ssvep_exo", weights=True).ch_names
    x = 20 * np.random.default_rng(0).standard_normal((12, 8, 256)).astype(np.float32)
    data = EpochsDataset(x, np.arange(12) % 3, list("abc"), SignalInfo(names, 128.0, 256))
    classifier = EEGClassifier("eegnet.ssvep_exo", recipe="linear_probe", **FAST).fit(data)
    assert classifier.model_.n_outputs == 3
    assert clone(classifier).model == "eegnet.ssvep_exo"


def test_weights_need_the_names_of_channels():
    with pytest.raises(ValueError, match="expected windows with the names of their channels"):
        EEGClassifier("eegnet.ssvep_exo", recipe="finetune", sfreq=128.0).fit(
            windows().X, [0, 1] * 12
        )


@pytest.mark.parametrize(
    ("model", "arguments", "error", "message"),
    [
        ("eegnet.ssvep", {}, ValueError, "did you mean"),
        ("eegnet.ssvep_exo", {"model_params": {"F1": 4}}, TypeError, "takes no argument 'F1'"),
        ("eegnet", {"recipe": "finetun"}, ValueError, "expected recipe to be one of"),
    ],
)
def test_wrong_names_raise(model, arguments, error, message):
    with pytest.raises(error, match=message):
        EEGClassifier(model, **arguments).fit(windows())


@pytest.mark.parametrize(
    ("setting", "value"),
    [("trains", "tail"), ("lora_rank", 0), ("layer_decay", 0.0), ("backbone_lr", -1.0),
     ("label_smoothing", 2.0)],
)  # fmt: skip
def test_a_recipe_checks_its_settings(setting, value):
    with pytest.raises(ValueError, match=f"expected {setting}"):
        dataclasses.replace(RECIPES["finetune"], **{setting: value})


def test_labels_are_smoothed_unless_the_loss_is_given():
    seen = []

    def loss(outputs, y):
        seen.append(len(y))
        return torch.nn.functional.cross_entropy(outputs, y, reduction="none")

    EEGClassifier(small_labram(), recipe="finetune", criterion=loss, **FAST).fit(windows())
    assert seen
    first = {}
    for smoothing in (0.0, 0.1):
        recipe = dataclasses.replace(RECIPES["finetune"], label_smoothing=smoothing)
        fitted = EEGClassifier(small_labram(), recipe=recipe, **FAST).fit(windows())
        first[smoothing] = fitted.history_[0]["train_loss"]
    assert first[0.0] != first[0.1]

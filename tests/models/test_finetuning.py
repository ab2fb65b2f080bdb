"""Frozen parts stay bit-identical in any training; the others learn at their own rates."""

import copy
from functools import partial

import numpy as np
import pytest
import torch
from skorch.callbacks import Callback
from torch import nn

import eegzoo
from eegzoo.layers import NormConstraint
from eegzoo.models import create_model, list_models, norm_features
from eegzoo.models.finetuning import freeze, parameter_groups, unfreeze
from eegzoo.testing.copies import (
    through_deepcopy,
    through_pickle,
    through_save_model,
    through_torch_save,
)
from eegzoo.testing.model_case import is_dropout, takes_sequences, windows
from eegzoo.torch_internals import BatchNormBase
from eegzoo.training import EEGClassifier
from eegzoo.training.callbacks.batch_statistics import renew_statistics
from eegzoo.weights import find_weights
from eegzoo.weights.zoo import load_weights
from tests.models.test_every_model import CLASSES, build
from tests.shared_data import SHARED, needs

X = np.random.default_rng(0).normal(3, 20, (24, 4, 128)).astype(np.float32)
Y = np.arange(24) % 2
PARTS = ["front", "reduce", "separable", "head"]


@pytest.fixture
def model():
    """EEGNet with running statistics and a spatial kernel beyond its limit, as if loaded."""
    model = create_model("eegnet", n_chans=4, n_times=128, n_outputs=2, drop_prob=0.25, sfreq=128)
    with torch.no_grad():
        model.train()(torch.from_numpy(X))
        model.front.spatial.weight.mul_(5)
    return model.eval()


def state(model):
    return {key: tensor.clone() for key, tensor in model.state_dict().items()}


def changed(model, before):
    """Names of the parts whose parameters or buffers changed."""
    keys = [
        key for key, tensor in model.state_dict().items() if not torch.equal(tensor, before[key])
    ]
    return {key.partition(".")[0] for key in keys}


def modes(model):
    """Return the modes of all modules of each part, without repetition."""
    return {name: {m.training for m in part.modules()} for name, part in model.named_children()}


def put_into_training(model):
    """Call ``train`` of the model and of each of its modules, as some callbacks do."""
    model.train()
    for module in model.modules():
        assert module.train() is module
    return model


def loaded(name):
    """Return a model as if loaded: with running statistics and weights beyond their limits."""
    torch.manual_seed(0)
    model = build(name)
    with torch.no_grad():
        model(windows(model))
        for layer in model.modules():
            if isinstance(layer, NormConstraint) and layer.max_norm is not None:
                layer.weight.mul_(5)
    return model.eval()


def inputs_of(model):
    """Return single windows and, for models of sequences, sequences and sequences with padding."""
    x = windows(model, 6)
    inputs = [(x,)]
    if takes_sequences(model):
        sequences = x.unflatten(0, (2, 3))
        inputs += [(sequences,), (sequences, torch.tensor([3, 1]))]
    return inputs


def fit(model, **parameters):
    settings = {"max_epochs": 2, "batch_size": 8, "random_state": 0, "weight_decay": 0.1}
    return EEGClassifier(model, **{**settings, **parameters}).fit(X, Y).model_


# Freezing.


@pytest.mark.parametrize("until", PARTS[1:])
@pytest.mark.parametrize("normalize", ["whiten", "none"])
def test_frozen_parts_are_bit_identical_after_a_fit(model, until, normalize):
    before = state(model)
    assert freeze(model, until) == PARTS[: PARTS.index(until)]
    fitted = fit(model, normalize=normalize)
    assert changed(fitted, before) == set(PARTS[PARTS.index(until) :])
    assert changed(model, before) == set()  # the classifier trains a copy


def test_without_freezing_all_parts_change(model):
    assert changed(fit(model), state(model)) == set(PARTS)


def test_frozen_parts_stay_the_same_in_compiled_training(model, monkeypatch):
    compiler = torch.compile  # the graph decides what is trained, not the code that computes it
    monkeypatch.setattr(torch, "compile", partial(compiler, backend="aot_eager"))
    before = state(model)
    freeze(model)
    assert changed(fit(model, compile=True, max_epochs=1), before) == {"head"}


def test_frozen_parts_stay_the_same_in_a_custom_training_loop(model):
    before = state(model)
    freeze(model, "separable")
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.1, weight_decay=0.1)
    model.train()
    for _ in range(3):
        optimizer.zero_grad()
        model(torch.from_numpy(X)).square().sum().backward()
        optimizer.step()
    assert changed(model, before) == {"separable", "head"}


def test_frozen_parts_stay_in_evaluation_mode_within_another_module(model):
    freeze(model, "separable")
    holder = nn.ModuleDict({"model": model}).train()
    assert modes(model) == {
        "front": {False}, "reduce": {False}, "separable": {True}, "head": {True}
    }  # fmt: skip
    assert model.training
    x = torch.from_numpy(X)
    assert torch.equal(model.front(x), model.front(x))
    holder.eval()
    assert not any(layer.training for layer in model.modules())


@pytest.mark.parametrize("copied", [through_deepcopy, through_pickle, through_torch_save])
def test_a_copy_is_frozen_too(model, copied):
    freeze(model)
    twin = put_into_training(copied(model))
    assert modes(twin) == {name: {name == "head"} for name in PARTS}
    unfreeze(twin)
    assert modes(twin) == {name: {True} for name in PARTS}
    assert all(weight.requires_grad for weight in twin.parameters())
    assert modes(put_into_training(model)) == {name: {name == "head"} for name in PARTS}


def test_a_saved_model_is_loaded_with_the_same_weights_and_nothing_frozen(model):
    freeze(model)
    x = torch.from_numpy(X)
    again = through_save_model(put_into_training(model))
    assert torch.equal(again.features(x), model.features(x))
    assert again.frozen_parts == ()
    assert all(weight.requires_grad for weight in again.parameters())
    assert modes(again.train()) == {name: {True} for name in PARTS}


def test_a_replaced_layer_of_a_frozen_part_is_in_evaluation_mode(model):
    freeze(model)
    model.reduce[0] = nn.BatchNorm1d(16)
    assert modes(model.train())["reduce"] == {False}


def test_parameters_that_are_frozen_lose_their_gradients(model):
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.1, weight_decay=0.1)
    model.train()(torch.from_numpy(X)).square().sum().backward()
    before = state(model)
    freeze(model)
    optimizer.step()
    assert changed(model, before) == {"head"}


def test_freezing_and_unfreezing_keep_the_mode_of_the_other_parts(model):
    model.train().head.eval()
    freeze(model, "separable")
    assert modes(model) == dict(zip(PARTS, [{False}, {False}, {True}, {False}], strict=True))
    unfreeze(model)
    assert modes(model) == dict(zip(PARTS, [{True}, {True}, {True}, {False}], strict=True))


class TrainEachModule(Callback):
    """Callback that puts each module into training mode before each step."""

    def on_batch_begin(self, net, training=False, **_):
        if training:
            put_into_training(net.trained)


@pytest.mark.parametrize("validation", [None, 0.25])
def test_frozen_parts_stay_the_same_with_callbacks_averages_and_validation(model, validation):
    before = state(model)
    freeze(model, "separable")
    fitted = fit(model, ema=0.9, validation=validation, callbacks=[TrainEachModule()])
    assert changed(fitted, before) == {"separable", "head"}
    again = put_into_training(copy.deepcopy(fitted))
    assert modes(again) == dict(zip(PARTS, [{False}, {False}, {True}, {True}], strict=True))


def test_a_second_pass_trains_the_same_parts(model):
    before = state(model)
    freeze(model)
    classifier = EEGClassifier(model, batch_size=8, random_state=0)
    for _ in range(2):
        classifier.partial_fit(X, Y, classes=[0, 1])
        assert changed(classifier.model_, before) == {"head"}


def test_frozen_parts_compile_into_the_same_graph_as_in_evaluation(model):
    x = torch.from_numpy(X)
    expected = model.features(x)
    freeze(model)
    torch._dynamo.reset()
    compiled = torch.compile(model, fullgraph=True, backend="aot_eager")
    before = state(model)
    compiled.train()
    torch.testing.assert_close(compiled(x), model.head(expected))
    assert changed(model, before) <= {"head"}
    torch._dynamo.reset()


def test_another_call_replaces_the_first(model):
    freeze(model, "head")
    freeze(model, "reduce")
    learning = {name.partition(".")[0] for name, w in model.named_parameters() if w.requires_grad}
    assert learning == {"reduce", "separable", "head"}
    model.train()
    assert model.separable.training
    unfreeze(model)
    assert all(layer.training for layer in model.modules())
    assert all(weight.requires_grad for weight in model.parameters())


def test_unfreeze_keeps_parameters_that_were_not_trainable_before(model):
    model.head.bias.requires_grad_(False)
    model.front.temporal.weight.requires_grad_(False)
    freeze(model)
    unfreeze(model)
    still = [name for name, weight in model.named_parameters() if not weight.requires_grad]
    assert still == ["front.temporal.weight", "head.bias"]


def test_a_new_head_is_trainable(model):
    freeze(model)
    model.reset_head(5)
    assert all(weight.requires_grad for weight in model.head.parameters())


@pytest.mark.parametrize("until", ["front", "nothing", "", "separable.0"])
def test_an_unknown_or_first_part_raises(model, until):
    with pytest.raises(ValueError, match=r"until to be one of \['reduce', 'separable', 'head'\]"):
        freeze(model, until)
    assert all(weight.requires_grad for weight in model.parameters())


# torch 2.13 rounds some recurrent and attention layers otherwise if no weight needs a gradient.
ROUNDED_BY_WEIGHTS = ("cbramod", "robustsleepnet", "seqsleepnet", "steegformer")


@pytest.mark.parametrize("name", list_models())
def test_features_in_front_of_a_trained_head_are_those_of_evaluation(name):
    model = loaded(name)
    inputs = inputs_of(model)
    with torch.no_grad():
        expected = [model.features(*x) for x in inputs]
    before = state(model)
    frozen = freeze(model)
    for place, (x, features) in enumerate(zip(inputs, expected, strict=True)):
        evaluated = model.features(*x)
        if name in ROUNDED_BY_WEIGHTS:
            largest = max(1.0, float(features.abs().max()))
            torch.testing.assert_close(evaluated, features, rtol=0, atol=1e-6 * largest)
            expected[place] = evaluated
        else:
            assert torch.equal(evaluated, features)
    put_into_training(model)
    assert modes(model) == {part: {part not in frozen} for part in [*frozen, "head"]}
    generator = torch.get_rng_state()
    for _ in range(2):
        for x, features in zip(inputs, expected, strict=True):
            assert torch.equal(model.features(*x), features)
    assert torch.equal(torch.get_rng_state(), generator)
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.1, weight_decay=0.1)
    model(inputs[-1][0]).square().sum().backward()
    trained = {key for key, weight in model.named_parameters() if weight.grad is not None}
    assert trained == {f"head.{key}" for key, _ in model.head.named_parameters()}
    optimizer.step()
    assert changed(model, before) == {"head"}
    after = model.state_dict()
    assert not any(torch.equal(after[key], before[key]) for key in trained)
    for x, features in zip(inputs, expected, strict=True):
        assert torch.equal(model.features(*x), features)


@pytest.mark.parametrize("name", list_models())
def test_features_of_parts_that_are_not_frozen_differ_in_training(name):
    model = loaded(name)
    body = [part for key, part in model.named_children() if key != "head"]
    layers = [layer for part in body for layer in part.modules()]
    if not any((is_dropout(x) and x.p > 0) or isinstance(x, BatchNormBase) for x in layers):
        pytest.skip("no batch normalisation, and no dropout by default, in front of the head")
    x = windows(model)
    expected = model.features(x)
    assert not torch.equal(model.train().features(x), expected)
    freeze(model)
    unfreeze(model)
    assert all(layer.training for layer in model.modules())
    assert not torch.equal(model.features(x), model.eval().features(x))


@pytest.mark.parametrize("name", CLASSES)
def test_each_dropout_between_parts_is_applied_once(name):
    """A dropout that is applied twice cannot be off in a frozen part and on in the next one."""
    model, calls = build(name), []
    for layer in filter(is_dropout, model.children()):
        layer.register_forward_hook(lambda layer, *_: calls.append(layer))
    x = windows(model, 6)
    model(x.unflatten(0, (2, 3)) if takes_sequences(model) else x)
    assert len(calls) == len(set(calls))


@pytest.mark.parametrize("name", CLASSES)
def test_every_model_can_be_frozen_up_to_each_of_its_parts(name):
    model = loaded(name)
    parts = [part for part, _ in model.named_children()]
    for until in parts[1:]:
        frozen = freeze(model, until)
        put_into_training(model)
        assert frozen == parts[: parts.index(until)]
        assert all(mode == {part not in frozen} for part, mode in modes(model).items())
    unfreeze(model)
    assert all(layer.training for layer in model.modules())
    assert not any(layer.training for layer in model.eval().modules())


def test_dropout_behind_a_frozen_part_of_a_recurrent_model_is_on():
    model = loaded("tinysleepnet")
    x = windows(model)
    expected = model.window_features(x)
    freeze(model, "lstm")
    put_into_training(model)
    assert torch.equal(model.window_features(x), expected)
    assert not torch.equal(model.features(x), model.features(x))


@needs(SHARED / "weights")
def test_trained_weights_keep_their_features(monkeypatch):
    monkeypatch.setenv("EEGZOO_WEIGHTS", str(SHARED / "weights"))
    weights = find_weights("eegnet.physionet_mi2")
    model = load_weights(weights)
    before, x = state(model), np.float32(20 * np.random.default_rng(0).normal(size=(12, 64, 480)))
    freeze(model)
    classifier = EEGClassifier(model, normalize="none", max_epochs=1, random_state=0)
    fitted = classifier.fit(x, Y[:12]).model_
    assert changed(fitted, before) == {"head"}
    with torch.no_grad():
        found, expected = (each.eval().features(torch.from_numpy(x)) for each in (fitted, model))
    assert torch.equal(found, expected)


# Running statistics.


def test_statistics_equal_torchs_if_nothing_is_frozen(model):
    twin = copy.deepcopy(model)
    batches = torch.from_numpy(X).split(8)
    torch.manual_seed(0)
    torch.optim.swa_utils.update_bn(batches, twin)
    torch.manual_seed(0)
    renew_statistics(model, ((batch,) for batch in batches))
    torch.testing.assert_close(model.state_dict(), twin.state_dict(), rtol=0, atol=0)
    assert not model.training
    assert model.front.norm.momentum == 0.01


def test_statistics_of_frozen_parts_are_not_renewed(model):
    freeze(model, "separable")
    before = state(model)
    renew_statistics(put_into_training(model), ((torch.from_numpy(X),),))
    assert changed(model, before) == {"separable"}


def test_a_model_without_statistics_to_renew_does_not_change(model):
    freeze(model)
    before = state(model)
    renew_statistics(model, iter(lambda: pytest.fail("a batch was asked for"), None))
    assert changed(model, before) == set()


# Learning rates.


def rates(model, lr=1.0, decay=0.5):
    """Learning rate of each parameter by name."""
    names = {id(weight): name for name, weight in model.named_parameters()}
    return {
        names[id(weight)]: group["lr"]
        for group in parameter_groups(model, lr, decay)
        for weight in group["params"]
    }


def test_each_part_learns_slower_than_the_next(model):
    found = rates(model)
    assert found.keys() == dict(model.named_parameters()).keys()
    by_part = {name.partition(".")[0]: rate for name, rate in found.items()}
    assert by_part == {"head": 1.0, "separable": 0.5, "reduce": 0.25, "front": 0.125}


def test_frozen_parts_are_not_given_to_the_optimizer(model):
    freeze(model, "separable")
    assert {name.partition(".")[0] for name in rates(model)} == {"separable", "head"}
    assert rates(model)["separable.0.weight"] == 0.5


def test_a_rate_does_not_depend_on_frozen_parts(model):
    free = rates(model)
    model.separable.requires_grad_(False)
    assert rates(model)["front.temporal.weight"] == free["front.temporal.weight"]


@pytest.mark.parametrize("name", list_models())
def test_every_parameter_of_every_model_is_in_one_group(name):
    model = build(name)
    groups = parameter_groups(model, 1e-2, 0.5)
    given = [id(weight) for group in groups for weight in group["params"]]
    learning = [id(weight) for weight in model.parameters() if weight.requires_grad]
    assert sorted(given) == sorted(learning)
    assert groups[0]["lr"] == 1e-2
    torch.optim.AdamW(groups)


def test_a_parameter_of_two_parts_has_the_rate_of_the_later_one():
    net = nn.Sequential(nn.Linear(3, 3), nn.ReLU(), nn.Linear(3, 3))
    net[0].weight = net[2].weight
    assert rates(net) == {"0.weight": 1.0, "2.bias": 1.0, "0.bias": 0.5}


def test_parameters_of_the_model_itself_have_the_rate_of_its_first_part():
    model = build("ctnet")
    found = rates(model)
    assert found["position"] == found["front.temporal.weight"] < found["head.1.weight"]


def test_a_model_without_parts_is_one_group():
    assert rates(nn.Linear(3, 2)) == {"weight": 1.0, "bias": 1.0}


@pytest.mark.parametrize(
    ("lr", "decay", "message"), [(0, 0.5, "lr"), (1, 0.0, "decay"), (1, 1.1, "decay")]
)
def test_rates_out_of_range_raise(model, lr, decay, message):
    with pytest.raises(ValueError, match=f"expected {message} to be a number above 0"):
        parameter_groups(model, lr, decay)


def test_a_model_without_trainable_parameters_raises(model):
    with pytest.raises(ValueError, match="expected a model with trainable parameters, got none"):
        parameter_groups(model.requires_grad_(False), 1e-2, 0.5)


def test_the_classifier_decays_rates_by_part(model):
    before = state(model)

    def moved(layer_decay):
        after = fit(model, layer_decay=layer_decay, max_epochs=1, weight_decay=0.0).state_dict()
        return {
            part: float((after[key] - before[key]).abs().max())
            for part, key in {"front": "front.temporal.weight", "head": "head.bias"}.items()
        }

    alike, decayed = moved(1.0), moved(0.1)
    assert decayed["front"] < 0.01 * alike["front"]
    assert decayed["head"] == pytest.approx(alike["head"], rel=0.5)


@pytest.mark.parametrize("layer_decay", [0.0, 1.5, -1])
def test_the_classifier_checks_its_decay(layer_decay):
    with pytest.raises(ValueError, match="expected layer_decay to be a number above 0"):
        EEGClassifier("eegnet", layer_decay=layer_decay).fit(X, Y)


def test_z_scored_features_freeze_last_of_the_parts_before_the_head():
    model = eegzoo.create_model("eegnet", n_chans=4, n_times=128, n_outputs=2, sfreq=128)
    norm_features(model, drop_prob=0.5)
    with pytest.raises(ValueError, match="expected until to be one of"):
        freeze(model, until="front")
    assert freeze(model, until="reduce") == ["front"]
    assert model.train().feature_norm.training
    assert freeze(model) == ["front", "reduce", "separable", "feature_norm"]

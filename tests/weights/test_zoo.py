"""`eegzoo.create_model` and `eegzoo.list_models`: models by name, with or without weights."""

import shutil

import pytest
import torch

from eegzoo import create_model, list_models, list_weights, load_model
from eegzoo.weights import find_weights, list_foundation_weights, weights_in

NAME = "eegnet.ssvep_exo"
SIZES = {"n_chans": 3, "n_times": 128, "n_outputs": 2, "sfreq": 128}


@pytest.fixture
def mine(tmp_path):
    """Return weights in a copy of a shipped file."""
    path = tmp_path / "mine.safetensors"
    shutil.copy(find_weights(NAME).source, path)
    return weights_in(path)


def assert_is_trained(model):
    """Check that a model has the weights of `NAME` and is in evaluation mode."""
    expected = load_model(find_weights(NAME).source).state_dict()
    torch.testing.assert_close(model.state_dict(), expected, rtol=0, atol=0)
    assert not any(module.training for module in model.modules())


# Initial weights.


def test_without_weights_the_model_is_new():
    model = create_model("eegnet", **SIZES, F1=4)
    assert model.training
    assert {key: model.arguments[key] for key in SIZES} == SIZES
    assert model.F1 == 4
    other = create_model("eegnet", **SIZES, F1=4)
    assert not torch.equal(model.head.weight, other.head.weight)


@pytest.mark.parametrize("name", [NAME, "eegnet.physionet_mi2"])
def test_name_of_weights_requires_weights(name):
    for sizes in (SIZES, {}):
        with pytest.raises(ValueError, match=f"expected weights=True with .* '{name}', got False"):
            create_model(name, **sizes)


def test_new_model_requires_its_sizes():
    with pytest.raises(TypeError, match="eegnet needs sfreq, the sampling rate"):
        create_model("eegnet", n_chans=3, n_times=128, n_outputs=2)


def test_unknown_argument_of_a_new_model_proposes_a_near_one():
    with pytest.raises(TypeError, match="'kernel_lenght'; did you mean 'kernel_length'"):
        create_model("eegnet", **SIZES, kernel_lenght=64)


def test_unknown_architecture_proposes_a_near_one():
    with pytest.raises(ValueError, match="unknown model 'egnet'; did you mean 'eegnet'"):
        create_model("egnet", **SIZES)


# Trained weights.


def test_weights_by_name():
    assert_is_trained(create_model(NAME, weights=True))


def test_weights_as_an_object(mine):
    assert_is_trained(create_model("eegnet", weights=mine))
    assert_is_trained(create_model("eegnet", weights=find_weights(NAME)))


@pytest.mark.parametrize("name", ["eegnet_8_2", "shallow_convnet", NAME, "mine", "egnet"])
def test_weights_of_another_architecture_raise(mine, name):
    with pytest.raises(
        ValueError, match=f"expected the name 'eegnet' with weights 'mine', got '{name}'"
    ):
        create_model(name, weights=mine)


@pytest.mark.parametrize("weights", ["yes", NAME, 1, 0, None])
def test_weights_of_another_type_raise(weights):
    with pytest.raises(TypeError, match=f"weights to be a bool or Weights, got {weights!r}"):
        create_model(NAME, weights=weights)


def test_name_of_an_architecture_lists_its_weights():
    with pytest.raises(ValueError, match=r"got 'shallow_convnet'; available: (.*)$") as raised:
        create_model("shallow_convnet", weights=True)
    listed = str(raised.value).partition("available: ")[2].split(", ")
    assert listed == list_weights("shallow_convnet.*")
    with pytest.raises(ValueError, match=r"available: .*, eegnet\.physionet_mi2, "):  # a family
        create_model("eegnet", weights=True)
    with pytest.raises(ValueError, match=r"got 'eegnet_8_2'; available: eegnet\.sample_audvis$"):
        create_model("eegnet_8_2", weights=True)
    with pytest.raises(ValueError, match=r"got 'stagernet'; available: none$"):
        create_model("stagernet", weights=True)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("egnet", "unknown model 'egnet'; did you mean 'eegnet'"),
        ("eegnet.ssvep_exp", "unknown weights 'eegnet.ssvep_exp'; did you mean 'eegnet.ssvep_exo'"),
        ("egnet.ssvep_exo", "unknown weights 'egnet.ssvep_exo'; did you mean 'eegnet.ssvep_exo'"),
    ],
)
def test_unknown_weights_propose_near_ones(name, message):
    with pytest.raises(ValueError, match=message):
        create_model(name, weights=True)


@pytest.mark.parametrize(
    ("argument", "near"),
    [("n_output", "; did you mean 'n_outputs'"), ("chnames", "; did you mean 'ch_names'"),
     ("mising", "; did you mean 'missing'"), ("F1", "")],
)  # fmt: skip
def test_unknown_argument_of_trained_weights_proposes_a_near_one(mine, argument, near):
    for name, weights in ((NAME, True), ("eegnet", mine)):
        with pytest.raises(TypeError, match=f"take no argument '{argument}'{near}"):
            create_model(name, weights=weights, **{argument: 3})


def test_missing_requires_ch_names():
    with pytest.raises(ValueError, match="expected missing only with ch_names, got 'zero'"):
        create_model(NAME, weights=True, missing="zero")


def test_adapted_model_has_the_outputs_and_channels():
    trained = create_model(NAME, weights=True)
    names = trained.ch_names[::-1]
    model = create_model(NAME, weights=True, n_outputs=2, ch_names=names)
    assert (model.n_outputs, model.ch_names, model.training) == (2, names, False)
    x = torch.randn(4, trained.n_chans, trained.n_times)
    with torch.no_grad():
        found, expected = model.features(x.flip(1)), trained.features(x)
    torch.testing.assert_close(found, expected)


# Names.


def test_models_are_those_with_weights_and_those_without():
    with_weights, without = list_models(weights=True), list_models(weights=False)
    assert sorted([*with_weights, *without]) == list_models() == list_models(weights=None)
    architectures = {find_weights(name).metadata.architecture for name in list_weights()}
    pretrained = {name.partition(".")[0] for name in list_foundation_weights()}
    assert set(with_weights) == architectures | pretrained
    assert {"eegnet", "eegnet_8_2", "shallow_convnet"} <= set(with_weights)
    assert {"eegnet_4_2", "stagernet"} <= set(without)


def test_models_are_filtered_by_pattern_task_and_weights():
    assert list_models("shallow*", weights=True) == ["shallow_convnet"]
    assert list_models("shallow*", weights=False) == []
    assert "eegsym" in list_models(task="motor imagery", weights=True)
    sleep = ["chambon2018", "robustsleepnet", "seqsleepnet", "sleeptransformer", "tinysleepnet"]
    assert list_models(task="sleep", weights=True, foundation=False) == sleep
    assert list_models(task="sleep", foundation=True) == [
        "bendr", "biot", "cbramod", "eegpt", "reve",
    ]  # fmt: skip
    assert list_models(task="erp", weights=False) == sorted(
        {*list_models(task="erp")} - {*list_models(task="erp", weights=True)}
    )
    with pytest.raises(ValueError, match="unknown task 'slep'; did you mean 'sleep'"):
        list_models(task="slep", weights=True)

"""Models of the zoo for the windows of any data set."""

import pytest
import torch

from eegzoo.models import create_model
from eegzoo.models.adapted_input import AdaptedInput
from eegzoo.weights.benchmarks.any_windows import inner_model, model_for, own_arguments

SIZES = {"n_chans": 3, "n_times": 500, "n_outputs": 2, "sfreq": 250.0}
SMALL = {"n_filters": 4, "depth": 1, "n_heads": 2}


def test_a_foundation_model_follows_the_plan():
    model = model_for("labram", **SIZES, ch_names=["EEG C3", "EEG Cz", "EEG C4"], **SMALL)
    assert isinstance(model, AdaptedInput)
    assert (model.n_chans, model.n_times, model.sfreq) == (3, 500, 250)
    assert inner_model(model).ch_names == ("C3", "CZ", "C4")
    assert model(torch.randn(2, 3, 500)).shape == (2, 2)


def test_windows_that_need_no_change_go_into_the_model_itself():
    sizes = {**SIZES, "n_times": 400, "sfreq": 200.0}
    model = model_for("labram", **sizes, ch_names=["C3", "CZ", "C4"], **SMALL)
    assert inner_model(model) is model


def test_pretrained_weights_by_name_give_their_channels():
    names = ["FP1-F7", "F7-T7", "C3-A2"]
    with pytest.warns(UserWarning, match="channels are not used: C3-A2"):
        model = model_for("biot.prest", **SIZES, ch_names=names)
    assert inner_model(model).ch_names == ("FP1-F7", "F7-T7")


def test_any_channels_without_names_suit_models_that_take_any():
    model = model_for("cbramod", **{**SIZES, "sfreq": 200.0}, n_filters=5, depth=1, n_heads=2)
    assert model.ch_names is None


def test_faults_of_a_plan_raise_with_its_table():
    with pytest.raises(ValueError, match=r"labram: 128 channels"):
        model_for("labram", **SIZES, ch_names=["E1", "E2", "E3"], **SMALL)


def test_missing_names_raise():
    with pytest.raises(ValueError, match="expected ch_names for labram, which knows channels by"):
        model_for("labram", **SIZES)


def test_other_channels_than_those_of_trained_weights_raise():
    trained = create_model("eegnet", **SIZES, ch_names=["C3", "Cz", "C4"])
    own = own_arguments(trained)
    assert model_for("eegnet", **SIZES, ch_names=["EEG C3", "CZ", "C4."], **own).n_chans == 3
    with pytest.raises(ValueError, match="expected the channels C3, Cz, C4, on which eegnet"):
        model_for("eegnet", **SIZES, ch_names=["C4", "Cz", "C3"], **own)

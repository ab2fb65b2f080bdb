"""Checks of a model's copies, files and devices."""

from __future__ import annotations

import copy
import io
import pickle
import tempfile
from collections.abc import Callable
from typing import Any

import torch

from eegzoo.models.base import EEGModel
from eegzoo.models.saving import load_model, save_model
from eegzoo.testing.expectations import expect, expect_same
from eegzoo.testing.model_case import ModelCase, windows


def through_pickle(model: EEGModel) -> EEGModel:
    """Return a copy by pickle."""
    again: EEGModel = pickle.loads(pickle.dumps(model))
    return again


def through_deepcopy(model: EEGModel) -> EEGModel:
    """Return a copy by ``copy.deepcopy``."""
    return copy.deepcopy(model)


def through_torch_save(model: EEGModel) -> EEGModel:
    """Return a copy by `torch.save` of the whole model."""
    file = io.BytesIO()
    torch.save(model, file)
    file.seek(0)
    again: EEGModel = torch.load(file, weights_only=False)
    return again


def through_its_arguments(model: EEGModel) -> EEGModel:
    """Return a model of the same arguments, with the weights of the same state dict."""
    again = type(model)(**model.arguments).to(next(model.parameters()).dtype)
    file = io.BytesIO()
    torch.save(model.state_dict(), file)
    file.seek(0)
    again.load_state_dict(torch.load(file, weights_only=True))
    return again.eval()


def through_save_model(model: EEGModel) -> EEGModel:
    """Return a copy by `save_model` and `load_model`."""
    with tempfile.TemporaryDirectory() as folder:
        save_model(model, f"{folder}/model.safetensors")
        return load_model(f"{folder}/model.safetensors")


COPIES: tuple[Callable[[EEGModel], EEGModel], ...] = (
    through_pickle,
    through_deepcopy,
    through_torch_save,
    through_its_arguments,
    through_save_model,
)


def check_copies(case: ModelCase) -> None:
    """Check that copies, pickles and files hold the same model, bit for bit."""
    for dtype in (torch.float32, torch.float64):
        model = case.build().to(dtype)
        model(windows(model))  # updates the running statistics
        model.reset_head(2)
        model.eval()
        for copied in COPIES:
            _compare(copied(model), model, copied.__name__)


def _compare(again: EEGModel, model: EEGModel, how: str) -> None:
    expect(type(again) is type(model), f"{how}: the class is {type(again)}")
    expect(again.arguments == model.arguments, f"{how}: the arguments are {again.arguments}")
    expect(_attributes(again) == _attributes(model), f"{how}: the attributes differ")
    expect(not again.training, f"{how}: the copy is in training mode")
    x = windows(model)
    expect_same(again.state_dict(), model.state_dict(), f"{how}: the state dict")
    expect_same(again(x), model(x), f"{how}: the outputs")
    with torch.no_grad():
        next(again.parameters()).add_(1.0)
    shared = torch.equal(next(again.parameters()), next(model.parameters()))
    expect(not shared, f"{how}: the copy shares its weights with the model")


def _attributes(model: EEGModel) -> dict[str, Any]:
    return {key: value for key, value in vars(model).items() if not key.startswith("_")}


def check_a_loaded_model_trains(case: ModelCase) -> None:
    """Check that a model from a file gets gradients."""
    model = case.build()
    trained = [key for key, p in model.named_parameters() if p.requires_grad]
    again = through_save_model(model).train()
    again(windows(again)).square().sum().backward()
    for key in trained:
        parameter = again.get_parameter(key)
        expect(parameter.requires_grad, f"{key} of a loaded model is not trained")
        expect(parameter.grad is not None, f"{key} of a loaded model gets no gradient")


def check_meta_device(case: ModelCase) -> None:
    """Check that a model computes shapes on the meta device, and gets weights afterwards."""
    expected = case.build().eval()
    x = windows(expected)
    with torch.device("meta"):
        model = case.build()
        shape = model(x.to("meta")).shape
    expect(shape == (4, model.n_outputs), f"the outputs on the meta device have shape {shape}")
    model.to_empty(device="cpu").load_state_dict(expected.state_dict())
    expect_same(model.eval()(x), expected(x), "a model that was built on the meta device")
    moved = copy.deepcopy(expected).to("meta")
    expect(moved(x.to("meta")).shape == shape, "a model that was moved to the meta device")

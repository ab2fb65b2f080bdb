"""The diagram has all parts of a model, with shapes and parameters."""

import numpy as np
import pytest
import torch
from torch import nn

from eegzoo import create_model, list_models
from eegzoo.models import find_entry
from eegzoo.report import alternative_text, plot_blocks
from eegzoo.report.model.block_diagram import model_blocks
from eegzoo.training import EEGClassifier

SIZE = {"n_chans": 4, "n_outputs": 3, "sfreq": 100}


@pytest.mark.parametrize("name", list_models())
def test_parameters_of_all_blocks_are_those_of_the_model(name):
    entry = find_entry(name)
    own = {key: entry.standard[key] for key in ("stimulus_freqs",) if key in entry.standard}
    if entry.foundation and "depth" in entry.parameters:
        own["depth"] = 2  # their published sizes take seconds each
    model = create_model(name, n_times=640, **SIZE, **own)
    blocks = model_blocks(model)
    in_blocks = sum(block.n_params for block in blocks)
    own = sum(p.numel() for p in model.parameters(recurse=False))
    # Tables of electrodes and positions are read, not called. Any other part has a block.
    shown = {block.name.partition(".")[0] for block in blocks}
    unseen = {name: part for name, part in model.named_children() if name not in shown}
    own += sum(table.weight.numel() for table in unseen.values() if isinstance(table, nn.Embedding))
    assert in_blocks + own == sum(p.numel() for p in model.parameters())
    assert blocks[-1].shape == (3,)
    assert len(blocks) <= 14


def test_arrows_join_blocks_that_follow_one_another():
    blocks = model_blocks(create_model("shallow_convnet", n_times=640, **SIZE))
    follows = {block.name: block.follows for block in blocks}
    # Between the normalisation and the pool is a square, and behind the pool a logarithm.
    assert follows == {"front": True, "norm": True, "pool": False, "drop": False, "head": True}


def test_model_does_not_change():
    model = create_model("eegnet", n_times=128, **SIZE).train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    model_blocks(model)
    assert model.training
    assert not any(layer._forward_hooks or layer._forward_pre_hooks for layer in model.modules())
    for name, value in model.state_dict().items():
        assert torch.equal(value, before[name])


def test_blocks_are_drawn_with_shapes_and_parameters():
    figure = plot_blocks(create_model("eegnet", n_times=128, **SIZE))
    (axes,) = figure.axes
    texts = [text.get_text() for text in axes.texts]
    assert texts[0] == "4 channels × 128 samples"
    assert {"front", "16 × 128", "480 parameters", "head", "3"} <= set(texts)
    assert len(axes.patches) == 4
    assert "front to 16 by 128, 480 parameters" in alternative_text(figure)


def test_own_module_is_divided():
    class Own(nn.Module):
        def __init__(self, n_chans, n_outputs):
            super().__init__()
            self.conv = nn.Conv1d(n_chans, 5, 9)
            self.out = nn.Linear(5, n_outputs)

        def forward(self, x):
            return self.out(self.conv(x).mean(2))

    X = np.random.default_rng(0).normal(0, 10, (8, 3, 64))
    classifier = EEGClassifier(Own, sfreq=32, max_epochs=1).fit(X, [0, 1] * 4)
    blocks = model_blocks(classifier.model_)
    assert [(block.name, block.shape) for block in blocks] == [
        ("module.conv", (5, 56)), ("module.out", (2,)),
    ]  # fmt: skip
    assert "1 channels" not in plot_blocks(classifier.model_).axes[0].texts[0].get_text()

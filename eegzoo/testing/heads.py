"""Checks of a model's features and head."""

from __future__ import annotations

import torch
from torch import nn

from eegzoo.testing.expectations import expect, expect_error, expect_same
from eegzoo.testing.model_case import ModelCase, snapshot, windows


def check_outputs_are_the_head_of_the_features(case: ModelCase) -> None:
    """Check that a model computes ``head(features(x))``, with `num_features` features."""
    model = case.build().eval()
    x = windows(model)
    features = model.features(x)
    expect(
        features.shape == (4, model.num_features),
        f"features has the shape {tuple(features.shape)}, num_features is {model.num_features}",
    )
    expect_same(model(x), model.head(features), "the head of the features")


def check_reset_head_replaces_only_the_head(case: ModelCase) -> None:
    """Check that `reset_head` keeps the other weights, the mode, the dtype and the keys."""
    for training in (True, False):
        model = case.build().double().train(training)
        before = snapshot(model)
        model.reset_head(7)
        now = snapshot(model)
        expect(model(windows(model)).shape == (4, 7), "reset_head(7) does not give 7 outputs")
        expect(model.n_outputs == model.arguments["n_outputs"] == 7, "n_outputs is not 7")
        expect(all(m.training == training for m in model.modules()), "reset_head changes the mode")
        dtypes = {parameter.dtype for parameter in model.parameters()}
        expect(dtypes == {torch.float64}, f"reset_head changes the dtype to {dtypes}")
        expect(now.keys() == before.keys(), "reset_head changes the keys of the state dict")
        body = [key for key in now if not key.startswith("head.")]
        expect(len(body) < len(now), "the head has no weights")
        kept, drawn = ({key: state[key] for key in body} for state in (before, now))
        expect_same(drawn, kept, "the body")


def check_reset_head_draws_new_weights(case: ModelCase) -> None:
    """Check that `reset_head` draws new weights, and checks its argument."""
    model = case.build()
    before, n_outputs = snapshot(model.head), model.n_outputs
    model.reset_head(n_outputs)
    now = model.head.state_dict()
    expect(any(not torch.equal(before[key], now[key]) for key in now), "the weights are the same")
    with expect_error(ValueError, "n_outputs", "reset_head(0)"):
        model.reset_head(0)
    expect(model.n_outputs == n_outputs, "a failed reset_head changes n_outputs")


def check_reset_head_after_its_removal(case: ModelCase) -> None:
    """Check that `reset_head` works on a model whose head was replaced by an identity."""
    model = case.build().double().eval()
    x = windows(model)
    model.head = nn.Identity()
    expect_same(model(x), model.features(x), "a model without a head")
    model.reset_head(5)
    out = model(x)
    expect(out.shape == (4, 5), f"the outputs have the shape {tuple(out.shape)}")
    expect(out.dtype == torch.float64, f"the outputs are {out.dtype}")

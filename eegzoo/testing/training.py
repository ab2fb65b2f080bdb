"""Checks of a model in training and in evaluation."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.func import functional_call

from eegzoo.layers.constrained.norm_constraint import NormConstraint
from eegzoo.models.base import EEGModel
from eegzoo.testing.expectations import expect, expect_close, expect_same
from eegzoo.testing.model_case import (
    ModelCase,
    is_dropout,
    snapshot,
    takes_sequences,
    windows,
    without_dropout,
)


def check_windows_do_not_influence_each_other(case: ModelCase) -> None:
    """Check that the outputs of a window do not depend on its batch in evaluation."""
    model = case.build().double()  # rounding in float32 depends on the size of the batch
    model(windows(model))  # updates the running statistics
    model.eval()
    x = windows(model)
    out = model(x)
    # Equal outputs would hide an influence.
    expect(out.unique(dim=0).shape == out.shape, "different windows have the same outputs")
    expect_close(torch.cat([model(window) for window in x[:, None]]), out, "single windows")
    order = [2, 0, 3, 1]
    expect_close(model(x[order]), out[order], "windows in another order")


def check_evaluation_changes_nothing(case: ModelCase) -> None:
    """Check that evaluation changes no state and draws no random numbers."""
    model = case.build().eval()
    x = windows(model)
    before, same_x, generator = snapshot(model), x.clone(), torch.get_rng_state()
    first = model(x)
    first.sum().backward()
    model.features(x)
    with torch.no_grad():
        expect_same(model(x), first.detach(), "the outputs of a second evaluation")
    expect_same(model.state_dict(), before, "the state dict after an evaluation")
    expect_same(x, same_x, "the windows after an evaluation")
    expect_same(torch.get_rng_state(), generator, "the random generator after an evaluation")
    expect(
        not any(m.training for m in model.modules()), "a module is in training mode after eval()"
    )


def check_training_keeps_the_windows(case: ModelCase) -> None:
    """Check that training does not change the windows in place."""
    model = case.build()
    x = windows(model)
    same_x = x.clone()
    model(x).sum().backward()
    expect_same(x, same_x, "the windows after a training step")


def check_gradients_reach_everything(case: ModelCase) -> None:
    """Check that every trainable parameter and the windows get a finite gradient, not all zero.

    That of a bias before a normalisation may be zero, if it has an influence in evaluation.
    A factor that starts at zero stops the gradient of what it multiplies until its first update, so
    that parameters of zeros are drawn at random.
    """
    model = without_dropout(case.build())
    with torch.no_grad():
        for parameter in model.parameters():
            if not parameter.any():
                parameter.normal_(std=0.1)
    x = windows(model, 6).requires_grad_()
    out = model(x.reshape(2, 3, *x.shape[1:]) if takes_sequences(model) else x)
    out.square().sum().backward()
    trained = {key: p for key, p in model.named_parameters() if p.requires_grad}
    for key, tensor in {**trained, "x": x}.items():
        grad = tensor.grad
        expect(grad is not None, f"{key} gets no gradient")
        expect(grad is None or grad.isfinite().all(), f"the gradient of {key} is not finite")
        is_used = grad is None or bool(grad.any()) or _shifts_evaluation(model, key, x)
        expect(is_used, f"the gradient of {key} is zero")


def _shifts_evaluation(model: EEGModel, name: str, x: Tensor) -> bool:
    """Return whether a parameter is a bias that only a normalisation in training removes."""
    if not name.endswith("bias"):
        return False
    model.eval()
    with torch.no_grad():
        before = model(x)
        model.get_parameter(name).add_(1.0)
        return not torch.equal(before, model(x))


def check_gradients_are_the_derivatives(case: ModelCase) -> None:
    """Check gradients against finite differences in float64, in training and in evaluation."""
    for training in (True, False):
        model = without_dropout(case.build()).double().train(training)
        for module in model.modules():
            if isinstance(module, NormConstraint):
                module.max_norm = None  # such a layer has the gradient at the projected weight
        _compare_with_differences(model)


def _compare_with_differences(model: EEGModel) -> None:
    x = torch.randn(3, model.n_chans, model.n_times, dtype=torch.float64, requires_grad=True)
    trained = {key: p for key, p in model.named_parameters() if p.requires_grad}
    values: dict[str, Tensor] = {"x": x, **trained}
    weights = torch.randn(3, model.n_outputs, dtype=torch.float64)

    def loss(x: Tensor, **parameters: Tensor) -> Tensor:
        outputs: Tensor = functional_call(model, parameters, (x,))
        return (outputs * weights).sum()

    # Like the fast mode of torch's gradcheck, which takes hours to report a wrong gradient here.
    gradients = torch.autograd.grad(loss(**values), list(values.values()))
    for (key, value), gradient in zip(values.items(), gradients, strict=True):
        direction = torch.randn_like(value)
        direction /= direction.norm()
        with torch.no_grad():
            ahead = loss(**values | {key: value + 1e-6 * direction})
            behind = loss(**values | {key: value - 1e-6 * direction})
        slope, expected = (gradient * direction).sum(), (ahead - behind) / 2e-6
        expect_close(slope, expected, f"the gradient of {key}", rtol=1e-5, atol=1e-7)


def check_a_tiny_batch_is_learnt(case: ModelCase) -> None:
    """Check that nine windows with three labels are learnt in 60 steps of Adam."""
    model = without_dropout(case.build(n_outputs=3))
    x, y = windows(model, 9) / 20, torch.arange(9) % 3
    optimizer = torch.optim.Adam(model.parameters(), lr=case.lr)
    losses: list[float] = []
    for _ in range(60):
        out = model(x)
        loss = F.cross_entropy(out, y)
        losses.append(loss.item())
        if out.argmax(dim=1).equal(y) and losses[-1] < 0.5 * losses[0]:
            return
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    raise AssertionError(f"nine windows are not learnt in {len(losses)} steps: {losses[::10]}")


def check_a_seed_determines_everything(case: ModelCase) -> None:
    """Check that torch's seed determines the weights and the dropout."""

    def trained(seed: int) -> tuple[dict[str, Tensor], dict[str, Tensor], list[Tensor | None]]:
        torch.manual_seed(seed)
        model = case.build()
        start = snapshot(model)
        model(windows(model)).sum().backward()
        return start, model.state_dict(), [p.grad for p in model.parameters() if p.requires_grad]

    first, again, other = trained(3), trained(3), trained(4)
    expect_same(first, again, "two models with the same seed")
    expect(
        any(not torch.equal(first[0][key], other[0][key]) for key in first[0]),
        "models with different seeds have the same weights",
    )


def check_only_dropout_is_random(case: ModelCase) -> None:
    """Check that training passes differ if, and only if, there is dropout."""
    model = case.build()
    x = windows(model)
    has_dropout = any(is_dropout(module) and module.p for module in model.modules())
    expect(torch.equal(model(x), model(x)) != has_dropout, "dropout and random outputs differ")
    without_dropout(model)
    expect_same(model(x), model(x), "two training passes without dropout")


def check_autocast_is_finite(case: ModelCase) -> None:
    """Check that outputs and gradients are finite with autocast to bfloat16."""
    for training in (True, False):
        model = case.build().train(training)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            out = model(windows(model))
        out.float().sum().backward()
        expect(out.isfinite().all(), "the outputs with autocast are not finite")
        gradients = [p.grad for p in model.parameters() if p.grad is not None]
        finite = all(bool(gradient.isfinite().all()) for gradient in gradients)
        expect(finite, "the gradients with autocast are not finite")

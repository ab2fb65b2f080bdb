"""Checks of a compiled and of an exported model."""

from __future__ import annotations

import copy
import warnings

import torch
from torch.export import Dim, ExportedProgram

from eegzoo.models.base import EEGModel
from eegzoo.testing.expectations import expect_close
from eegzoo.testing.model_case import ModelCase, windows, without_dropout


def check_compiled_model(
    case: ModelCase,
    backend: str = "aot_eager",
    training: tuple[bool, ...] = (True, False),
    *,
    grad: bool = True,
) -> None:
    """Check that a model is one graph, with the outputs, gradients and state of eager mode."""
    for mode in training:
        torch.compiler.reset()
        eager = without_dropout(case.build()).train(mode)
        twin = copy.deepcopy(eager)
        with torch.set_grad_enabled(grad):
            _compare_outputs(eager, twin, backend)
        state = twin.state_dict(), eager.state_dict()
        expect_close(*state, "the state of the compiled model", rtol=1e-4, atol=1e-5)
        if grad:
            _compare_gradients(eager, twin)
    torch.compiler.reset()


def _compare_outputs(eager: EEGModel, twin: EEGModel, backend: str) -> None:
    compiled = torch.compile(twin, fullgraph=True, backend=backend)
    for _ in range(2):
        x = windows(eager)
        expected = eager(x)
        out = compiled(x)
        expect_close(out, expected, "the outputs of the compiled model", rtol=1e-4, atol=1e-5)
        if torch.is_grad_enabled():
            expected.sum().backward()
            out.sum().backward()


def _compare_gradients(eager: EEGModel, twin: EEGModel) -> None:
    pairs = [
        (ours.grad, theirs.grad, key)
        for (key, ours), theirs in zip(twin.named_parameters(), eager.parameters(), strict=True)
        if theirs.grad is not None
    ]
    # The gradient of a bias before a normalisation is zero, up to rounding of the largest one,
    # of which it is a sum of thousands of parts that cancel.
    rounding = 2e-6 * max(theirs.abs().max().item() for _, theirs, _ in pairs)
    for found, theirs, key in pairs:
        scale = 1e-4 * theirs.abs().max().item() + rounding
        expect_close(found, theirs, f"the gradient of {key}, compiled", rtol=1e-3, atol=scale)


def check_exported_model(case: ModelCase) -> None:
    """Check that `torch.export` with a free batch size keeps the outputs."""
    _exported(case.build().eval())


def check_onnx_model(case: ModelCase) -> None:
    """Check `torch.export` as well, and onnxruntime with the same program (extra ``onnx``)."""
    import onnxruntime  # type: ignore[import-untyped]

    model = case.build().eval()
    exported = _exported(model)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        warnings.simplefilter("ignore", DeprecationWarning)
        program = torch.onnx.export(exported, dynamo=True, verbose=False)
    session = onnxruntime.InferenceSession(program.model_proto.SerializeToString())  # type: ignore[union-attr]
    x = windows(model, 7)
    (out,) = session.run(None, {session.get_inputs()[0].name: x.numpy()})
    subject = "the outputs of onnxruntime"
    expect_close(torch.from_numpy(out), model(x), subject, rtol=1e-5, atol=1e-5)


def _exported(model: EEGModel) -> ExportedProgram:
    """Return a program for batches of any size, whose outputs are those of the model."""
    exported = torch.export.export(model, (windows(model),), dynamic_shapes=({0: Dim("batch")},))
    x = windows(model, 7)
    expect_close(exported.module()(x), model(x), "the outputs of the exported model")
    return exported

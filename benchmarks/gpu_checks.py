"""What `gpu.py` checks on a device: each function raises an error, or returns what it measured."""

from __future__ import annotations

import copy
import tempfile
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import torch
from skorch.callbacks import Callback
from torch import Tensor, nn

import eegzoo
from eegzoo.models.references import find_reference
from eegzoo.models.zoo import find_entry
from eegzoo.training import EEGClassifier

# Largest differences from the CPU or from float32, relative to the largest output.
SAME, REDUCED = 1e-4, 0.1
# These compile in seconds; they stand for convolutions, attention, recurrent layers and pools.
COMPILED = ("eegnet", "shallow_convnet", "eegconformer", "atcnet", "tinysleepnet")


class DifferenceError(Exception):
    """Results differ by more than they may."""


class NotHereError(Exception):
    """The device has no such feature."""


def standard_model(name: str) -> tuple[nn.Module, Tensor]:
    """Return a model with its standard arguments on the CPU, and two windows for it."""
    torch.manual_seed(0)
    arguments = dict(find_entry(name).standard)
    model = eegzoo.create_model(name, **arguments).eval()
    shape = (arguments["n_chans"], arguments["n_times"])
    n_windows = getattr(model, "n_windows", None)  # of a sequence
    lead = (2,) if n_windows is None else (2, n_windows)
    return model, 20 * torch.randn(*lead, *shape)


def equal_to_the_authors(name: str, device: str) -> float:
    """Compare outputs, gradients and counts with the reference implementation's numbers."""
    comparison = find_reference(name).compare(device)
    if comparison.failures:
        raise DifferenceError("; ".join(comparison.failures))
    return comparison.outputs


def autocast(name: str, device: str) -> float:
    """Run a training step in bfloat16, and compare the outputs with float32's."""
    model, x = (part.to(device) for part in standard_model(name))
    with torch.no_grad():
        exact = model(x)
    with torch.autocast(device_type(device), dtype=torch.bfloat16):
        outputs = model(x)
    outputs.float().square().mean().backward()
    for key, parameter in model.named_parameters():
        if parameter.grad is not None and not torch.isfinite(parameter.grad).all():
            raise DifferenceError(f"the gradient of {key} is not finite")
    return difference(outputs.float(), exact, REDUCED)


def compiled(name: str, device: str) -> float:
    """Compile the model as one graph, and compare outputs and gradients with eager ones."""
    model, x = (part.to(device) for part in standard_model(name))
    other = copy.deepcopy(model)
    torch.compiler.reset()
    found = torch.compile(other, fullgraph=True)(x)
    expected = model(x)
    for outputs in (found, expected):
        outputs.square().mean().backward()
    largest = difference(found, expected, SAME)
    for (key, one), two in zip(model.named_parameters(), other.parameters(), strict=True):
        if one.grad is not None and two.grad is not None:
            try:
                difference(two.grad, one.grad, 10 * SAME)
            except DifferenceError as error:
                raise DifferenceError(f"the gradient of {key}: {error}") from error
    return largest


def captured(name: str, device: str) -> float:
    """Capture the forward pass in a CUDA graph, and compare a replay with new windows."""
    if device_type(device) != "cuda":
        raise NotHereError("CUDA graphs need CUDA")
    model, x = (part.to(device) for part in standard_model(name))
    with torch.no_grad():
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(3):
                model(x)
        torch.cuda.current_stream().wait_stream(stream)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            outputs = model(x)
        x.copy_(x.flip(0) / 2)
        graph.replay()
        return difference(outputs, model(x), SAME)


def two_streams(name: str, device: str) -> float:
    """Run a model in two streams at once, and compare with one after the other."""
    if device_type(device) != "cuda":
        raise NotHereError("streams need CUDA")
    model, x = (part.to(device) for part in standard_model(name))
    inputs = [x, x.flip(0) / 2]
    with torch.no_grad():
        expected = [model(part) for part in inputs]
        torch.cuda.synchronize()
        streams = [torch.cuda.Stream() for _ in inputs]
        found: list[Tensor] = []
        for stream, part in zip(streams, inputs, strict=True):
            with torch.cuda.stream(stream):
                found.append(model(part))
        torch.cuda.synchronize()
    pairs = zip(found, expected, strict=True)
    return max(difference(one, two, SAME) for one, two in pairs)


class KilledError(Exception):
    """End of a training that `_Kill` interrupts."""


class _Kill(Callback):
    """Interrupt a training in its third epoch. skorch itself handles KeyboardInterrupt."""

    def on_batch_begin(self, net: Any, **_: object) -> None:
        if len(net.history) > 2:
            raise KilledError


def resumed(name: str, device: str) -> float:
    """Interrupt a training, resume it, and compare with an uninterrupted one."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(0, 10, (48, 8, 256)).astype(np.float32), np.tile([0, 1], 24)
    settings = {"sfreq": 128, "max_epochs": 4, "random_state": 0, "device": device}
    with tempfile.TemporaryDirectory() as folder:
        whole = EEGClassifier(name, checkpoint=Path(folder, "whole"), **settings).fit(X, y)
        cut = EEGClassifier(name, checkpoint=Path(folder, "cut"), callbacks=[_Kill()], **settings)
        with suppress(KilledError):
            cut.fit(X, y)
            raise DifferenceError("the training was not interrupted")
        again = EEGClassifier(name, checkpoint=Path(folder, "cut"), **settings).fit(X, y)
    found, expected = again.predict_proba(X), whole.predict_proba(X)
    return difference(torch.from_numpy(found), torch.from_numpy(expected), SAME)


def difference(found: Tensor, expected: Tensor, allowed: float) -> float:
    """Return the largest difference relative to the largest number, or raise an error."""
    scale = max(1e-12, float(expected.detach().abs().max()))
    largest = float((found.detach() - expected.detach()).abs().max()) / scale
    if not largest <= allowed:  # also if it is NaN
        raise DifferenceError(f"differs by {largest:.1e} of the largest, allowed {allowed:.0e}")
    return largest


def device_type(device: str) -> str:
    """Return the kind of a device, such as "cuda" of "cuda:1"."""
    return torch.device(device).type


CHECKS: dict[str, tuple[Callable[[str, str], float], Callable[[], Iterable[str]]]] = {
    "equal to the authors": (equal_to_the_authors, eegzoo.list_models),
    "autocast": (autocast, eegzoo.list_models),
    "resumed": (resumed, lambda: ["eegnet"]),
    "two streams": (two_streams, lambda: COMPILED),
    "CUDA graph": (captured, eegzoo.list_models),
    "compiled": (compiled, lambda: COMPILED),
}

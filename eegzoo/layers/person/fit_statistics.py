"""Statistics of one person for all layers of a model."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from eegzoo.layers.person.one_pass import CalledAgainError, set_in_one_pass
from eegzoo.layers.person.person_statistics import PersonStatistics, person_layers

Model = TypeVar("Model", bound=nn.Module)


class _AllCollectedError(Exception):
    """End of a forward pass whose rest is not needed."""


def fit_person_statistics(model: Model, batches: Iterable[Tensor]) -> Model:
    """Return a copy of a model with the statistics of one person.

    No labels are needed. The statistics of a layer are those of its inputs in evaluation, when the
    layers before it have the person's statistics already. So there is one pass over the windows for
    each layer, or a single one if all windows are in one batch. The result depends neither on the
    order of the windows nor on how they are divided into batches, nor on the statistics that the
    model had before.

    Parameters
    ----------
    model : nn.Module
        Model with layers that hold statistics of one person. It is not changed.
    batches : iterable of Tensor, each of shape (batch, n_chans, n_times)
        All windows of one person, in batches of any size. An iterable that can be iterated only
        once, such as a generator, is read into memory.

    Returns
    -------
    nn.Module
        Copy of the model, in evaluation mode.

    Raises
    ------
    ValueError
        If the model has no such layer, or there are less than two windows.

    See Also
    --------
    by_person : Make the batch normalisations of a model such layers.

    Examples
    --------
    >>> model = eegzoo.create_model("eegnet", n_chans=8, n_times=256, n_outputs=2, sfreq=128)
    >>> _ = eegzoo.layers.by_person(model)
    >>> windows = torch.randn(30, 8, 256)
    >>> adapted = fit_person_statistics(model, windows.split(16))
    >>> adapted(windows).shape
    torch.Size([30, 2])
    """
    return fit_with_outputs(model, batches)[0]


def fit_with_outputs(model: Model, batches: Iterable[Tensor]) -> tuple[Model, Any]:
    """Return what `fit_person_statistics` does, and the outputs of the model for the windows.

    They come from the pass that fits the statistics. They are None if there are several batches, or
    a layer is called several times.

    Examples
    --------
    >>> norm, windows = eegzoo.layers.FeatureNorm(2), torch.randn(10, 2)
    >>> fitted, outputs = fit_with_outputs(norm, [windows])
    >>> torch.equal(outputs, fitted(windows)), fit_with_outputs(norm, windows.split(5))[1]
    (True, None)
    """
    if not person_layers(model):
        raise ValueError(
            "expected a model with layers that hold statistics of a person, got one without; "
            "by_person makes its batch normalisations such layers"
        )
    batches = batches if isinstance(batches, (list, tuple)) else _many_times(batches)
    n_windows = sum(len(batch) for batch in batches)
    if n_windows < 2:
        raise ValueError(f"expected two windows or more of a person, got {n_windows}")
    fitted = copy.deepcopy(model).eval()
    with torch.no_grad():
        if isinstance(batches, (list, tuple)) and len(batches) == 1:
            with suppress(CalledAgainError):
                return fitted, set_in_one_pass(fitted, _moved(batches[0], fitted))
            fitted = copy.deepcopy(model).eval()  # as it was before the pass that ended
        layers = person_layers(fitted).values()
        for layer, n_calls in _calls(fitted, layers, next(iter(batches))).items():
            layer.set_statistics(*_sums(fitted, layer, n_calls, batches))
    return fitted, None


def _many_times(batches: Iterable[Tensor]) -> Iterable[Tensor]:
    if isinstance(batches, Tensor):
        return [batches]
    return list(batches) if iter(batches) is batches else batches


def _calls(
    model: nn.Module, layers: Iterable[PersonStatistics], batch: Tensor
) -> Counter[PersonStatistics]:
    """Return the number of calls of each layer in a forward pass, in the order of first calls."""
    calls: Counter[PersonStatistics] = Counter()

    def count(layer: PersonStatistics, inputs: tuple[Tensor, ...]) -> None:
        calls[layer] += 1

    hooks = [layer.register_forward_pre_hook(count) for layer in layers]
    try:
        model(_moved(batch, model))
    finally:
        for hook in hooks:
            hook.remove()
    return calls


def _sums(
    model: nn.Module, layer: PersonStatistics, n_calls: int, batches: Iterable[Tensor]
) -> list[Tensor]:
    """Return a layer's sums over all batches."""
    sums: list[Tensor] = []
    left = 0

    def collect(layer: PersonStatistics, inputs: tuple[Tensor, ...]) -> None:
        nonlocal left, sums
        new = layer.sums(inputs[0])
        sums = [a + b for a, b in zip(sums, new, strict=True)] if sums else list(new)
        left -= 1
        if not left:
            raise _AllCollectedError

    # A hook also makes fused fronts call the layer instead of computing its part in closed form.
    hook = layer.register_forward_pre_hook(collect)
    try:
        for batch in batches:
            left = n_calls
            with suppress(_AllCollectedError):
                model(_moved(batch, model))
    finally:
        hook.remove()
    return sums


def _moved(batch: Tensor, model: nn.Module) -> Tensor:
    for tensor in (*model.parameters(), *model.buffers()):
        return batch.to(tensor.device)
    return batch

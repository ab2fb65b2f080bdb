"""Norms of a layer's filters over five steps of SGD, in Keras and in eegzoo."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch
from matplotlib.figure import Figure

from eegzoo.layers import ConstrainedConv1d
from eegzoo.report.style import COLORS, GREY, axes_grid, describe, styled

STORED = Path(__file__).parents[2] / "tests/reference/keras_trajectory.npz"
CASE, MAX_NORM = "conv1d_max", 0.5


def trajectories() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the weights of Keras, and those of eegzoo before and after projection.

    Returns
    -------
    keras, projected : array, shape (n_steps + 1, out_channels, in_channels, kernel_size)
        Weights before the first step and after each, as Keras stores and eegzoo uses them.
    stored : array, shape (n_steps + 1, out_channels, in_channels, kernel_size)
        Weights that the optimizer leaves in the layer.
    """
    with np.load(STORED) as arrays:
        learning_rate = json.loads(str(arrays["meta_json"]))["lr"][CASE]
        keras = arrays[f"{CASE}__kernels"].transpose(0, 3, 2, 1)
        x = torch.from_numpy(arrays[f"{CASE}__x"].transpose(0, 2, 1)).double()
        target = torch.from_numpy(arrays[f"{CASE}__target"].transpose(0, 2, 1)).double()
    out_channels, in_channels, kernel_size = keras.shape[1:]
    layer = ConstrainedConv1d(in_channels, out_channels, kernel_size, max_norm=MAX_NORM).double()
    return keras, *_train(
        layer, torch.from_numpy(keras[0].copy()), x, target, learning_rate, len(keras) - 1
    )


def _train(
    layer: ConstrainedConv1d, kernel: torch.Tensor, x: torch.Tensor, target: torch.Tensor,
    learning_rate: float, n_steps: int,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    with torch.no_grad():
        layer.weight.copy_(kernel)
        layer.bias.zero_()
    optimizer = torch.optim.SGD(layer.parameters(), learning_rate)
    stored = [layer.weight.detach().clone()]
    used = [layer.constrained_weight().detach().clone()]
    for _ in range(n_steps):
        optimizer.zero_grad()
        (layer(x) - target).square().mean().backward()
        optimizer.step()
        stored.append(layer.weight.detach().clone())
        with torch.no_grad():
            used.append(layer.constrained_weight().detach().clone())
    return torch.stack(used).numpy(), torch.stack(stored).numpy()


@styled
def draw() -> Figure:
    """Draw the norms of the filters over the steps, and the differences from Keras's."""
    keras, used, stored = trajectories()
    norms = [np.linalg.norm(w.reshape(*w.shape[:2], -1), axis=2) for w in (keras, used, stored)]
    difference = np.abs(used - keras).max()
    if difference > 1e-5:
        raise ValueError(f"expected Keras's trajectory, got a difference of {difference:.1e}")
    figure, ((axes,),) = axes_grid(None, size=(6.4, 3.8))
    steps = np.arange(len(keras))
    zigzag_steps = np.repeat(steps, 2)[1:]
    for filter_ in range(norms[0].shape[1]):
        zigzag = np.column_stack([norms[2][:, filter_], norms[1][:, filter_]]).ravel()[1:]
        axes.plot(
            zigzag_steps, zigzag, color=COLORS[filter_], linewidth=1.2, alpha=0.8,
            label="eegzoo: step, then projection" if not filter_ else None,
        )  # fmt: skip
        axes.plot(
            steps, norms[0][:, filter_], "o", color=COLORS[filter_], markerfacecolor="none",
            markersize=8, label="Keras, stored after its projection" if not filter_ else None,
        )  # fmt: skip
    axes.axhline(MAX_NORM, color=GREY, linestyle="--", label=f"max_norm = {MAX_NORM}")
    axes.set_xlabel("Step of the optimizer")
    axes.set_ylabel("Norm of each filter")
    figure.legend(loc="outside upper left", ncols=1)
    describe(
        axes,
        f"Norms of six filters over five steps of SGD. Each step takes norms up to "
        f"{norms[2].max():.2f}; the projection brings those above {MAX_NORM} back to it, where "
        f"Keras's stored norms lie. The weights differ from Keras's by at most {difference:.0e}.",
    )
    return figure

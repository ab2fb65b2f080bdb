"""Methods of attribution, computed by Captum."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from eegzoo.report.explanation.explained_outputs import ExplainedOutputs, row_batches
from eegzoo.report.frequency_bands import within_band

Array = npt.NDArray[Any]
Bands = Mapping[str, tuple[float, float]]

# Number of windows that the model computes at once.
_BATCH = 64


def captum_attr() -> Any:
    """Return the module ``captum.attr``, or raise an error that says how to install it."""
    try:
        import captum.attr
    except ImportError as error:
        raise ImportError(
            "expected the package captum, which computes attributions; install it with: "
            "pip install 'eegzoo[explain]'"
        ) from error
    return captum.attr


def integrated_gradients(
    outputs: ExplainedOutputs, baseline: Array, bands: Bands, n_steps: int
) -> tuple[Array, Array]:
    """Return the integrated gradients of samples, and their sums over bands.

    Parameters
    ----------
    outputs : ExplainedOutputs
        What is explained.
    baseline : array, shape (n_windows, n_chans, n_times)
        Windows where the paths begin.
    bands : mapping of str to tuple of float
        Bands in Hz.
    n_steps : int
        Number of points on each path.

    Returns
    -------
    values : array, shape (n_windows, n_chans, n_times)
        Attribution of each sample.
    by_band : array, shape (n_windows, n_bands, n_chans)
        Attribution of the part of each channel in each band.
    """
    method = captum_attr().IntegratedGradients(outputs.differentiable(), multiply_by_inputs=False)
    gradients = []
    for rows in row_batches(len(baseline), _BATCH):
        # The model's LSTMs have gradients on a GPU only without cuDNN in evaluation.
        with torch.inference_mode(False), torch.enable_grad(), torch.backends.cudnn.flags(False):
            found = method.attribute(
                torch.from_numpy(outputs.windows)[rows], torch.from_numpy(baseline)[rows],
                torch.from_numpy(outputs.targets)[rows], (rows,), n_steps,
                internal_batch_size=_BATCH,
            )  # fmt: skip
        gradients.append(found.detach().numpy())
    gradient, change = np.concatenate(gradients), outputs.windows - baseline
    by_band = [
        (within_band(change, band, outputs.sfreq) * gradient).sum(-1) for band in bands.values()
    ]
    return change * gradient, np.stack(by_band, axis=1)


def ablation(
    outputs: ExplainedOutputs, others: Array, bands: Bands, patch_length: int
) -> tuple[Array, Array]:
    """Return how much the output loses where a window is replaced by another.

    Parameters
    ----------
    outputs : ExplainedOutputs
        What is explained.
    others : array, shape (n_windows, n_chans, n_times)
        Windows that replace the explained ones, channel by channel.
    bands : mapping of str to tuple of float
        Bands in Hz.
    patch_length : int
        Number of consecutive samples that are replaced together.

    Returns
    -------
    values : array, shape (n_windows, n_chans, n_times)
        Loss, for each sample that of its patch.
    by_band : array, shape (n_windows, n_bands, n_chans)
        Loss where a band of a channel is replaced along the whole window.
    """
    _, n_chans, n_times = outputs.windows.shape
    n_patches = -(-n_times // patch_length)
    patches = (torch.arange(n_times) // patch_length) + n_patches * torch.arange(n_chans)[:, None]
    parts = torch.arange(len(bands) * n_chans).reshape(len(bands), n_chans, 1)
    values, by_band = [], []
    for rows in row_batches(len(others), _BATCH):
        x, other = outputs.windows[rows.numpy()], others[rows.numpy()]
        values.append(_ablate(outputs, outputs.computed, x, other, rows, patches))
        within, within_other = (
            np.stack([within_band(data, band, outputs.sfreq) for band in bands.values()], 1)
            for data in (x, other)
        )
        beside = torch.from_numpy(x - within.sum(1))
        first = int(rows[0])

        def of_parts(
            within: Tensor, rows: Tensor, beside: Tensor = beside, first: int = first
        ) -> Tensor:
            return outputs.computed(beside[rows - first] + within.sum(1), rows)

        by_band.append(_ablate(outputs, of_parts, within, within_other, rows, parts)[..., 0])
    return np.concatenate(values), np.concatenate(by_band)


def _ablate(
    outputs: ExplainedOutputs,
    function: Callable[[Tensor, Tensor], Tensor],
    x: Array,
    others: Array,
    rows: Tensor,
    mask: Tensor,
) -> Array:
    method = captum_attr().FeatureAblation(function)
    found = method.attribute(
        torch.from_numpy(x), torch.from_numpy(others), torch.from_numpy(outputs.targets)[rows],
        (rows,), mask[None].expand(1, *x.shape[1:]),
        perturbations_per_eval=max(1, _BATCH // len(rows)),
    )  # fmt: skip
    values: Array = found.numpy()
    return values

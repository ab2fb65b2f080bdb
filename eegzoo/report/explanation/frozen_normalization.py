"""Normalisation as a differentiable function of the windows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from eegzoo.data.preprocessing.normalization import (
    ExponentialStandardizer,
    Normalizer,
    Standardizer,
    Unchanged,
    Whitener,
    WindowStandardizer,
)

Array = npt.NDArray[Any]


def frozen_normalization(
    normalizer: Normalizer, windows: Array
) -> Callable[[Tensor, Tensor], Tensor]:
    """Return a normalisation as a differentiable function, linear in the samples.

    Means and variances that a normalisation estimates from a window are those of the given
    windows, and do not follow changes of their samples. Otherwise the scale of a window would have
    no influence, and a path from a flat line to a window would have none of its own.

    Parameters
    ----------
    normalizer : Normalizer
        Normalisation.
    windows : array, shape (n_windows, n_chans, n_times)
        Windows in microvolts.

    Returns
    -------
    callable
        Function of windows (batch, n_chans, n_times) and of the rows of `windows` that each belongs
        to, (batch,), that returns normalised windows.

    Raises
    ------
    TypeError
        If the normalisation is of an unknown class.

    Examples
    --------
    >>> x = np.random.default_rng(0).normal(5.0, 20.0, (2, 3, 50)).astype("float32")
    >>> normalizer = eegzoo.data.fit_normalizer(x, "window")
    >>> normalize, rows = frozen_normalization(normalizer, x), torch.arange(2)
    >>> np.allclose(normalize(torch.from_numpy(x), rows), normalizer.transform(x), atol=1e-5)
    True
    """
    if isinstance(normalizer, Unchanged):
        return lambda x, rows: x
    if isinstance(normalizer, Whitener):
        matrix = torch.as_tensor(normalizer.matrix, dtype=torch.float32)
        mean = torch.as_tensor(normalizer.mean, dtype=torch.float32)[:, None]
        return lambda x, rows: matrix.to(x) @ (x - mean.to(x))
    if isinstance(normalizer, Standardizer):
        means = np.broadcast_to(normalizer.mean[:, None], (len(windows), *windows.shape[1:2], 1))
        deviations = np.broadcast_to(normalizer.std[:, None], means.shape)
    elif isinstance(normalizer, WindowStandardizer):
        means = windows.mean(-1, dtype=np.float64, keepdims=True)
        deviations = windows.std(-1, dtype=np.float64, keepdims=True)
        deviations[deviations <= 1e-12 * deviations.max(initial=0.0)] = np.inf
    elif isinstance(normalizer, ExponentialStandardizer):
        centred, variance = normalizer.centred_and_variance(windows)
        means, deviations = windows - centred, np.sqrt(variance)
    else:
        raise TypeError(
            f"expected a normalisation whose derivative is known, got {type(normalizer).__name__}"
        )
    shift = torch.tensor(means, dtype=torch.float32)
    scale = torch.tensor(1 / deviations, dtype=torch.float32)
    return lambda x, rows: (x - shift[rows.cpu()].to(x)) * scale[rows.cpu()].to(x)

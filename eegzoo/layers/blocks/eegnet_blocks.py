"""Blocks of EEGNet and related models: the depthwise front and the normalised pool."""

from __future__ import annotations

from torch import nn

from eegzoo.layers.blocks.maps_sequential import MapsSequential
from eegzoo.layers.constrained.convolution import ConstrainedConv2d
from eegzoo.layers.constrained.norms import AxisNorm
from eegzoo.layers.constrained.separable import DepthwiseConv2d
from eegzoo.layers.dropout import Dropout
from eegzoo.layers.fronts.temporal_spatial import TemporalSpatialConv


def depthwise_front(
    n_chans: int,
    F1: int,
    D: int,
    kernel_length: int,
    max_norm: float | None = None,
    axis_norm: AxisNorm = (1, 2, 3),
    eps: float = 1e-3,
    momentum: float = 0.01,
) -> TemporalSpatialConv:
    """Return temporal filters, a batch normalisation and spatial filters for each temporal filter.

    Parameters
    ----------
    n_chans : int
        Number of channels.
    F1 : int
        Number of temporal filters.
    D : int
        Number of spatial filters for each temporal filter.
    kernel_length : int
        Length of a temporal filter in samples. The number of samples is kept.
    max_norm : float | None
        Largest norm of a spatial filter. None: no constraint.
    axis_norm : int | sequence of int
        Axes of the spatial weight, of shape (F1 * D, 1, n_chans, 1), over which the norm is taken.
    eps, momentum : float
        Arguments of the normalisation. The defaults are Keras's; torch's are 1e-5 and 0.1.

    References
    ----------
    Lawhern et al. (2018), J. Neural Eng. 15, 056013. https://doi.org/10.1088/1741-2552/aace8c

    Examples
    --------
    >>> depthwise_front(22, F1=8, D=2, kernel_length=32)(torch.randn(4, 22, 250)).shape
    torch.Size([4, 16, 250])
    """
    return TemporalSpatialConv(
        ConstrainedConv2d(1, F1, (1, kernel_length), bias=False, max_norm=None),
        DepthwiseConv2d(
            F1, D, (n_chans, 1), padding="valid", max_norm=max_norm, axis_norm=axis_norm
        ),
        nn.BatchNorm2d(F1, eps=eps, momentum=momentum),
    )


def norm_pool(
    n_maps: int, pool_length: int, drop_prob: float, eps: float = 1e-3, momentum: float = 0.01
) -> MapsSequential:
    """Return a batch normalisation, ELU, average pool and dropout.

    Parameters
    ----------
    n_maps : int
        Number of maps.
    pool_length : int
        Length of the pool in samples. Samples that do not fill a last pool are dropped.
    drop_prob : float
        Dropout probability.
    eps, momentum : float
        Arguments of the normalisation. The defaults are Keras's; torch's are 1e-5 and 0.1.

    Examples
    --------
    >>> norm_pool(16, pool_length=8, drop_prob=0.5)(torch.randn(4, 16, 250)).shape
    torch.Size([4, 16, 31])
    """
    return MapsSequential(
        nn.BatchNorm1d(n_maps, eps=eps, momentum=momentum),
        nn.ELU(),
        nn.AvgPool1d(pool_length),
        Dropout(drop_prob),
    )

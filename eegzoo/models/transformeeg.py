"""TransformEEG: depthwise convolutions that compute tokens for a transformer."""

from __future__ import annotations

import copy
from collections.abc import Sequence

from torch import Tensor, nn

from eegzoo.layers.blocks.transformer_layer import TransformerLayer
from eegzoo.layers.constrained.convolution import ConstrainedConv1d
from eegzoo.models.base import EEGModel
from eegzoo.models.registry import register_model


@register_model(
    "transformeeg",
    tasks=("pathology",),
    paper="Del Pup et al. (2025), TransformEEG: towards improving model generalizability in deep "
    "learning-based EEG Parkinson's disease detection",
    doi="10.1016/j.neucom.2025.132075",
    source="MedMaxLab/transformeeg, commit a36c9bb (PyTorch)",
    standard={"n_chans": 32, "n_times": 2000, "n_outputs": 2, "sfreq": 125.0},
)
class TransformEEG(EEGModel):
    """TransformEEG: depthwise convolutions that compute tokens for a transformer.

    The model equals the authors' PyTorch code, except that it has one output for each class; theirs
    has a single output for two classes. Lengths are in samples and do not depend on `sfreq`. All
    layers of the transformer start with the same weights, as in torch's `TransformerEncoder`. The
    features are the mean of the tokens; the head is the authors' perceptron.

    The authors use windows of 16 s that overlap by a quarter, with each channel standardised. They
    train with Adam (2.5e-4, multiplied by 0.99 after each epoch; betas 0.75 and 0.999) in batches
    of 64.

    Parameters
    ----------
    n_chans : int
        Number of channels.
    n_times : int
        Number of samples in a window.
    n_outputs : int
        Number of classes.
    sfreq : float
        Sampling rate in Hz.
    D1 : int
        Factor by which the first convolution multiplies the number of maps.
    D2 : int
        Factor by which the third convolution multiplies the number of maps. A token has
        ``n_chans * D1 * D2`` features.
    kernel_length : int
        Length of the first convolution's kernels in samples.
    second_kernel_length : int
        Length of the kernels of the other three convolutions in samples.
    pool_length : int
        Number of samples that each of the two pools averages.
    pool_stride : int
        Stride of the pools in samples.
    depth : int
        Number of layers of the transformer.
    n_heads : int
        Number of attention heads of each layer.
    head_units : int | None
        Number of hidden units of the head. None: half of a token's features, but at least 64.
    drop_prob : float
        Dropout probability, of whole maps in the convolutions and of values in the transformer.
    ch_names : sequence of str | None
        Names of the channels.

    References
    ----------
    Del Pup, Brun, Iotti, Paccagnella, Pezzato, Bertozzo, Zanola, Tshimanga, Müller, Atzori (2025).
    TransformEEG: towards improving model generalizability in deep learning-based EEG Parkinson's
    disease detection. Neurocomputing. https://doi.org/10.1016/j.neucom.2025.132075

    Reference implementation: https://github.com/MedMaxLab/transformeeg, commit a36c9bb.

    Examples
    --------
    >>> model = TransformEEG(n_chans=32, n_times=2000, n_outputs=2, sfreq=125)
    >>> model(torch.randn(2, 32, 2000)).shape, model.features(torch.randn(2, 32, 2000)).shape
    (torch.Size([2, 2]), torch.Size([2, 128]))
    """

    def __init__(
        self,
        n_chans: int,
        n_times: int,
        n_outputs: int,
        sfreq: float,
        *,
        D1: int = 2,
        D2: int = 2,
        kernel_length: int = 5,
        second_kernel_length: int = 5,
        pool_length: int = 4,
        pool_stride: int = 2,
        depth: int = 2,
        n_heads: int = 1,
        head_units: int | None = None,
        drop_prob: float = 0.2,
        ch_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(n_chans, n_times, n_outputs, sfreq, ch_names)
        self.set_arguments(
            D1=D1, D2=D2, kernel_length=kernel_length, second_kernel_length=second_kernel_length,
            pool_length=pool_length, pool_stride=pool_stride, depth=depth, n_heads=n_heads,
            drop_prob=drop_prob,
        )  # fmt: skip
        n_maps = self.n_chans * self.D1
        self.num_features = n_maps * self.D2
        if self.num_features % self.n_heads:
            raise ValueError(
                f"expected n_heads to divide the {self.num_features} features of a token, "
                f"got {self.n_heads}"
            )
        if head_units is None:
            head_units = max(self.num_features // 2, 64)
        self.set_arguments(head_units=head_units)
        self.check_smallest_window((self.pool_length - 1) * self.pool_stride + self.pool_length)

        self.first = self._widen(self.n_chans, n_maps, self.kernel_length)
        self.first_beside = self._convolve(n_maps, n_maps, self.second_kernel_length)
        self.second = self._widen(n_maps, self.num_features, self.second_kernel_length)
        self.second_beside = self._convolve(
            self.num_features, self.num_features, self.second_kernel_length
        )
        layer = TransformerLayer(
            self.num_features, self.n_heads, self.num_features, nn.Hardswish, self.drop_prob
        )
        self.transformer = nn.Sequential(*(copy.deepcopy(layer) for _ in range(self.depth)))
        self.head = self.make_head(self.n_outputs)

    def _convolve(self, in_channels: int, out_channels: int, length: int) -> nn.Sequential:
        return nn.Sequential(
            ConstrainedConv1d(in_channels, out_channels, length, groups=in_channels, max_norm=None),
            nn.BatchNorm1d(out_channels, momentum=0.25),
            nn.ELU(0.1),
        )

    def _widen(self, in_channels: int, out_channels: int, length: int) -> nn.Sequential:
        return nn.Sequential(
            *self._convolve(in_channels, out_channels, length),
            nn.AvgPool1d(self.pool_length, self.pool_stride),
            nn.Dropout1d(self.drop_prob),
        )

    def features(self, x: Tensor) -> Tensor:
        """Map windows (batch, n_chans, n_times) to features (batch, num_features)."""
        x = self.first(x)  # (batch, 2 * n_chans, 999) for 2000 samples
        x = self.second(x + self.first_beside(x))  # (batch, 4 * n_chans, 498)
        x = x + self.second_beside(x)
        x = self.transformer(x.transpose(1, 2))  # (batch, 498, 4 * n_chans)
        return x.mean(dim=1)

    def make_head(self, n_outputs: int) -> nn.Module:
        """Return a newly initialised head."""
        return nn.Sequential(
            nn.Linear(self.num_features, self.head_units),
            nn.LeakyReLU(),
            nn.Linear(self.head_units, n_outputs),
        )

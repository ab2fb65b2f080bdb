"""ContraWR: residual convolutions of a spectrogram."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from eegzoo.arguments import positive_int
from eegzoo.layers.blocks.amplitude_spectrum import amplitude_spectrum
from eegzoo.layers.dropout import Dropout
from eegzoo.models.argument_checks import check_each
from eegzoo.models.base import EEGModel
from eegzoo.models.registry import register_model

_OVERLAP = 20  # number of spectra within the length of one


@register_model(
    "contrawr",
    tasks=("sleep", "pathology"),
    paper="Yang et al. (2023), Self-supervised electroencephalogram representation learning for "
    "automatic sleep staging: model development and evaluation study",
    doi="10.2196/46769",
    source="ycq091044/BIOT, commit d138e32, ContraWR by the first author (PyTorch)",
    standard={"n_chans": 16, "n_times": 2000, "n_outputs": 6, "sfreq": 200.0},
)
class ContraWR(EEGModel):
    """ContraWR: residual convolutions of a spectrogram over time and frequency.

    Equal to the first author's PyTorch code, which he wrote for comparison with BIOT. The
    spectrogram has the amplitudes of whole seconds, without a taper, twenty in each second; windows
    are mirrored at their ends. The mean over what is left of time and frequency replaces the
    author's squeeze, which needs a window of about 10 s. The paper trains the encoder by contrast
    with the mean of other windows; this is the network alone, with a classifier.

    The author trains it beside BIOT at 200 Hz with Adam (1e-3, weight decay 1e-5), each channel of
    a window divided by the 95th percentile of its absolute values.

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
    n_filters : sequence of int
        Number of filters of each residual block, each of which quarters the numbers of frequencies
        and of spectra.
    patch_length : int | None
        Number of samples in a spectrum. None: 1 s.
    patch_stride : int | None
        Number of samples from one spectrum to the next. None: a twentieth of `patch_length`.
    drop_prob : float
        Dropout probability after each block.
    ch_names : sequence of str | None
        Names of the channels.

    References
    ----------
    Yang, Xiao, Westover, Sun (2023). Self-supervised electroencephalogram representation learning
    for automatic sleep staging: model development and evaluation study. JMIR AI 2, e46769.
    https://doi.org/10.2196/46769

    Reference implementation: https://github.com/ycq091044/BIOT, commit d138e32.

    Examples
    --------
    >>> model = ContraWR(n_chans=16, n_times=2000, n_outputs=6, sfreq=200)
    >>> model(torch.randn(2, 16, 2000)).shape, model.features(torch.randn(2, 16, 2000)).shape
    (torch.Size([2, 6]), torch.Size([2, 256]))
    """

    def __init__(
        self,
        n_chans: int,
        n_times: int,
        n_outputs: int,
        sfreq: float,
        *,
        n_filters: Sequence[int] = (32, 64, 128, 256),
        patch_length: int | None = None,
        patch_stride: int | None = None,
        drop_prob: float = 0.5,
        ch_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(n_chans, n_times, n_outputs, sfreq, ch_names)
        if patch_length is None:
            patch_length = self.samples_in(1.0)
        self.set_arguments(patch_length=patch_length, drop_prob=drop_prob)
        if patch_stride is None:
            patch_stride = max(1, self.patch_length // _OVERLAP)
        self.set_arguments(patch_stride=patch_stride)
        self.n_filters = check_each("n_filters", n_filters, positive_int)
        self.check_smallest_window(self.patch_length // 2 + 1)
        self.blocks = nn.Sequential(
            *(
                nn.Sequential(_ResidualBlock(before, after), Dropout(self.drop_prob))
                for before, after in pairwise((self.n_chans, *self.n_filters))
            )
        )
        self.activation = nn.ELU()
        self.num_features = self.n_filters[-1]
        self.head = self.make_head(self.n_outputs)

    def features(self, x: Tensor) -> Tensor:
        """Map windows (batch, n_chans, n_times) to features (batch, num_features)."""
        # Convolutions with all maps of a place side by side take a third less time to train.
        maps = self.spectrogram(x).contiguous(memory_format=torch.channels_last)
        x = self.blocks(maps)  # (batch, 256, 1, 1) for 2000 samples
        out: Tensor = self.activation(x.mean(dim=(2, 3)))
        return out

    def spectrogram(self, x: Tensor) -> Tensor:
        """Return amplitudes (batch, n_chans, frequencies, spectra) of windows."""
        half = self.patch_length // 2
        frames = F.pad(x, (half, half), "reflect").unfold(-1, self.patch_length, self.patch_stride)
        scale: float = self.patch_length**-0.5
        return amplitude_spectrum(frames).transpose(2, 3) * scale


class _ResidualBlock(nn.Module):
    """Two convolutions beside one, each with a stride of two, then a max pool."""

    def __init__(self, in_maps: int, out_maps: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(in_maps, out_maps, 3, stride=2, padding=1),
            nn.BatchNorm2d(out_maps),
            nn.ReLU(),
            nn.Conv2d(out_maps, out_maps, 3, padding=1),
            nn.BatchNorm2d(out_maps),
        )
        self.shortcut = nn.Sequential(
            nn.Conv2d(in_maps, out_maps, 3, stride=2, padding=1), nn.BatchNorm2d(out_maps)
        )
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        if x.shape[3] == 1:
            # torch 2.13 (oneDNN, AVX-512) leaves parts of the bfloat16 gradient of kernels as the
            # memory was, where maps in channels-last order are narrower than the stride.
            x = x.clone(memory_format=torch.contiguous_format)
        out: Tensor = self.pool(self.body(x) + self.shortcut(x))
        return out

"""SST-DPN: gated filters of every channel, then variances at three lengths."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from eegzoo.arguments import positive_ints
from eegzoo.layers.constrained.dense import ConstrainedDense
from eegzoo.models.base import EEGModel
from eegzoo.models.registry import register_model

_EPS = 1e-5  # of variances and of their mean square


@register_model(
    "sstdpn",
    tasks=("motor imagery",),
    paper="Han et al. (2025), A spatial-spectral and temporal dual prototype network for motor "
    "imagery brain-computer interface",
    doi="10.1016/j.knosys.2025.113315",
    source="hancan16/SST-DPN, commit 93ed17d (PyTorch)",
    standard={"n_chans": 22, "n_times": 1000, "n_outputs": 4, "sfreq": 250.0},
)
class SSTDPN(EEGModel):
    """SST-DPN: filters in time with a gate for each channel, then variances at three lengths.

    Equal to the authors' PyTorch code, except that the outputs of the filters are in the order
    (channel, filter) instead of (filter, channel), which saves a copy. All channels share the
    temporal filters. Each output of a filter is multiplied by a gate, which follows from its
    variance relative to the others', before the outputs are mixed over filters and channels. All
    lengths follow `sfreq`: at 250 Hz they are the authors' (kernels of 75 samples, variances of 50,
    100 and 200 samples, and of 250 for the gates). Variances are computed from signals without
    their mean, so that an offset does not cancel their digits.

    The weights of an output are what the authors call its prototype of separation, whose norm they
    limit. Their training has a second set of prototypes, which takes no part in the outputs and is
    left out here: to the cross-entropy it adds 1e-3 times the Huber distance of the features from
    the prototype of their class, and subtracts 1e-5 times the mean norm of these prototypes. The
    authors train with Adam (1e-3, weight decay 0.01).

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
    n_filters : tuple of int
        Numbers of temporal filters, and of filters over their outputs of all channels. The second
        is a multiple of the number of `pool_lengths`.
    kernel_length : int | None
        Length of the temporal filters in samples. None: 0.3 s.
    pool_lengths : sequence of int | None
        Lengths of the variances in samples, each for an equal share of the filters; half as long is
        the step from one to the next. None: 0.2, 0.4 and 0.8 s.
    attention_pool_length : int | None
        Length of the variances for the gates in samples. None: 1 s, or the window if it is shorter.
    head_max_norm : float | None
        Maximum norm of the weights of an output. None: no limit.
    ch_names : sequence of str | None
        Names of the channels.

    References
    ----------
    Han, Liu, Wang, Wang, Cai, Qian (2025). A spatial-spectral and temporal dual prototype network
    for motor imagery brain-computer interface. Knowl.-Based Syst. 315, 113315.
    https://doi.org/10.1016/j.knosys.2025.113315

    Reference implementation: https://github.com/hancan16/SST-DPN, commit 93ed17d.

    Examples
    --------
    >>> model = SSTDPN(n_chans=22, n_times=1000, n_outputs=4, sfreq=250)
    >>> model(torch.randn(2, 22, 1000)).shape, model.features(torch.randn(2, 22, 1000)).shape
    (torch.Size([2, 4]), torch.Size([2, 1072]))
    """

    def __init__(
        self,
        n_chans: int,
        n_times: int,
        n_outputs: int,
        sfreq: float,
        *,
        n_filters: tuple[int, int] = (9, 48),
        kernel_length: int | None = None,
        pool_lengths: Sequence[int] | None = None,
        attention_pool_length: int | None = None,
        head_max_norm: float | None = 1.0,
        ch_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(n_chans, n_times, n_outputs, sfreq, ch_names)
        if pool_lengths is None:
            pool_lengths = [max(2, self.samples_in(seconds)) for seconds in (0.2, 0.4, 0.8)]
        if attention_pool_length is None:
            attention_pool_length = min(self.samples_in(1.0), self.n_times)
        self.n_filters = n_temporal, n_maps = positive_ints("n_filters", n_filters, 2)
        self.set_arguments(
            kernel_length=self.samples_in(0.3) if kernel_length is None else kernel_length,
            pool_lengths=pool_lengths, attention_pool_length=attention_pool_length,
            head_max_norm=head_max_norm,
        )  # fmt: skip
        if min(self.pool_lengths) < 2 or n_maps % len(self.pool_lengths):
            raise ValueError(
                "expected pool_lengths of at least 2, and as many as divide the second of "
                f"n_filters, got {self.pool_lengths} and {self.n_filters}"
            )
        self.check_smallest_window(max(*self.pool_lengths, self.attention_pool_length))

        self.temporal = nn.Conv1d(1, n_temporal, self.kernel_length)
        nn.init.xavier_uniform_(self.temporal.weight)
        nn.init.zeros_(self.temporal.bias)  # type: ignore[arg-type]
        n_signals = n_temporal * self.n_chans
        self.gate = _VarianceGate(n_signals, self.attention_pool_length)
        self.mix = nn.Sequential(nn.Conv1d(n_signals, n_maps, 1), nn.BatchNorm1d(n_maps), nn.ELU())
        n_each = n_maps // len(self.pool_lengths)
        self.num_features = n_each * sum(
            (self.n_times - length) // (length // 2) + 1 for length in self.pool_lengths
        )
        self.head = self.make_head(self.n_outputs)

    def features(self, x: Tensor) -> Tensor:
        """Map windows (batch, n_chans, n_times) to features (batch, num_features)."""
        reach = self.kernel_length - 1
        padded = F.pad(x, (reach // 2, reach - reach // 2)).flatten(0, 1).unsqueeze(1)
        filtered = torch.unflatten(self.temporal(padded), 0, (x.shape[0], self.n_chans))
        signals = filtered.flatten(1, 2)  # (batch, n_chans * 9, n_times)
        maps = self.mix(self.gate(signals))  # (batch, n_maps, n_times)
        shares = maps.chunk(len(self.pool_lengths), dim=1)
        pooled = zip(shares, self.pool_lengths, strict=True)
        return torch.cat([_variances(share, length).flatten(1) for share, length in pooled], dim=1)

    def make_head(self, n_outputs: int) -> nn.Module:
        """Return a newly initialised head."""
        head = ConstrainedDense(
            self.num_features, n_outputs, bias=False, max_norm=self.head_max_norm
        )
        nn.init.kaiming_normal_(head.weight)
        return head


class _VarianceGate(nn.Module):
    """Factor for each signal of a window, from its variance relative to those of all signals."""

    def __init__(self, n_signals: int, length: int) -> None:
        super().__init__()
        self.length = length
        self.alpha = nn.Parameter(torch.ones(n_signals))
        self.beta = nn.Parameter(torch.zeros(n_signals))
        self.gamma = nn.Parameter(torch.zeros(n_signals))

    def forward(self, x: Tensor) -> Tensor:
        n_whole = x.shape[-1] // self.length
        whole = x[..., : n_whole * self.length]
        segments = torch.unflatten(whole, -1, (n_whole, self.length))
        precise = segments.to(torch.promote_types(x.dtype, torch.float32))  # holds the squares
        variances = (precise - precise.mean(dim=-1, keepdim=True)).square().mean(dim=-1)
        size = (variances.mean(dim=-1) + _EPS).sqrt() * self.alpha
        scale = (size.square().mean(dim=1, keepdim=True) + _EPS).rsqrt()
        gate = 1 + torch.tanh(size * self.gamma * scale + self.beta)
        return x * gate.to(x.dtype).unsqueeze(2)


def _variances(x: Tensor, length: int) -> Tensor:
    """Return the variances of overlapping segments, half a segment apart."""
    # The variance of a segment does not depend on the mean of the signal.
    x = x - x.mean(dim=-1, keepdim=True)
    mean = F.avg_pool1d(x, length, length // 2)
    return F.avg_pool1d(x.square(), length, length // 2) - mean.square()

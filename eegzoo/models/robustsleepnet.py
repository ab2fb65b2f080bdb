"""RobustSleepNet: sleep staging from any set of EEG and EOG channels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from eegzoo.layers.attention.additive_attention import AdditiveAttention
from eegzoo.layers.dropout import Dropout
from eegzoo.layers.recurrent.bidirectional import BidirectionalRNN
from eegzoo.models.registry import register_model
from eegzoo.models.sequence_models import ContextModel, is_real


@register_model(
    "robustsleepnet",
    tasks=("sleep",),
    paper="Guillot and Thorey (2021), RobustSleepNet: transfer learning for automated sleep "
    "staging at scale",
    doi="10.1109/TNSRE.2021.3098968",
    source="Dreem-Organization/RobustSleepNet, commit c8ff3f6 (PyTorch)",
    standard={"n_chans": 2, "n_times": 1800, "n_outputs": 5, "sfreq": 60.0},
)
class RobustSleepNet(ContextModel):
    """RobustSleepNet: attention over channels and frames, then GRUs over the windows of a night.

    Equal to the authors' code. The number of channels and their order do not change the weights:
    one state dict serves every montage, and the order of the channels has no influence.

    The spectrogram and its standardisation over each sequence of windows are part of the network.
    Before it, the authors filter the recording (0.2 to 30 Hz), resample it to 60 Hz, and scale each
    channel by its interquartile range, so that units cancel; `eegzoo.sleep.load_stager` does so.
    Samples beyond 20 are clipped: windows in microvolts must be scaled first.

    The authors train on sequences of 21 windows with Adam (1e-3), batches of 32 sequences and class
    weights 0.5 for W and 2 for N1. To stage a night, they average the probabilities of overlapping
    sequences.

    Parameters
    ----------
    n_chans : int
        Number of channels.
    n_times : int
        Number of samples in a window (30 s).
    n_outputs : int
        Number of stages (W, N1, N2, N3, REM).
    sfreq : float
        Sampling rate in Hz. A frame of the spectrogram lasts at least 2 s, rounded up to a power of
        two samples, and frames follow each other by 1 s.
    n_filters : int
        Number of filters over the frequencies of the spectrogram.
    n_heads : int
        Number of attentions over the channels, which the paper calls virtual channels.
    hidden_size : int
        Number of units of the GRU over the frames of a window, in each direction.
    second_hidden_size : int
        Number of features of a window, and of units of a GRU over the windows in each direction.
    depth : int
        Number of GRUs over the windows.
    drop_prob : float
        Dropout probability.
    ch_names : sequence of str | None
        Names of the channels.

    References
    ----------
    Guillot and Thorey (2021). RobustSleepNet: transfer learning for automated sleep staging at
    scale. IEEE Trans. Neural Syst. Rehabil. Eng. 29, 1441-1451.
    https://doi.org/10.1109/TNSRE.2021.3098968

    Reference implementation: https://github.com/Dreem-Organization/RobustSleepNet, commit c8ff3f6.

    Examples
    --------
    >>> model = RobustSleepNet(n_chans=3, n_times=1800, n_outputs=5, sfreq=60).eval()
    >>> model(torch.randn(2, 21, 3, 1800)).shape
    torch.Size([2, 21, 5])
    """

    takes_any_channels: ClassVar[bool] = True
    # Largest amplitude, in interquartile ranges.
    LIMIT: ClassVar[float] = 20.0

    def __init__(
        self,
        n_chans: int,
        n_times: int,
        n_outputs: int,
        sfreq: float,
        *,
        n_filters: int = 32,
        n_heads: int = 4,
        hidden_size: int = 64,
        second_hidden_size: int = 50,
        depth: int = 2,
        drop_prob: float = 0.5,
        ch_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(n_chans, n_times, n_outputs, sfreq, ch_names)
        self.set_arguments(
            n_filters=n_filters, n_heads=n_heads, hidden_size=hidden_size,
            second_hidden_size=second_hidden_size, depth=depth, drop_prob=drop_prob,
        )  # fmt: skip
        self.hop_length = self.samples_in(1.0)
        self.frame_length = 2 ** (int(math.log2(2 * self.hop_length)) + 1)
        self.check_smallest_window(self.frame_length + self.hop_length)  # two frames

        self.filters = nn.Linear(self.frame_length // 2 + 1, self.n_filters)
        self.channel_attentions = nn.ModuleList(
            AdditiveAttention(self.n_filters, 30) for _ in range(self.n_heads)
        )
        self.drop = Dropout(self.drop_prob)
        self.over_frames = BidirectionalRNN("gru", self.n_heads * self.n_filters, self.hidden_size)
        self.over_frames_drop = Dropout(self.drop_prob)
        self.reduction = nn.Linear(2 * self.hidden_size, self.second_hidden_size)
        self.frame_attention = AdditiveAttention(self.second_hidden_size, 25)
        self.num_features = 2 * self.second_hidden_size
        sizes = [self.second_hidden_size, *[self.num_features] * (self.depth - 1)]
        self.layers = nn.ModuleList(
            _ResidualGRU(size, self.second_hidden_size, self.drop_prob) for size in sizes
        )
        self.head = self.make_head(self.n_outputs)

    def features(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Map windows or sequences of windows to the features of each window in its sequence."""
        sequences = self.without_padding(self.as_sequences(x), lengths)
        batch = sequences.shape[:2]
        spectra = torch.unflatten(self.spectra(sequences.flatten(0, 1)), 0, batch)
        spectra = self.standardize(spectra, lengths)
        windows = torch.unflatten(self.window_features(spectra.flatten(0, 1)), 0, batch)
        out = self.over_windows(windows, lengths)
        return out.squeeze(1) if x.ndim == 3 else out

    def spectra(self, x: Tensor) -> Tensor:
        """Map windows (windows, n_chans, n_times) to log power (windows, n_chans, frames, bins).

        This part has no weights: models that were trained alike share its result.
        """
        if x.shape[0] == 0:  # torch.fft does not accept empty batches
            n_frames = (self.n_times - self.frame_length) // self.hop_length + 1
            return x.new_empty(0, self.n_chans, n_frames, self.frame_length // 2 + 1)
        taper = torch.hann_window(self.frame_length, periodic=False, dtype=x.dtype, device=x.device)
        clipped = x.clamp(-self.LIMIT, self.LIMIT) / self.LIMIT
        frames = clipped.unfold(-1, self.frame_length, self.hop_length) * (taper / taper.sum())
        spectrum = torch.fft.rfft(frames)
        power = spectrum.real.square() + spectrum.imag.square()
        log_power: Tensor = power.clamp(min=1e-20).log10()
        return log_power

    def standardize(self, spectra: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Standardise spectra (batch, n_windows, n_chans, frames, bins) over each sequence.

        The mean and the standard deviation are those of a channel and bin over the windows and
        frames of a sequence.
        """
        _, n_windows, _, n_frames, _ = spectra.shape
        real: Tensor | None = None
        count: Tensor | int = n_windows * n_frames
        if lengths is not None:
            real = is_real(lengths, n_windows)[..., None, None, None]
            count = (lengths * n_frames)[:, None, None, None, None].clamp(min=2)
            spectra = torch.where(real, spectra, 0.0)
        deviation = spectra - spectra.sum(dim=(1, 3), keepdim=True) / count
        if real is not None:
            deviation = torch.where(real, deviation, 0.0)
        var = deviation.square().sum(dim=(1, 3), keepdim=True) / (count - 1)
        # Silence has a variance of rounding errors, or of 0, whose root has no derivative.
        std = torch.where(var > 1e-10, var, 1.0).sqrt()
        return deviation / std

    def window_features(self, spectra: Tensor) -> Tensor:
        """Map standardised spectra (windows, n_chans, frames, bins) to features of each window."""
        x = self.filters(spectra).transpose(1, 2)  # (windows, frames, n_chans, n_filters)
        if spectra.shape[1] == 1 and not self.drop.training:
            # The attentions to a single channel are copies of it.
            x = self.over_frames(x.squeeze(2), n_copies=self.n_heads)
        else:
            x = torch.cat([attention(x) for attention in self.channel_attentions], dim=-1)
            x = self.over_frames(self.drop(x))
        x = self.over_frames_drop(x)
        features: Tensor = self.frame_attention(self.reduction(x))
        return features

    def over_windows(self, features: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Map features of windows (batch, n_windows, ...) to features in their sequence."""
        for layer in self.layers:
            features = layer(features, lengths)
        return features

    def project(self, features: Tensor) -> Tensor:
        """Map features of windows (..., size) to what `over_projected` takes of each window.

        Windows that are in several sequences need it once.
        """
        return self._recurrent[0].project(features)

    def over_projected(self, projected: Tensor) -> Tensor:
        """Return what `over_windows` returns, in evaluation and without gradients.

        Parameters
        ----------
        projected : Tensor, shape (n_windows, batch, size)
            Result of `project`. Windows come first.

        Returns
        -------
        Tensor, shape (n_windows, batch, num_features)
            Features of the windows in their sequence.
        """
        first, *others = self._recurrent
        features = first.over_projected(projected)
        for layer in others:
            features = layer.over_steps(features)
        return features

    @property
    def _recurrent(self) -> list[_ResidualGRU]:
        return cast("list[_ResidualGRU]", list(self.layers))


class _ResidualGRU(nn.Module):
    """Mean of a bidirectional GRU and a linear layer."""

    def __init__(self, input_size: int, hidden_size: int, drop_prob: float) -> None:
        super().__init__()
        self.residual = nn.Linear(input_size, 2 * hidden_size)
        self.gru = BidirectionalRNN("gru", input_size, hidden_size)
        self.drop = Dropout(drop_prob)

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Map sequences (batch, n_windows, input_size) to (batch, n_windows, 2 * hidden_size)."""
        out: Tensor = self.drop((self.residual(x) + self.gru(x, lengths)) / 2)
        return out

    def project(self, x: Tensor) -> Tensor:
        """Return the linear functions of each step that the GRU and the residual need."""
        weight, bias = self.gru.input_weights()
        weights = torch.cat([weight, self.residual.weight])
        return F.linear(x, weights, torch.cat([bias, self.residual.bias]))

    def over_projected(self, projected: Tensor) -> Tensor:
        """Map the results of `project` (n_windows, batch, ...) to the outputs in evaluation."""
        size = self.residual.out_features
        gates, residual = torch.split(projected, [projected.shape[2] - size, size], dim=2)
        return self.gru.run(gates).add_(residual).div_(2)

    def over_steps(self, x: Tensor) -> Tensor:
        """Map sequences (n_windows, batch, input_size) to the outputs in evaluation."""
        return self.gru.run_steps(x).add_(self.residual(x)).div_(2)

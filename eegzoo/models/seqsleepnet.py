"""SeqSleepNet: sleep staging from spectrograms with recurrent networks over frames and windows."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from eegzoo.layers.attention.additive_attention import AdditiveAttention
from eegzoo.layers.recurrent.bidirectional import BidirectionalRNN
from eegzoo.models.registry import register_model
from eegzoo.models.spectrogram_models import SpectrogramModel


@register_model(
    "seqsleepnet",
    tasks=("sleep",),
    paper="Phan et al. (2019), SeqSleepNet: end-to-end hierarchical recurrent neural network for "
    "sequence-to-sequence automatic sleep staging",
    doi="10.1109/TNSRE.2019.2896659",
    source="guidogagl/physioex, commit 24d4974 (PyTorch), a port",
    standard={"n_chans": 1, "n_times": 3000, "n_outputs": 5, "sfreq": 100.0},
)
class SeqSleepNet(SpectrogramModel):
    """SeqSleepNet: a learnt filter bank, an LSTM over frames, then a GRU over windows.

    Equal to the port in physioex, whose trained weights are public; the authors' own code is in
    TensorFlow. The spectrogram is part of this network: 20 times the logarithm of the power
    density (twice its decibels), as in physioex.

    The network takes spectra that are standardised by the training data's mean and standard
    deviation for each channel, frame and bin, which are stored with the weights and set by
    `fit_spectra`. Before that they are 0 and 20, so that a new network can learn from windows in
    microvolts. physioex published no such statistics with its weights;
    `eegzoo.sleep.load_stager` uses those of the recording.

    The authors train on sequences of 20 windows, physioex on 21, with Adam (1e-4). To stage a
    night, they average over overlapping sequences.

    Parameters
    ----------
    n_chans : int
        Number of channels.
    n_times : int
        Number of samples in a window (30 s).
    n_outputs : int
        Number of stages (W, N1, N2, N3, REM).
    sfreq : float
        Sampling rate in Hz. A frame of the spectrogram lasts 2 s, and frames follow each other by
        1 s.
    n_filters : int
        Number of triangular filters, from 0 Hz to half the sampling rate.
    hidden_size : int
        Number of units of the LSTM over the frames of a window, in each direction.
    second_hidden_size : int
        Number of units of the GRU over the windows, in each direction.
    ch_names : sequence of str | None
        Names of the channels.

    References
    ----------
    Phan, Andreotti, Cooray, Chén, De Vos (2019). SeqSleepNet: end-to-end hierarchical recurrent
    neural network for sequence-to-sequence automatic sleep staging. IEEE Trans. Neural Syst.
    Rehabil. Eng. 27, 400-410. https://doi.org/10.1109/TNSRE.2019.2896659

    Reference implementation: https://github.com/guidogagl/physioex, commit 24d4974.

    Examples
    --------
    >>> model = SeqSleepNet(n_chans=1, n_times=3000, n_outputs=5, sfreq=100)
    >>> night = 20 * torch.randn(60, 1, 3000)
    >>> model.fit_spectra(night)
    >>> model.eval()(night.reshape(1, 60, 1, 3000)).shape
    torch.Size([1, 60, 5])
    """

    def __init__(
        self,
        n_chans: int,
        n_times: int,
        n_outputs: int,
        sfreq: float,
        *,
        n_filters: int = 32,
        hidden_size: int = 64,
        second_hidden_size: int = 64,
        ch_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(n_chans, n_times, n_outputs, sfreq, ch_names)
        self.set_arguments(
            n_filters=n_filters, hidden_size=hidden_size, second_hidden_size=second_hidden_size
        )
        if self.n_bins < self.n_filters + 2:
            raise ValueError(
                f"expected n_filters of at most {self.n_bins - 2} at {self.sfreq:g} Hz, "
                f"got {self.n_filters}"
            )

        self.gains = nn.Parameter(torch.empty(self.n_chans, self.n_bins, self.n_filters))
        nn.init.normal_(self.gains)
        self.over_frames = BidirectionalRNN("lstm", self.n_chans * self.n_filters, self.hidden_size)
        self.frame_attention = AdditiveAttention(2 * self.hidden_size, 32)
        for parameter in self.frame_attention.parameters():
            nn.init.normal_(parameter, std=0.1)
        self.gru = BidirectionalRNN("gru", 2 * self.hidden_size, self.second_hidden_size)
        self.num_features = 2 * self.second_hidden_size
        self.head = self.make_head(self.n_outputs)

    def window_features(self, spectra: Tensor) -> Tensor:
        """Map standardised spectra (windows, n_chans, frames, bins) to features of each window."""
        triangles = _triangles(self.n_filters, self.n_fft, self.gains)
        filters = torch.sigmoid(self.gains) * triangles  # (n_chans, bins, n_filters)
        x = (spectra @ filters).transpose(1, 2).flatten(2)  # (windows, frames, ...)
        features: Tensor = self.frame_attention(self.over_frames(x))
        return features

    def over_windows(self, features: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Map features of windows (batch, n_windows, ...) to features in their sequence."""
        out: Tensor = self.gru(features, lengths)
        return out


def _triangles(n_filters: int, n_fft: int, like: Tensor) -> Tensor:
    """Return triangular filters (bins, n_filters), spread evenly over all frequencies.

    Corners are rounded down to a bin, as in the usual mel filter banks of speech recognition.
    """
    device = like.device
    # In integers: a corner at a bin would otherwise depend on rounding, which compilers change.
    corners = torch.arange(n_filters + 2, device=device) * (n_fft + 1) // (2 * (n_filters + 1))
    bins = torch.arange(n_fft // 2 + 1, device=device).unsqueeze(1)
    low, centre, high = corners[:-2], corners[1:-1], corners[2:]
    rising, falling = (bins - low) / (centre - low), (high - bins) / (high - centre)
    return torch.minimum(rising, falling).clamp(min=0.0).to(like.dtype)

"""DeepSleepNet: sleep stages from two branches of convolutions and LSTMs in both directions."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from eegzoo.arguments import number_between, positive_int
from eegzoo.layers.blocks.recurrent import PeepholeLSTM, State
from eegzoo.layers.blocks.same_padded import SameConv1d, SameMaxPool1d
from eegzoo.models.registry import register_model
from eegzoo.models.sequence_models import RecurrentModel


@register_model(
    "deepsleepnet",
    tasks=("sleep",),
    paper="Supratak et al. (2017), DeepSleepNet: a model for automatic sleep stage scoring based "
    "on raw single-channel EEG",
    doi="10.1109/TNSRE.2017.2721116",
    source="akaraspt/deepsleepnet, commit eb72f9b (TensorFlow)",
    standard={"n_chans": 1, "n_times": 3000, "n_outputs": 5, "sfreq": 100.0},
)
class DeepSleepNet(RecurrentModel):
    """DeepSleepNet: convolutions with short and with long kernels, then LSTMs in both directions.

    Equal to the authors' TensorFlow code: layers of LSTMs with peepholes (and a forget bias of one)
    run forwards and as many backwards, each on its own, beside a shortcut of one linear layer. The
    features of a window stand in torch's order (map, time), the authors' in (time, map): the same
    function. More than one channel is an extension: the first convolutions take them all.

    The state that is carried from one part of a night to the next is the authors': that of the
    backward layers, too, which has seen the windows before and not those after. To start them anew,
    give them zeros: the state is (h, c) of each forward layer, then of each backward one.

    The authors feed microvolts, unfiltered. They first train the convolutions with a linear layer
    on top, on as many windows of each stage, by Adam (1e-4), then all of it on 10 sequences of 25
    windows, by Adam with 1e-6 for the convolutions and 1e-4 for the rest, gradients clipped; to
    the loss they add 1e-3 of half the squared norm of the first short kernels.

    Parameters
    ----------
    n_chans : int
        Channels.
    n_times : int
        Samples in a window (30 s).
    n_outputs : int
        Stages: W, N1, N2, N3, REM.
    sfreq : float
        Sampling rate in Hz. The first kernels are half a second and four seconds, their strides a
        sixteenth and half a second.
    n_filters : int
        Maps of the first convolution of each branch; the others have twice as many.
    hidden_size : int
        Units of an LSTM in each direction.
    n_layers : int
        LSTMs in each direction.
    drop_prob : float
        Probability of dropout.
    ch_names : sequence of str | None
        Names of the channels.

    References
    ----------
    Supratak, Dong, Wu, Guo (2017). DeepSleepNet: a model for automatic sleep stage scoring based on
    raw single-channel EEG. IEEE Trans. Neural Syst. Rehabil. Eng. 25, 1998-2008.
    https://doi.org/10.1109/TNSRE.2017.2721116

    Reference implementation: https://github.com/akaraspt/deepsleepnet, commit eb72f9b.

    Examples
    --------
    Three windows of each of two nights, then the next one of both with the state carried over:

    >>> model = DeepSleepNet(hidden_size=32).eval()
    >>> logits, state = model(torch.randn(2, 3, 1, 3000), return_state=True)
    >>> logits.shape
    torch.Size([2, 3, 5])
    >>> model(torch.randn(2, 1, 3000), state).shape
    torch.Size([2, 5])
    """

    def __init__(
        self,
        n_chans: int = 1,
        n_times: int = 3000,
        n_outputs: int = 5,
        sfreq: float = 100.0,
        n_filters: int = 64,
        hidden_size: int = 512,
        n_layers: int = 2,
        drop_prob: float = 0.5,
        ch_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(n_chans, n_times, n_outputs, sfreq, ch_names)
        self.n_filters = positive_int("n_filters", n_filters)
        self.hidden_size = positive_int("hidden_size", hidden_size)
        self.n_layers = positive_int("n_layers", n_layers)
        self.drop_prob = number_between("drop_prob", drop_prob, 0.0, 1.0)
        if self.sfreq < 16:
            raise ValueError(f"expected sfreq of at least 16 Hz, got {self.sfreq}")

        short, step = int(self.sfreq / 2), int(self.sfreq / 16)
        self.short = self._branch(short, step, pool_lengths=(8, 4), later_length=8)
        self.long = self._branch(int(4 * self.sfreq), short, pool_lengths=(4, 2), later_length=6)
        # Each step rounds up.
        n_pooled = -(-self.n_times // (step * 8 * 4)) + -(-self.n_times // (short * 4 * 2))
        self.drop = nn.Dropout(self.drop_prob)
        n_window_features = 2 * n_filters * n_pooled
        self.num_features = 2 * self.hidden_size
        self.shortcut = nn.Sequential(
            nn.Linear(n_window_features, self.num_features, bias=False),
            _batch_norm(self.num_features),
            nn.ReLU(),
        )
        sizes = [n_window_features, *[hidden_size] * (self.n_layers - 1)]
        self.forwards, self.backwards = (
            nn.ModuleList(PeepholeLSTM(size, hidden_size, reverse=reverse) for size in sizes)
            for reverse in (False, True)
        )
        self.head = self.make_head(self.n_outputs)
        for layer in self.modules():
            if isinstance(layer, (nn.Conv1d, nn.Linear)):
                _truncated_he_(layer.weight)

    def _branch(
        self, kernel_length: int, stride: int, pool_lengths: tuple[int, int], later_length: int
    ) -> nn.Sequential:
        def convolution(before: int, after: int, length: int, stride: int = 1) -> nn.Sequential:
            conv = SameConv1d(before, after, length, stride, bias=False)
            return nn.Sequential(conv, _batch_norm(after), nn.ReLU())

        first, later = self.n_filters, 2 * self.n_filters
        return nn.Sequential(
            convolution(self.n_chans, first, kernel_length, stride),
            SameMaxPool1d(pool_lengths[0]),
            nn.Dropout(self.drop_prob),
            convolution(first, later, later_length),
            convolution(later, later, later_length),
            convolution(later, later, later_length),
            SameMaxPool1d(pool_lengths[1]),
            nn.Flatten(),
        )

    def window_features(self, x: Tensor) -> Tensor:
        """Map windows (windows, n_chans, n_times) to what the LSTMs take."""
        short = self.short(x)  # (windows, 2 * n_filters * 16) at 100 Hz
        long = self.long(x)  # (windows, 2 * n_filters * 8)
        dropped: Tensor = self.drop(torch.cat([short, long], dim=1))
        return dropped

    def over_windows(
        self, features: Tensor, state: tuple[State, ...] | None, lengths: Tensor | None
    ) -> tuple[Tensor, tuple[State, ...]]:
        """Run the LSTMs over the windows' features (batch, n_windows, ...)."""
        before = iter([None] * 2 * self.n_layers if state is None else state)
        outputs, after = [], []
        for direction in (self.forwards, self.backwards):
            out = features
            for lstm in direction:
                out, layer_state = lstm(out, next(before), lengths)
                out = self.drop(out)
                after.append(layer_state)
            outputs.append(out)
        both = torch.cat(outputs, dim=2)
        flat, n_windows = features.flatten(0, 1), features.shape[1]
        beside = self.of_present(self.shortcut, flat, lengths, n_windows).reshape(both.shape)
        return self.drop(both + beside), tuple(after)

    def make_head(self, n_outputs: int) -> nn.Module:
        """Return a newly initialised head."""
        head = nn.Linear(self.num_features, n_outputs)
        _truncated_he_(head.weight)
        nn.init.zeros_(head.bias)
        return head


def _batch_norm(features: int) -> nn.BatchNorm1d:
    norm = nn.BatchNorm1d(features, eps=1e-5, momentum=1e-3)
    nn.init.normal_(norm.weight, 1.0, 0.002)
    return norm


def _truncated_he_(weight: Tensor) -> Tensor:
    # Cut at two deviations without making up for it, unlike Keras's he_normal.
    std = math.sqrt(2.0 / math.prod(weight.shape[1:]))
    return nn.init.trunc_normal_(weight, std=std, a=-2 * std, b=2 * std)

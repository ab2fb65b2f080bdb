"""DeepSleepNet: sleep staging with two convolutional branches and bidirectional LSTMs."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from eegzoo.layers.blocks.same_padded import SameConv1d, SameMaxPool1d
from eegzoo.layers.dropout import Dropout
from eegzoo.layers.recurrent.peephole_lstm import PeepholeLSTM, State
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
    """DeepSleepNet: two convolutional branches with different kernels, then bidirectional LSTMs.

    Equal to the authors' TensorFlow code. LSTMs with peephole connections and a forget bias of one
    form two separate stacks, one for each direction in time, with a linear shortcut around both.
    The features of a window are in torch's order (map, time), the authors' in (time, map), which
    does not change the function. As an extension, several channels are allowed; the first
    convolutions take all of them.

    The state that is carried from one part of a night to the next holds (h, c) of each forward
    layer, then of each backward layer. As in the authors' code, it includes the backward layers,
    although their state comes from earlier windows, not from later ones. To reset the backward
    layers, replace their state with zeros.

    The authors use unfiltered signals in microvolts. They first train the convolutions with a
    linear layer on top, on equally many windows of each stage, with Adam (1e-4). Then they train
    the whole model on batches of 10 sequences of 25 windows, with Adam (1e-6 for the convolutions,
    1e-4 for the rest) and clipped gradients. They add to the loss 1e-3 times half the squared norm
    of the first kernels of the short branch.

    Parameters
    ----------
    n_chans : int
        Number of channels.
    n_times : int
        Number of samples in a window (30 s).
    n_outputs : int
        Number of sleep stages (W, N1, N2, N3, REM).
    sfreq : float
        Sampling rate in Hz. The first kernels last 0.5 s (short branch) and 4 s (long branch), with
        strides of 1/16 s and 0.5 s.
    n_filters : int
        Number of filters of the first convolution in each branch. The other convolutions have twice
        as many.
    hidden_size : int
        Number of units of an LSTM.
    depth : int
        Number of LSTMs in each direction.
    drop_prob : float
        Dropout probability.
    ch_names : sequence of str | None
        Channel names.

    References
    ----------
    Supratak, Dong, Wu, Guo (2017). DeepSleepNet: a model for automatic sleep stage scoring based on
    raw single-channel EEG. IEEE Trans. Neural Syst. Rehabil. Eng. 25, 1998-2008.
    https://doi.org/10.1109/TNSRE.2017.2721116

    Reference implementation: https://github.com/akaraspt/deepsleepnet, commit eb72f9b.

    Examples
    --------
    Three windows of each of two nights, then the next window of each, with the state carried over:

    >>> model = DeepSleepNet(n_chans=1, n_times=3000, n_outputs=5, sfreq=100, hidden_size=32).eval()
    >>> logits, state = model(torch.randn(2, 3, 1, 3000), return_state=True)
    >>> logits.shape
    torch.Size([2, 3, 5])
    >>> model(torch.randn(2, 1, 3000), state).shape
    torch.Size([2, 5])
    """

    def __init__(
        self,
        n_chans: int,
        n_times: int,
        n_outputs: int,
        sfreq: float,
        *,
        n_filters: int = 64,
        hidden_size: int = 512,
        depth: int = 2,
        drop_prob: float = 0.5,
        ch_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(n_chans, n_times, n_outputs, sfreq, ch_names)
        self.set_arguments(
            n_filters=n_filters, hidden_size=hidden_size, depth=depth, drop_prob=drop_prob
        )
        if self.sfreq < 16:
            raise ValueError(f"expected sfreq of at least 16 Hz, got {self.sfreq}")

        short, step = int(self.sfreq / 2), int(self.sfreq / 16)
        self.short = self._branch(short, step, pool_lengths=(8, 4), second_kernel_length=8)
        self.long = self._branch(
            int(4 * self.sfreq), short, pool_lengths=(4, 2), second_kernel_length=6
        )
        # Strides and pools round up.
        n_pooled = -(-self.n_times // (step * 8 * 4)) + -(-self.n_times // (short * 4 * 2))
        self.drop = Dropout(self.drop_prob)
        n_window_features = 2 * self.n_filters * n_pooled
        self.num_features = 2 * self.hidden_size
        self.shortcut = nn.Sequential(
            nn.Linear(n_window_features, self.num_features, bias=False),
            _batch_norm(self.num_features),
            nn.ReLU(),
        )
        sizes = [n_window_features, *[self.hidden_size] * (self.depth - 1)]
        self.forwards, self.forwards_drop = self._lstms(sizes, reverse=False)
        self.backwards, self.backwards_drop = self._lstms(sizes, reverse=True)
        self.last_drop = Dropout(self.drop_prob)
        self.head = self.make_head(self.n_outputs)
        for layer in self.modules():
            if isinstance(layer, (nn.Conv1d, nn.Linear)):
                _truncated_he_(layer.weight)

    def _branch(
        self,
        kernel_length: int,
        stride: int,
        pool_lengths: tuple[int, int],
        second_kernel_length: int,
    ) -> nn.Sequential:
        def convolution(before: int, after: int, length: int, stride: int = 1) -> nn.Sequential:
            conv = SameConv1d(before, after, length, stride, bias=False)
            return nn.Sequential(conv, _batch_norm(after), nn.ReLU())

        first, later = self.n_filters, 2 * self.n_filters
        return nn.Sequential(
            convolution(self.n_chans, first, kernel_length, stride),
            SameMaxPool1d(pool_lengths[0]),
            Dropout(self.drop_prob),
            convolution(first, later, second_kernel_length),
            convolution(later, later, second_kernel_length),
            convolution(later, later, second_kernel_length),
            SameMaxPool1d(pool_lengths[1]),
            nn.Flatten(),
        )

    def _lstms(self, sizes: list[int], reverse: bool) -> tuple[nn.ModuleList, nn.ModuleList]:
        """Return the LSTMs of one direction and the dropouts after them."""
        lstms = (PeepholeLSTM(size, self.hidden_size, reverse=reverse) for size in sizes)
        return nn.ModuleList(lstms), nn.ModuleList(Dropout(self.drop_prob) for _ in sizes)

    def window_features(self, x: Tensor) -> Tensor:
        """Map windows (windows, n_chans, n_times) to the inputs of the LSTMs."""
        short = self.short(x)  # (windows, 2 * n_filters * 16) at 100 Hz
        long = self.long(x)  # (windows, 2 * n_filters * 8)
        dropped: Tensor = self.drop(torch.cat([short, long], dim=1))
        return dropped

    def over_windows(
        self, features: Tensor, state: tuple[State, ...] | None, lengths: Tensor | None
    ) -> tuple[Tensor, tuple[State, ...]]:
        """Run the LSTMs over the features of windows (batch, n_windows, ...)."""
        before = iter([None] * 2 * self.depth if state is None else state)
        outputs, after = [], []
        both_directions = (
            (self.forwards, self.forwards_drop),
            (self.backwards, self.backwards_drop),
        )
        for lstms, drops in both_directions:
            out = features
            for lstm, drop in zip(lstms, drops, strict=True):
                out, layer_state = lstm(out, next(before), lengths)
                out = drop(out)
                after.append(layer_state)
            outputs.append(out)
        both = torch.cat(outputs, dim=2)
        flat, n_windows = features.flatten(0, 1), features.shape[1]
        shortcut = self.apply_without_padding(self.shortcut, flat, lengths, n_windows)
        return self.last_drop(both + shortcut.reshape(both.shape)), tuple(after)

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
    # Truncation at two standard deviations is not compensated, unlike in Keras's he_normal.
    std = math.sqrt(2.0 / math.prod(weight.shape[1:]))
    return nn.init.trunc_normal_(weight, std=std, a=-2 * std, b=2 * std)

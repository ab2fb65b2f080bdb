"""TinySleepNet: sleep stages from one channel, window after window."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from eegzoo.arguments import number_between, positive_int
from eegzoo.layers.initializers import lecun_normal_
from eegzoo.layers.padding import same_padding
from eegzoo.layers.recurrent import PeepholeLSTM, State
from eegzoo.models.base import EEGModel
from eegzoo.models.registry import register_model


@register_model(
    "tinysleepnet",
    tasks=("sleep",),
    paper="Supratak and Guo (2020), TinySleepNet: an efficient deep learning model for sleep stage "
    "scoring based on raw single-channel EEG",
    doi="10.1109/EMBC44109.2020.9176741",
    source="akaraspt/tinysleepnet, commit 70f45cf (TensorFlow)",
    standard={"n_chans": 1, "n_times": 3000, "n_outputs": 5, "sfreq": 100.0},
)
class TinySleepNet(EEGModel):
    """TinySleepNet: four convolutions, then an LSTM over the windows of a night.

    Equal to the authors' TensorFlow code; the LSTM has peepholes and a forget bias of one, and its
    state is carried along a night. The features of a window stand in torch's order (map, time)
    before the LSTM, the authors' in (time, map): the same function. More than one channel is an
    extension: the first convolution takes them all.

    The authors feed microvolts, unfiltered, and train with Adam (1e-4), gradients clipped at a
    global norm of 5, 15 sequences of 20 windows, class weights 1, 1.5, 1, 1, 1, and 1e-3 of half
    the squared norm of the convolutions' kernels added to the loss.

    Parameters
    ----------
    n_chans : int
        Channels.
    n_times : int
        Samples in a window (30 s).
    n_outputs : int
        Stages: W, N1, N2, N3, REM.
    sfreq : float
        Sampling rate in Hz. The first kernel is half a second, its stride a sixteenth.
    n_filters : int
        Maps of each convolution.
    hidden_size : int
        Units of the LSTM.
    drop_prob : float
        Probability of dropout.
    ch_names : sequence of str | None
        Names of the channels.

    References
    ----------
    Supratak and Guo (2020). TinySleepNet: an efficient deep learning model for sleep stage scoring
    based on raw single-channel EEG. EMBC. https://doi.org/10.1109/EMBC44109.2020.9176741

    Reference implementation: https://github.com/akaraspt/tinysleepnet, commit 70f45cf.

    Examples
    --------
    Five windows of each of two nights, then the next one of both with the state carried over:

    >>> model = TinySleepNet().eval()
    >>> logits, state = model(torch.randn(2, 5, 1, 3000), return_state=True)
    >>> logits.shape
    torch.Size([2, 5, 5])
    >>> logits, state = model(torch.randn(2, 1, 3000), state, return_state=True)
    >>> logits.shape
    torch.Size([2, 5])
    """

    def __init__(
        self,
        n_chans: int = 1,
        n_times: int = 3000,
        n_outputs: int = 5,
        sfreq: float = 100.0,
        n_filters: int = 128,
        hidden_size: int = 128,
        drop_prob: float = 0.5,
        ch_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(n_chans, n_times, n_outputs, sfreq, ch_names)
        self.n_filters = positive_int("n_filters", n_filters)
        self.hidden_size = positive_int("hidden_size", hidden_size)
        self.drop_prob = number_between("drop_prob", drop_prob, 0.0, 1.0)
        if self.sfreq < 16:
            raise ValueError(f"expected sfreq of at least 16 Hz, got {self.sfreq}")

        kernel_length, stride = int(self.sfreq / 2), int(self.sfreq / 16)
        after_first = -(-self.n_times // stride)
        after_pool = -(-after_first // 8)
        self.first = _ConvBlock(self.n_chans, n_filters, kernel_length, stride, self.n_times)
        self.first_pool = _same_max_pool(after_first, 8)
        self.blocks = nn.Sequential(
            *(_ConvBlock(n_filters, n_filters, 8, 1, after_pool) for _ in range(3))
        )
        self.last_pool = _same_max_pool(after_pool, 4)
        self.drop = nn.Dropout(self.drop_prob)
        self.lstm = PeepholeLSTM(n_filters * -(-after_pool // 4), self.hidden_size)
        self.num_features = self.hidden_size
        self.head = self.make_head(self.n_outputs)

    def forward(  # type: ignore[override]
        self,
        x: Tensor,
        state: State | None = None,
        lengths: Tensor | None = None,
        return_state: bool = False,
    ) -> Tensor | tuple[Tensor, State]:
        """Map windows, or sequences of windows, to logits.

        Parameters
        ----------
        x : Tensor, shape (batch, n_chans, n_times) or (batch, n_windows, n_chans, n_times)
            One window for each recording, or consecutive ones, in microvolts.
        state : tuple of Tensor, shapes (batch, hidden_size) | None
            What an earlier call returned for the windows just before. None: the night begins.
        lengths : Tensor of int, shape (batch,) | None
            Windows that count in each sequence; the rest is padding.
        return_state : bool
            Also return the state after the last window that counts.

        Returns
        -------
        logits : Tensor, shape (batch, n_outputs) or (batch, n_windows, n_outputs)
            One for each stage.
        state : tuple of Tensor, shapes (batch, hidden_size)
            With `return_state`.
        """
        features, state = self._features_and_state(x, state, lengths)
        logits: Tensor = self.head(features)
        return (logits, state) if return_state else logits

    def features(self, x: Tensor) -> Tensor:
        """Map windows, or sequences of windows, to the LSTM's output."""
        return self._features_and_state(x, None, None)[0]

    def _features_and_state(
        self, x: Tensor, state: State | None, lengths: Tensor | None
    ) -> tuple[Tensor, State]:
        single = x.ndim == 3
        if single:
            x = x.unsqueeze(1)
        if x.ndim != 4:
            raise ValueError(
                f"expected x of shape (batch, n_chans={self.n_chans}, n_times={self.n_times}) or "
                f"(batch, n_windows, n_chans, n_times), got {tuple(x.shape)}"
            )
        windows = x.flatten(0, 1)
        self.check_windows(windows)
        features = self._window_features(windows).reshape(*x.shape[:2], self.lstm.input_size)
        out, state = self.lstm(features, state, lengths)
        out = self.drop(out)
        return (out.squeeze(1) if single else out), state

    def _window_features(self, x: Tensor) -> Tensor:
        x = self.first_pool(self.first(x))  # (windows, n_filters, 63) at 100 Hz
        x = self.blocks(self.drop(x))
        x = self.last_pool(x).flatten(1)  # (windows, n_filters * 16)
        dropped: Tensor = self.drop(x)
        return dropped

    def make_head(self, n_outputs: int) -> nn.Module:
        """Return a newly initialised head."""
        head = nn.Linear(self.num_features, n_outputs)
        lecun_normal_(head.weight)
        nn.init.zeros_(head.bias)
        return head


class _ConvBlock(nn.Module):
    """Convolution as TensorFlow pads it, normalisation, ReLU."""

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: int, stride: int, n_times: int
    ) -> None:
        super().__init__()
        self.pad = nn.ConstantPad1d(same_padding(n_times, kernel_size, stride), 0.0)
        self.conv = nn.Conv1d(in_channels, out_channels, kernel_size, stride, bias=False)
        self.norm = nn.BatchNorm1d(out_channels, eps=1e-3, momentum=0.01)
        lecun_normal_(self.conv.weight)

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(self.norm(self.conv(self.pad(x))))


def _same_max_pool(n_times: int, length: int) -> nn.Sequential:
    # After a ReLU no value is below the zeros of the padding.
    pad = nn.ConstantPad1d(same_padding(n_times, length, length), 0.0)
    return nn.Sequential(pad, nn.MaxPool1d(length))

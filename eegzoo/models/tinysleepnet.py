"""TinySleepNet: sleep staging of consecutive windows of a single channel."""

from __future__ import annotations

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor, nn

from eegzoo.layers.blocks.initializers import lecun_normal_
from eegzoo.layers.blocks.same_padded import SameConv1d, SameMaxPool1d
from eegzoo.layers.dropout import Dropout
from eegzoo.layers.recurrent.peephole_lstm import PeepholeLSTM, State
from eegzoo.models.registry import register_model
from eegzoo.models.sequence_models import RecurrentModel


@register_model(
    "tinysleepnet",
    tasks=("sleep",),
    paper="Supratak and Guo (2020), TinySleepNet: an efficient deep learning model for sleep stage "
    "scoring based on raw single-channel EEG",
    doi="10.1109/EMBC44109.2020.9176741",
    source="akaraspt/tinysleepnet, commit 70f45cf (TensorFlow)",
    standard={"n_chans": 1, "n_times": 3000, "n_outputs": 5, "sfreq": 100.0},
)
class TinySleepNet(RecurrentModel):
    """TinySleepNet: four convolutions, then an LSTM over the windows of a night.

    The model equals the authors' TensorFlow code. The LSTM has peepholes and a forget bias of one,
    and its state is carried along a night. The features that enter the LSTM are in torch's order
    (map, time), the authors' in (time, map); both compute the same function. More than one channel
    is an extension: the first convolution takes all channels.

    In the paper, batch normalisation follows each convolution. The authors' code never sets it to
    training mode: its statistics stay 0 and 1, it only scales and shifts, and the network does not
    learn at learning rates far above the authors'. This model follows the paper. Use
    ``batch_statistics=False`` to follow the code; in evaluation mode both are equal.

    The authors use unfiltered EEG in microvolts. They train with Adam (1e-4), gradients clipped at
    a global norm of 5, batches of 15 sequences of 20 windows, and class weights 1, 1.5, 1, 1, 1.
    The loss includes half the squared norm of the convolution kernels times 1e-3. The recipe
    "tinysleepnet" of `eegzoo.training.EEGClassifier` does the same.

    Parameters
    ----------
    n_chans : int
        Number of channels.
    n_times : int
        Number of samples in a window (30 s).
    n_outputs : int
        Number of stages (W, N1, N2, N3, REM).
    sfreq : float
        Sampling rate in Hz. The kernels of the first convolution last half a second and its stride
        a sixteenth of a second.
    n_filters : int
        Number of filters of each convolution.
    hidden_size : int
        Number of units of the LSTM.
    drop_prob : float
        Dropout probability.
    batch_statistics : bool
        Whether to normalise by the statistics of the batch in training and to keep running
        statistics, as in the paper.
    ch_names : sequence of str | None
        Names of the channels.

    References
    ----------
    Supratak and Guo (2020). TinySleepNet: an efficient deep learning model for sleep stage scoring
    based on raw single-channel EEG. EMBC. https://doi.org/10.1109/EMBC44109.2020.9176741

    Reference implementation: https://github.com/akaraspt/tinysleepnet, commit 70f45cf.

    Examples
    --------
    Five windows of each of two nights, then the next window of both with the state carried over:

    >>> model = TinySleepNet(n_chans=1, n_times=3000, n_outputs=5, sfreq=100).eval()
    >>> logits, state = model(torch.randn(2, 5, 1, 3000), return_state=True)
    >>> logits.shape
    torch.Size([2, 5, 5])
    >>> logits, state = model(torch.randn(2, 1, 3000), state, return_state=True)
    >>> logits.shape
    torch.Size([2, 5])
    """

    def __init__(
        self,
        n_chans: int,
        n_times: int,
        n_outputs: int,
        sfreq: float,
        *,
        n_filters: int = 128,
        hidden_size: int = 128,
        drop_prob: float = 0.5,
        batch_statistics: bool = True,
        ch_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(n_chans, n_times, n_outputs, sfreq, ch_names)
        self.set_arguments(
            n_filters=n_filters, hidden_size=hidden_size, drop_prob=drop_prob,
            batch_statistics=batch_statistics,
        )  # fmt: skip
        if self.sfreq < 16:
            raise ValueError(f"expected sfreq of at least 16 Hz, got {self.sfreq}")

        stride = int(self.sfreq / 16)
        self.first = self._convolution(self.n_chans, int(self.sfreq / 2), stride)
        self.first_pool = SameMaxPool1d(8)
        self.first_drop = Dropout(self.drop_prob)
        self.blocks = nn.Sequential(*(self._convolution(n_filters, 8) for _ in range(3)))
        self.last_pool = SameMaxPool1d(4)
        self.last_drop = Dropout(self.drop_prob)
        n_pooled = -(-self.n_times // (stride * 8 * 4))  # the stride and both pools round up
        self.lstm = PeepholeLSTM(n_filters * n_pooled, self.hidden_size)
        self.lstm_drop = Dropout(self.drop_prob)
        self.num_features = self.hidden_size
        self.head = self.make_head(self.n_outputs)

    def _convolution(self, in_channels: int, kernel_length: int, stride: int = 1) -> nn.Sequential:
        conv = SameConv1d(in_channels, self.n_filters, kernel_length, stride, bias=False)
        lecun_normal_(conv.weight)
        norm = nn.BatchNorm1d if self.batch_statistics else _FixedBatchNorm1d
        return nn.Sequential(conv, norm(self.n_filters, eps=1e-3, momentum=0.01), nn.ReLU())

    def window_features(self, x: Tensor) -> Tensor:
        """Map windows (windows, n_chans, n_times) to the input of the LSTM."""
        x = self.first_pool(self.first(x))  # (windows, n_filters, 63) at 100 Hz
        x = self.blocks(self.first_drop(x))
        x = self.last_pool(x).flatten(1)  # (windows, n_filters * 16)
        dropped: Tensor = self.last_drop(x)
        return dropped

    def over_windows(
        self, features: Tensor, state: State | None, lengths: Tensor | None
    ) -> tuple[Tensor, State]:
        """Run the LSTM over the features of windows (batch, n_windows, ...)."""
        out, state = self.lstm(features, state, lengths)
        return self.lstm_drop(out), state

    def make_head(self, n_outputs: int) -> nn.Module:
        """Return a newly initialised head."""
        head = nn.Linear(self.num_features, n_outputs)
        lecun_normal_(head.weight)
        nn.init.zeros_(head.bias)
        return head


class _FixedBatchNorm1d(nn.BatchNorm1d):
    """Batch normalisation that uses its running statistics in training without updating them."""

    def forward(self, x: Tensor) -> Tensor:
        return F.batch_norm(
            x, self.running_mean, self.running_var, self.weight, self.bias, eps=self.eps
        )

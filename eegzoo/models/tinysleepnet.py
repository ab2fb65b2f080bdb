"""TinySleepNet: sleep stages from one channel, window after window."""

from __future__ import annotations

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor, nn

from eegzoo.arguments import number_between, positive_int
from eegzoo.layers.blocks.initializers import lecun_normal_
from eegzoo.layers.blocks.recurrent import PeepholeLSTM, State
from eegzoo.layers.blocks.same_padded import SameConv1d, SameMaxPool1d
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

    Equal to the authors' TensorFlow code; the LSTM has peepholes and a forget bias of one, and its
    state is carried along a night. The features of a window stand in torch's order (map, time)
    before the LSTM, the authors' in (time, map): the same function. More than one channel is an
    extension: the first convolution takes them all.

    The paper has batch normalisation after each convolution. The code never tells it that it
    trains: its statistics stay 0 and 1, and it scales and shifts alone, so that it learns nothing
    at learning rates far above the authors'. Here the paper is followed, and
    ``batch_statistics=False`` is the code; in evaluation they are the same.

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
    batch_statistics : bool
        Normalise by the batch in training, as the paper tells, and keep running statistics.
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
        batch_statistics: bool = True,
        ch_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(n_chans, n_times, n_outputs, sfreq, ch_names)
        self.n_filters = positive_int("n_filters", n_filters)
        self.hidden_size = positive_int("hidden_size", hidden_size)
        self.drop_prob = number_between("drop_prob", drop_prob, 0.0, 1.0)
        if self.sfreq < 16:
            raise ValueError(f"expected sfreq of at least 16 Hz, got {self.sfreq}")

        self.batch_statistics = batch_statistics
        stride = int(self.sfreq / 16)
        self.first = self._convolution(self.n_chans, int(self.sfreq / 2), stride)
        self.first_pool = SameMaxPool1d(8)
        self.blocks = nn.Sequential(*(self._convolution(n_filters, 8) for _ in range(3)))
        self.last_pool = SameMaxPool1d(4)
        self.drop = nn.Dropout(self.drop_prob)
        n_pooled = -(-self.n_times // (stride * 8 * 4))  # each step rounds up
        self.lstm = PeepholeLSTM(n_filters * n_pooled, self.hidden_size)
        self.num_features = self.hidden_size
        self.head = self.make_head(self.n_outputs)

    def _convolution(self, in_channels: int, kernel_length: int, stride: int = 1) -> nn.Sequential:
        conv = SameConv1d(in_channels, self.n_filters, kernel_length, stride, bias=False)
        lecun_normal_(conv.weight)
        norm = nn.BatchNorm1d if self.batch_statistics else _FixedBatchNorm1d
        return nn.Sequential(conv, norm(self.n_filters, eps=1e-3, momentum=0.01), nn.ReLU())

    def window_features(self, x: Tensor) -> Tensor:
        """Map windows (windows, n_chans, n_times) to what the LSTM takes."""
        x = self.first_pool(self.first(x))  # (windows, n_filters, 63) at 100 Hz
        x = self.blocks(self.drop(x))
        x = self.last_pool(x).flatten(1)  # (windows, n_filters * 16)
        dropped: Tensor = self.drop(x)
        return dropped

    def over_windows(
        self, features: Tensor, state: State | None, lengths: Tensor | None
    ) -> tuple[Tensor, State]:
        """Run the LSTM over the windows' features (batch, n_windows, ...)."""
        out, state = self.lstm(features, state, lengths)
        return self.drop(out), state

    def make_head(self, n_outputs: int) -> nn.Module:
        """Return a newly initialised head."""
        head = nn.Linear(self.num_features, n_outputs)
        lecun_normal_(head.weight)
        nn.init.zeros_(head.bias)
        return head


class _FixedBatchNorm1d(nn.BatchNorm1d):
    """Batch normalisation that uses the running statistics in training too, and keeps them."""

    def forward(self, x: Tensor) -> Tensor:
        return F.batch_norm(
            x, self.running_mean, self.running_var, self.weight, self.bias, eps=self.eps
        )

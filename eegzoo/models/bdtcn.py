"""BD-TCN: a temporal convolutional network for whole minutes of EEG."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from eegzoo.layers.blocks.weight_norm import WeightNormConv1d
from eegzoo.models.base import EEGModel
from eegzoo.models.registry import register_model


@register_model(
    "bdtcn",
    tasks=("pathology",),
    paper="Gemein et al. (2020), Machine-learning-based diagnostics of EEG pathology",
    doi="10.1016/j.neuroimage.2020.117021",
    source="braindecode 1.8.1, BDTCN by the authors (tests/reference/make_bdtcn.py)",
    standard={"n_chans": 21, "n_times": 6000, "n_outputs": 2, "sfreq": 100.0},
)
class BDTCN(EEGModel):
    """BD-TCN: residual blocks of dilated convolutions, then a mean over time.

    Equal to the authors' class in braindecode. The defaults are those of the authors' script for
    the paper (gemeinl/auto-eeg-diagnosis-comparison, commit cb21a90), with which one output sees
    931 samples; those of the class are 3 blocks of 30 filters with 5 taps and a dropout of 0.5.
    Lengths are in samples and do not follow `sfreq`.

    The authors pad every convolution on its left, and leave out the outputs that padding reaches;
    here nothing is padded, which gives the same outputs. They average outputs over time, where this
    model averages features, which is the same for a linear head. Kernels have weight normalisation.
    The authors draw them from a normal distribution, which has no effect on the normalised ones,
    neither here nor there.

    The authors train on crops of 60 s at 100 Hz by Adam, with a weight decay apart from the
    gradient and a learning rate that falls along a cosine.

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
    n_filters : int
        Number of filters of each convolution.
    depth : int
        Number of blocks of two convolutions. The dilation doubles from each block to the next.
    kernel_length : int
        Number of taps of the kernels.
    drop_prob : float
        Probability of dropping a whole map after each convolution.
    activation : type of nn.Module
        Activation after each convolution and each block.
    ch_names : sequence of str | None
        Names of the channels.

    References
    ----------
    Gemein, Schirrmeister, Chrabąszcz, Wilson, Boedecker, Schulze-Bonhage, Hutter, Ball (2020).
    Machine-learning-based diagnostics of EEG pathology. NeuroImage 220, 117021.
    https://doi.org/10.1016/j.neuroimage.2020.117021

    Reference implementation: https://github.com/braindecode/braindecode, version 1.8.1.

    Examples
    --------
    >>> model = BDTCN(n_chans=21, n_times=6000, n_outputs=2, sfreq=100)
    >>> model(torch.randn(1, 21, 6000)).shape, model.features(torch.randn(1, 21, 6000)).shape
    (torch.Size([1, 2]), torch.Size([1, 55]))
    """

    def __init__(
        self,
        n_chans: int,
        n_times: int,
        n_outputs: int,
        sfreq: float,
        *,
        n_filters: int = 55,
        depth: int = 5,
        kernel_length: int = 16,
        drop_prob: float = 0.05270154233150525,
        activation: type[nn.Module] = nn.ReLU,
        ch_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(n_chans, n_times, n_outputs, sfreq, ch_names)
        self.set_arguments(
            n_filters=n_filters, depth=depth, kernel_length=kernel_length, drop_prob=drop_prob,
            activation=activation,
        )  # fmt: skip
        self.check_smallest_window(1 + 2 * (self.kernel_length - 1) * (2**self.depth - 1))
        self.blocks = nn.Sequential(
            *(
                _Block(
                    self.n_filters if block else self.n_chans, self.n_filters, self.kernel_length,
                    2**block, self.drop_prob, self.activation,
                )
                for block in range(self.depth)
            )
        )  # fmt: skip
        self.num_features = self.n_filters
        self.head = self.make_head(self.n_outputs)

    def features(self, x: Tensor) -> Tensor:
        """Map windows (batch, n_chans, n_times) to features (batch, num_features)."""
        x = self.blocks(x)  # (batch, n_filters, 5070) for 6000 samples
        return x.mean(dim=2)


class _Block(nn.Module):
    """Two dilated convolutions and a shortcut, for the samples whose whole past is known."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_length: int,
        dilation: int,
        drop_prob: float,
        activation: type[nn.Module],
    ) -> None:
        super().__init__()
        self.body = nn.Sequential()
        for maps in (in_channels, out_channels):
            conv = WeightNormConv1d(maps, out_channels, kernel_length, dilation)
            self.body.extend((conv, activation(), nn.Dropout1d(drop_prob)))
        self.shortcut: nn.Module = nn.Identity()
        if in_channels != out_channels:
            self.shortcut = shortcut = nn.Conv1d(in_channels, out_channels, 1)
            nn.init.normal_(shortcut.weight, std=0.01)
        self.activation = activation()

    def forward(self, x: Tensor) -> Tensor:
        body = self.body(x)
        present = x[..., x.shape[-1] - body.shape[-1] :]
        out: Tensor = self.activation(body + self.shortcut(present))
        return out

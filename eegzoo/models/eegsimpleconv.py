"""EEG-SimpleConv: a plain one-dimensional convolutional network at a low sampling rate."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from eegzoo.layers.resample import Resample
from eegzoo.models.base import EEGModel
from eegzoo.models.registry import register_model

_WIDENING = 1.414  # each block has half the samples, and maps that keep the operations the same


@register_model(
    "eegsimpleconv",
    tasks=("motor imagery",),
    paper="El Ouahidi et al. (2023), A strong and simple deep learning baseline for BCI motor "
    "imagery decoding",
    doi="10.48550/arXiv.2309.07159",
    source="braindecode 1.8.1, EEGSimpleConv by the first author (tests/reference/"
    "make_eegsimpleconv.py)",
    standard={"n_chans": 22, "n_times": 1000, "n_outputs": 4, "sfreq": 250.0},
)
class EEGSimpleConv(EEGModel):
    """EEG-SimpleConv: windows at 80 Hz, convolutions over all maps, max pools, a mean over time.

    Equal to the first author's class in braindecode for windows that have the rate of the network.
    Other windows are resampled by `scipy.signal.resample_poly`'s filter, where the author uses
    torchaudio's. The defaults are those of the author's class. The paper's scripts use 109 filters,
    four blocks, 70 Hz and kernels of 8 samples across the subjects of BCI Competition IV 2a, and
    85, one, 95 Hz and 15 within a subject; `kernel_length` is in samples at the network's rate. The
    padding of an even kernel makes each convolution's output one sample longer than its input, as
    in the author's code.

    The paper attributes its scores to the training as much as to the network: each recording is
    aligned (Euclidean alignment, ``align="euclid"`` of `eegzoo.EEGClassifier`), batch
    normalisation takes the statistics of the whole test recording (`eegzoo.layers.by_person`),
    windows are mixed in pairs (mixup), and a second head, which is left out here, predicts the
    subject. The authors train with Adam for 50 epochs, with a tenth of the rate in the last fifth.

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
        Number of filters of the first convolution. Each block after the first has 1.414 times as
        many as the one before.
    depth : int
        Number of blocks of two convolutions and a max pool of two samples.
    kernel_length : int
        Length of the kernels in samples of the network.
    network_sfreq : float
        Sampling rate inside the network in Hz.
    ch_names : sequence of str | None
        Names of the channels.

    References
    ----------
    El Ouahidi, Gripon, Pasdeloup, Bouallegue, Farrugia, Lioi (2023). A strong and simple deep
    learning baseline for BCI motor imagery decoding. https://doi.org/10.48550/arXiv.2309.07159

    Reference implementation: https://github.com/braindecode/braindecode, version 1.8.1, after
    https://github.com/elouayas/EEGSimpleConv.

    Examples
    --------
    >>> model = EEGSimpleConv(n_chans=22, n_times=1000, n_outputs=4, sfreq=250)
    >>> model(torch.randn(2, 22, 1000)).shape, model.features(torch.randn(2, 22, 1000)).shape
    (torch.Size([2, 4]), torch.Size([2, 180]))
    """

    def __init__(
        self,
        n_chans: int,
        n_times: int,
        n_outputs: int,
        sfreq: float,
        *,
        n_filters: int = 128,
        depth: int = 2,
        kernel_length: int = 8,
        network_sfreq: float = 80.0,
        ch_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(n_chans, n_times, n_outputs, sfreq, ch_names)
        self.set_arguments(
            n_filters=n_filters, depth=depth, kernel_length=kernel_length,
            network_sfreq=network_sfreq,
        )  # fmt: skip
        self.resample = Resample(self.sfreq, self.network_sfreq)
        length, n_maps = self.kernel_length, self.n_filters
        self.front = nn.Sequential(*_convolution(self.n_chans, n_maps, length), nn.ReLU())
        self.blocks = nn.Sequential()
        for block in range(self.depth):
            wider = int(_WIDENING * n_maps) if block else n_maps
            self.blocks.append(
                nn.Sequential(
                    *_convolution(n_maps, wider, length), nn.MaxPool1d(2), nn.ReLU(),
                    *_convolution(wider, wider, length), nn.ReLU(),
                )
            )  # fmt: skip
            n_maps = wider
        self.check_smallest_window(self._smallest_window())
        self.num_features = n_maps
        self.head = self.make_head(self.n_outputs)

    def features(self, x: Tensor) -> Tensor:
        """Map windows (batch, n_chans, n_times) to features (batch, num_features)."""
        x = self.front(self.resample(x))  # (batch, n_filters, 321) for 4 s
        x = self.blocks(x)  # (batch, num_features, 82)
        return x.mean(dim=2)

    def _smallest_window(self) -> int:
        """Return the smallest number of samples that leaves each pool two of them."""
        longer = 2 * (self.kernel_length // 2) - self.kernel_length + 1
        needed = 1
        for _ in range(self.depth):
            needed = max(1, 2 * max(1, needed - longer) - longer)
        needed = max(1, needed - longer)
        n_times = 1
        while max(1, round(n_times * self.resample.up / self.resample.down)) < needed:
            n_times += 1
        return n_times


def _convolution(n_in: int, n_out: int, length: int) -> tuple[nn.Conv1d, nn.BatchNorm1d]:
    convolution = nn.Conv1d(n_in, n_out, length, padding=length // 2, bias=False)
    return convolution, nn.BatchNorm1d(n_out)

"""Signal-JEPA: spatial filters, then convolutions that were pretrained on every channel alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from torch import Tensor, nn

from eegzoo.layers.dropout import Dropout
from eegzoo.models.base import EEGModel
from eegzoo.models.channel_contract import ChannelContract
from eegzoo.models.registry import register_model

# Number of filters, length and stride of each convolution.
_LAYERS = ((8, 32, 8), (16, 2, 2), (32, 2, 2), (64, 2, 2), (64, 2, 2))
_SMALLEST_WINDOW = 152  # receptive field of a token


@register_model(
    "signal_jepa",
    tasks=("motor imagery", "erp", "ssvep"),
    paper="Guetschel et al. (2024), S-JEPA: towards seamless cross-dataset transfer through "
    "dynamic spatial attention",
    doi="10.3217/978-3-99161-014-4-003",
    source="braindecode 1.8.1, SignalJEPA_PreLocal by the first author (tests/reference/"
    "make_signal_jepa.py)",
    standard={"n_chans": 62, "n_times": 512, "n_outputs": 2, "sfreq": 128.0},
    foundation=True,
)
class SignalJEPA(EEGModel):
    """Signal-JEPA: spatial filters, then convolutions that were pretrained on every channel alone.

    Equal to the first author's PyTorch code of the variant that the paper calls pre-local, which it
    recommends. New spatial filters reduce the channels to four; each of these is read by the
    convolutions that were pretrained to predict masked parts of recordings. The features are the
    tokens of all four, one for each second.

    The authors filter from 0.5 to 40 Hz and resample to 128 Hz, in microvolts. Lengths are in
    samples and do not follow `sfreq`, because pretrained weights fit 128 Hz alone.

    Parameters
    ----------
    n_chans : int
        Number of channels.
    n_times : int
        Number of samples in a window.
    n_outputs : int
        Number of classes.
    sfreq : float
        Sampling rate in Hz. Pretrained weights expect 128 Hz.
    n_filters : int
        Number of spatial filters.
    drop_prob : float
        Dropout probability after each convolution.
    ch_names : sequence of str | None
        Channel names.

    References
    ----------
    Guetschel, Moreau, Tangermann (2024). S-JEPA: towards seamless cross-dataset transfer through
    dynamic spatial attention. 9th Graz Brain-Computer Interface Conference.
    https://doi.org/10.3217/978-3-99161-014-4-003

    Reference implementation: SignalJEPA_PreLocal of braindecode 1.8.1.

    Examples
    --------
    >>> model = SignalJEPA(n_chans=62, n_times=512, n_outputs=2, sfreq=128)
    >>> model(torch.randn(2, 62, 512)).shape, model.features(torch.randn(2, 62, 512)).shape
    (torch.Size([2, 2]), torch.Size([2, 768]))
    """

    channel_contract: ClassVar[ChannelContract] = ChannelContract(
        known_ch_names=(), sfreq=128.0, unit="uV", patch_length=128, min_n_times=_SMALLEST_WINDOW
    )

    def __init__(
        self,
        n_chans: int,
        n_times: int,
        n_outputs: int,
        sfreq: float,
        *,
        n_filters: int = 4,
        drop_prob: float = 0.0,
        ch_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(n_chans, n_times, n_outputs, sfreq, ch_names)
        self.set_arguments(n_filters=n_filters, drop_prob=drop_prob)
        self.check_smallest_window(_SMALLEST_WINDOW)
        self.spatial = nn.Conv1d(self.n_chans, self.n_filters, 1)
        self.convolutions = nn.Sequential()
        n_inputs, length = 1, self.n_times
        for number, (n_outputs_, kernel_length, stride) in enumerate(_LAYERS):
            convolution = nn.Conv1d(n_inputs, n_outputs_, kernel_length, stride, bias=False)
            nn.init.kaiming_normal_(convolution.weight)
            norm = [nn.GroupNorm(n_outputs_, n_outputs_)] if number == 0 else []
            self.convolutions.append(
                nn.Sequential(convolution, Dropout(self.drop_prob), *norm, nn.GELU())
            )
            n_inputs, length = n_outputs_, (length - kernel_length) // stride + 1
        self.num_features = self.n_filters * length * n_inputs
        self.head = self.make_head(self.n_outputs)

    def features(self, x: Tensor) -> Tensor:
        """Map windows (batch, n_chans, n_times) to features (batch, num_features)."""
        x = self.spatial(x).reshape(-1, 1, self.n_times)  # (batch * n_filters, 1, n_times)
        x = self.convolutions(x).transpose(1, 2)  # (batch * n_filters, n_tokens, 64)
        return x.reshape(-1, self.num_features)

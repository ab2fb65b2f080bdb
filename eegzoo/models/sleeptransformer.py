"""SleepTransformer: sleep staging from spectrograms with transformers over frames and windows."""

from __future__ import annotations

import copy
from collections.abc import Sequence

from torch import Tensor, nn

from eegzoo.layers.blocks.additive_attention import AdditiveAttention
from eegzoo.layers.blocks.transformer_layer import TransformerLayer, sinusoidal_positions
from eegzoo.models.registry import register_model
from eegzoo.models.sequence_models import is_real
from eegzoo.models.spectrogram_models import SpectrogramModel


@register_model(
    "sleeptransformer",
    tasks=("sleep",),
    paper="Phan et al. (2022), SleepTransformer: automatic sleep staging with interpretability and "
    "uncertainty quantification",
    doi="10.1109/TBME.2022.3147187",
    source="guidogagl/physioex, commit 24d4974 (PyTorch), a port",
    standard={"n_chans": 1, "n_times": 3000, "n_outputs": 5, "sfreq": 100.0},
)
class SleepTransformer(SpectrogramModel):
    """SleepTransformer: a transformer over the frames of a window, then one over windows.

    Equal to the port in physioex, whose trained weights are public; the authors' own code is in
    TensorFlow. A token is the spectrum of a frame, of all channels one after the other. The port
    leaves out the highest bin, where the authors leave out the lowest, and has one linear layer
    after the second transformer, where they have two more. All layers of a transformer start with
    the same weights, as in torch's `TransformerEncoder`.

    The spectrogram is part of this network, as in `SeqSleepNet`: it is standardised by the
    statistics of the training data, which `fit_spectra` sets, and which physioex did not publish.

    The authors train on sequences of 21 windows with Adam (1e-4), and average over overlapping
    sequences to stage a night.

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
    depth : int
        Number of layers of the transformer over frames.
    second_depth : int
        Number of layers of the transformer over windows.
    n_heads : int
        Number of attention heads.
    feedforward_size : int
        Number of units between the two linear layers of a transformer's layer.
    drop_prob : float
        Dropout probability.
    ch_names : sequence of str | None
        Names of the channels.

    References
    ----------
    Phan, Mikkelsen, Chén, Koch, Mertins, De Vos (2022). SleepTransformer: automatic sleep staging
    with interpretability and uncertainty quantification. IEEE Trans. Biomed. Eng. 69, 2456-2467.
    https://doi.org/10.1109/TBME.2022.3147187

    Reference implementation: https://github.com/guidogagl/physioex, commit 24d4974.

    Examples
    --------
    >>> model = SleepTransformer(n_chans=1, n_times=3000, n_outputs=5, sfreq=100)
    >>> night = 20 * torch.randn(30, 1, 3000)
    >>> model.fit_spectra(night)
    >>> model.eval()(night.reshape(1, 30, 1, 3000)).shape
    torch.Size([1, 30, 5])
    """

    def __init__(
        self,
        n_chans: int,
        n_times: int,
        n_outputs: int,
        sfreq: float,
        *,
        depth: int = 4,
        second_depth: int = 4,
        n_heads: int = 8,
        feedforward_size: int = 1024,
        drop_prob: float = 0.1,
        ch_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(n_chans, n_times, n_outputs, sfreq, ch_names)
        self.set_arguments(
            depth=depth, second_depth=second_depth, n_heads=n_heads,
            feedforward_size=feedforward_size, drop_prob=drop_prob,
        )  # fmt: skip
        self.num_features = self.n_chans * (self.n_bins - 1)
        if self.num_features % self.n_heads or self.num_features % 2:
            raise ValueError(
                f"expected n_heads to divide the {self.num_features} features of a token, of which "
                f"there is an even number, got {self.n_heads}"
            )
        self.over_frames = self._transformer(self.depth)
        self.frame_attention = AdditiveAttention(self.num_features, 128)
        for parameter in self.frame_attention.parameters():
            nn.init.normal_(parameter, std=0.1)
        self.transformer = self._transformer(self.second_depth)
        self.head = self.make_head(self.n_outputs)

    def _transformer(self, depth: int) -> nn.ModuleList:
        layer = TransformerLayer(
            self.num_features, self.n_heads, self.feedforward_size, drop_prob=self.drop_prob
        )
        return nn.ModuleList(copy.deepcopy(layer) for _ in range(depth))

    def window_features(self, spectra: Tensor) -> Tensor:
        """Map standardised spectra (windows, n_chans, frames, bins) to features of each window."""
        tokens = spectra[..., :-1].transpose(1, 2).flatten(2)  # (windows, frames, 128 * n_chans)
        tokens = tokens + sinusoidal_positions(tokens.shape[1], self.num_features, tokens)
        for layer in self.over_frames:
            tokens = layer(tokens)
        features: Tensor = self.frame_attention(tokens)
        return features

    def over_windows(self, features: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Map features of windows (batch, n_windows, ...) to features in their sequence."""
        n_windows = features.shape[1]
        # A sequence of padding alone attends to its first window, so that nothing is undefined.
        mask = None if lengths is None else is_real(lengths.clamp(min=1), n_windows)
        tokens = features + sinusoidal_positions(n_windows, self.num_features, features)
        for layer in self.transformer:
            tokens = layer(tokens, mask)
        return tokens

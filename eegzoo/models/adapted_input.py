"""A model behind the channels and the sampling rate of another recording."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from eegzoo.layers.resample import Resample
from eegzoo.models.base import EEGModel
from eegzoo.models.registry import name_of
from eegzoo.models.zoo import find_entry


class AdaptedInput(EEGModel):
    """A model whose windows are computed from other channels, at another sampling rate.

    ``eegzoo.create_model(..., weights=True, ch_names=..., sfreq=...)`` returns it where channels
    have to be computed or windows resampled. Each window is resampled alone, mirrored at its ends;
    `eegzoo.data.resample_raw` of the whole recording has no such ends.

    Parameters
    ----------
    n_chans, n_times, n_outputs, sfreq, ch_names
        Those of the windows that enter, as in `EEGModel`.
    architecture : str
        Name of the model behind.
    backbone_arguments : iterable of tuple
        Names and values of its arguments.

    Examples
    --------
    >>> inner = eegzoo.create_model("eegnet", n_chans=2, n_times=256, n_outputs=2, sfreq=128)
    >>> model = AdaptedInput.of(inner, np.eye(3)[:2], n_times=500, sfreq=250)
    >>> model(torch.randn(4, 3, 500)).shape
    torch.Size([4, 2])
    """

    def __init__(
        self,
        n_chans: int,
        n_times: int,
        n_outputs: int,
        sfreq: float,
        *,
        architecture: str,
        backbone_arguments: Iterable[tuple[str, Any]],
        ch_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(n_chans, n_times, n_outputs, sfreq, ch_names)
        self.architecture = architecture
        self.backbone_arguments = tuple((name, value) for name, value in backbone_arguments)
        arguments: Mapping[str, Any] = dict(self.backbone_arguments)
        backbone = find_entry(architecture).build(**{**arguments, "n_outputs": self.n_outputs})
        self.resample = Resample(self.sfreq, backbone.sfreq)
        self.register_buffer("channels", torch.zeros(backbone.n_chans, self.n_chans))
        self.num_features = backbone.num_features
        head, backbone.head = backbone.head, nn.Identity()
        self.backbone = backbone
        self.head = head

    @classmethod
    def of(
        cls,
        model: EEGModel,
        matrix: Any,
        *,
        n_times: int,
        sfreq: float,
        ch_names: Sequence[str] | None = None,
    ) -> AdaptedInput:
        """Return a model behind other channels, with the weights of the given one.

        Parameters
        ----------
        model : EEGModel
            Model behind; not changed.
        matrix : array, shape (n_chans of the model, n_chans)
            Factors of the channels that enter.
        n_times : int
            Number of samples in a window that enters.
        sfreq : float
            Its sampling rate in Hz.
        ch_names : sequence of str | None
            Names of its channels.

        Raises
        ------
        ValueError
            If a resampled window has another length than the model's.
        """
        factors = torch.as_tensor(matrix, dtype=torch.float32)
        new_n_times = round(n_times * model.sfreq / sfreq)
        if new_n_times != model.n_times:
            raise ValueError(
                f"expected windows that have {model.n_times} samples at {model.sfreq:g} Hz, got "
                f"{new_n_times}"
            )
        with torch.random.fork_rng(devices=[]):
            built = cls(
                factors.shape[1], n_times, model.n_outputs, sfreq, architecture=name_of(model),
                backbone_arguments=model.arguments.items(), ch_names=ch_names,
            )  # fmt: skip
        state = {
            name if name.startswith("head.") else f"backbone.{name}": value
            for name, value in model.state_dict().items()
        }
        built.load_state_dict({**state, "channels": factors})
        return built.train(model.training)

    def features(self, x: Tensor) -> Tensor:
        """Map windows (batch, n_chans, n_times) to features (batch, num_features)."""
        channels = self.get_buffer("channels")
        features: Tensor = self.backbone.features(self.resample(channels.to(x.dtype) @ x))
        return features

    def make_head(self, n_outputs: int) -> nn.Module:
        """Return a newly initialised head."""
        head: nn.Module = self.backbone.make_head(n_outputs)
        return head

"""What a classifier was before it was adapted."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, Self

import torch
from torch import Tensor

from eegzoo.data.preprocessing.normalization import Normalizer, normalizer_from_dict
from eegzoo.models.base import EEGModel

# Prefix of the tensors of a source in a file.
PREFIX = "source."


@dataclasses.dataclass(frozen=True)
class Source:
    """Normalisation, and weights and statistics that an adaptation changed, as they were before.

    Parameters
    ----------
    state : mapping of str to Tensor
        Part of the model's state dict.
    normalizer : Normalizer
        Normalisation.
    """

    state: Mapping[str, Tensor]
    normalizer: Normalizer

    @classmethod
    def before(cls, model: EEGModel, adapted: EEGModel, normalizer: Normalizer) -> Self:
        """Return what an adaptation changed.

        Examples
        --------
        >>> from eegzoo.data.preprocessing.normalization import Unchanged
        >>> sizes = {"n_chans": 8, "n_times": 128, "n_outputs": 2, "sfreq": 128}
        >>> model, adapted = (eegzoo.create_model("eegnet", **sizes) for _ in range(2))
        >>> _ = adapted.load_state_dict(model.state_dict())
        >>> adapted.head.bias.data += 1
        >>> list(Source.before(model, adapted, Unchanged()).state)
        ['head.bias']
        """
        after = adapted.state_dict()
        state = {
            name: value.detach().clone()
            for name, value in model.state_dict().items()
            if not torch.equal(value, after[name])
        }
        return cls(state, normalizer)

    def restore(self, model: EEGModel) -> None:
        """Set a model's weights and statistics to those before, in place."""
        model.load_state_dict({**model.state_dict(), **self.state})

    def tensors(self) -> dict[str, Tensor]:
        """Return the tensors for a file."""
        return {PREFIX + name: value for name, value in self.state.items()}

    @classmethod
    def from_saved(cls, normalizer: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> Self:
        """Return the source with a normalisation, as a dict, and the tensors of a file."""
        state = {
            name.removeprefix(PREFIX): value
            for name, value in tensors.items()
            if name.startswith(PREFIX)
        }
        return cls(state, normalizer_from_dict(normalizer))

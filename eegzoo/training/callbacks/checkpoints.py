"""What a killed training goes on from, on the disk."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from eegzoo.files import written_whole
from eegzoo.training.inputs.training_set import TrainingSet

_SAMPLE = 64  # windows by which a set that is not in memory is known


class Checkpoint:
    """The state of one training in a folder that may hold those of others.

    The file is named by a hash of all that the training depends on, so that another training (a
    fold of a cross-validation, say, or one with another learning rate) never goes on from it.

    Parameters
    ----------
    folder : path-like
        It is made if it is not there.
    module : nn.Module
        With its weights before the training, and what of them learns.
    data : sequence of TrainingSet
        What is trained on, and validated with. Of windows not in memory, 64 are looked at.
    settings : mapping
        All else that makes a difference; of each, its `repr` does.

    Raises
    ------
    OSError
        If the folder cannot be made or written to.
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        module: nn.Module,
        data: Sequence[TrainingSet],
        settings: Mapping[str, Any],
    ) -> None:
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / f"{_fingerprint(module, data, settings)[:24]}.pt"
        for draft in folder.glob(f"{self.path.name}*.part"):  # of one that was killed in writing
            draft.unlink(missing_ok=True)

    def read(self) -> dict[str, Any] | None:
        """Return the state that was written last, or None if there is none.

        Raises
        ------
        ValueError
            If the file is damaged.
        """
        if not self.path.exists():
            return None
        try:
            state: dict[str, Any] = torch.load(self.path, map_location="cpu", weights_only=True)
        except Exception as error:  # torch raises what its parts raise
            raise ValueError(
                f"expected a checkpoint in {self.path}, got a damaged file; delete it to train "
                f"from the start ({type(error).__name__})"
            ) from error
        return state

    def write(self, state: Mapping[str, Any]) -> None:
        """Write a state; a process that is killed meanwhile leaves the one before it."""
        with written_whole(self.path) as draft:
            torch.save(dict(state), draft)


def _fingerprint(
    module: nn.Module, data: Sequence[TrainingSet], settings: Mapping[str, Any]
) -> str:
    digest = hashlib.sha256()
    learns = [name for name, weight in module.named_parameters() if weight.requires_grad]
    described = {**settings, "module": repr(module), "learns": learns, "torch": torch.__version__}
    for name, value in sorted(described.items()):
        digest.update(f"{name}={value!r};".encode())
    for name, tensor in module.state_dict().items():
        digest.update(name.encode())
        digest.update(tensor.detach().cpu().reshape(-1).contiguous().view(torch.uint8).numpy())
    for windows in data:
        chosen: Any = ...
        if not isinstance(windows.X, torch.Tensor):
            chosen = np.unique(np.linspace(0, len(windows) - 1, _SAMPLE).astype(int))
        for values in (windows.X[chosen], windows.y, windows.weight, windows.lengths):
            if values is not None:
                array = np.ascontiguousarray(values)
                digest.update(f"{array.shape}{array.dtype}".encode())
                digest.update(array.data)
    return digest.hexdigest()

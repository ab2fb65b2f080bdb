"""Checkpoints from which an interrupted training resumes."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from eegzoo.data.tasks.read_ahead import in_chunks
from eegzoo.data.windows.lazy_windows import Windows
from eegzoo.files import written_whole
from eegzoo.training.inputs.training_set import TrainingSet

_CHUNK = 64  # number of windows that are read at once


class Checkpoint:
    """File with the state of one training, in a folder that may hold those of others.

    The name of the file is a hash of everything that the training depends on. Another training,
    such as another fold of a cross-validation or one with another learning rate, has another file.

    Parameters
    ----------
    folder : path-like
        Folder of the file. It is created if it does not exist.
    module : nn.Module
        Module with its initial weights; which of its parameters are trainable matters as well.
    data : sequence of TrainingSet
        Training windows, and validation windows if any. Those of a `WindowStore` are known by the
        checksums in its index; others are read once.
    settings : mapping
        Everything else that the result depends on, compared by its `repr`.

    Raises
    ------
    OSError
        If the folder cannot be created or written to.
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
        for draft in folder.glob(f"{self.path.name}*.part"):  # left by an interrupted write
            draft.unlink(missing_ok=True)

    def read(self) -> dict[str, Any] | None:
        """Return the state that was written last, or None.

        Raises
        ------
        ValueError
            If the file is damaged.
        """
        if not self.path.exists():
            return None
        try:
            state: dict[str, Any] = torch.load(self.path, map_location="cpu", weights_only=True)
        except Exception as error:  # torch raises many kinds
            raise ValueError(
                f"expected a checkpoint in {self.path}, got a damaged file; delete it to train "
                f"from the start ({type(error).__name__})"
            ) from error
        return state

    def write(self, state: Mapping[str, Any]) -> None:
        """Replace the state; an interrupted write leaves the old one."""
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
        known = windows.X.identity() if isinstance(windows.X, Windows) else None
        if known is not None:
            digest.update(known.encode())
        for chunk in in_chunks(windows.X, _CHUNK) if known is None else ():
            _add(digest, chunk)
        people = windows.people if described.get("people_per_batch") else None
        runs = windows.runs or ()
        for values in (windows.y, windows.weight, windows.lengths, people, *runs):
            if values is not None:
                _add(digest, values)
    return digest.hexdigest()


def _add(digest: Any, values: Any) -> None:
    array = np.ascontiguousarray(values)
    digest.update(f"{array.shape}{array.dtype}".encode())
    digest.update(array.data)

"""Reader of weights in safetensors files, which cannot hold code."""

from __future__ import annotations

import os
from typing import Any

import numpy.typing as npt
from safetensors import SafetensorError
from safetensors.torch import load_file


def read_safetensors(path: str | os.PathLike[str]) -> dict[str, npt.NDArray[Any]]:
    """Return the weights in a safetensors file by name.

    Raises
    ------
    ValueError
        If the file is missing, damaged or of another format.

    Examples
    --------
    >>> from safetensors.torch import save_file
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_file({"bias": torch.ones(2)}, f"{folder}/weights.safetensors")
    ...     read_safetensors(f"{folder}/weights.safetensors")
    {'bias': array([1., 1.], dtype=float32)}
    """
    try:
        # Half precision that NumPy lacks becomes single.
        return {name: tensor.float().numpy() for name, tensor in load_file(path).items()}
    except (OSError, SafetensorError) as error:
        raise ValueError(f"{path} is damaged or no safetensors file: {error}") from error

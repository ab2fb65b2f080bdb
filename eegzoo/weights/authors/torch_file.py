"""Readers of weights in files that torch saved, without running code in them."""

from __future__ import annotations

import argparse
import io
import os
import pickle
import tarfile
from pathlib import Path
from typing import Any, BinaryIO

import numpy.typing as npt
import torch
from torch import Tensor

Weights = dict[str, npt.NDArray[Any]]

STATE = "state.torch"
# Lightning puts the network into an attribute of its module.
PREFIX = "nn."


def read_tar_state(path: str | os.PathLike[str]) -> Weights:
    """Return the weights in a tar archive with a state dict called "state.torch".

    The archive is not unpacked: this one member is read, and no other.

    Raises
    ------
    ValueError
        If the file is damaged, or has no such member.
    """
    try:
        with tarfile.open(path, "r:") as archive:
            member = archive.extractfile(STATE)
            if member is None:
                raise ValueError(f"{STATE} is no file")
            return _arrays(_load(io.BytesIO(member.read())))
    except (OSError, KeyError, tarfile.TarError, ValueError) as error:
        raise ValueError(f"{path} is damaged or contains no {STATE}: {error}") from error


def read_lightning_state(path: str | os.PathLike[str]) -> Weights:
    """Return the weights in a checkpoint of PyTorch Lightning, named as in the network.

    Raises
    ------
    ValueError
        If the file is damaged, or no checkpoint of a network called "nn".
    """
    try:
        with Path(path).open("rb") as file:
            checkpoint = _load(file)
        state = checkpoint["state_dict"]
        named = {
            name.removeprefix(PREFIX): value
            for name, value in state.items()
            if name.startswith(PREFIX)
        }
        if not named:
            raise ValueError(f"no name of a weight begins with {PREFIX!r}")
        return _arrays(named)
    except (OSError, KeyError, TypeError, AttributeError, ValueError) as error:
        raise ValueError(f"{path} is damaged or no checkpoint of Lightning: {error}") from error


def read_state(path: str | os.PathLike[str], entry: str = "", prefix: str = "") -> Weights:
    """Return the weights in a checkpoint that torch saved.

    Parameters
    ----------
    path : path-like
        File of a state dict, or of a dict that contains one.
    entry : str
        Key of the state dict in that dict. Empty: the file is a state dict itself.
    prefix : str
        Start of the names of the weights to return, which is cut off. Others are left out.

    Raises
    ------
    ValueError
        If the file is damaged, or has no such entry, or no name begins with the prefix.
    """
    try:
        # Many checkpoints contain the options of the training, a list of plain values.
        options = torch.serialization.safe_globals([argparse.Namespace])
        with Path(path).open("rb") as file, options:
            content = _load(file)
        state = content[entry] if entry else content
        named = {
            name.removeprefix(prefix): value
            for name, value in state.items()
            if name.startswith(prefix)
        }
        if not named:
            raise ValueError(f"no name of a weight begins with {prefix!r}")
        return _arrays(named)
    except (OSError, KeyError, TypeError, AttributeError, ValueError) as error:
        raise ValueError(f"{path} is damaged or another checkpoint: {error}") from error


def _load(file: BinaryIO | io.BytesIO) -> Any:
    try:
        return torch.load(file, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError) as error:
        raise ValueError(" ".join(str(error).split())[:200]) from error


def _arrays(state: Any) -> Weights:
    is_state = isinstance(state, dict) and all(isinstance(v, Tensor) for v in state.values())
    if not is_state:
        raise ValueError("expected a state dict of tensors")
    return {name: value.numpy() for name, value in state.items()}

"""Models in files: the weights, the architecture and its arguments in one safetensors file."""

from __future__ import annotations

import hashlib
import json
import os
import sys
import zipfile
from collections.abc import Mapping
from numbers import Integral, Real
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import nn

from eegzoo._version import __version__
from eegzoo.files import written_whole
from eegzoo.models.base import EEGModel
from eegzoo.models.person_features import norm_features
from eegzoo.models.registry import name_of, registered_models
from eegzoo.models.zoo import create_model

FORMAT = 2
# What a file of format 2 may hold: an estimator that aligns people or is calibrated, which a
# version that knows format 1 alone would use without the alignment or the calibration.
_SINCE_2 = ("align", "alignment", "calibration", "adaptation", "by_person")
# Prefix in a file of tensors that are not the model's.
_EXTRA = "extra/"


def save_model(
    model: EEGModel,
    path: str | os.PathLike[str],
    extra: Mapping[str, Any] | None = None,
    tensors: Mapping[str, torch.Tensor] | None = None,
) -> None:
    """Save a registered model to a safetensors file.

    The file contains the state dict. Its metadata contain the architecture and its arguments as
    JSON, and a SHA-256 checksum of the whole contents. An interrupted write leaves no partial file.

    Parameters
    ----------
    model : EEGModel
        Model whose class is registered, or is defined in a module that can be imported.
    path : path-like
        File to write.
    extra : mapping | None
        Additional JSON-serialisable metadata, which `read_metadata` returns under "extra".
    tensors : mapping of str to Tensor | None
        Additional tensors, which `read_extra_tensors` returns.

    Raises
    ------
    ValueError
        If the class of `model` is not registered and not importable.

    See Also
    --------
    load_model : Load a saved model.

    Examples
    --------
    >>> model = eegzoo.create_model("eegnet", n_chans=8, n_times=128, n_outputs=2, sfreq=128).eval()
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_model(model, f"{folder}/model.safetensors")
    ...     again = load_model(f"{folder}/model.safetensors")
    >>> x = torch.randn(4, 8, 128)
    >>> torch.equal(model(x), again(x))
    True
    """
    metadata = {
        "architecture": name_of(model),
        "arguments": {name: to_json(value, name) for name, value in model.arguments.items()},
        "extra": dict(extra or {}),
    }
    if model.feature_norm is not None:
        metadata["feature_drop_prob"] = model.feature_norm.drop_prob
    if not type(model).__module__.startswith("eegzoo."):
        metadata["module"] = type(model).__module__
    write_model_file(path, metadata, model.state_dict(), tensors)


def write_model_file(
    path: str | os.PathLike[str],
    metadata: Mapping[str, Any],
    state: Mapping[str, torch.Tensor],
    extra_tensors: Mapping[str, torch.Tensor] | None = None,
) -> None:
    """Write a state dict and JSON-serialisable metadata to a safetensors file with a checksum.

    Additional tensors, which do not belong to the model, have a prefix in the file.
    """
    others = {_EXTRA + key: tensor for key, tensor in (extra_tensors or {}).items()}
    tensors = {
        key: tensor.detach().cpu().contiguous() for key, tensor in {**state, **others}.items()
    }
    extra = metadata.get("extra", {})
    number = FORMAT if any(extra.get(name) is not None for name in _SINCE_2) else 1
    described = {"format": number, "version": __version__, **metadata}
    text = json.dumps(described, allow_nan=False)
    with written_whole(path) as draft:
        save_file(tensors, draft, {"eegzoo": text, "sha256": _digest(text, tensors)})


def read_metadata(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Return the metadata of a saved model: architecture, arguments, version and "extra".

    Raises
    ------
    FileNotFoundError
        If the file does not exist.
    ValueError
        If the file is not a model saved by eegzoo, is damaged, or is from a newer version.

    Examples
    --------
    >>> model = eegzoo.create_model("eegnet", n_chans=8, n_times=128, n_outputs=2, sfreq=128)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_model(model, f"{folder}/model.safetensors", {"labels": ["left", "right"]})
    ...     metadata = read_metadata(f"{folder}/model.safetensors")
    >>> metadata["architecture"], metadata["arguments"]["n_chans"], metadata["extra"]
    ('eegnet', 8, {'labels': ['left', 'right']})
    """
    return read_model_file(path)[0]


def load_model(path: str | os.PathLike[str]) -> EEGModel:
    """Load a model saved by `save_model`, in evaluation mode.

    The state of torch's random number generator does not change.

    Raises
    ------
    FileNotFoundError
        If the file does not exist.
    ValueError
        If the file is not a model saved by eegzoo, is damaged, is from a newer version, or holds a
        model of a user's module that is not imported.

    Examples
    --------
    >>> model = eegzoo.create_model("eegnet", n_chans=8, n_times=128, n_outputs=2, sfreq=128)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_model(model, f"{folder}/model.safetensors")
    ...     again = load_model(f"{folder}/model.safetensors")
    >>> again.n_chans, again.training, torch.equal(again.head.weight, model.head.weight)
    (8, False, True)
    """
    metadata, tensors = read_model_file(path)
    if metadata.get("architecture", "") is None and "module" in metadata:
        raise ValueError(
            f"{path} holds the weights of {metadata['module']}, a module outside eegzoo: load them "
            "with EEGClassifier.load(path, model=...) or EEGRegressor.load"
        )
    _check_imported(path, metadata)
    try:
        arguments = {name: from_json(value) for name, value in metadata["arguments"].items()}
        with torch.random.fork_rng(devices=[]):
            model = create_model(metadata["architecture"], **arguments)
            if "feature_drop_prob" in metadata:
                norm_features(model, metadata["feature_drop_prob"])
        # Copying would cast to the new model's float32; assigning keeps the saved dtype.
        model.load_state_dict(tensors, strict=True, assign=True)
    except (KeyError, TypeError, AttributeError, ValueError, RuntimeError) as error:
        raise ValueError(f"{path} cannot be loaded: {error}") from error
    return model.eval()


def read_model_file(
    path: str | os.PathLike[str],
) -> tuple[dict[str, Any], dict[str, torch.Tensor]]:
    """Return the metadata and the model's tensors of a file, which `load_model` checks as well."""
    metadata, tensors = _read(path)
    return metadata, {k: tensor for k, tensor in tensors.items() if not k.startswith(_EXTRA)}


def read_extra_tensors(path: str | os.PathLike[str]) -> dict[str, torch.Tensor]:
    """Return the tensors of a file that are not the model's.

    Examples
    --------
    >>> model = eegzoo.create_model("eegnet", n_chans=8, n_times=128, n_outputs=2, sfreq=128)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_model(model, f"{folder}/model.safetensors", tensors={"means": torch.ones(2)})
    ...     read_extra_tensors(f"{folder}/model.safetensors")
    {'means': tensor([1., 1.])}
    """
    tensors = _read(path)[1]
    return {k.removeprefix(_EXTRA): tensors[k] for k in tensors if k.startswith(_EXTRA)}


def _read(path: str | os.PathLike[str]) -> tuple[dict[str, Any], dict[str, torch.Tensor]]:
    if not Path(path).is_file():
        raise FileNotFoundError(f"no such file: {path}")
    try:
        with safe_open(str(path), framework="pt") as file:
            header = file.metadata() or {}
            # Cloned, because the file is memory-mapped and may change after loading.
            tensors = {key: file.get_tensor(key).clone() for key in file.keys()}  # noqa: SIM118
    except SafetensorError as error:
        if zipfile.is_zipfile(path):
            reason = (
                "it looks like a file of torch.save, whose state dict a model of the same "
                "architecture loads with load_state_dict(torch.load(path, weights_only=True))"
            )
        else:
            reason = str(error)
        raise ValueError(
            f"{path} is not a model saved by eegzoo, or is damaged: {reason}"
        ) from error
    if "eegzoo" not in header:
        raise ValueError(f"{path} is a safetensors file, but not one saved by eegzoo")
    try:
        metadata = json.loads(header["eegzoo"])
        newer = metadata["format"] > FORMAT
        version = metadata["version"]
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path} is damaged: its metadata cannot be read") from error
    if newer:
        raise ValueError(f"{path} was saved by eegzoo {version}, which is newer than {__version__}")
    if header.get("sha256") != _digest(header["eegzoo"], tensors):
        raise ValueError(
            f"{path} is damaged: its contents do not match the checksum saved with them"
        )
    return metadata, tensors


def _digest(text: str, tensors: Mapping[str, torch.Tensor]) -> str:
    digest = hashlib.sha256(text.encode())
    for key, tensor in sorted(tensors.items()):
        digest.update(f"{key} {tensor.dtype} {tuple(tensor.shape)}".encode())
        digest.update(tensor.reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()


def _check_imported(path: str | os.PathLike[str], metadata: dict[str, Any]) -> None:
    """Raise an error if a user's module that defines the architecture is not imported.

    A file never imports a module by itself, since that runs code which the file chose.
    """
    module = metadata.get("module")
    name = metadata.get("architecture")
    if ":" in str(name):
        module = str(name).partition(":")[0]
    if module is None or name in registered_models():
        return
    if module not in sys.modules:
        raise ValueError(
            f"{path} holds the model {name!r}: import {module!r}, which defines it, before loading"
        )


def to_json(value: Any, name: str = "an argument") -> Any:
    """Return the value of an argument as JSON has it, with plain numbers for NumPy's.

    Raises
    ------
    TypeError
        If the value is nothing that JSON can hold. The message has the argument's `name`.
    """
    if isinstance(value, (bool, str, type(None))):
        return value
    if isinstance(value, np.bool_):
        return bool(value)
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real):
        return float(value)
    if isinstance(value, (tuple, list, np.ndarray)):
        return [to_json(item, name) for item in value]
    if isinstance(value, type):
        layer: str = value.__name__
        if getattr(nn, layer, None) is not value:
            raise ValueError(f"expected an argument from torch.nn to save, got {value}")
        return {"torch.nn": layer}
    raise TypeError(
        f"expected {name} to be a number, a string, a sequence of them or a class of torch.nn to "
        f"save it as JSON, got {value!r}"
    )


def from_json(value: Any) -> Any:
    """Return the argument that `to_json` described."""
    if isinstance(value, list):
        return tuple(map(from_json, value))
    if isinstance(value, dict):
        layer = getattr(nn, value["torch.nn"])
        if not (isinstance(layer, type) and issubclass(layer, nn.Module)):
            raise ValueError(f"expected a layer of torch.nn, got {value['torch.nn']!r}")
        return layer
    return value

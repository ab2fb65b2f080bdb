"""A user's own module in the place of a model: how it is built, called, saved and loaded."""

from __future__ import annotations

import copy
import inspect
import os
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from eegzoo.arguments import nearest
from eegzoo.models.base import EEGModel
from eegzoo.models.saving import from_json, read_model_file, to_json, write_model_file

# Arguments that a class gets if its constructor names them.
KNOWN = ("n_chans", "n_times", "n_outputs", "sfreq", "ch_names")


class OwnModule(EEGModel):
    """Model around a user's module.

    Parameters
    ----------
    module : nn.Module
        Module that maps windows (batch, n_chans, n_times) to outputs (batch, n_outputs).
    params : mapping
        Arguments that the user chose for the module's class; empty for a given instance.
    n_chans, n_times, n_outputs, ch_names
        As in `EEGModel`.
    sfreq : float | None
        Sampling rate in Hz; None if it is not known.
    """

    def __init__(
        self,
        module: nn.Module,
        params: Mapping[str, Any],
        *,
        n_chans: int,
        n_times: int,
        n_outputs: int,
        sfreq: float | None = None,
        ch_names: tuple[str, ...] | None = None,
    ) -> None:
        super().__init__(n_chans, n_times, n_outputs, 1.0 if sfreq is None else sfreq, ch_names)
        if sfreq is None:
            self.sfreq: Any = None
        self.module, self.params = module, dict(params)

    def forward(self, x: Tensor) -> Tensor:
        """Map windows (batch, n_chans, n_times) to outputs (batch, n_outputs), and check both."""
        self.check_windows(x)
        outputs = self.module(x)
        expected = (len(x), self.n_outputs)
        if not isinstance(outputs, Tensor) or outputs.shape != expected:
            got = tuple(outputs.shape) if isinstance(outputs, Tensor) else type(outputs).__name__
            raise ValueError(
                f"expected {type(self.module).__name__} to map windows of shape {tuple(x.shape)} "
                f"to a Tensor of shape {expected}, one output for each class or target, got {got}"
            )
        return outputs

    def features(self, x: Tensor) -> Tensor:
        """Return what the module's own ``features`` returns, as (batch, num_features)."""
        compute: Any = getattr(self.module, "features", None)
        if not callable(compute):
            raise TypeError(
                "expected a module with a method features(x) for transform, got "
                f"{type(self.module).__name__}, which has none"
            )
        self.check_windows(x)
        features: Tensor = compute(x)
        return features.flatten(1)

    def extra_repr(self) -> str:
        """Name the class and its arguments, by which a checkpoint tells it from others."""
        params = {
            name: getattr(value, "__qualname__", value) for name, value in self.params.items()
        }
        return f"{import_path(self.module)}, params={params}"


def import_path(module: nn.Module | type[nn.Module]) -> str:
    """Return where the class of a module is defined.

    Examples
    --------
    >>> import_path(torch.nn.Linear(2, 3))
    'torch.nn.modules.linear.Linear'
    """
    kind = module if isinstance(module, type) else type(module)
    return f"{kind.__module__}.{kind.__qualname__}"


def check_arguments(kind: type[nn.Module], params: Mapping[str, Any]) -> None:
    """Raise a TypeError with the nearest name for an argument that a class does not take."""
    taken = inspect.signature(kind).parameters
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in taken.values()):
        return
    for name in params:
        if name not in taken:
            raise TypeError(
                f"{kind.__name__} takes no argument {name!r} in model_params{nearest(name, taken)}"
            )


def build_own_module(
    model: nn.Module | type[nn.Module], params: Mapping[str, Any], **known: Any
) -> EEGModel:
    """Build a module from its class, or copy an instance, and try it on two windows.

    Parameters
    ----------
    model : nn.Module | type
        Instance, or class. The constructor gets `params` and those of `known` that it names.
    params : mapping
        The user's arguments.
    **known
        ``n_chans``, ``n_times``, ``n_outputs``; ``sfreq`` and ``ch_names`` where they are known.

    Returns
    -------
    EEGModel
        The module, in an `OwnModule` unless it is an `EEGModel` itself.

    Raises
    ------
    TypeError
        If the constructor requires other arguments.
    ValueError
        If the module has no parameters, cannot take windows of this shape, or has other outputs.
    """
    known = {name: value for name, value in known.items() if value is not None}
    module = _built(model, params, known) if isinstance(model, type) else copy.deepcopy(model)
    if isinstance(module, EEGModel):
        return module
    own = OwnModule(module, params, **known)
    weight = next(own.parameters(), None)
    if weight is None:
        raise ValueError(f"expected a module with parameters, got {type(module).__name__}")
    # The first call also makes the weights of lazy layers. In evaluation mode it changes no other.
    own.eval()
    shape = (2, own.n_chans, own.n_times)
    try:
        with torch.no_grad():
            own(torch.zeros(shape, device=weight.device, dtype=weight.dtype))
    except (RuntimeError, TypeError, IndexError) as error:
        raise ValueError(
            f"expected {type(module).__name__} to map windows (batch, n_chans, n_times), got an "
            f"error for shape {shape}: {error}"
        ) from error
    return own


def _built(kind: type[nn.Module], params: Mapping[str, Any], known: Mapping[str, Any]) -> nn.Module:
    taken = inspect.signature(kind).parameters
    arguments = {**{name: value for name, value in known.items() if name in taken}, **params}
    for name, parameter in taken.items():
        is_required = parameter.default is parameter.empty and parameter.kind not in (
            parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL,
        )  # fmt: skip
        if is_required and name not in arguments:
            where = "sfreq with arrays" if name == "sfreq" else f"{name!r} in model_params"
            raise TypeError(f"expected {where}, which {kind.__name__} requires, got none")
    return kind(**arguments)


def save_own_module(
    model: EEGModel,
    path: str | os.PathLike[str],
    extra: Mapping[str, Any],
    tensors: Mapping[str, Tensor] | None = None,
) -> None:
    """Save the weights of a user's module, with the import path of its class.

    The file holds no code: `load_own_module` needs the class, or an instance.

    Parameters
    ----------
    model : EEGModel
        `OwnModule`, or a model whose class is not registered.
    path, extra, tensors
        As in `save_model`.

    Raises
    ------
    ValueError
        If an argument of the class is not JSON-serialisable, or the state dict holds something else
        than tensors.
    """
    own = isinstance(model, OwnModule)
    module, params = (model.module, model.params) if own else (model, model.arguments)
    state = module.state_dict()
    for name, value in state.items():
        if not isinstance(value, Tensor):
            raise ValueError(f"expected a state dict of tensors, got {type(value)} in {name!r}")
    metadata = {
        "architecture": None,
        "module": import_path(module),
        "arguments": {name: _to_saved(value) for name, value in params.items()},
        "known": {name: getattr(model, name) for name in KNOWN},
        "extra": dict(extra),
    }
    # Weights that layers share are written twice, because safetensors refuses shared memory.
    cloned = {name: value.clone() for name, value in state.items()}
    write_model_file(path, metadata, cloned, tensors)


def load_own_module(
    path: str | os.PathLike[str], model: nn.Module | type[nn.Module] | None
) -> EEGModel:
    """Load what `save_own_module` saved, in evaluation mode.

    Parameters
    ----------
    path : path-like
        File to read.
    model : nn.Module | type | None
        Class that was saved, or an instance of it, which is copied.

    Raises
    ------
    ValueError
        If `model` is None or of another class, or the weights do not fit it.
    """
    metadata, tensors = read_model_file(path)
    saved = metadata.get("module")
    if not isinstance(saved, str):
        raise ValueError(
            f"{path} is damaged: expected the name of a model or module, got {saved!r}"
        )
    name = saved.rpartition(".")[2]
    if model is None:
        raise ValueError(
            f"expected model to be {saved} or an instance of it, because {path} holds its weights "
            f"and no code: use EEGClassifier.load(path, model={name}) or EEGRegressor's in Python"
        )
    # A class of a script or a notebook has no import path.
    given = import_path(model)
    in_script = {saved.partition(".")[0], given.partition(".")[0]} & {"__main__"}
    if given != saved and not (in_script and given.rpartition(".")[2] == name):
        raise ValueError(f"expected model to be {saved}, whose weights are in {path}, got {given}")
    params = {key: _from_saved(value) for key, value in metadata["arguments"].items()}
    try:
        with torch.random.fork_rng(devices=[]):
            built = build_own_module(model, params, **metadata["known"])
        module = built.module if isinstance(built, OwnModule) else built
        for key, value in module.state_dict(keep_vars=True).items():
            if key in tensors:
                value.data = value.data.to(tensors[key].dtype)
        module.load_state_dict(tensors)
    except (TypeError, RuntimeError, ValueError) as error:
        raise ValueError(
            f"the weights in {path} do not fit {name}; if it was given as an instance, give an "
            f"instance with the same arguments: {error}"
        ) from error
    return built.eval()


def _to_saved(value: Any) -> Any:
    """Return an argument as JSON; dicts and tuples, which `to_json` uses or loses, with a tag."""
    if isinstance(value, dict):
        return {"dict": {key: to_json(item, key) for key, item in value.items()}}
    return {"tuple": to_json(value)} if isinstance(value, tuple) else to_json(value)


def _from_saved(value: Any) -> Any:
    if isinstance(value, list):
        return value
    tag = next(iter(value)) if isinstance(value, dict) else ""
    if tag in ("dict", "tuple"):
        return value[tag] if tag == "dict" else tuple(value[tag])
    return from_json(value)

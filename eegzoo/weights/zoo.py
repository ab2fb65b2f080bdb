"""Models by name, with initial or trained weights."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from eegzoo.arguments import nearest
from eegzoo.models import zoo
from eegzoo.models.base import EEGModel
from eegzoo.models.saving import load_model
from eegzoo.weights.adaptation import adapt_channels
from eegzoo.weights.catalogue import find_weights, list_weights
from eegzoo.weights.channels.contracts import channel_plan
from eegzoo.weights.channels.planned_model import planned_model, pretrained_model
from eegzoo.weights.folds import family_of
from eegzoo.weights.foundation.catalogue import find_foundation_weights, list_foundation_weights
from eegzoo.weights.weights import Weights

_WITH_WEIGHTS = ("ch_names", "missing", "n_outputs", "sfreq", "n_times", "montage")
# A foundation model also takes arguments that its weights do not depend on.
_DROPOUTS = "drop_prob"


def create_model(name: str, *, weights: bool | Weights = False, **arguments: Any) -> EEGModel:
    """Return a model of the zoo, with initial or trained weights.

    Parameters
    ----------
    name : str
        Name of an architecture, from `list_models`; with ``weights=True``, name of trained
        weights, from `list_weights`.
    weights : bool | Weights
        Whether to load the trained weights called `name`; or trained weights of the architecture
        `name`, such as those that `eegzoo.weights.from_hub` returns.
    **arguments
        Without trained weights: ``n_chans``, ``n_times`` (samples in a window), ``n_outputs``,
        ``sfreq`` (Hz) and the arguments that the class of the model documents.

        With the pretrained weights of a foundation model, such as "labram.base": ``ch_names``,
        ``sfreq``, ``n_times`` and ``n_outputs`` of your windows, ``montage`` as in
        `eegzoo.channel_plan`, whose plan the model follows, and others that
        `eegzoo.weights.FoundationWeights.load` documents.

        With other trained weights, any of:

        ``n_outputs`` : int
            Number of outputs. If it differs from the trained number, the model gets a new head.
        ``ch_names`` : sequence of str
            Channels of your windows. The spatial filters are re-ordered by name. Channels that
            were not trained get weight zero.
        ``missing`` : {"raise", "interpolate", "zero"}
            Treatment of trained channels that `ch_names` lacks: raise an error, distribute their
            filters over the other channels by spherical splines, or drop their filters. If the
            norm of a filter then exceeds ``max_norm``, that limit is raised.
        ``sfreq`` : float, ``n_times`` : int
            Sampling rate in Hz and number of samples of your windows, to be compared with the
            trained ones. A file of a fine-tuned foundation model suits any that
            `eegzoo.channel_plan` finds no fault with, and takes ``montage`` and dropout
            probabilities as well.

    Returns
    -------
    EEGModel
        Model in training mode, or in evaluation mode if its weights are trained.

    Raises
    ------
    ValueError
        If the name is unknown, an argument is out of range, or trained channels are missing.
    TypeError
        If an argument is missing or unknown.

    Warns
    -----
    SignalWarning
        If some channels are not both in `ch_names` and among the trained ones.

    Examples
    --------
    >>> model = eegzoo.create_model("eegnet", n_chans=22, n_times=1000, n_outputs=4, sfreq=250)
    >>> model(torch.randn(2, 22, 1000)).shape
    torch.Size([2, 4])
    >>> trained = eegzoo.create_model("eegnet.ssvep_exo", weights=True)
    >>> trained.n_chans, trained.training
    (8, False)
    """
    if weights is False:
        if "." in name and ":" not in name:
            raise ValueError(f"expected weights=True with the trained weights {name!r}, got False")
        zoo.check_sizes(name, arguments)
        return zoo.create_model(name, **arguments)
    if weights is True and name in list_foundation_weights():
        return pretrained_model(find_foundation_weights(name), **arguments)
    for argument in arguments:
        if argument not in _WITH_WEIGHTS and not argument.endswith(_DROPOUTS):
            raise TypeError(
                f"trained weights take no argument {argument!r}{nearest(argument, _WITH_WEIGHTS)}"
            )
    return _trained(_find(name, weights), **arguments)


def list_models(
    pattern: str = "*",
    *,
    task: str | None = None,
    weights: bool | None = None,
    foundation: bool | None = None,
) -> list[str]:
    """Return the names of the architectures, sorted.

    Parameters
    ----------
    pattern : str
        Shell-style pattern of names.
    task : str | None
        Task in the model's paper: "motor imagery", "erp", "ssvep", "sleep", ...
    weights : bool | None
        True: only models with trained weights. False: only models without. None: all models.
    foundation : bool | None
        True: only foundation models, which their authors pretrained on many recordings, for use on
        any data. False: only other models. None: all models.

    Returns
    -------
    list of str
        Names for `create_model`.

    Raises
    ------
    ValueError
        If `task` is not the task of any model.

    See Also
    --------
    list_weights : The names of the trained weights.

    Examples
    --------
    >>> eegzoo.list_models("tiny*", task="sleep")
    ['tinysleepnet']
    >>> eegzoo.list_models("eeg*", weights=True)
    ['eegnet', 'eegnet_8_2', 'eegpt', 'eegsym']
    """
    names = zoo.list_models(pattern, task=task, foundation=foundation)
    if weights is None:
        return names
    trained = {architecture for _, architecture in _architectures()}
    trained.update(name.partition(".")[0] for name in list_foundation_weights())
    return [name for name in names if (name in trained) == weights]


def load_weights(weights: Weights) -> EEGModel:
    """Return the trained model in evaluation mode, after fetching its file if necessary."""
    source = weights.source
    return load_model(source) if isinstance(source, Path) else source.load()


def _architectures() -> list[tuple[str, str]]:
    """Return the name and the architecture of all trained weights."""
    return [(name, find_weights(name).metadata.architecture) for name in list_weights()]


def _find(name: str, weights: bool | Weights) -> Weights:
    if isinstance(weights, Weights):
        architecture = weights.metadata.architecture
        if name != architecture:
            raise ValueError(
                f"expected the name {architecture!r} with weights {weights.name!r}, got {name!r}"
            )
        return weights
    if weights is not True:
        raise TypeError(f"expected weights to be a bool or Weights, got {weights!r}")
    if "." not in name:
        zoo.find_entry(name)  # an unknown name proposes a near one
        families = {family_of(other) for other, model in _architectures() if model == name}
        pretrained = {each for each in list_foundation_weights() if each.startswith(f"{name}.")}
        known = sorted(families | pretrained)
        raise ValueError(
            f"expected the name of trained weights, got {name!r}; "
            f"available: {', '.join(known) or 'none'}"
        )
    return find_weights(name)


def _trained(
    weights: Weights,
    n_outputs: int | None = None,
    ch_names: Sequence[str] | None = None,
    missing: str = "raise",
    sfreq: float | None = None,
    n_times: int | None = None,
    montage: str | None = None,
    **dropouts: float,
) -> EEGModel:
    entry = zoo.find_entry(weights.metadata.architecture)
    is_foundation = hasattr(entry.model_class, "channel_contract")
    for name in dropouts:
        if not is_foundation or name not in entry.parameters:
            raise TypeError(f"{weights.name} takes no argument {name!r} with trained weights")
    plan = None
    if ch_names is not None:  # checked before anything is fetched
        names = tuple(ch_names)
        plan = channel_plan(
            weights, names, sfreq or weights.signal.sfreq, n_times=n_times, missing=missing,
            montage=montage,
        )  # fmt: skip
    elif missing != "raise":
        raise ValueError(f"expected missing only with ch_names, got {missing!r} without")
    elif is_foundation and (sfreq, n_times, montage) != (None, None, None):
        raise ValueError("expected ch_names with sfreq, n_times or montage, got none")
    if plan is not None and is_foundation:
        if n_times is None:
            raise ValueError("expected n_times, the number of samples in a window, got none")
        plan.check()
        return planned_model(load_weights(weights), plan, n_outputs, dropouts)
    for name, given, known in (
        ("sfreq", sfreq, weights.metadata.arguments["sfreq"]),
        ("n_times", n_times, weights.metadata.arguments["n_times"]),
    ):
        if given is not None and given != known:
            raise ValueError(f"expected {name} of {known:g} for {weights.name}, got {given!r}")
    if plan is not None and missing == "raise":
        plan.check()
    model = load_weights(weights)
    if ch_names is not None:
        model = adapt_channels(model, weights.signal, tuple(ch_names), missing)
    if n_outputs is not None and n_outputs != model.n_outputs:
        model.reset_head(n_outputs)
    return model

"""Foundation models from braindecode's repositories on the Hugging Face hub."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from eegzoo.models.base import EEGModel
from eegzoo.models.zoo import create_model, find_entry
from eegzoo.weights.foundation.braindecode import arguments_from, from_braindecode
from eegzoo.weights.foundation.contract_checks import check_fit
from eegzoo.weights.hub import FILE, download


def from_braindecode_hub(
    architecture: str,
    repo_id: str,
    revision: str,
    *,
    n_times: int,
    n_outputs: int,
    ch_names: Sequence[str] | None = None,
    n_chans: int | None = None,
    sfreq: float | None = None,
    token: str | None = None,
    **arguments: Any,
) -> EEGModel:
    """Return a foundation model with weights that braindecode put on the hub.

    The repository has the files that ``push_to_hub`` of a model of braindecode writes. All weights
    but the head must match, and a file with others is refused.

    Parameters
    ----------
    architecture : str
        Name of the architecture: labram, biot, cbramod, steegformer, eegpt or signal_jepa.
    repo_id : str
        Repository, such as "braindecode/labram-pretrained".
    revision : str
        Full commit of 40 hexadecimal digits. Branches and tags are refused, because their files
        may change.
    n_times : int
        Number of samples in a window.
    n_outputs : int
        Number of classes or targets.
    ch_names : sequence of str | None
        Names of the channels, among those that the weights know. None: the number of channels is
        enough for weights that take any.
    n_chans : int | None
        Number of channels. None: that of `ch_names`.
    sfreq : float | None
        Sampling rate of the windows in Hz, which must be that of the pretraining.
    token : str | None
        Access token for private repositories.
    **arguments
        Other arguments of the architecture, such as dropout probabilities.

    Returns
    -------
    EEGModel
        Model in evaluation mode, with a new head unless the number of outputs is the same.

    Raises
    ------
    ImportError
        If huggingface_hub is not installed.
    OSError
        If a file cannot be fetched.
    ValueError
        If the revision is not a commit, a file is damaged or has other weights, or channels, rate
        or window are not those of the pretraining.

    Examples
    --------
    >>> from_braindecode_hub(
    ...     "labram", "braindecode/labram-pretrained", "main", n_times=800, n_outputs=2,
    ...     ch_names=["C3", "Cz", "C4"],
    ... )
    Traceback (most recent call last):
        ...
    ValueError: expected revision to be a commit of 40 hexadecimal digits, got 'main'
    """
    arguments_from(architecture, {})  # raises an error for other architectures
    contract = find_entry(architecture).model_class.channel_contract  # type: ignore[attr-defined]
    check_fit(repo_id, contract, n_times, ch_names, n_chans, sfreq)
    config_file = download(repo_id, "config.json", revision, token)
    try:
        config = json.loads(config_file.read_text(encoding="utf-8"))
        state = load_file(download(repo_id, FILE, revision, token))
    except (ValueError, SafetensorError) as error:
        raise ValueError(f"{repo_id} at {revision} has a damaged file: {error}") from error
    with torch.random.fork_rng(devices=[]):
        model = create_model(
            architecture,
            n_chans=n_chans if ch_names is None else len(ch_names),  # type: ignore[arg-type]
            n_times=n_times,
            n_outputs=n_outputs,
            sfreq=contract.sfreq,
            ch_names=ch_names,
            **{**arguments_from(architecture, config), **arguments},
        )
    from_braindecode(model, state)
    return model.eval()

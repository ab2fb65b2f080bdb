"""What trained models expect of a recording, and the plan of the way there."""

from __future__ import annotations

from collections.abc import Sequence

from eegzoo.models.base import EEGModel
from eegzoo.models.channel_contract import ChannelContract
from eegzoo.models.registry import name_of
from eegzoo.models.zoo import find_entry
from eegzoo.weights.catalogue import find_weights
from eegzoo.weights.channels.plan import ChannelPlan
from eegzoo.weights.channels.planning import plan_channels
from eegzoo.weights.foundation.catalogue import find_foundation_weights, list_foundation_weights
from eegzoo.weights.foundation.checkpoints import FoundationWeights
from eegzoo.weights.weights import Weights


def channel_plan(
    model: str | EEGModel | Weights | FoundationWeights,
    ch_names: Sequence[str],
    sfreq: float,
    *,
    n_times: int | None = None,
    missing: str = "raise",
    montage: str | None = None,
) -> ChannelPlan:
    """Return how a recording's channels and rate become those that a trained model knows.

    Channels are matched as `eegzoo.data.align` matches them: regardless of case, prefixes and
    trailing dots, with old names (T3 is T7) and stated references. Differences of electrodes that a
    model knows are computed from two channels with the same reference.

    It is a function and not a method of models, because models need torch alone, while positions,
    interpolation and resampling are MNE's and SciPy's.

    Parameters
    ----------
    model : str | EEGModel | Weights | FoundationWeights
        Name of trained weights ("labram.base", "eegnet.ssvep_exo"), name of a foundation model
        ("labram"), trained weights, or a model with `ch_names`.
    ch_names : sequence of str
        Channels of the recording.
    sfreq : float
        Sampling rate of the recording in Hz.
    n_times : int | None
        Number of samples in a window of the recording, to be compared with the model's limits.
    missing : {"raise", "interpolate", "zero"}
        Treatment of channels that the recording lacks, by a model that needs all its channels:
        refuse, compute them by spherical splines, or set them to zero. Models that run with any of
        the channels that they know leave the others out.
    montage : str | None
        Template montage of MNE with the positions of numbered sensors, such as
        "GSN-HydroCel-128". The nearest sensor within 20 mm stands for an electrode, if
        it has no nearer one.

    Returns
    -------
    ChannelPlan
        Plan. ``print(plan)`` shows it, ``plan.apply(raw)`` follows it.

    Raises
    ------
    ValueError
        If the model has no channels of its own yet, or a name occurs twice.

    Examples
    --------
    >>> print(eegzoo.channel_plan("biot", ["EEG Fp1-Ref", "EEG F7-Ref", "ECG"], 256, n_times=640))
    biot: 18 channels, of which 1 re-referenced, 17 absent
    rate 256 Hz, resampled to 200 Hz; unit uV, in the model 95th percentile of each channel
    window: 500 samples, patches of 1 s, shortest 1 s, the last 0.5 s are left out
    ...
    """
    name, contract = contract_of(model)
    return plan_channels(
        name, contract, ch_names, sfreq, n_times=n_times, missing=missing, montage=montage
    )


def contract_of(
    model: str | EEGModel | Weights | FoundationWeights,
) -> tuple[str, ChannelContract]:
    """Return the name of a model and what it expects of channels, rate and window.

    Examples
    --------
    >>> name, contract = contract_of("eegnet.ssvep_exo")
    >>> contract.sfreq, contract.min_n_chans, contract.known_ch_names[:2]
    (128.0, 8, ('Oz', 'O1'))
    """
    if isinstance(model, EEGModel):
        return name_of(model), _of_model(model)
    if isinstance(model, str) and "." not in model:
        found = getattr(find_entry(model).model_class, "channel_contract", None)
        if not isinstance(found, ChannelContract):
            raise ValueError(
                f"expected trained weights or a model with pretrained channels, got {model!r}, "
                "which learns any channels"
            )
        return model, found
    if isinstance(model, str) and model in list_foundation_weights():
        model = find_foundation_weights(model)
    if isinstance(model, FoundationWeights):
        return model.name, model.contract
    weights = find_weights(model) if isinstance(model, str) else model
    return weights.name, _of_weights(weights)


def _of_model(model: EEGModel) -> ChannelContract:
    found = getattr(type(model), "channel_contract", None)
    if isinstance(found, ChannelContract):
        return found
    if model.ch_names is None:
        raise ValueError(f"expected a model with ch_names, got {name_of(model)} without")
    return _exactly(model.ch_names, model.sfreq, model.n_times, model.takes_any_channels)


def _of_weights(weights: Weights) -> ChannelContract:
    card = weights.metadata
    kind = find_entry(card.architecture).model_class
    found = getattr(kind, "channel_contract", None)
    if isinstance(found, ChannelContract):
        return found
    signal = card.signal
    return _exactly(
        signal["ch_names"], signal["sfreq"], card.arguments["n_times"], kind.takes_any_channels
    )


def _exactly(
    ch_names: Sequence[str], sfreq: float, n_times: int, takes_any: bool
) -> ChannelContract:
    known = () if takes_any else tuple(ch_names)
    return ChannelContract(
        known_ch_names=known, sfreq=float(sfreq), unit="uV", patch_length=None,
        min_n_times=n_times, max_n_times=n_times, min_n_chans=max(1, len(known)),
        max_n_chans=len(known) or None, is_fixed_order=bool(known),
    )  # fmt: skip

"""Checks that windows fit what pretrained weights expect."""

from __future__ import annotations

from collections.abc import Sequence

from eegzoo.models.channel_contract import ChannelContract


def check_fit(
    name: str,
    contract: ChannelContract,
    n_times: int,
    ch_names: Sequence[str] | None,
    n_chans: int | None,
    sfreq: float | None,
) -> None:
    """Raise an error unless windows fit pretrained weights.

    Parameters
    ----------
    name : str
        Name of the weights, for the message.
    contract : ChannelContract
        What the weights expect.
    n_times : int
        Number of samples in a window.
    ch_names : sequence of str | None
        Names of the channels. None: not known.
    n_chans : int | None
        Number of channels. None: that of `ch_names`.
    sfreq : float | None
        Sampling rate in Hz. None: that of the pretraining.

    Raises
    ------
    ValueError
        If the rate, the length or a channel differs from those of the pretraining.

    Examples
    --------
    >>> contract = eegzoo.models.LaBraM.channel_contract
    >>> check_fit("labram.base", contract, 400, ["Cz", "E7"], None, 200)
    Traceback (most recent call last):
        ...
    ValueError: expected ch_names among the 128 that labram.base knows, got 'E7'
    """
    if sfreq is not None and sfreq != contract.sfreq:
        raise ValueError(
            f"expected sfreq={contract.sfreq:g}, the rate at which {name} was trained, "
            f"got {sfreq:g}: resample the windows first"
        )
    if ch_names is None and n_chans is None:
        raise ValueError(f"expected ch_names for {name}, got none")
    if ch_names is None and contract.known_ch_names:
        raise ValueError(
            f"expected ch_names for {name}, which has learnt channels by name, got none"
        )
    known = {known.upper() for known in contract.known_ch_names}
    if ch_names is not None and known:
        unknown = [each for each in ch_names if not _is_known(each.upper(), known, contract)]
        if unknown:
            raise ValueError(
                f"expected ch_names among the {len(known)} that {name} knows, got "
                f"{', '.join(map(repr, unknown))}"
            )
    if n_times < contract.min_n_times:
        raise ValueError(
            f"expected n_times of at least {contract.min_n_times} for {name}, got {n_times}"
        )
    if contract.max_n_times is not None and n_times > contract.max_n_times:
        raise ValueError(
            f"expected n_times of at most {contract.max_n_times} for {name}, got {n_times}"
        )


def _is_known(name: str, known: set[str], contract: ChannelContract) -> bool:
    if contract.is_by_position and name.count("-") == 1:
        return set(name.split("-")) <= known
    return name in known

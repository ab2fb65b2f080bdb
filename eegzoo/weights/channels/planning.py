"""Plan of a recording's way into a model, from what the model expects."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from eegzoo import data
from eegzoo.arguments import number_between, one_of, positive_int
from eegzoo.data.signal.channel_names import channel_key, is_scalp, places_by_key, standard_name
from eegzoo.data.signal.channel_types import guess_type, shown_type
from eegzoo.models.channel_contract import ChannelContract
from eegzoo.weights.channels.name_matching import (
    Sensor,
    alphabetic_sensors,
    derivation_of,
    match_names,
    sensors_of,
)
from eegzoo.weights.channels.plan import ChannelPlan, PlannedChannel

MISSING = ("raise", "interpolate", "zero")


def plan_channels(
    model: str,
    contract: ChannelContract,
    ch_names: Sequence[str],
    sfreq: float,
    *,
    n_times: int | None = None,
    missing: str = "raise",
    montage: str | None = None,
) -> ChannelPlan:
    """Return the plan by which a recording enters a model.

    Parameters
    ----------
    model : str
        Name of the model, for messages.
    contract : ChannelContract
        What the model expects. A model that expects exactly the channels that it knows needs them
        all; others run with those that the recording has.
    ch_names, sfreq, n_times, missing, montage
        As in `eegzoo.channel_plan`.

    Returns
    -------
    ChannelPlan
        Plan; its `faults` say why the model cannot run.
    """
    one_of("missing", missing, MISSING)
    sfreq = number_between("sfreq", sfreq, 0.0, above=True)
    names = tuple(map(str, ch_names))
    if not names:
        raise ValueError("expected ch_names to be names, got none")
    places_by_key(names)  # refuses two names of one electrode
    eeg, left_out = _eeg_channels(names)
    faults: list[str] = []
    if contract.known_ch_names:
        if contract.is_by_position:
            contract = _with_differences(contract, eeg)
        channels, unused = _known(contract, eeg, missing, montage)
        left_out |= unused
        faults += _missing_channels(contract, channels, eeg, montage)
    else:
        channels = [PlannedChannel(name, "taken", {name: 1.0}) for name in eeg]
        if not eeg:
            faults.append("expected channels of EEG, got none")
    if contract.is_by_position:  # electrodes that the recording does not have are not missed
        channels = [channel for channel in channels if channel.how != "absent"]
    n_used = sum(channel.how != "absent" for channel in channels)
    if contract.max_n_chans is not None and n_used > contract.max_n_chans:
        faults.append(f"expected at most {contract.max_n_chans} channels, got {n_used}")
    same = contract.sfreq is None or data.same_rate(sfreq, contract.sfreq)
    plan = ChannelPlan(
        model, tuple(channels), names, left_out, sfreq, sfreq if same else contract.sfreq,
        contract.unit, contract.patch_length, contract.min_n_times, contract.max_n_times,
        None if n_times is None else positive_int("n_times", n_times),
        not needs_all(contract) and bool(contract.known_ch_names),
    )  # fmt: skip
    return dataclasses.replace(plan, faults=(*faults, *_window_faults(plan)))


def needs_all(contract: ChannelContract) -> bool:
    """Return whether a model runs only with all channels that it knows."""
    return 0 < len(contract.known_ch_names) == contract.min_n_chans


def _eeg_channels(names: tuple[str, ...]) -> tuple[list[str], dict[str, str]]:
    """Return the channels that are EEG by their names, and why the others are not."""
    kinds = {name: guess_type(name, names) for name in names}
    eeg = [name for name, kind in kinds.items() if kind == "eeg"]
    others = {
        name: f"its name is that of {shown_type(kind)}"
        for name, kind in kinds.items()
        if kind != "eeg"
    }
    return eeg, others


def _with_differences(contract: ChannelContract, eeg: list[str]) -> ChannelContract:
    """Return the contract with the recording's differences of electrodes that the model knows."""
    known = {name.upper() for name in contract.known_ch_names}
    pairs = [sensor.electrode.upper() for sensor in sensors_of(eeg) if "-" in sensor.electrode]
    placed = tuple(pair for pair in pairs if set(pair.split("-")) <= known)
    return dataclasses.replace(contract, known_ch_names=(*contract.known_ch_names, *placed))


def _known(
    contract: ChannelContract, eeg: list[str], missing: str, montage: str | None
) -> tuple[list[PlannedChannel], dict[str, str]]:
    """Return what becomes of the known channels, and why channels of the recording are not used."""
    known = contract.known_ch_names
    channels: dict[str, PlannedChannel] = {}
    sensors = sensors_of(eeg)
    if montage is not None:
        channels |= _by_position(known, eeg, montage)
    free = [sensor for sensor in sensors if sensor.name not in _used(channels)]
    for name, (sensor, why) in match_names(known, free).items():
        if name not in channels:
            how = "taken" if sensor.name.lower() == name.lower() else "renamed"
            channels[name] = PlannedChannel(name, how, {sensor.name: 1.0}, why)
    single = {channel_key(name) for name in channels if "-" not in name}
    for name in known:
        if name not in channels and (pair := derivation_of(name, sensors, single)):
            plus, minus = pair
            weights = {plus.name: 1.0, minus.name: -1.0}
            why = f"{plus.name} minus {minus.name}"
            channels[name] = PlannedChannel(name, "re-referenced", weights, why)
    used = _used(channels)
    for name in known:
        if name not in channels:
            fills = needs_all(contract) and missing != "raise"
            channels[name] = _filled(name, eeg, missing) if fills else _absent(name, sensors, used)
    used = _used(channels)
    unused = {name: _why_not_used(name, known, eeg) for name in eeg if name not in used}
    return [channels[name] for name in known], unused


def _used(channels: Mapping[str, PlannedChannel]) -> set[str]:
    return {name for channel in channels.values() for name in channel.weights}


def _by_position(known: Sequence[str], eeg: list[str], montage: str) -> dict[str, PlannedChannel]:
    electrodes = {standard_name(name): name for name in known if is_scalp(name)}
    found = data.nearest_electrodes(eeg, montage, [*electrodes])
    return {
        electrodes[electrode]: PlannedChannel(
            electrodes[electrode], "renamed", {sensor: 1.0},
            f"{sensor} is {mm:.0f} mm from {electrode} in {montage}",
        )
        for electrode, (sensor, mm) in found.items()
    }  # fmt: skip


def _filled(name: str, eeg: list[str], missing: str) -> PlannedChannel:
    """Return a missing channel that is interpolated or set to zero."""
    if missing == "zero":
        return PlannedChannel(name, "zeroed", {}, "missing")
    try:
        row = data.interpolation(eeg, name)
    except ValueError:
        return _absent(name, sensors_of(eeg), set())
    weights = {other: float(weight) for other, weight in zip(eeg, row, strict=True) if weight}
    return PlannedChannel(name, "interpolated", weights, "missing; by spherical splines")


def _absent(name: str, sensors: Sequence[Sensor], used: set[str]) -> PlannedChannel:
    """Return a channel that the recording does not have, with the reason."""
    keys = [standard_name(part).lower() for part in name.split("-")]
    there = {sensor.electrode for sensor in sensors}
    ends = {end for electrode in there if "-" in electrode for end in electrode.split("-")}
    lost = [part for part, key in zip(name.split("-"), keys, strict=True) if key not in there]
    why = "missing"
    if set(keys) & ends:
        why = "only in differences of electrodes"
    elif len(keys) == 1 and not lost:
        why = "the channel is used under its other name"
    elif len(keys) == 2 and not lost:
        why = "its electrodes are used themselves" if used else "other references"
    elif len(keys) == 2 and len(lost) == 1:
        why = f"{lost[0]} is missing"
    return PlannedChannel(name, "absent", {}, why)


def _why_not_used(name: str, known: Sequence[str], eeg: list[str]) -> str:
    if name in alphabetic_sensors(eeg):
        return "a place in a net, not an electrode"
    if not is_scalp(name):
        return "no electrode of the 10-05 system"
    return "not known to the model" if known else "not used"


def _missing_channels(
    contract: ChannelContract,
    channels: Sequence[PlannedChannel],
    eeg: Sequence[str],
    montage: str | None,
) -> list[str]:
    absent = [channel.name for channel in channels if channel.how == "absent"]
    if needs_all(contract) and absent:
        return [f"channels {absent} are missing, got {list(eeg)}"]
    n_found = len(channels) - len(absent)
    if n_found >= contract.min_n_chans:
        return []
    fault = f"expected at least {contract.min_n_chans} of the channels that the model knows, got "
    fault += f"{n_found} among {list(eeg)[:8]}{'…' if len(eeg) > 8 else ''}"
    if montage is None and not any(map(is_scalp, eeg)):
        fault += (
            "; the names are no electrodes: montage= (such as 'GSN-HydroCel-128') finds them by "
            "position"
        )
    return [fault]


def _window_faults(plan: ChannelPlan) -> list[str]:
    n_times = plan.new_n_times
    if n_times is None:
        return []
    at = f"at {plan.new_sfreq:g} Hz"
    if plan.min_n_times is not None and n_times < plan.min_n_times:
        return [f"expected windows of at least {plan.min_n_times} samples {at}, got {n_times}"]
    longest = plan.max_n_times
    if longest is not None and n_times > longest:
        return [f"expected windows of at most {longest} samples {at}, got {n_times}"]
    return []

"""The channels of a recording that a model's channels are, by name and reference."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from eegzoo.data.signal.channel_names import channel_key, is_scalp, reference_key, split_name

# Labels of sensors by the plug that they are in, as BioSemi's A1 to B32.
_PLUG = re.compile(r"[a-h]\d{1,2}")


class Sensor(NamedTuple):
    """A channel of a recording.

    Parameters
    ----------
    name : str
        Name in the recording.
    electrode : str
        Electrode or bipolar derivation, as `channel_key` spells it.
    reference : str
        Reference, as `reference_key` spells it. Empty: the name does not say which it is.
    """

    name: str
    electrode: str
    reference: str


def sensors_of(ch_names: Sequence[str]) -> list[Sensor]:
    """Return the channels whose names are those of electrodes, or of their differences.

    Examples
    --------
    >>> [tuple(sensor) for sensor in sensors_of(["EEG FP1-Ref", "C3-M2", "T3-T5", "E17"])]
    [('EEG FP1-Ref', 'fp1', ''), ('C3-M2', 'c3', 'a2'), ('T3-T5', 't7-p7', '')]
    """
    plugs = alphabetic_sensors(ch_names)
    return [
        Sensor(name, channel_key(name), reference_key(name))
        for name in ch_names
        if name not in plugs and (is_scalp(name) or _is_extra(name))
    ]


def alphabetic_sensors(ch_names: Sequence[str]) -> set[str]:
    """Return the channels that are named by the plugs of an amplifier, such as BioSemi's A1 to B32.

    Their A1 and A2 are not the ears, which no recording has beside an A3.

    Examples
    --------
    >>> sorted(alphabetic_sensors(["A1", "A2", "A3", "B1", "EXG1"]))
    ['A1', 'A2', 'A3', 'B1']
    >>> alphabetic_sensors(["C3", "C4", "A1", "A2"])
    set()
    """
    plain = {split_name(name)[0].lower(): name for name in ch_names}
    if not {"a3", "a4"} & plain.keys():
        return set()
    return {name for key, name in plain.items() if _PLUG.fullmatch(key)}


def match_names(known: Sequence[str], sensors: Sequence[Sensor]) -> dict[str, tuple[Sensor, str]]:
    """Return the channel of the recording, and what is to say about it, by known channel.

    The same spelling comes before names that mean the same electrode, so that a model that has
    learnt T3 and T7 apart gets each; and the same reference before an unknown one. No channel is
    used twice.

    Parameters
    ----------
    known : sequence of str
        Channels that the model knows.
    sensors : sequence of Sensor
        Channels of the recording.

    Examples
    --------
    >>> found = match_names(["T3", "T7", "Cz"], sensors_of(["EEG T3-Ref", "CZ"]))
    >>> {name: (sensor.name, why) for name, (sensor, why) in found.items()}
    {'T3': ('EEG T3-Ref', 'another spelling'), 'Cz': ('CZ', '')}
    """
    found: dict[str, tuple[Sensor, str]] = {}
    free = list(sensors)
    for is_match in (_is_spelt_alike, _is_same, _is_same_electrode):
        for name in known:
            if name in found:
                continue
            sensor = next((sensor for sensor in free if is_match(name, sensor)), None)
            if sensor is not None:
                found[name] = sensor, _remark(name, sensor)
                free.remove(sensor)
    return {name: found[name] for name in known if name in found}


def derivation_of(
    name: str, sensors: Sequence[Sensor], single: Collection[str] = ()
) -> tuple[Sensor, Sensor] | None:
    """Return the two channels whose difference a known channel is.

    Parameters
    ----------
    name : str
        Known channel, such as "FP1-F7" or "C3-A2".
    sensors : sequence of Sensor
        Channels of the recording. Two of them have a difference that does not depend on their
        reference if it is the same.
    single : collection of str
        Electrodes, as `channel_key` spells them, that the model takes already. A derivation of two
        of them tells it nothing new.

    Examples
    --------
    >>> [sensor.name for sensor in derivation_of("FP1-F7", sensors_of(["F7-AVG", "Fp1-AVG"]))]
    ['Fp1-AVG', 'F7-AVG']
    >>> derivation_of("FP1-F7", sensors_of(["F7-M1", "Fp1-M2"])) is None
    True
    """
    plus, _, minus = name.partition("-")
    ends = channel_key(plus), channel_key(minus)
    if not minus or set(ends) <= set(single):
        return None
    known: Mapping[tuple[str, str], Sensor] = {
        (sensor.electrode, sensor.reference): sensor for sensor in sensors
    }
    for sensor in sensors:
        if sensor.electrode == ends[0]:
            for end in (ends[1], {"a1": "m1", "a2": "m2"}.get(ends[1], ends[1])):
                if (other := known.get((end, sensor.reference))) is not None:
                    return sensor, other
    return None


def _is_extra(name: str) -> bool:
    """Return whether a name is that of an ear or mastoid, which some models know."""
    return channel_key(name) in ("a1", "a2", "m1", "m2")


def _is_spelt_alike(name: str, sensor: Sensor) -> bool:
    plain, reference = split_name(sensor.name)
    if not split_name(name)[1] and plain.lower() == name.lower():
        return True
    return sensor.name.lower() == name.lower() or (
        f"{plain}-{reference}".lower() == name.lower() and bool(reference)
    )


def _is_same(name: str, sensor: Sensor) -> bool:
    return channel_key(name) == sensor.electrode and reference_key(name) == sensor.reference


def _is_same_electrode(name: str, sensor: Sensor) -> bool:
    """Return whether the electrode is the same and no other reference is stated."""
    if channel_key(name) != sensor.electrode:
        return False
    return len({reference_key(name), sensor.reference} - {""}) < 2 and not _states_ear(name)


def _states_ear(name: str) -> bool:
    return reference_key(name) in ("a1", "a2")


def _remark(name: str, sensor: Sensor) -> str:
    plain = split_name(sensor.name)[0]
    if plain.lower() != split_name(name)[0].lower():
        return f"{plain} is {split_name(name)[0]}"
    return "" if sensor.name.lower() == name.lower() else "another spelling"

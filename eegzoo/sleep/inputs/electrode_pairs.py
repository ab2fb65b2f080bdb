"""The two electrodes between which a channel is recorded, by the channel's name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from eegzoo.data.signal.channel_names import (
    channel_key,
    is_scalp,
    reference_key,
    split_name,
    standard_name,
)
from eegzoo.data.signal.channel_types import guess_type

# The mastoids (M1, M2) are the ears (A1, A2) of older names.
_MASTOIDS = {"a1": "M1", "a2": "M2", "a1a2": "M1M2"}
# Electrodes at the eyes, and channels that may be differences of electrodes already.
_EYES = {
    "E1": r"e1|loc",
    "E2": r"e2|roc",
    "EOG left": r"eog[ _-]?(?:left|\(l\)|l|1|g)|l(?:eft)?[ _-]?(?:eog|eye)",
    "EOG right": r"eog[ _-]?(?:right|\(r\)|r|2|d)|r(?:ight)?[ _-]?(?:eog|eye)",
}
_EYE_PREFIX = re.compile(r"^eog[ :_-]+(?=[a-z])", re.IGNORECASE)


class ElectrodePair(NamedTuple):
    """Two electrodes in the names of the 10-05 system.

    Ears are "M1" and "M2"; eyes "E1" and "E2", or "EOG left" and "EOG right" where the name does
    not say that it is a single electrode.

    Parameters
    ----------
    plus : str
        Electrode.
    minus : str
        Reference: an electrode, another name such as "AVG", or "" if the name states none.
    """

    plus: str
    minus: str

    def __str__(self) -> str:
        return f"{self.plus}-{self.minus}" if self.minus else self.plus


def electrode_pair(name: str, ch_names: Sequence[str] = ()) -> ElectrodePair | None:
    """Return the electrodes that the name of a channel of EEG or EOG states.

    Parameters
    ----------
    name : str
        Name of a channel.
    ch_names : sequence of str
        Names of all channels: E1 and E2 are the eyes, unless there is an E3.

    Returns
    -------
    ElectrodePair | None
        Electrodes. None: the name is not that of an electrode of the scalp, an ear or an eye.

    Examples
    --------
    >>> [str(electrode_pair(name)) for name in ("EEG C4-M1", "C4:A1", "C4A1", "EEG Fpz-Cz", "C4")]
    ['C4-M1', 'C4-M1', 'C4-M1', 'Fpz-Cz', 'C4']
    >>> [str(electrode_pair(name)) for name in ("EOG LOC-A2", "EOG(R)", "EEG C3-Ref", "SaO2")]
    ['E1-M2', 'EOG right', 'C3', 'None']
    """
    electrode, _ = split_name(name)
    reference = _MASTOIDS.get(reference_key(name), reference_key(name)).upper()
    if is_scalp(electrode):
        plus, _, minus = channel_key(electrode).partition("-")
        return ElectrodePair(_shown(plus), _shown(minus) if minus else reference)
    if eye := _eye(electrode, ch_names):
        return ElectrodePair(eye, reference)
    for place in range(1, len(electrode)):  # C4A1, FpzCz
        plus, minus = electrode[:place], electrode[place:]
        if not reference and is_scalp(plus) and is_scalp(minus):
            return ElectrodePair(_shown(plus), _shown(minus))
        eye = _eye(plus, ch_names)
        if eye and not reference and re.fullmatch(r"[am][12]", minus.lower()):
            return ElectrodePair(eye, _shown(minus))
    return None


def _shown(key: str) -> str:
    return _MASTOIDS.get(key.lower(), standard_name(key))


def _eye(electrode: str, ch_names: Sequence[str]) -> str | None:
    """Return the name of the eye whose movements an electrode records."""
    plain = _EYE_PREFIX.sub("", electrode).strip().lower()
    if plain in ("e1", "e2") and guess_type(plain, ch_names) != "eog":
        return None
    for eye, names in _EYES.items():
        if any(re.fullmatch(names, spelling) for spelling in (plain, electrode.strip().lower())):
            return eye
    return None

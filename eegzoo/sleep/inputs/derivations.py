"""Choice of the derivations that are staged, among the channels of a recording."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence

import mne

from eegzoo.data.signal.channel_types import found_types
from eegzoo.data.signal.choice.twin_channels import find_twins
from eegzoo.sleep.inputs.electrode_pairs import ElectrodePair, electrode_pair

# Electrodes of each region, best first, and the reference that the AASM's manual recommends.
_REGIONS = (
    (("C4", "M1"), ("C3", "M2"), ("Cz", "M1")),
    (("F4", "M1"), ("F3", "M2"), ("Fz", "M1"), ("Fpz", "M1"), ("Fp2", "M1"), ("Fp1", "M2")),
    (("O2", "M1"), ("O1", "M2"), ("Oz", "M1"), ("Pz", "M1")),
)
_EYES = ((("E1", "M2"), ("EOG left", "")), (("E2", "M2"), ("EOG right", "")))
_OTHER_SIDE = {"M1": "M2", "M2": "M1", "": ""}
_N_OTHERS = 3  # channels that are chosen where none has the name of an electrode
_KINDS = ("eeg", "eog")


@dataclasses.dataclass(frozen=True)
class Derivation:
    """A signal to stage: a channel, or the difference of two.

    Parameters
    ----------
    name : str
        Name of the derivation, such as "C4-M1".
    plus : str
        Channel of the recording.
    minus : str | None
        Channel that is subtracted. None: none is.
    kind : {"eeg", "eog"}
        Whether it records the brain or the eyes.

    Examples
    --------
    >>> derivation = Derivation("C4-M1", "C4", "A1")
    >>> str(derivation), derivation.sources
    ('C4-M1 (C4 minus A1)', ('C4', 'A1'))
    """

    name: str
    plus: str
    minus: str | None = None
    kind: str = "eeg"

    def __str__(self) -> str:
        if self.minus is not None:
            return f"{self.name} ({self.plus} minus {self.minus})"
        return self.name if self.name == self.plus else f"{self.name} ({self.plus})"

    @property
    def sources(self) -> tuple[str, ...]:
        """Names of the channels that it is computed from."""
        return (self.plus,) if self.minus is None else (self.plus, self.minus)


def choose_derivations(
    raw: mne.io.BaseRaw, channels: str | Sequence[str] | None = None
) -> list[Derivation]:
    """Choose the derivations of a recording that are staged.

    Without `channels`, these are one central, one frontal and one occipital derivation, and both
    eyes, as far as the recording has them. Derivations that the AASM's manual recommends come
    first, such as C4-M1 and its mirror image C3-M2; then those with the ear of the same side, with
    both ears, and with any other reference. A derivation that is no channel of its own is computed
    from two channels with a common reference. Channels that are marked as bad are left out.

    Parameters
    ----------
    raw : mne.io.Raw
        Recording.
    channels : str | sequence of str | None
        Derivations or channels, such as ``"C4-M1,EOG left"``. Names of channels come first, then
        derivations in any spelling ("EEG C4-A1", "C4:A1"), which are computed if necessary, then
        single electrodes of a derivation ("C4"). None: as above.

    Returns
    -------
    list of Derivation
        Derivations, best first: central, frontal, occipital, eyes; or in the order of `channels`.

    Raises
    ------
    ValueError
        If there is nothing suitable, or nothing for one of `channels`; the message lists the
        channels.

    Examples
    --------
    >>> names = ["C4", "M1", "EEG Fpz-Cz", "EOG left", "ECG"]
    >>> info = mne.create_info(names, 100.0, "eeg")
    >>> raw = mne.io.RawArray(np.zeros((5, 100)), info, verbose=False)
    >>> [str(derivation) for derivation in choose_derivations(raw)]
    ['C4-M1 (C4 minus M1)', 'Fpz-Cz (EEG Fpz-Cz)', 'EOG left']
    >>> choose_derivations(raw, "ECG")[0].name
    'ECG'
    """
    montage = _Montage(raw)
    if channels is None:
        return _best(montage)
    names = channels.split(",") if isinstance(channels, str) else list(channels)
    names = [name.strip() for name in names if name.strip()]
    if not names:
        raise ValueError("expected channels to be names, got none")
    chosen = [montage.named(name) for name in names]
    for place, derivation in enumerate(chosen):
        if derivation.sources in [other.sources for other in chosen[:place]]:
            raise ValueError(f"expected different channels, got {derivation.name!r} twice")
    return chosen


class _Montage:
    """Channels of a recording, by the electrodes that their names state."""

    def __init__(self, raw: mne.io.BaseRaw) -> None:
        types = found_types(raw)
        suitable = [name for name in raw.ch_names if types[name] in _KINDS]
        renamed, twins = find_twins(raw, suitable)
        self.ch_names = list(raw.ch_names)
        self.types = types
        self.bads = [name for name in suitable if name in raw.info["bads"]]
        self.good = [name for name in suitable if name not in self.bads and name not in twins]
        self.pairs: dict[str, ElectrodePair] = {}
        for name in suitable:
            pair = electrode_pair(renamed.get(name, name), raw.ch_names)
            if pair is not None and name not in twins:
                self.pairs[name] = pair

    def derive(self, plus: str, minus: str) -> Derivation | None:
        """Return the derivation of two electrodes, if it is a channel or can be computed."""
        found = {pair: name for name, pair in self._used()}
        name = str(ElectrodePair(plus, minus))
        if channel := found.get(ElectrodePair(plus, minus)):
            return Derivation(name, channel, kind=self.kind(channel))
        if not minus:
            return None
        for pair, channel in found.items():
            other = found.get(ElectrodePair(minus, pair.minus))
            if pair.plus == plus and other is not None:
                return Derivation(name, channel, other, self.kind(channel))
        return None

    def with_any_reference(self, plus: str) -> list[Derivation]:
        """Return the channels that record an electrode, whatever their reference."""
        return [
            Derivation(str(pair), name, kind=self.kind(name))
            for name, pair in self._used()
            if pair.plus == plus
        ]

    def whole(self, name: str) -> Derivation:
        """Return a channel under the name that states its electrodes, or its own."""
        pair = self.pairs.get(name)
        return Derivation(name if pair is None else str(pair), name, kind=self.kind(name))

    def named(self, name: str) -> Derivation:
        """Return what a name denotes: a channel, a derivation or an electrode."""
        if name in self.ch_names:
            return self.whole(name)
        same = [known for known in self.ch_names if known.strip().lower() == name.lower()]
        if len(same) == 1:
            return self.whole(same[0])
        pair = electrode_pair(name, self.ch_names)
        if pair is not None:
            if derivation := self.derive(*pair):
                return derivation
            candidates = [] if pair.minus else self.with_any_reference(pair.plus)
            if len(candidates) == 1:
                return candidates[0]
            if candidates:
                shown = ", ".join(derivation.plus for derivation in candidates)
                raise ValueError(f"expected one channel for {name!r}, got {shown}")
        raise ValueError(f"expected a channel for {name!r}, {self.shown()}")

    def kind(self, name: str) -> str:
        """Return whether a channel records the eyes, or else the brain."""
        return "eog" if self.types[name] == "eog" else "eeg"

    def shown(self) -> str:
        """Return the end of an error message that lists the channels."""
        marked = f"; marked as bad: {', '.join(self.bads)}" if self.bads else ""
        return f"got the channels {', '.join(self.ch_names)}{marked}"

    def _used(self) -> Iterator[tuple[str, ElectrodePair]]:
        for name in self.good:
            if name in self.pairs:
                yield name, self.pairs[name]


def _best(montage: _Montage) -> list[Derivation]:
    chosen: list[Derivation] = []
    for region in _REGIONS:
        found = next(_candidates(montage, region), None)
        if found is not None and found.sources not in [known.sources for known in chosen]:
            chosen.append(found)
    if not chosen:
        chosen = _other_channels(montage)
    if not chosen:
        raise ValueError(
            "expected channels of EEG, such as C4-M1 or Fpz-Cz, which are named like electrodes, "
            f"{montage.shown()}; channels= (--channels) takes any by name"
        )
    eyes = [next(_candidates(montage, eye), None) for eye in _EYES]
    found_eyes = [eye for eye in eyes if eye is not None]
    if not found_eyes:
        others = [name for name in montage.good if montage.types[name] == "eog"]
        found_eyes = [montage.whole(name) for name in others[: len(_EYES)]]
    return [*chosen, *found_eyes]


def _candidates(montage: _Montage, electrodes: Sequence[tuple[str, str]]) -> Iterator[Derivation]:
    """Yield the derivations of a region, best first."""
    for choose in (
        lambda ear: ear,
        lambda ear: _OTHER_SIDE[ear],
        lambda _: "M1M2",
    ):
        for electrode, ear in electrodes:
            if ear and (derivation := montage.derive(electrode, choose(ear))):
                yield derivation
    for electrode, _ in electrodes:
        yield from montage.with_any_reference(electrode)


def _other_channels(montage: _Montage) -> list[Derivation]:
    """Return channels of electrodes outside the regions, or those that are called EEG."""
    others = [
        name
        for name, pair in montage.pairs.items()
        if name in montage.good and montage.types[name] == "eeg" and pair.plus not in _OTHER_SIDE
    ]
    if not others:
        others = [
            name for name in montage.good
            if montage.types[name] == "eeg" and name.strip().lower().startswith("eeg")
        ]  # fmt: skip
    return [montage.whole(name) for name in others[:_N_OTHERS]]

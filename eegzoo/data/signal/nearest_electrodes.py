"""Electrodes of the 10-05 system by position, for nets whose sensors are numbered."""

from __future__ import annotations

import math
from collections.abc import Sequence

import mne
import numpy as np
import numpy.typing as npt

from eegzoo.arguments import nearest, number_between
from eegzoo.data.signal.montage import MONTAGES, builtin_name, named_montage

Array = npt.NDArray[np.float64]
_RADIUS = 95.0  # of an adult head in MNE's templates, in mm


def nearest_electrodes(
    ch_names: Sequence[str],
    montage: str,
    electrodes: Sequence[str],
    *,
    most_mm: float = 20.0,
) -> dict[str, tuple[str, float]]:
    """Return for each electrode the sensor of a net that is nearest to it.

    Positions are compared as directions from the centre of the head, in the coordinates of nasion
    and ears, because templates differ in the size of the head. An electrode has a sensor only if
    the sensor has no nearer electrode.

    Parameters
    ----------
    ch_names : sequence of str
        Names of the net's sensors. Those that the montage does not have are ignored.
    montage : str
        Name of the net's template montage in MNE, such as "GSN-HydroCel-128".
    electrodes : sequence of str
        Electrodes of the 10-05 system in its spelling. Others are ignored.
    most_mm : float
        Largest distance in millimetres, on a head with a radius of 95 mm.

    Returns
    -------
    dict of str to tuple of str and float
        Sensor and its distance in millimetres, by electrode.

    Raises
    ------
    ValueError
        If MNE has no such montage.

    Examples
    --------
    >>> found = nearest_electrodes(["E22", "E9", "E62"], "GSN-HydroCel-128", ["Fp1", "Fp2", "Pz"])
    >>> {electrode: (sensor, round(mm)) for electrode, (sensor, mm) in found.items()}
    {'Fp1': ('E22', 13), 'Fp2': ('E9', 13), 'Pz': ('E62', 10)}
    """
    number_between("most_mm", most_mm, 0.0)
    name = builtin_name(montage) if montage in MONTAGES else montage
    known = mne.channels.get_builtin_montages()
    if name not in known:
        raise ValueError(f"expected a montage of MNE, got {montage!r}{nearest(montage, known)}")
    sensors = _directions(mne.channels.make_standard_montage(name), ch_names)
    wanted = _directions(named_montage(), electrodes)
    if not sensors or not wanted:
        return {}
    cosines = np.stack([*wanted.values()]) @ np.stack([*sensors.values()]).T
    distance = _RADIUS * np.arccos(np.clip(cosines, -1.0, 1.0))
    names, of_electrode, of_sensor = [*sensors], distance.argmin(axis=1), distance.argmin(axis=0)
    return {
        electrode: (names[place], float(distance[row, place]))
        for row, (electrode, place) in enumerate(zip(wanted, of_electrode, strict=True))
        if of_sensor[place] == row and distance[row, place] <= most_mm
    }


def _directions(montage: mne.channels.DigMontage, ch_names: Sequence[str]) -> dict[str, Array]:
    """Return unit vectors from the centre of the head, with axes through ears and nasion."""
    found = montage.get_positions()
    nasion, left, right = (np.asarray(found[name]) for name in ("nasion", "lpa", "rpa"))
    origin = (left + right) / 2
    x = (right - left) / math.dist(right, left)
    y = (nasion - origin) - x * (x @ (nasion - origin))
    y /= np.linalg.norm(y)
    axes = np.stack([x, y, np.cross(x, y)])
    points = {name: axes @ (place - origin) for name, place in found["ch_pos"].items()}
    scalp = np.stack([*points.values()])
    # Least-squares sphere: |p|² = 2 p·c + (r² - |c|²).
    system = np.column_stack([2 * scalp, np.ones(len(scalp))])
    centre = np.linalg.lstsq(system, (scalp**2).sum(axis=1))[0][:3]
    rays = {name: point - centre for name, point in points.items()}
    return {name: rays[name] / np.linalg.norm(rays[name]) for name in ch_names if name in rays}

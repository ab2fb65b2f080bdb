"""Statistics of a sleep report, by the AASM's definitions."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from eegzoo.arguments import number_between, one_of
from eegzoo.sleep.stages import SLEEP, STAGES, UNSCORED

Array = npt.NDArray[np.float64]

# What follows the stage in the names of columns.
_COLUMNS = {"minutes": "minutes", "shares": "share", "latencies": "latency"}


@dataclasses.dataclass(frozen=True)
class SleepStatistics:
    """Statistics of one night.

    Durations are in minutes, shares in percent. A latency that does not exist, because the stage
    does not occur, is NaN. *Sleep* is N1, N2, N3 and R; *sleep onset* is the start of the first
    window of sleep after lights-off. A window that lights-off or lights-on divides counts with the
    part in between.

    Unscored time is neither wake nor sleep: it counts in `time_in_bed`, in
    `sleep_period_time` and in latencies, which are read from the clock, and in nothing else.

    Parameters
    ----------
    time_in_bed : float
        TIB, the AASM's total recording time: from lights-off to lights-on.
    total_sleep_time : float
        TST: N1, N2, N3 and R.
    sleep_efficiency : float
        SE: `total_sleep_time` in percent of `time_in_bed`.
    sleep_onset_latency : float
        SOL: from lights-off to sleep onset.
    wake_after_sleep_onset : float
        WASO: W from sleep onset to lights-on, including the wake after the last sleep.
    sleep_period_time : float
        SPT: from sleep onset to the end of the last window of sleep.
    wake_within_sleep_period : float
        W within the sleep period: WASO without the wake after the last sleep. NaN without sleep,
        as WASO.
    rem_latency : float
        From sleep onset to the first window of R.
    rem_latency_from_lights_off : float
        From lights-off to the first window of R.
    awakenings : int
        Number of changes from sleep to W, including the last one.
    stage_shifts : int
        Number of changes from one stage to another, W included, from lights-off to lights-on.
        Unscored windows are passed over: stages on both sides of them that differ are one change.
    minutes : mapping of str to float
        Duration of each stage and of "unscored". Their sum is `time_in_bed`.
    shares : mapping of str to float
        N1, N2, N3 and R in percent of `total_sleep_time`; NaN without sleep.
    latencies : mapping of str to float
        From lights-off to the first window of N1, N2, N3 and R.

    References
    ----------
    .. [1] Berry, R. B. et al. (2012). Rules for scoring respiratory events in sleep: update of the
       2007 AASM manual for the scoring of sleep and associated events. Journal of Clinical Sleep
       Medicine, 8(5), 597-619. https://doi.org/10.5664/jcsm.2172
    .. [2] Iber, C., Ancoli-Israel, S., Chesson, A. & Quan, S. F. (2007). The AASM Manual for the
       Scoring of Sleep and Associated Events. American Academy of Sleep Medicine.

    Examples
    --------
    >>> statistics = sleep_statistics(["W", "W", "N1", "N2", "W", "R", "W"])
    >>> statistics.sleep_onset_latency, statistics.rem_latency, statistics.awakenings
    (1.0, 1.5, 2)
    >>> for line in statistics.as_lines()[:3]:
    ...     print(line)
    time in bed (TIB)                      3.5 min
    total sleep time (TST)                 1.5 min
    sleep efficiency (SE, TST/TIB)        42.9 %
    """

    time_in_bed: float
    total_sleep_time: float
    sleep_efficiency: float
    sleep_onset_latency: float
    wake_after_sleep_onset: float
    sleep_period_time: float
    wake_within_sleep_period: float
    rem_latency: float
    rem_latency_from_lights_off: float
    awakenings: int
    stage_shifts: int
    minutes: Mapping[str, float]
    shares: Mapping[str, float]
    latencies: Mapping[str, float]

    def as_row(self) -> dict[str, float]:
        """Return all numbers in one flat dictionary, for a table with a row for each night.

        Examples
        --------
        >>> row = sleep_statistics(["W", "N1", "N2", "N2", "R", "W"]).as_row()
        >>> row["total_sleep_time"], row["N2_minutes"], row["N2_share"]
        (2.0, 1.0, 50.0)
        """
        row: dict[str, float] = {}
        for name, value in vars(self).items():
            if isinstance(value, Mapping):
                row |= {f"{stage}_{_COLUMNS[name]}": number for stage, number in value.items()}
            else:
                row[name] = value
        return row

    def as_lines(self) -> list[str]:
        """Return the lines of a report."""
        lines = [
            f"time in bed (TIB)                  {_minutes(self.time_in_bed)}",
            f"total sleep time (TST)             {_minutes(self.total_sleep_time)}",
            f"sleep efficiency (SE, TST/TIB)     {_number(self.sleep_efficiency)} %",
            f"sleep onset latency (SOL)          {_minutes(self.sleep_onset_latency)}",
            f"wake after sleep onset (WASO)      {_minutes(self.wake_after_sleep_onset)}",
            f"REM latency from sleep onset       {_minutes(self.rem_latency)}",
            f"REM latency from lights-off        {_minutes(self.rem_latency_from_lights_off)}",
            f"awakenings                         {self.awakenings:>7}",
            f"stage shifts                       {self.stage_shifts:>7}",
        ]
        for stage, minutes in self.minutes.items():
            share = f", {_number(self.shares[stage])} % of TST" if stage in self.shares else ""
            lines.append(f"{stage:<34} {_minutes(minutes)}{share}")
        return lines


def sleep_statistics(
    stages: Sequence[str],
    window_seconds: float = 30.0,
    *,
    onsets: npt.ArrayLike | None = None,
    durations: npt.ArrayLike | None = None,
    lights_off: float | None = None,
    lights_on: float | None = None,
) -> SleepStatistics:
    """Compute the statistics of a hypnogram.

    Parameters
    ----------
    stages : sequence of str, shape (n_windows,)
        Stage of each window: "W", "N1", "N2", "N3", "R" or "unscored".
    window_seconds : float
        Duration of a window in seconds, unless `durations` are given.
    onsets : array-like of float, shape (n_windows,) | None
        Start of each window in seconds. None: one window after the other, from 0 on.
    durations : array-like of float, shape (n_windows,) | None
        Duration of each window in seconds. None: `window_seconds`.
    lights_off, lights_on : float | None
        Times in seconds, on the axis of `onsets`. None: the start of the first window, and the
        end of the last. Time between them that no window covers is unscored.

    Returns
    -------
    SleepStatistics
        Statistics. The class states the definition of each.

    Raises
    ------
    ValueError
        If there is no window, a stage is unknown, windows overlap, or lights-on is not after
        lights-off.

    Examples
    --------
    >>> night = ["W"] * 4 + ["N1"] * 2 + ["N2"] * 10 + ["W"] * 2 + ["R"] * 2
    >>> statistics = sleep_statistics(night)
    >>> statistics.time_in_bed, statistics.total_sleep_time, statistics.sleep_efficiency
    (10.0, 7.0, 70.0)
    >>> statistics.sleep_onset_latency, statistics.wake_after_sleep_onset
    (2.0, 1.0)
    >>> statistics.rem_latency, statistics.rem_latency_from_lights_off
    (7.0, 9.0)
    """
    starts, ends = _spans(stages, window_seconds, onsets, durations)
    off = float(starts[0]) if lights_off is None else _time("lights_off", lights_off)
    on = float(ends[-1]) if lights_on is None else _time("lights_on", lights_on)
    if not off < on:
        raise ValueError(f"expected lights_on after lights_off, got {on:g} s and {off:g} s")
    names = np.array(stages, dtype=object)
    starts, ends = np.clip(starts, off, on), np.clip(ends, off, on)
    between = ends > starts
    names, starts, ends = names[between], starts[between], ends[between]
    lengths = (ends - starts) / 60
    in_bed = (on - off) / 60
    minutes = {stage: float(lengths[names == stage].sum()) for stage in STAGES}
    minutes[UNSCORED] = max(0.0, in_bed - sum(minutes.values()))
    asleep = np.isin(names, SLEEP)
    slept = sum(minutes[stage] for stage in SLEEP)
    onset, last = (
        (float(starts[asleep][0]), float(ends[asleep][-1])) if slept else (math.nan, math.nan)
    )
    awake = (names == "W") & (starts >= onset)
    first = {stage: _first(starts[names == stage]) for stage in SLEEP}
    scored = names[names != UNSCORED]
    was_asleep, is_awake = np.isin(scored[:-1], SLEEP), scored[1:] == "W"
    return SleepStatistics(
        time_in_bed=in_bed,
        total_sleep_time=slept,
        sleep_efficiency=100 * slept / in_bed,
        sleep_onset_latency=(onset - off) / 60,
        wake_after_sleep_onset=float(lengths[awake].sum()) if slept else math.nan,
        sleep_period_time=(last - onset) / 60 if slept else 0.0,
        wake_within_sleep_period=float(lengths[awake & (starts < last)].sum())
        if slept
        else math.nan,
        rem_latency=(first["R"] - onset) / 60,
        rem_latency_from_lights_off=(first["R"] - off) / 60,
        awakenings=int((was_asleep & is_awake).sum()),
        stage_shifts=int((scored[1:] != scored[:-1]).sum()),
        minutes=minutes,
        shares={stage: 100 * minutes[stage] / slept if slept else math.nan for stage in SLEEP},
        latencies={stage: (time - off) / 60 for stage, time in first.items()},
    )


def _spans(
    stages: Sequence[str],
    window_seconds: float,
    onsets: npt.ArrayLike | None,
    durations: npt.ArrayLike | None,
) -> tuple[Array, Array]:
    """Return the start and the end of each window, after checking them."""
    if isinstance(stages, str):
        raise TypeError(f"expected stages to be a sequence of str, got {stages!r}")
    for stage in stages:
        one_of("stages", stage, (*STAGES, UNSCORED))
    if not len(stages):
        raise ValueError("expected stages of at least one window, got none")
    number_between("window_seconds", window_seconds, 0.0, above=True)
    lengths = np.full(len(stages), window_seconds) if durations is None else _checked(
        "durations", durations, len(stages)
    )  # fmt: skip
    if onsets is None:
        starts = np.cumsum(lengths) - lengths
    else:
        starts = _checked("onsets", onsets, len(stages))
    ends = starts + lengths
    if (lengths <= 0).any() or (starts[1:] < ends[:-1] - 1e-6).any():
        raise ValueError("expected windows one after the other, got windows that overlap")
    return starts, ends


def _checked(name: str, values: npt.ArrayLike, n: int) -> Array:
    found = np.asarray(values, np.float64)
    if found.shape != (n,) or not np.isfinite(found).all():
        raise ValueError(f"expected {name} to be {n} finite numbers, got shape {found.shape}")
    return found


def _time(name: str, value: object) -> float:
    return number_between(name, value, -math.inf)


def _first(starts: Array) -> float:
    return float(starts[0]) if len(starts) else math.nan


def _minutes(value: float) -> str:
    return f"{_number(value)} min"


def _number(value: float) -> str:
    return "      –" if math.isnan(value) else f"{value:7.1f}"

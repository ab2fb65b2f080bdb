"""All preprocessing steps by name, and what they do to a signal together."""

from collections.abc import Mapping, Sequence
from typing import Any

from eegzoo.data.preprocessing.channel_steps import Montage, Pick, Reference
from eegzoo.data.preprocessing.filter_steps import Filter, Notch, Resample, Scale
from eegzoo.data.preprocessing.step import Step
from eegzoo.data.preprocessing.window_steps import Baseline, Epoch, Stretch, WindowStep
from eegzoo.data.signal.processing import Processing

STEPS: dict[str, type[Step]] = {
    step.name: step
    for step in (
        Pick,
        Montage,
        Reference,
        Filter,
        Notch,
        Resample,
        Scale,
        Epoch,
        Stretch,
        Baseline,
    )
}

_FINE = 1e6  # Hz; the time of a window's last sample depends on the rate


def step_from_dict(values: Mapping[str, Any]) -> Step:
    """Return the step that its `to_dict` describes.

    Raises
    ------
    ValueError
        If the step or one of its arguments is unknown.
    """
    arguments = dict(values)
    name = arguments.pop("step", None)
    if name not in STEPS:
        raise ValueError(f"unknown step {name!r}; known are {', '.join(STEPS)}")
    try:
        return STEPS[name](**arguments)
    except TypeError as error:
        raise ValueError(f"step {name!r}: {error}") from error


def processing_of(steps: Sequence[Step]) -> Processing:
    """Return band, reference and baseline of the windows, as far as steps determine them."""
    filters = [step for step in steps if isinstance(step, Filter)]
    low_edges = [step.l_freq for step in filters if step.l_freq is not None]
    high_edges = [step.h_freq for step in filters if step.h_freq is not None]
    baselines = [step for step in steps if isinstance(step, Baseline)]
    interval: tuple[float, ...] = ()
    if baselines:
        last, window = baselines[-1], next(step for step in steps if isinstance(step, WindowStep))
        end = window.last_time(_FINE)
        interval = (
            window.tmin if last.tmin is None else last.tmin,
            end if last.tmax is None else last.tmax,
        )
    return Processing(
        max(low_edges, default=None),
        min(high_edges, default=None),
        True if any(isinstance(step, Reference) for step in steps) else None,
        interval,
        all(step.is_causal for step in steps),
    )

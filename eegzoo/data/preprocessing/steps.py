"""The steps of a preprocessing: each is data, calls MNE, and can be printed as that call."""

from eegzoo.data.preprocessing.channel_steps import Montage, Pick, Reference
from eegzoo.data.preprocessing.filter_steps import Filter, Notch, Resample, Scale
from eegzoo.data.preprocessing.step import Step
from eegzoo.data.preprocessing.window_steps import Baseline, Epoch

__all__ = [
    "STEPS",
    "Baseline",
    "Epoch",
    "Filter",
    "Montage",
    "Notch",
    "Pick",
    "Reference",
    "Resample",
    "Scale",
    "Step",
]

STEPS: dict[str, type[Step]] = {
    step.name: step
    for step in (Pick, Montage, Reference, Filter, Notch, Resample, Scale, Epoch, Baseline)
}

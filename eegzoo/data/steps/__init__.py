"""The steps of a preprocessing: each is data, calls MNE, and can be printed as that call."""

from eegzoo.data.steps.channels import Montage, Pick, Reference
from eegzoo.data.steps.filters import Filter, Notch, Resample, Scale
from eegzoo.data.steps.step import Step
from eegzoo.data.steps.windows import Baseline, Epoch

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

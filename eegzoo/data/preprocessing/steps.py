"""All preprocessing steps by name."""

from eegzoo.data.preprocessing.channel_steps import Montage, Pick, Reference
from eegzoo.data.preprocessing.filter_steps import Filter, Notch, Resample, Scale
from eegzoo.data.preprocessing.step import Step
from eegzoo.data.preprocessing.window_steps import Baseline, Epoch, Stretch

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

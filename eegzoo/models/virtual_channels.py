"""Virtual channels at the stimuli's frequencies, as an argument of a network."""

from __future__ import annotations

from eegzoo.layers.person.virtual_channels import VirtualChannels
from eegzoo.models.base import EEGModel
from eegzoo.models.ssvep_front import NEIGHBORS, check_frequencies

_N_FILTERS = 2


def add_virtual_channels(model: EEGModel, stimulus_freqs: object) -> int:
    """Add the virtual channels of stimuli to a model, and return the number of channels after them.

    The model gets the attributes ``stimulus_freqs``, checked, and ``virtual_channels``, the layer
    that maps its windows. Without stimuli both are None.

    Parameters
    ----------
    model : EEGModel
        Model under construction, whose sizes are known.
    stimulus_freqs : sequence of float | None
        Frequencies of the stimuli in Hz.

    Raises
    ------
    ValueError
        If a frequency with its neighbors is not between 0 Hz and half the sampling rate, or a
        window is shorter than a period.
    """
    model.stimulus_freqs = None
    model.register_module("virtual_channels", None)
    if stimulus_freqs is None:
        return model.n_chans
    freqs, neighbors = check_frequencies(stimulus_freqs, 1, NEIGHBORS, model.sfreq)
    model.check_smallest_window(1 + int(model.sfreq / min(freqs)))
    model.stimulus_freqs = freqs
    model.virtual_channels = VirtualChannels(
        model.n_chans, model.n_times, model.sfreq, freqs, neighbors,
        min(_N_FILTERS, model.n_chans),
    )  # fmt: skip
    return model.virtual_channels.n_virtual

"""Virtual channels at the stimuli's frequencies, as an argument of a network."""

from __future__ import annotations

from eegzoo.layers.person.virtual_channels import VirtualChannels
from eegzoo.models.base import EEGModel
from eegzoo.models.ssvep_front import NEIGHBORS, check_frequencies

_N_FILTERS = 2


def virtual_channels_of(
    model: EEGModel, stimulus_freqs: object
) -> tuple[tuple[float, ...] | None, VirtualChannels | None]:
    """Return the frequencies of stimuli, checked, and the layer of their virtual channels.

    Parameters
    ----------
    model : EEGModel
        Model under construction, whose sizes are known.
    stimulus_freqs : sequence of float | None
        Frequencies of the stimuli in Hz. None: there is no such layer.

    Raises
    ------
    ValueError
        If a frequency with its neighbors is not between 0 Hz and half the sampling rate, or a
        window is shorter than a period.
    """
    if stimulus_freqs is None:
        return None, None
    freqs, neighbors = check_frequencies(stimulus_freqs, 1, NEIGHBORS, model.sfreq)
    model.check_smallest_window(1 + int(model.sfreq / min(freqs)))
    n_filters = min(_N_FILTERS, model.n_chans)
    return freqs, VirtualChannels(
        model.n_chans, model.n_times, model.sfreq, freqs, neighbors, n_filters
    )

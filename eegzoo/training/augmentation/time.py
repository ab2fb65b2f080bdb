"""Augmentations of the time course of a window."""

from __future__ import annotations

import dataclasses
import math
from typing import ClassVar

import torch
from torch import Tensor

from eegzoo.training.augmentation.base import (
    Augmentation,
    check_windows,
    draw,
    register_augmentation,
    set_number,
)

# Length of each edge of a mask, divided by the length of the mask.
_EDGE = 0.25


@register_augmentation
@dataclasses.dataclass(frozen=True)
class TimeShift(Augmentation):
    """Shift of each window in time by a random number of samples, the same for all channels.

    The signal is reflected at the edges of the window. Zeros, or the other end of the window, would
    make a jump there: filters would ring on it, and a model could detect the shift.

    Use it for tasks without exact timing: motor imagery, sleep, workload. For evoked potentials,
    keep it below the jitter of their latency (some 10 ms). Do not use it where latency or phase
    matters, as for SSVEP with targets that differ in phase. If windows are longer than the input of
    the model, random crops have the same effect and need no reflection.

    Parameters
    ----------
    seconds : float
        Largest shift in either direction, in seconds. All shifts up to it are equally probable.

    References
    ----------
    Mohsenvand, Izadi and Maes (2020). Contrastive representation learning for
    electroencephalogram classification. Proc. Mach. Learn. Res. 136, 238-253.
    https://proceedings.mlr.press/v136/mohsenvand20a.html

    Examples
    --------
    >>> x = torch.arange(6.0).reshape(1, 1, 6)
    >>> delayed, advanced = [2.0, 1.0, 0.0, 1.0, 2.0, 3.0], [2.0, 3.0, 4.0, 5.0, 4.0, 3.0]
    >>> shifted = [TimeShift(seconds=2.0)(x, sfreq=1.0).flatten().tolist() for _ in range(50)]
    >>> delayed in shifted, advanced in shifted
    (True, True)
    """

    seconds: float = 0.1
    name: ClassVar[str] = "time_shift"

    def __post_init__(self) -> None:
        set_number(self, "seconds", 0.0)

    def __call__(self, x: Tensor, sfreq: float) -> Tensor:
        """Return windows shifted in time."""
        check_windows(x, sfreq)
        n_windows, n_chans, n_times = x.shape
        most = math.floor(self.seconds * sfreq + 1e-6)  # 0.29 s at 100 Hz are 28.999... samples
        shift = torch.randint(-most, most + 1, (n_windows, 1), device=x.device)
        # Period of a signal that is reflected at both ends.
        period = max(2 * (n_times - 1), 1)
        source = (torch.arange(n_times, device=x.device) - shift).remainder(period)
        source = torch.minimum(source, period - source)
        return x.gather(2, source[:, None].expand(-1, n_chans, -1))


@register_augmentation
@dataclasses.dataclass(frozen=True)
class TimeMask(Augmentation):
    """Mask that sets a random interval of random windows to zero, in all channels.

    Each edge of the mask is half a period of a cosine, so that filters do not ring on it. It keeps
    a model from relying on a single moment. Use it for classes that differ over the whole window:
    sleep stages, mental states, imagery. Do not use it where one moment carries all information,
    such as a component of an evoked potential that is shorter than the mask.

    Parameters
    ----------
    seconds : float
        Length of the mask in seconds, between the centres of its edges. Each edge takes a quarter
        of it. At most half of a window is masked.
    prob : float
        Probability that a window is masked.

    References
    ----------
    Mohsenvand, Izadi and Maes (2020). Contrastive representation learning for
    electroencephalogram classification. Proc. Mach. Learn. Res. 136, 238-253.
    https://proceedings.mlr.press/v136/mohsenvand20a.html

    Rommel, Paillard, Moreau and Gramfort (2022). Data augmentation for learning predictive models
    on EEG: a systematic comparison. J. Neural Eng. 19, 066020. (Smooth edges of another shape.)
    https://doi.org/10.1088/1741-2552/aca220

    Examples
    --------
    >>> masked = TimeMask(seconds=0.4, prob=1.0)(torch.ones(1, 1, 500), sfreq=250.0)
    >>> round((1 - masked).sum().item() / 250, 2)
    0.4
    """

    seconds: float = 0.2
    prob: float = 0.5
    name: ClassVar[str] = "time_mask"

    def __post_init__(self) -> None:
        set_number(self, "seconds", 0.0, above=True)
        set_number(self, "prob", 0.0, 1.0)

    def __call__(self, x: Tensor, sfreq: float) -> Tensor:
        """Return windows with a mask on some of them."""
        check_windows(x, sfreq)
        n_times = x.shape[2]
        length = min(self.seconds * sfreq, n_times / 2)
        edge = max(_EDGE * length, 1.0)  # an edge takes at least one sample
        chosen = draw(x, 1, 1) < self.prob
        centre = length / 2 + (n_times - length) * draw(x, 1, 1)
        middles = torch.arange(n_times, dtype=torch.float32, device=x.device) + 0.5
        ramp = ((middles - centre).abs() - length / 2) / edge + 0.5
        kept = (math.pi / 2 * ramp.clamp(0.0, 1.0)).sin().square()
        return torch.where(chosen, x * kept.to(x.dtype), x)

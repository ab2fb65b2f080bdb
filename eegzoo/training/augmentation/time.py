"""Augmentations of a window's time course."""

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

# Length of each edge of a masked stretch, as a share of the stretch's.
_EDGE = 0.25


@register_augmentation
@dataclasses.dataclass(frozen=True)
class TimeShift(Augmentation):
    """Each window moved in time by a random whole number of samples.

    What comes in at an edge is the signal, reflected there. Zeros would make a jump, on which
    the filters of a net ring, and which gives away the shift; so would the window's other end.
    All channels of a window move alike.

    It suits whatever does not begin at an exact time: motor imagery, sleep, workload. With evoked
    potentials keep it below the jitter of their latency (some 10 ms). It is wrong where latency
    or phase is the class, as for SSVEP whose targets differ in phase. Random crops do the same,
    with signal that was recorded, where windows are longer than what a net takes.

    Parameters
    ----------
    seconds : float
        The largest shift, in either direction; all shifts up to it are equally probable.

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
        """Return shifted windows."""
        check_windows(x, sfreq)
        n_windows, n_chans, n_times = x.shape
        most = math.floor(self.seconds * sfreq + 1e-6)  # 0.29 s at 100 Hz are 28.999... samples
        shift = torch.randint(-most, most + 1, (n_windows, 1), device=x.device)
        # A signal that is reflected at both ends has this period.
        period = max(2 * (n_times - 1), 1)
        source = (torch.arange(n_times, device=x.device) - shift).remainder(period)
        source = torch.minimum(source, period - source)
        return x.gather(2, source[:, None].expand(-1, n_chans, -1))


@register_augmentation
@dataclasses.dataclass(frozen=True)
class TimeMask(Augmentation):
    """A stretch at a random place of some windows set to zero, in all channels.

    Its edges are smooth, half a cosine each, so that filters do not ring on them. It makes a net
    rely on no single moment, and suits classes that show all along a window: sleep stages, states,
    imagery. It is wrong where one moment has it all, as a component of an evoked potential that is
    no longer than the stretch.

    Parameters
    ----------
    seconds : float
        Length of the stretch, between the middles of its edges; each edge takes a quarter of it.
        At most half of a window is masked.
    prob : float
        How probably a window is masked.

    References
    ----------
    Mohsenvand, Izadi and Maes (2020). Contrastive representation learning for
    electroencephalogram classification. Proc. Mach. Learn. Res. 136, 238-253.
    https://proceedings.mlr.press/v136/mohsenvand20a.html

    Rommel, Paillard, Moreau and Gramfort (2022). Data augmentation for learning predictive models
    on EEG: a systematic comparison. J. Neural Eng. 19, 066020 (smooth edges, of another shape).
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
        """Return windows of which some are masked."""
        check_windows(x, sfreq)
        n_times = x.shape[2]
        length = min(self.seconds * sfreq, n_times / 2)
        edge = max(_EDGE * length, 1.0)  # no edge is shorter than a sample
        chosen = draw(x, 1, 1) < self.prob
        centre = length / 2 + (n_times - length) * draw(x, 1, 1)
        middles = torch.arange(n_times, dtype=torch.float32, device=x.device) + 0.5
        ramp = ((middles - centre).abs() - length / 2) / edge + 0.5
        kept = (math.pi / 2 * ramp.clamp(0.0, 1.0)).sin().square()
        return torch.where(chosen, x * kept.to(x.dtype), x)

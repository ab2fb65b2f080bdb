"""Convolutions whose outputs are pooled in the memory layout in which they are computed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from eegzoo.layers.fast_conv import overlap_save as by_frames
from eegzoo.layers.fast_conv.dense_conv1d import CHANNELS_LAST, DIRECT, FRAMES
from eegzoo.layers.fast_conv.frame_blocks import blocks_of, by_frame, by_window, clear_rest_
from eegzoo.layers.time_major import image_kernels

# Number of windows whose outputs are normalised and pooled at once: they stay in the caches.
_WINDOWS = 8
# Number of values of the spectra that are computed at once.
_SPECTRA = 2**19

Needs = tuple[bool, bool]
Gradients = tuple[Tensor | None, Tensor | None]


class WholeMaps:
    """Outputs of torch's own convolution, (batch, maps, n_outputs) for some windows each.

    Parameters
    ----------
    x_shape : sequence of int
        Shape of the signals (batch, channels, n_times).
    kernels : sequence of int
        Shape of the kernels (maps, channels, kernel_size).
    length : int
        Length and stride of the pool.

    Examples
    --------
    >>> layout = WholeMaps((2, 3, 20), (4, 3, 5), 3)
    >>> (outputs,) = layout.outputs(torch.zeros(2, 3, 20), torch.zeros(4, 3, 5))
    >>> outputs.shape, [phase.shape for phase in layout.phases(outputs)]
    (torch.Size([2, 4, 16]), [torch.Size([2, 4, 5]), torch.Size([2, 4, 5]), torch.Size([2, 4, 5])])
    """

    def __init__(self, x_shape: Sequence[int], kernels: Sequence[int], length: int) -> None:
        self.length = length
        self.n_outputs = x_shape[2] - kernels[2] + 1

    def outputs(self, x: Tensor, weight: Tensor) -> list[Tensor]:
        """Return the outputs of some windows each; they belong to the caller."""
        return list(torch.split(F.conv1d(x, weight), _WINDOWS))

    def gradients(
        self, x: Tensor, weight: Tensor, fill: Callable[[int, Tensor], None],
        outputs: Sequence[Tensor], needs: Needs,
    ) -> Gradients:  # fmt: skip
        """Return the gradients to signals and kernels.

        Parameters
        ----------
        x, weight : Tensor
            Signals and kernels.
        fill : callable
            Function that writes the gradient to the outputs with a number into a tensor.
        outputs : sequence of Tensor
            What ``outputs`` returned.
        needs : tuple of bool
            Which of the gradients are needed.
        """
        grad = self._empty(sum(map(len, outputs)), outputs[0])
        for number, part in enumerate(torch.split(grad, _WINDOWS)):
            fill(number, part)
        to_x, to_weight, _ = torch.ops.aten.convolution_backward(
            grad, x, weight, None, [1], [0], [1], False, [0], 1, [*needs, False]
        )
        return to_x, to_weight

    def _empty(self, batch: int, like: Tensor) -> Tensor:
        return like.new_empty(batch, *like.shape[1:])

    def of_map(self, values: Tensor) -> Tensor:
        """Return values of maps so that they are broadcast to outputs."""
        return values.unsqueeze(1)

    def clear_rest_(self, outputs: Tensor) -> None:
        """Set to zero what is no output, in place."""

    def sum(self, values: Tensor) -> Tensor:
        """Return the sum of outputs or of pooled values for each map."""
        return values.sum((0, 2))

    def phases(self, outputs: Tensor) -> list[Tensor]:
        """Return the first, second, ... sample of all pools."""
        end = self.n_outputs // self.length * self.length
        return [outputs[:, :, phase : end : self.length] for phase in range(self.length)]

    def joined(self, pooled: list[Tensor]) -> Tensor:
        """Return pooled values of all windows, (batch, maps, n_pools)."""
        return torch.cat(pooled)

    def parted(self, values: Tensor) -> list[Tensor]:
        """Undo ``joined``."""
        return list(torch.split(values.contiguous(), _WINDOWS))


class TimeMajorMaps(WholeMaps):
    """`WholeMaps` in which all maps of one sample are neighbours in memory."""

    def outputs(self, x: Tensor, weight: Tensor) -> list[Tensor]:
        """Return the outputs of some windows each; they belong to the caller."""
        image = _time_major(x).unsqueeze(2)
        return list(torch.split(F.conv2d(image, image_kernels(weight)).squeeze(2), _WINDOWS))

    def gradients(
        self, x: Tensor, weight: Tensor, fill: Callable[[int, Tensor], None],
        outputs: Sequence[Tensor], needs: Needs,
    ) -> Gradients:  # fmt: skip
        """Return the gradients to signals and kernels, as `WholeMaps.gradients` does."""
        first = outputs[0]
        grad = first.new_empty(sum(map(len, outputs)), first.shape[2], first.shape[1]).mT
        for number, part in enumerate(torch.split(grad, _WINDOWS)):
            fill(number, part)
        to_x, to_weight, _ = torch.ops.aten.convolution_backward(
            grad.unsqueeze(2), _time_major(x).unsqueeze(2), image_kernels(weight), None,
            [1, 1], [0, 0], [1, 1], False, [0, 0], 1, [*needs, False],
        )  # fmt: skip
        return (
            None if to_x is None else to_x.squeeze(2),
            None if to_weight is None else to_weight.squeeze(2).contiguous(),
        )

    def sum(self, values: Tensor) -> Tensor:
        """Return the sum of outputs or of pooled values for each map."""
        return values.mT.flatten(0, 1).sum(0)

    def joined(self, pooled: list[Tensor]) -> Tensor:
        """Return pooled values of all windows, (batch, maps, n_pools), time-major."""
        return torch.cat([part.mT for part in pooled]).mT

    def parted(self, values: Tensor) -> list[Tensor]:
        """Undo ``joined``."""
        return list(torch.split(_time_major(values), _WINDOWS))


class FrameOutputs:
    """Outputs of `overlap_save`, (frame_outputs, maps, batch, n_frames) for some windows each.

    The methods are those of `WholeMaps`.

    Parameters
    ----------
    x_shape : sequence of int
        Shape of the signals (batch, channels, n_times).
    kernels : sequence of int
        Shape of the kernels (maps, channels, kernel_size).
    length : int
        Length and stride of the pool.

    Examples
    --------
    >>> layout = FrameOutputs((2, 3, 60), (4, 3, 5), 3)
    >>> (outputs,) = layout.outputs(torch.zeros(2, 3, 60), torch.zeros(4, 3, 5))
    >>> outputs.shape
    torch.Size([27, 4, 2, 3])
    """

    def __init__(self, x_shape: Sequence[int], kernels: Sequence[int], length: int) -> None:
        maps, channels, kernel_size = kernels
        self.length = length
        self.frames = by_frames.choose_frames(x_shape[2], kernel_size, length)
        of_window = 2 * self.frames.n_frequencies * self.frames.n_frames * max(maps, channels)
        self._n_windows = max(1, _SPECTRA // of_window)

    def outputs(self, x: Tensor, weight: Tensor) -> list[Tensor]:
        """Return the outputs of some windows each; they belong to the caller."""
        kernels = by_frames.kernel_spectra(weight, self.frames)
        found = []
        for windows in torch.split(x, self._n_windows):
            spectra = by_frames.signal_spectra(windows, self.frames)
            found.append(by_frames.time_major(spectra, kernels, self.frames))
            self.clear_rest_(found[-1])
        return found

    def gradients(
        self, x: Tensor, weight: Tensor, fill: Callable[[int, Tensor], None],
        outputs: Sequence[Tensor], needs: Needs,
    ) -> Gradients:  # fmt: skip
        """Return the gradients to signals and kernels, as `WholeMaps.gradients` does."""
        kernels = by_frames.kernel_spectra(weight, self.frames) if needs[0] else None
        to_x, to_weight = [], None
        for number, windows in enumerate(torch.split(x, self._n_windows)):
            grad = torch.empty_like(outputs[number])
            fill(number, grad)
            self.clear_rest_(grad)
            of_outputs = by_frames.output_spectra(grad, self.frames)
            if kernels is not None:
                to_x.append(by_frames.signal_gradient(of_outputs, kernels, self.frames))
            if needs[1]:
                # Spectra are three times as large as the signals, and are made again.
                spectra = by_frames.signal_spectra(windows, self.frames)
                part = by_frames.kernel_gradient(of_outputs, spectra, self.frames)
                to_weight = part if to_weight is None else to_weight + part
        return torch.cat(to_x) if to_x else None, to_weight

    def of_map(self, values: Tensor) -> Tensor:
        """Return values of maps so that they are broadcast to outputs."""
        return values.view(-1, 1, 1)

    def clear_rest_(self, outputs: Tensor) -> None:
        """Set to zero what is no output, in place."""
        clear_rest_(outputs, self.frames)

    def sum(self, values: Tensor) -> Tensor:
        """Return the sum of outputs or of pooled values for each map."""
        return values.flatten(2).sum(0).sum(1)

    def phases(self, outputs: Tensor) -> list[Tensor]:
        """Return the first, second, ... sample of all pools."""
        return list(blocks_of(outputs, self.length).unbind(1))

    def joined(self, pooled: list[Tensor]) -> Tensor:
        """Return pooled values of all windows, (batch, maps, n_pools)."""
        return torch.cat([by_window(part, self.frames, self.length) for part in pooled])

    def parted(self, values: Tensor) -> list[Tensor]:
        """Undo ``joined``, with zeros for pools that are dropped."""
        return [
            by_frame(part, self.frames, self.length)
            for part in torch.split(values, self._n_windows)
        ]


LAYOUTS: dict[str, Any] = {
    DIRECT: WholeMaps,
    CHANNELS_LAST: TimeMajorMaps,
    FRAMES: FrameOutputs,
}
"""Layouts by the names that `eegzoo.layers.fast_conv.measured_choice` has for the algorithms."""


def _time_major(x: Tensor) -> Tensor:
    return x.mT.contiguous().mT

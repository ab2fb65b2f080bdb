"""Dense convolution in time by the algorithm that is the fastest on this machine."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from eegzoo.layers.fast_conv import overlap_save as by_frames
from eegzoo.layers.fast_conv.measured_choice import choose
from eegzoo.layers.time_major import image_kernels
from eegzoo.torch_internals import is_transformed
from eegzoo.torch_tracing import is_observed

DIRECT, CHANNELS_LAST, FRAMES = "direct", "channels last", "frames"
# Multiplications below which all algorithms take less time than the choice among them.
_FEWEST = 4_000_000
_MOST_WINDOWS = 16


def dense_conv1d(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """Convolve all channels to each map, without padding and in steps of one sample.

    Equal to `torch.nn.functional.conv1d` up to rounding: relative to the largest output, the
    algorithms differ by about 1e-6 in float32. On a CPU, large convolutions in float32 are computed
    by the fastest of three: directly, directly with the channels as the last axis in memory, or by
    the discrete Fourier transforms of short frames (`eegzoo.layers.fast_conv.overlap_save`). The
    choice is measured once per process and class of sizes; `fixed_algorithm` and
    ``EEGZOO_CONVOLUTION`` fix it, and ``torch.use_deterministic_algorithms(True)`` selects the
    direct one.

    Parameters
    ----------
    x : Tensor, shape (batch, channels, n_times)
        Signals.
    weight : Tensor, shape (maps, channels, kernel_size)
        Kernels.
    bias : Tensor | None, shape (maps,)
        Bias of each map.

    Returns
    -------
    Tensor, shape (batch, maps, n_times - kernel_size + 1)
        Filtered signals.

    Examples
    --------
    >>> x, weight = torch.randn(16, 22, 1000), torch.randn(40, 22, 25)
    >>> expected = torch.nn.functional.conv1d(x, weight)
    >>> torch.testing.assert_close(dense_conv1d(x, weight), expected, rtol=1e-4, atol=1e-4)
    """
    return _ALGORITHMS[algorithm_for(x, weight)](x, weight, bias)


def algorithm_for(x: Tensor, weight: Tensor) -> str:
    """Return the algorithm of `dense_conv1d`: "direct", "channels last" or "frames"."""
    if weight.dtype != torch.float32 or not weight.is_cpu or not is_worth_choosing(x, weight.shape):
        return DIRECT
    # The same with and without gradients: evaluation in either has the same outputs, to the bit.
    shape = (representative_batch(len(x)), *x.shape[1:])

    def step_of(name: str) -> Callable[[], object]:
        run, train = (trial(_ALGORITHMS[name], shape, weight.shape, grad) for grad in (False, True))
        return lambda: (run(), train())

    return choose(f"convolution {size_class(x, weight.shape)}", list(_ALGORITHMS), step_of)


def is_worth_choosing(x: Tensor, kernels: Sequence[int]) -> bool:
    """Return whether another algorithm than torch's own may compute a convolution, and may gain.

    It may in float32 on a CPU, unless something looks at the single operations: a compiler or an
    exporter, a ``torch.func`` transform, autocast, or a mode that counts or replaces calls.

    Parameters
    ----------
    x : Tensor, shape (batch, channels, n_times)
        Signals.
    kernels : sequence of int
        Shape of the kernels (maps, channels, kernel_size).
    """
    # First of all, so that a compiler sees no sizes compared and makes no graph of each.
    if (
        torch.compiler.is_compiling()
        or type(x) is not Tensor
        or x.ndim != 3
        or len(kernels) != 3
        or x.shape[1] != kernels[1]
    ):
        return False
    n_outputs = x.shape[2] - kernels[2] + 1
    return (
        min(len(x), n_outputs) > 0
        and len(x) * n_outputs * math.prod(kernels) >= _FEWEST
        and x.dtype == torch.float32
        and x.is_cpu
        and not is_observed()
        and not is_transformed()
        and not torch.is_autocast_enabled("cpu")
        and not torch.are_deterministic_algorithms_enabled()
    )


def representative_batch(batch: int) -> int:
    """Return the number of windows with which algorithms are compared for a batch.

    Examples
    --------
    >>> representative_batch(6), representative_batch(64)
    (4, 16)
    """
    return min(_MOST_WINDOWS, 1 << (batch.bit_length() - 1))


def size_class(x: Tensor, kernels: Sequence[int]) -> str:
    """Return in words what the cost of a convolution depends on."""
    maps, channels, taps = kernels
    return (
        f"{representative_batch(len(x))} x {channels} x {x.shape[2]}, {maps} maps, {taps} taps, "
        f"{torch.get_num_threads()} threads"
    )


def trial(
    function: Callable[..., Tensor],
    of_x: Sequence[int],
    of_weight: Sequence[int],
    training: bool,
) -> Callable[[], object]:
    """Return a function that runs an algorithm once.

    Parameters
    ----------
    function : callable
        Function of signals, kernels and bias.
    of_x, of_weight : sequence of int
        Shapes of the signals and kernels.
    training : bool
        Whether the gradient to the kernels is computed as well.
    """

    @torch.inference_mode(False)
    @torch.set_grad_enabled(training)
    def run() -> None:
        # No random numbers: a measurement must not change what comes next.
        x, weight = torch.ones(*of_x), torch.ones(*of_weight, requires_grad=training)
        y = function(x, weight, None)
        if training:
            torch.autograd.grad(y, weight, torch.ones_like(y))

    return run


def convolve_by(algorithm: str, x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """Convolve as `dense_conv1d` does, by a given algorithm.

    Examples
    --------
    >>> convolve_by("direct", torch.ones(1, 1, 3), torch.tensor([[[1.0, 2.0]]]))
    tensor([[[3., 3.]]])
    """
    return _ALGORITHMS[algorithm](x, weight, bias)


def conv1d_by_frames(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """Convolve by overlap-save, whatever it costs; see `dense_conv1d`.

    Examples
    --------
    >>> x, weight = torch.randn(2, 3, 100).double(), torch.randn(4, 3, 9).double()
    >>> expected = torch.nn.functional.conv1d(x, weight)
    >>> torch.testing.assert_close(conv1d_by_frames(x, weight), expected)
    """
    out: Tensor = _ByFrames.apply(x, weight, bias)  # type: ignore[no-untyped-call]
    return out


def conv1d_gradients(
    x: Tensor, weight: Tensor, grad: Tensor, algorithm: str, needs: tuple[bool, bool]
) -> tuple[Tensor | None, Tensor | None]:
    """Return the gradients of `dense_conv1d` to signals and kernels, where they are needed.

    Parameters
    ----------
    x : Tensor, shape (batch, channels, n_times)
        Signals.
    weight : Tensor, shape (maps, channels, kernel_size)
        Kernels.
    grad : Tensor, shape (batch, maps, n_times - kernel_size + 1)
        Gradient to the outputs.
    algorithm : {"direct", "channels last", "frames"}
        Algorithm, as `algorithm_for` returns it.
    needs : tuple of bool
        Whether the gradients to signals and to kernels are needed.

    Examples
    --------
    >>> x, weight, grad = torch.ones(1, 1, 3), torch.tensor([[[1.0, 2.0]]]), torch.ones(1, 1, 2)
    >>> conv1d_gradients(x, weight, grad, "direct", (True, False))
    (tensor([[[1., 3., 2.]]]), None)
    """
    to_x = to_weight = None
    if algorithm == FRAMES:
        frames = by_frames.choose_frames(x.shape[2], weight.shape[2])
        of_outputs = by_frames.output_spectra(by_frames.in_frames(grad, frames), frames)
        if needs[0]:
            kernels = by_frames.kernel_spectra(weight, frames)
            to_x = by_frames.signal_gradient(of_outputs, kernels, frames)
        if needs[1]:
            spectra = by_frames.signal_spectra(x, frames)
            to_weight = by_frames.kernel_gradient(of_outputs, spectra, frames)
        return to_x, to_weight
    if algorithm == DIRECT:
        return _own_gradients(grad, x, weight, (*needs, False))[:2]  # type: ignore[return-value]
    to_images, to_kernels, _ = torch.ops.aten.convolution_backward(
        _images(grad), _images(x), image_kernels(weight), None, [1, 1], [0, 0], [1, 1], False,
        [0, 0], 1, [*needs, False],
    )  # fmt: skip
    return (
        None if to_images is None else to_images.squeeze(2).contiguous(),
        None if to_kernels is None else to_kernels.squeeze(2).contiguous(),
    )


def _images(x: Tensor) -> Tensor:
    return x.transpose(1, 2).contiguous().transpose(1, 2).unsqueeze(2)


def _channels_last(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    images = _images(x)
    return F.conv2d(images, image_kernels(weight), bias).squeeze(2).contiguous()


_ALGORITHMS: dict[str, Callable[..., Tensor]] = {
    DIRECT: F.conv1d,
    CHANNELS_LAST: _channels_last,
    FRAMES: conv1d_by_frames,
}


class _ByFrames(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        frames = by_frames.choose_frames(x.shape[2], weight.shape[2])
        spectra = by_frames.signal_spectra(x, frames)
        kernels = by_frames.kernel_spectra(weight, frames)
        # Spectra are three times as large as the signals, and are made again.
        ctx.save_for_backward(x, weight)
        return by_frames.window_major(spectra, kernels, frames, bias)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        (grad,), (x, weight) = grads, ctx.saved_tensors
        to_x, to_weight, to_bias = ctx.needs_input_grad
        if torch.is_grad_enabled():  # create_graph: torch's own gradient has gradients
            return _own_gradients(grad, x, weight, ctx.needs_input_grad)
        of_x, of_weight = conv1d_gradients(x, weight, grad, FRAMES, (to_x, to_weight))
        return of_x, of_weight, grad.sum((0, 2)) if to_bias else None


def _own_gradients(
    grad: Tensor, x: Tensor, weight: Tensor, needs: tuple[bool, bool, bool]
) -> tuple[Tensor | None, ...]:
    found: tuple[Tensor | None, ...] = torch.ops.aten.convolution_backward(
        grad, x, weight, [len(weight)], [1], [0], [1], False, [0], 1, list(needs)
    )
    return found

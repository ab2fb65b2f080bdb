"""Zero-phase recursive filters as one matrix product and one Fourier transform.

`scipy.signal.sosfiltfilt` extends the signal at both ends and runs the filter forwards and then
backwards. A recursion over time is slow in torch, and its errors grow in float32. The operation is
linear, however. Away from the edges it is a convolution with the autocorrelation ``r`` of the
impulse response, and the contribution of the edges has the rank of the filter's state. For N
samples and a filter in state space, ``s[n+1] = A s[n] + B x[n]`` and ``y[n] = C s[n] + D x[n]``:

- The forward pass starts in the steady state ``zi * x[0]`` and ends in a state ``s[N]``.
- The convolution includes the response after sample N, so that its backward pass reaches N in the
  state ``W s[N]`` with ``W = sum_k A^k B C A^k``. scipy starts the backward pass at N in the state
  ``zi * y[N-1]`` instead.

The convolution and the contribution of the edges are computed from the design in float64. They are
then applied in the precision of the signal.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from eegzoo.layers.fourier_lags import fast_length


class StateSpace(NamedTuple):
    """Filters in state space, one for each band, all of the same order and in float64."""

    A: Tensor  # (n_bands, order, order)
    B: Tensor  # (n_bands, order, 1)
    C: Tensor  # (n_bands, 1, order)
    D: Tensor  # (n_bands, 1, 1)


class ZeroPhase(NamedTuple):
    """Filters for signals of one length: z = crop(r * extended(x)) + shapes @ (readings @ x)."""

    spectrum: Tensor  # (n_bands, n_fft // 2 + 1), Fourier transform of r
    readings: Tensor  # (n_bands, n_times, order + 1)
    shapes: Tensor  # (n_bands, order + 1, n_times)
    gain: Tensor  # (n_bands,), gain of a constant signal
    edge: int
    n_fft: int

    def to(self, device: torch.device, dtype: torch.dtype) -> ZeroPhase:
        """Return the filters on a device and in a dtype."""
        return self._replace(
            spectrum=self.spectrum.to(device, dtype),
            readings=self.readings.to(device, dtype),
            shapes=self.shapes.to(device, dtype),
            gain=self.gain.to(device, dtype),
        )


def state_space(sos: Tensor) -> StateSpace:
    """Convert cascades of second-order sections to state space.

    Parameters
    ----------
    sos : Tensor, shape (n_bands, n_sections, 6)
        Second-order sections in scipy's format and in float64.
    """
    n_bands, n_sections, _ = sos.shape
    A, B = sos.new_zeros(n_bands, 0, 0), sos.new_zeros(n_bands, 0, 1)
    C, D = sos.new_zeros(n_bands, 1, 0), sos.new_ones(n_bands, 1, 1)
    for section in sos.reshape(n_bands, n_sections, 6, 1, 1).unbind(1):
        b0, b1, b2, _, a1, a2 = section.unbind(1)
        # Transposed direct form II. Its input is the output of the preceding sections.
        own_A = torch.cat(
            [torch.cat([-a1, torch.ones_like(a1)], 2), torch.cat([-a2, torch.zeros_like(a2)], 2)], 1
        )
        own_B = torch.cat([b1 - a1 * b0, b2 - a2 * b0], 1)
        own_C = torch.cat([torch.ones_like(b0), torch.zeros_like(b0)], 2)
        above = torch.cat([A, A.new_zeros(n_bands, A.shape[1], 2)], 2)
        A = torch.cat([above, torch.cat([own_B @ C, own_A], 2)], 1)
        B = torch.cat([B, own_B @ D], 1)
        C, D = torch.cat([b0 @ C, own_C], 2), b0 @ D
    return StateSpace(A, B, C, D)


def zero_phase(
    filters: StateSpace, edge: int, n_times: int, power_of_two: bool = False
) -> ZeroPhase:
    """Return the filters for signals of `n_times` samples, extended by `edge` at either end.

    With `power_of_two`, as exported models need it, transforms have a power of two of samples: in
    torch other lengths are up to twice as fast, but onnxruntime (1.32) computes them less
    precisely: its errors exceed 1e-4 at 3000 samples, and 1e-6 at no power of two.
    """
    A, B, C, D = filters
    order, n_total = A.shape[-1], n_times + 2 * edge
    one = torch.eye(order, dtype=A.dtype, device=A.device)
    zi = torch.linalg.solve(one - A, B)  # steady state for a constant input of 1
    outgoing = _krylov(A.mT, C.mT, n_total).mT  # C A^n, (n_bands, n_total, order)
    incoming = _krylov(A, B, n_total)  # A^n B, (n_bands, order, n_total)

    # r[k], the kernel of both passes together.
    state_gram = _sum_of_powers(A, B @ B.mT, A.mT)
    first = D * D + C @ state_gram @ C.mT
    r = torch.cat([first, outgoing @ (B * D + A @ state_gram @ C.mT)], 1).squeeze(2)
    # Lags beyond the window, or after the response has decayed, are not needed.
    alive = (r.abs() > 1e-12 * first.squeeze(2)).any(0).nonzero().max().item()
    reach = min(int(alive), n_times + edge - 1)
    n_fft = min(2 * (n_times + edge) - 1, n_total + reach)
    n_fft = 1 << (n_fft - 1).bit_length() if power_of_two else fast_length(n_fft)
    circular = r.new_zeros(r.shape[0], n_fft)
    circular[:, : reach + 1] = r[:, : reach + 1]
    circular[:, n_fft - reach :] = r[:, 1 : reach + 1].flip(1)

    # Contribution of the edges, from the extended signal: x[0] and zi y[N-1] - W s[N].
    W = _sum_of_powers(A, B @ C, A)
    x_first = A.new_zeros(1, n_total)
    x_first[0, 0] = 1.0
    at_end = torch.linalg.matrix_power(A, n_total - 1) @ zi
    impulse = torch.cat([D, C @ incoming[:, :, :-1]], 2)
    y_last = impulse.flip(2) + C @ at_end * x_first
    s_end = incoming.flip(2) + A @ at_end * x_first
    from_start = (D * C + C @ W @ A) @ _krylov(A, zi, n_total)  # (n_bands, 1, n_total)
    # Orthogonal shapes do not cancel each other, which would cost precision in float32.
    shapes, mixed = torch.linalg.qr(outgoing.flip(1)[:, edge : edge + n_times])
    readings = torch.cat([x_first.expand_as(y_last), mixed @ (zi @ y_last - W @ s_end)], 1)
    return ZeroPhase(
        spectrum=torch.fft.rfft(circular).real,
        readings=_fold(readings, edge).mT,
        shapes=torch.cat([from_start[:, :, edge : edge + n_times], shapes.mT], 1),
        gain=(D + C @ zi).square().flatten(),
        edge=edge,
        n_fft=n_fft,
    )


def filter_bands(operator: ZeroPhase, x: Tensor) -> Tensor:
    """Filter `x`, shape (..., n_chans, n_times), to (..., n_bands, n_chans, n_times)."""
    x, level, spectrum = _spectrum(operator, x)
    bands = []
    for response, readings, shapes, gain in _of_bands(operator):
        inner = _inverse(operator, spectrum * response, x.shape[-1])
        bands.append(inner + (x @ readings) @ shapes + level * gain)
    return torch.stack(bands, -3)


def filter_bands_into(operator: ZeroPhase, x: Tensor, out: Tensor) -> None:
    """Write `filter_bands` of `x`, shape (batch, n_chans, n_times), to `out`."""
    x, level, spectrum = _spectrum(operator, x)
    parts = torch.view_as_real(spectrum).flatten(-2)
    for band, (response, readings, shapes, gain) in zip(
        out.unbind(1), _of_bands(operator), strict=True
    ):
        # Products of numbers, since torch converts the response to complex ones first.
        product = torch.unflatten(parts * response.repeat_interleave(2), -1, (-1, 2))
        inner = _inverse(operator, torch.view_as_complex(product), x.shape[-1])
        torch.add(inner, level * gain, out=band)
        band.baddbmm_(x @ readings, shapes.expand(len(x), -1, -1))


def _of_bands(operator: ZeroPhase) -> Iterator[tuple[Tensor, ...]]:
    return zip(operator.spectrum, operator.readings, operator.shapes, operator.gain, strict=True)


def _spectrum(operator: ZeroPhase, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return signals without their mean, the mean, and the transform of the extended signals."""
    edge = operator.edge
    # A constant is only multiplied by its gain; float32 is more precise for the rest without it.
    level = x.mean(-1, keepdim=True)
    x = x - level
    left = 2 * x[..., :1] - x[..., 1 : edge + 1].flip(-1)
    right = 2 * x[..., -1:] - x[..., -edge - 1 : -1].flip(-1)
    return x, level, torch.fft.rfft(torch.cat([left, x, right], -1), operator.n_fft)


def _inverse(operator: ZeroPhase, spectrum: Tensor, n_times: int) -> Tensor:
    """Return the samples of the window, without those that it was extended by."""
    edge = operator.edge
    signals: Tensor = torch.fft.irfft(spectrum, operator.n_fft)
    return signals[..., edge : edge + n_times]


def _krylov(A: Tensor, v: Tensor, n: int) -> Tensor:
    """Return the n columns v, A v, A^2 v, ..., computed by doubling."""
    columns = v
    while columns.shape[-1] < n:
        columns, A = torch.cat([columns, A @ columns], -1), A @ A
    return columns[..., :n]


def _sum_of_powers(left: Tensor, middle: Tensor, right: Tensor) -> Tensor:
    """Return the sum over k of left^k middle right^k, computed by doubling."""
    for _ in range(40):  # 2^40 terms, enough for any stable filter
        middle = middle + left @ middle @ right
        left, right = left @ left, right @ right
    return middle


def _fold(readings: Tensor, edge: int) -> Tensor:
    """Replace weights of the odd extension by weights of the samples that it is made of."""
    left, inner, right = readings.tensor_split((edge, readings.shape[-1] - edge), -1)
    folded = inner.clone()
    folded[..., 1 : edge + 1] -= left.flip(-1)
    folded[..., :1] += 2 * left.sum(-1, keepdim=True)
    folded[..., -edge - 1 : -1] -= right.flip(-1)
    folded[..., -1:] += 2 * right.sum(-1, keepdim=True)
    return folded

"""Steps of a GRU for many sequences at once, without a kernel for gradients."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor


def input_weights(weight_ih: Tensor, bias_ih: Tensor, bias_hh: Tensor) -> tuple[Tensor, Tensor]:
    """Return the weight and the bias of the linear layer whose outputs `run_gru` takes.

    Parameters
    ----------
    weight_ih : Tensor, shape (3 * hidden_size, input_size)
        As in `torch.nn.GRU`.
    bias_ih, bias_hh : Tensor, shape (3 * hidden_size,)
        As in `torch.nn.GRU`.

    Returns
    -------
    weight : Tensor, shape (3 * hidden_size, input_size)
        Weight.
    bias : Tensor, shape (3 * hidden_size,)
        Bias.
    """
    n_gates = 2 * len(bias_ih) // 3
    # The bias of the state's share of the new state is multiplied by the reset gate.
    bias = torch.cat([bias_ih[:n_gates] + bias_hh[:n_gates], 2 * bias_ih[n_gates:]])
    return torch.cat([weight_ih[:n_gates], 2 * weight_ih[n_gates:]]), bias


def run_gru(
    from_input: Callable[[int], Tensor],
    weight_hh: Tensor,
    bias_hh: Tensor,
    out: Tensor,
    reverse: bool,
) -> None:
    """Fill `out` with the outputs of a GRU, whose state is zero at the start.

    torch's kernel keeps what its gradient needs. Here there is no gradient, and a step is two
    products and elementwise operations in place. The hyperbolic tangent, for which torch takes five
    times as long as for a sigmoid, is 2 * sigmoid(2 * x) - 1, with the first 2 in the weights.

    Parameters
    ----------
    from_input : callable
        Function from the number of a step to the outputs (batch, 3 * hidden_size) of the linear
        layer of `input_weights`, which are read before the next call.
    weight_hh : Tensor, shape (3 * hidden_size, hidden_size)
        As in `torch.nn.GRU`.
    bias_hh : Tensor, shape (3 * hidden_size,)
        As in `torch.nn.GRU`.
    out : Tensor, shape (n_steps, batch, hidden_size)
        Memory for the outputs.
    reverse : bool
        Whether the last step is the first.

    Examples
    --------
    >>> gru = torch.nn.GRU(3, 4)
    >>> weights = {name: weight.detach() for name, weight in gru.named_parameters()}
    >>> weight_ih, weight_hh, bias_ih, bias_hh = weights.values()
    >>> x, out = torch.randn(5, 2, 3), torch.empty(5, 2, 4)
    >>> from_input = torch.nn.functional.linear(x, *input_weights(weight_ih, bias_ih, bias_hh))
    >>> run_gru(from_input.__getitem__, weight_hh, bias_hh, out, reverse=False)
    >>> torch.allclose(out, gru(x)[0], atol=1e-6)
    True
    """
    n_steps, batch, size = out.shape
    gates_hh = weight_hh[: 2 * size].T.contiguous()
    new_hh, new_bias = 2 * weight_hh[2 * size :].T.contiguous(), 2 * bias_hh[2 * size :]
    h, new = out.new_zeros(batch, size), out.new_empty(batch, size)
    gates = out.new_empty(batch, 2 * size)
    reset, update = gates.chunk(2, dim=1)
    for step in range(n_steps)[::-1] if reverse else range(n_steps):
        gates_x, new_x = torch.split(from_input(step), [2 * size, size], dim=1)
        torch.addmm(gates_x, h, gates_hh, out=gates).sigmoid_()
        torch.addmm(new_bias, h, new_hh, out=new)
        torch.addcmul(new_x, reset, new, out=new).sigmoid_().mul_(2).sub_(1)
        h = torch.lerp(new, h, update, out=out[step])

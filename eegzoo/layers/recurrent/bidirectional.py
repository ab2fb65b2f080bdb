"""GRU and LSTM layers that read a sequence in both directions."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from eegzoo.arguments import one_of, positive_int
from eegzoo.layers.eager import is_eager_on_cpu
from eegzoo.layers.recurrent.gru_steps import input_weights, run_gru
from eegzoo.torch_internals import is_transformed

_N_GATES = {"gru": 3, "lstm": 4}
_MANY = 64  # sequences, from which on `run_gru` is faster than torch's kernel


class BidirectionalRNN(nn.Module):
    """Bidirectional GRU or LSTM of one layer, with the parameters of `torch.nn.GRU` or `LSTM`.

    Unlike torch's modules, it can be compiled and exported as one graph, and it takes sequences
    that are padded at their end, in any order and of any length.

    Parameters
    ----------
    kind : {"gru", "lstm"}
        Kind of cells.
    input_size, hidden_size : int
        Number of input features of a step, and of output features in each direction.

    Examples
    --------
    >>> rnn = BidirectionalRNN("gru", 16, 8)
    >>> rnn(torch.randn(2, 5, 16)).shape
    torch.Size([2, 5, 16])
    >>> out = rnn(torch.randn(2, 5, 16), lengths=torch.tensor([5, 3]))
    >>> bool((out[1, 3:] == 0).all())
    True
    """

    def __init__(self, kind: str, input_size: int, hidden_size: int) -> None:
        super().__init__()
        self.kind = one_of("kind", kind, tuple(_N_GATES))
        self.input_size = positive_int("input_size", input_size)
        self.hidden_size = positive_int("hidden_size", hidden_size)
        rows = _N_GATES[kind] * hidden_size
        shapes = {
            "weight_ih": (rows, input_size), "weight_hh": (rows, hidden_size),
            "bias_ih": (rows,), "bias_hh": (rows,),
        }  # fmt: skip
        self._names = [
            [f"{name}_l0{direction}" for name in shapes] for direction in ("", "_reverse")
        ]
        for names in self._names:
            for name, shape in zip(names, shapes.values(), strict=True):
                self.register_parameter(name, nn.Parameter(torch.empty(shape)))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Initialise as torch does: uniform up to one over the square root of `hidden_size`."""
        limit = 1 / math.sqrt(self.hidden_size)
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -limit, limit)

    def forward(self, x: Tensor, lengths: Tensor | None = None, n_copies: int = 1) -> Tensor:
        """Process sequences.

        Parameters
        ----------
        x : Tensor, shape (batch, n_steps, input_size)
            Sequences.
        lengths : Tensor of int, shape (batch,) | None
            Number of steps in each sequence before the padding, which then has no influence and
            the output zero. None: no padding.
        n_copies : int
            Number of copies of `x`, side by side, that are the input; then the input size of `x` is
            as many times smaller. Their weights are added up, which is faster.

        Returns
        -------
        Tensor, shape (batch, n_steps, 2 * hidden_size)
            Outputs of both directions at each step.
        """
        weights = self._weights(n_copies)
        if lengths is None and self.kind == "gru" and _is_many_without_gradient(x):
            return self.run_steps(x.transpose(0, 1), n_copies).transpose(0, 1)
        if x.shape[0] and _has_fused_kernel(x) and (lengths is None or _are_full(lengths, x)):
            return self._fused(x, [weight for direction in weights for weight in direction])
        outputs = [
            self._steps(x, direction, lengths, reverse)
            for direction, reverse in zip(weights, (False, True), strict=True)
        ]
        return torch.cat(outputs, dim=2)

    def input_weights(self) -> tuple[Tensor, Tensor]:
        """Return the weight and the bias of the linear layer whose outputs `run` takes.

        The layer can be applied to each step alone, so that sequences that overlap share it.
        """
        if self.kind != "gru":
            raise ValueError(f"expected a layer of the kind 'gru', got {self.kind!r}")
        linear = [
            input_weights(weight_ih, bias_ih, bias_hh)
            for weight_ih, _, bias_ih, bias_hh in self._weights()
        ]
        return torch.cat([weight for weight, _ in linear]), torch.cat([bias for _, bias in linear])

    def run(self, from_input: Tensor) -> Tensor:
        """Process sequences of which the input's share of the gates is known, without gradients.

        Parameters
        ----------
        from_input : Tensor, shape (n_steps, batch, 6 * hidden_size)
            Outputs of the linear layer of `input_weights`. Steps come first. It may be a view in
            which sequences overlap.

        Returns
        -------
        Tensor, shape (n_steps, batch, 2 * hidden_size)
            Outputs of both directions at each step.
        """
        forwards, backwards = from_input.chunk(2, dim=2)
        return self._without_gradient(from_input, forwards.__getitem__, backwards.__getitem__)

    def run_steps(self, x: Tensor, n_copies: int = 1) -> Tensor:
        """Process sequences (n_steps, batch, input_size), whose steps come first, as `run`."""
        x = x.contiguous()
        linear = [
            _linear_of_steps(x, *input_weights(weight_ih, bias_ih, bias_hh))
            for weight_ih, _, bias_ih, bias_hh in self._weights(n_copies)
        ]
        return self._without_gradient(x, *linear)

    def _without_gradient(self, x: Tensor, *from_input: Callable[[int], Tensor]) -> Tensor:
        out = x.new_empty(*x.shape[:2], 2 * self.hidden_size)
        for function, half, (_, weight_hh, _, bias_hh), reverse in zip(
            from_input, out.chunk(2, dim=2), self._weights(), (False, True), strict=True
        ):
            run_gru(function, weight_hh, bias_hh, half, reverse)
        return out

    def _weights(self, n_copies: int = 1) -> list[list[Tensor]]:
        """Return the weights of each direction, for an input that is repeated."""
        weights = [[getattr(self, name) for name in names] for names in self._names]
        if n_copies == 1:
            return weights
        return [
            [weight_ih.unflatten(1, (n_copies, -1)).sum(dim=1), *others]
            for weight_ih, *others in weights
        ]

    def _fused(self, x: Tensor, weights: list[Tensor]) -> Tensor:
        start = x.new_zeros(2, x.shape[0], self.hidden_size)
        options = (weights, True, 1, 0.0, self.training, True, True)
        out: Tensor = (
            torch.gru(x, start, *options)[0]
            if self.kind == "gru"
            else torch.lstm(x, (start, start), *options)[0]
        )
        return out

    def _steps(
        self, x: Tensor, weights: Sequence[Tensor], lengths: Tensor | None, reverse: bool
    ) -> Tensor:
        """Return the outputs (batch, n_steps, hidden_size) of one direction, step by step."""
        weight_ih, weight_hh, bias_ih, bias_hh = weights
        from_input = F.linear(x, weight_ih, bias_ih)
        h = from_input.new_zeros(x.shape[0], self.hidden_size)
        c = h
        n_steps = x.shape[1]
        outputs = []
        for step in range(n_steps)[::-1] if reverse else range(n_steps):
            from_state = F.linear(h, weight_hh, bias_hh)
            if self.kind == "gru":
                new_h, new_c = _gru_step(from_input[:, step], from_state, h), c
            else:
                new_h, new_c = _lstm_step(from_input[:, step] + from_state, c)
            if lengths is None:
                h, c, out = new_h, new_c, new_h
            else:
                valid = (step < lengths).unsqueeze(1)
                out = torch.where(valid, new_h, torch.zeros_like(new_h))
                h, c = torch.where(valid, new_h, h), torch.where(valid, new_c, c)
            outputs.append(out)
        return torch.stack(outputs[::-1] if reverse else outputs, dim=1)

    def extra_repr(self) -> str:
        """Return the kind and the sizes."""
        return f"{self.kind!r}, {self.input_size}, {self.hidden_size}"


def _linear_of_steps(x: Tensor, weight: Tensor, bias: Tensor) -> Callable[[int], Tensor]:
    """Return a linear function of one step, whose results stay in the processor's cache."""
    weight, out = weight.T.contiguous(), x.new_empty(x.shape[1], len(bias))
    return lambda step: torch.addmm(bias, x[step], weight, out=out)


def _is_many_without_gradient(x: Tensor) -> bool:
    """Return whether `run_gru` is right and fast: on CPUs, with more than a few sequences."""
    return (
        not torch.is_grad_enabled()
        and is_eager_on_cpu(x)
        and x.dtype in (torch.float32, torch.float64)
        and _has_fused_kernel(x)
        and x.shape[0] >= _MANY  # last, so that an exported graph has no guard on it
    )


def _has_fused_kernel(x: Tensor) -> bool:
    """Return whether torch's fused kernels can be used.

    Compilers cannot trace that of LSTMs, it has no float16 on CPUs, and `torch.vmap` has no rule.
    """
    kind = x.device.type
    autocast = torch.amp.is_autocast_available(kind) and torch.is_autocast_enabled(kind)
    return not torch.compiler.is_compiling() and not is_transformed() and not autocast


def _are_full(lengths: Tensor, x: Tensor) -> bool:
    """Return whether no sequence has padding."""
    return lengths.device.type != "meta" and bool((lengths >= x.shape[1]).all())


def _gru_step(from_input: Tensor, from_state: Tensor, h: Tensor) -> Tensor:
    reset_x, update_x, new_x = from_input.chunk(3, dim=-1)
    reset_h, update_h, new_h = from_state.chunk(3, dim=-1)
    update = torch.sigmoid(update_x + update_h)
    new = torch.tanh(new_x + torch.sigmoid(reset_x + reset_h) * new_h)
    return new + update * (h - new)


def _lstm_step(gates: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
    i, f, g, o = gates.chunk(4, dim=-1)
    c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
    return torch.sigmoid(o) * torch.tanh(c), c

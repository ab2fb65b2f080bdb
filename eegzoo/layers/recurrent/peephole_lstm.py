"""LSTM with peephole connections."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from eegzoo.arguments import number_between, positive_int

State = tuple[Tensor, Tensor]


class PeepholeLSTM(nn.Module):
    """LSTM with peephole connections from the cell to the gates, equal to TensorFlow's LSTMCell.

    With the cell c, the output h and the gate inputs i, f, g and o, a step computes:

    .. code-block:: text

        c' = sigmoid(f + forget_bias + p_f * c) * c + sigmoid(i + p_i * c) * tanh(g)
        h' = sigmoid(o + p_o * c') * tanh(c')

    Parameters
    ----------
    input_size, hidden_size : int
        Number of input and output features of a step.
    forget_bias : float
        Constant added to the input of the forget gate.
    reverse : bool
        Whether to run from the last valid step to the first.

    References
    ----------
    Gers, Schraudolph, Schmidhuber (2002). Learning precise timing with LSTM recurrent networks.
    JMLR 3. https://jmlr.org/papers/v3/gers02a.html

    Examples
    --------
    >>> lstm = PeepholeLSTM(16, 8)
    >>> out, (h, c) = lstm(torch.randn(2, 5, 16), lengths=torch.tensor([5, 3]))
    >>> out.shape, bool((out[1, 3:] == 0).all())
    (torch.Size([2, 5, 8]), True)
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        forget_bias: float = 1.0,
        reverse: bool = False,
    ) -> None:
        super().__init__()
        self.input_size = positive_int("input_size", input_size)
        self.hidden_size = positive_int("hidden_size", hidden_size)
        self.forget_bias = number_between("forget_bias", forget_bias, -math.inf)
        self.reverse = reverse
        # The rows are in torch's order of the gates: i, f, g, o.
        self.weight_ih = nn.Parameter(torch.empty(4 * hidden_size, input_size))
        self.weight_hh = nn.Parameter(torch.empty(4 * hidden_size, hidden_size))
        self.bias = nn.Parameter(torch.empty(4 * hidden_size))
        self.peephole_i = nn.Parameter(torch.empty(hidden_size))
        self.peephole_f = nn.Parameter(torch.empty(hidden_size))
        self.peephole_o = nn.Parameter(torch.empty(hidden_size))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Initialise as TensorFlow does: glorot_uniform over the joint kernel, biases zero."""
        limit = math.sqrt(6.0 / (self.input_size + 5 * self.hidden_size))
        nn.init.uniform_(self.weight_ih, -limit, limit)
        nn.init.uniform_(self.weight_hh, -limit, limit)
        nn.init.zeros_(self.bias)
        limit = math.sqrt(3.0 / self.hidden_size)
        for peephole in (self.peephole_i, self.peephole_f, self.peephole_o):
            nn.init.uniform_(peephole, -limit, limit)

    def forward(
        self, x: Tensor, state: State | None = None, lengths: Tensor | None = None
    ) -> tuple[Tensor, State]:
        """Process sequences.

        Parameters
        ----------
        x : Tensor, shape (batch, n_steps, input_size)
            Sequences.
        state : tuple of Tensor, shapes (batch, hidden_size) | None
            Initial output h and cell c. None: zeros.
        lengths : Tensor of int, shape (batch,) | None
            Number of valid steps in each sequence. At later steps the output is zero and the state
            does not change. None: all steps are valid.

        Returns
        -------
        out : Tensor, shape (batch, n_steps, hidden_size)
            Output of each step.
        state : tuple of Tensor, shapes (batch, hidden_size)
            Final output and cell.
        """
        batch, n_steps, _ = x.shape
        if state is None:
            state = (x.new_zeros(batch, self.hidden_size), x.new_zeros(batch, self.hidden_size))
        h, c = state
        from_input = F.linear(x, self.weight_ih, self.bias)
        outputs = []
        steps = range(n_steps)[::-1] if self.reverse else range(n_steps)
        for step in steps:
            gates = from_input[:, step] + F.linear(h, self.weight_hh)
            i, f, g, o = gates.chunk(4, dim=-1)
            forget = torch.sigmoid(f + self.forget_bias + self.peephole_f * c)
            new_c = forget * c + torch.sigmoid(i + self.peephole_i * c) * torch.tanh(g)
            new_h = torch.sigmoid(o + self.peephole_o * new_c) * torch.tanh(new_c)
            if lengths is None:
                h, c, out = new_h, new_c, new_h
            else:
                valid = (step < lengths).unsqueeze(1)
                out = torch.where(valid, new_h, torch.zeros_like(new_h))
                h, c = torch.where(valid, new_h, h), torch.where(valid, new_c, c)
            outputs.append(out)
        if self.reverse:
            outputs.reverse()
        return torch.stack(outputs, dim=1), (h, c)

    def extra_repr(self) -> str:
        """Return the sizes and options."""
        sizes = f"{self.input_size}, {self.hidden_size}"
        return f"{sizes}, forget_bias={self.forget_bias}, reverse={self.reverse}"

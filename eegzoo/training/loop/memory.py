"""States of recurrent models between the batches of a night."""

from __future__ import annotations

from typing import Any

from torch import Tensor


def chosen_state(state: Any, rows: Tensor | None) -> Any:
    """Return the state of some sequences of a batch, without its graph.

    Parameters
    ----------
    state : Tensor | tuple | list
        Tensors of shape (batch, ...), nested as the model returns them.
    rows : Tensor of int, shape (n,) | None
        Places of the sequences in the batch. None: all.

    Examples
    --------
    >>> h, c = torch.arange(6.0).reshape(3, 2), torch.ones(3, 2)
    >>> chosen_state((h, c), torch.tensor([2]))
    (tensor([[4., 5.]]), tensor([[1., 1.]]))
    """
    if isinstance(state, Tensor):
        return state.detach() if rows is None else state.detach()[rows]
    return tuple(chosen_state(part, rows) for part in state)

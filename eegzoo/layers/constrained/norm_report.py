"""How the norms of a network's filters stand to their limits."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from eegzoo.layers.constrained.norm_constraint import NormConstraint


@dataclass(frozen=True)
class LayerNorms:
    """Norms of one layer's filters now, and their limits."""

    name: str
    kind: str
    max_norm: float | None
    min_norm: float | None
    n_filters: int
    smallest: float
    median: float
    largest: float
    n_at_bound: int


class ConstraintReport(tuple[LayerNorms, ...]):
    """One `LayerNorms` for each constrained layer; shown as a table."""

    __slots__ = ()

    def __repr__(self) -> str:
        head = ("layer", "type", "max_norm", "min_norm", "filters", "min", "median", "max")
        lines: list[tuple[str, ...]] = [(*head, "at bound")]
        for row in self:
            numbers = (row.smallest, row.median, row.largest)
            limits = ("-" if n is None else f"{n:g}" for n in (row.max_norm, row.min_norm))
            norms = (f"{number:.4g}" for number in numbers)
            name = row.name or "(itself)"
            lines.append((name, row.kind, *limits, str(row.n_filters), *norms, str(row.n_at_bound)))
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        return "\n".join(
            "  ".join(
                cell.ljust(width) if i < 2 else cell.rjust(width)
                for i, (cell, width) in enumerate(zip(line, widths, strict=True))
            )
            for line in lines
        )


def constraint_report(module: nn.Module) -> ConstraintReport:
    """Return the limits and the present norms of every constrained layer.

    Parameters
    ----------
    module : nn.Module
        A network, or a single layer.

    Returns
    -------
    ConstraintReport
        A tuple with name, type, limits, number of filters, their smallest, median and largest norm
        as stored now, and how many are at a limit or beyond it, for each layer. It prints as a
        table.

    Examples
    --------
    >>> from eegzoo.layers import ConstrainedDense
    >>> net = torch.nn.Sequential(ConstrainedDense(64, 4, max_norm=0.25))
    >>> _ = torch.nn.init.ones_(net[0].weight)
    >>> _ = net(torch.randn(2, 64))
    >>> constraint_report(net)
    layer  type              max_norm  min_norm  filters   min  median   max  at bound
    0      ConstrainedDense      0.25         -        4  0.25    0.25  0.25         4
    """
    layers = [
        (name, layer) for name, layer in module.named_modules() if isinstance(layer, NormConstraint)
    ]
    return ConstraintReport(_norms_of(name, layer) for name, layer in layers)


def _norms_of(name: str, layer: NormConstraint) -> LayerNorms:
    weight = layer.weight.detach().cpu().double()
    norms = torch.linalg.vector_norm(weight, dim=layer.axis_norm).flatten()
    # A projected norm is as exact as the weight's own numbers are.
    tolerance = 8 * torch.finfo(layer.weight.dtype).eps
    at_bound = torch.zeros_like(norms, dtype=torch.bool)
    if layer.max_norm is not None:
        at_bound |= norms >= layer.max_norm * (1 - tolerance)
    if layer.min_norm is not None:
        at_bound |= norms <= layer.min_norm * (1 + tolerance)
    return LayerNorms(
        name=name,
        kind=type(layer).__name__,
        max_norm=layer.max_norm,
        min_norm=layer.min_norm,
        n_filters=norms.numel(),
        smallest=norms.min().item(),
        median=norms.quantile(0.5).item(),
        largest=norms.max().item(),
        n_at_bound=int(at_bound.sum()),
    )

"""Report of the filter norms of a network and their limits."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from eegzoo.layers.constrained.norm_constraint import NormConstraint


@dataclass(frozen=True)
class LayerNorms:
    """Current norms of the filters of one layer, and their limits.

    Parameters
    ----------
    name, kind : str
        Name of the layer in the network, with that of the weight if the layer has several, and name
        of its class.
    max_norm, min_norm : float | None
        Limits of the norms.
    n_filters : int
        Number of filters.
    smallest, median, largest : float
        Smallest, median and largest norm of the stored filters.
    n_at_bound : int
        Number of filters whose norm is at a limit or beyond it.
    """

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
    """Tuple of one `LayerNorms` for each constrained weight, printed as a table."""

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
    """Return the limits and the current norms of every constrained layer.

    Parameters
    ----------
    module : nn.Module
        Network, or a single layer.

    Returns
    -------
    ConstraintReport
        One `LayerNorms` for each constrained weight, with the norms of the stored weight according
        to `NormConstraint.filter_norms`. It prints as a table.

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
    return ConstraintReport(
        _norms_of(name, layer, weight) for name, layer in layers for weight in layer.weight_names
    )


def _norms_of(name: str, layer: NormConstraint, weight_name: str) -> LayerNorms:
    weight = layer.get_parameter(weight_name).detach()
    norms = layer.filter_norms(weight).flatten().cpu().double()
    if len(layer.weight_names) > 1:
        name = f"{name}.{weight_name}" if name else weight_name
    # The norm of a projected filter is as exact as the dtype of the weight.
    tolerance = 8 * torch.finfo(weight.dtype).eps
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

"""Batches that a data set returns whole, so that torch does not collate them window by window."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from torch import Tensor

from eegzoo.torch_internals import register_collate


class Batch(NamedTuple):
    """Complete batch, which torch's collate function returns unchanged."""

    windows: Tensor
    labels: Tensor


def _unchanged(batches: Sequence[Batch], **_: Any) -> list[Tensor]:
    return [batches[0].windows, batches[0].labels]


register_collate(Batch, _unchanged)

"""Batches that come whole out of a data set, past torch's collating window by window."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from torch import Tensor
from torch.utils.data._utils.collate import default_collate_fn_map


class Batch(NamedTuple):
    """A batch that is whole already. Its type tells torch's collate to leave it alone."""

    windows: Tensor
    labels: Tensor


def _as_is(batches: Sequence[Batch], **_: Any) -> list[Tensor]:
    return [batches[0].windows, batches[0].labels]


# The extension that torch documents for default_collate.
default_collate_fn_map[Batch] = _as_is

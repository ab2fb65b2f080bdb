"""Blocks of neighbouring samples in the time-major outputs of `overlap_save`."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from eegzoo.layers.fast_conv.overlap_save import Frames


def blocks_of(outputs: Tensor, length: int) -> Tensor:
    """Return time-major outputs as (blocks of a frame, length, maps, batch, n_frames)."""
    return outputs.view(-1, length, *outputs.shape[1:])


def clear_rest_(outputs: Tensor, frames: Frames) -> None:
    """Set to zero what follows the last output of each window, in place."""
    outputs[frames.n_in_last :, :, :, -1] = 0.0


def by_window(values: Tensor, frames: Frames, length: int) -> Tensor:
    """Return values of blocks (blocks of a frame, maps, batch, n_frames) for each window.

    Parameters
    ----------
    values : Tensor, shape (blocks of a frame, maps, batch, n_frames)
        One value for each block.
    frames : Frames
        How the signals are cut.
    length : int
        Number of samples of a block.

    Returns
    -------
    Tensor, shape (batch, maps, n_outputs // length)
        The values of the blocks that contain outputs alone.
    """
    _, maps, batch, _ = values.shape
    every = values.permute(2, 1, 3, 0).reshape(batch, maps, -1)
    return every[:, :, : frames.n_outputs // length]


def by_frame(values: Tensor, frames: Frames, length: int) -> Tensor:
    """Undo `by_window`, with zeros for the blocks that it drops.

    Examples
    --------
    >>> from eegzoo.layers.fast_conv.overlap_save import choose_frames
    >>> values, frames = torch.randn(4, 3, 66), choose_frames(1000, 10, multiple=15)
    >>> torch.equal(by_window(by_frame(values, frames, 15), frames, 15), values)
    True
    """
    batch, maps, n_blocks = values.shape
    n_frames, hop = frames.n_frames, frames.frame_outputs
    padded = F.pad(values, (0, n_frames * hop // length - n_blocks))
    return padded.view(batch, maps, n_frames, -1).permute(3, 1, 0, 2).contiguous()

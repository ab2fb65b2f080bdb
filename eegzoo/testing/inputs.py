"""Checks of the windows that a model takes, and of those that it refuses."""

from __future__ import annotations

import re

import torch
from torch import Tensor

from eegzoo.models.base import EEGModel
from eegzoo.testing.expectations import expect, expect_close, expect_error
from eegzoo.testing.model_case import ModelCase, takes_sequences, windows


def check_smallest_window(case: ModelCase) -> None:
    """Check that the shortest window is named and works."""
    smallest = case.smallest_window()
    if smallest > 1:
        pattern = f"n_times of at least {smallest}.*{smallest - 1}$"
        with expect_error(ValueError, pattern, f"n_times={smallest - 1}"):
            case.build(n_times=smallest - 1)
    model = case.build(n_times=smallest)
    out = model(windows(model))
    out.sum().backward()
    expect(out.shape == (4, model.n_outputs), f"the outputs have the shape {tuple(out.shape)}")
    expect(out.isfinite().all(), "the outputs of the smallest window are not finite")


def check_empty_batch(case: ModelCase) -> None:
    """Check that an empty batch gives no outputs."""
    model = case.build().eval()
    shape = model(windows(model, 0)).shape
    expect(shape == (0, model.n_outputs), f"an empty batch gives the shape {tuple(shape)}")


def check_other_sizes_raise(case: ModelCase) -> None:
    """Check that windows of other sizes raise, in ``forward`` and in `features`."""
    model = case.build().eval()
    for channels, samples in [(1, 0), (-1, 0), (1 - model.n_chans, 0), (0, 1), (0, -1)]:
        shape = (2, model.n_chans + channels, model.n_times + samples)
        if shape[1:] == (model.n_chans, model.n_times) or 0 in shape:
            continue
        pattern = rf"n_chans={model.n_chans}, n_times={model.n_times}\b.* got .*{shape[1]}, "
        for call in (model, model.features):
            with expect_error(ValueError, pattern, f"a batch of shape {shape}"):
                call(torch.randn(shape))


def check_other_ranks_raise(case: ModelCase) -> None:
    """Check that a window without a batch axis, and a batch of rank 5, raise."""
    model = case.build().eval()
    for leading in [(), (2, 2, 2)]:
        shape = (*leading, model.n_chans, model.n_times)
        pattern = rf"n_chans={model.n_chans}, n_times=.* got {re.escape(str(shape))}"
        for call in (model, model.features):
            with expect_error(ValueError, pattern, f"a tensor of shape {shape}"):
                call(torch.randn(shape))


def check_sequences(case: ModelCase) -> None:
    """Check that sequences of windows are accepted by sequence models, and raise in others."""
    model = case.build().eval()
    sequences = windows(model, 6).reshape(2, 3, model.n_chans, model.n_times)
    if takes_sequences(model):
        shape = model(sequences).shape
        expect(shape == (2, 3, model.n_outputs), f"sequences give the shape {tuple(shape)}")
        return
    for call in (model, model.features):
        with expect_error(ValueError, r"expected x of shape .* got \(2, 3, ", "a sequence"):
            call(sequences)


def check_other_dtypes_raise(case: ModelCase) -> None:
    """Check that integer and complex windows raise."""
    model = case.build().eval()
    for dtype in (torch.int16, torch.int64, torch.complex64):
        for call in (model, model.features):
            with expect_error(TypeError, f"floating-point dtype, got {dtype}", f"{dtype}"):
                call(windows(model).to(dtype))


def check_nan_stays_in_its_window(case: ModelCase) -> None:
    """Check that NaN in a window makes the outputs of this window alone NaN."""
    model = case.build().eval()
    x = windows(model)
    clean = model(x)
    x[1, 0, model.n_times // 2] = torch.nan
    out = model(x)
    expect(out[1].isnan().all(), "NaN in a window does not reach its outputs")
    others = [0, 2, 3]
    expect_close(out[others], clean[others], "windows beside one with NaN")


def check_strides(case: ModelCase) -> None:
    """Check that outputs do not depend on the strides of the windows, in both modes."""
    for training in (True, False):
        model = case.build().train(training)
        for name, strided in _strided(windows(model)).items():
            plain = torch.empty(strided.shape).copy_(strided)
            subject = f"{name} windows, training={training}"
            found, expected = _outputs(model, strided), _outputs(model, plain)
            expect_close(found, expected, subject, rtol=1e-4, atol=1e-4)


def _strided(x: Tensor) -> dict[str, Tensor]:
    last = x.transpose(1, 2).contiguous().transpose(1, 2)
    wide = torch.cat([x, x], dim=2)
    odd = torch.empty(x.numel() + 1, dtype=x.dtype)[1:].reshape(x.shape).copy_(x)
    return {
        "channels-last": last,
        "every second sample of": x.repeat_interleave(2, dim=2)[:, :, ::2],
        "sliced": wide[:, :, 3 : 3 + x.shape[2]],
        "batch-last": x.permute(1, 2, 0).contiguous().permute(2, 0, 1),
        "expanded (batch)": x[:1].expand_as(x),
        "expanded (channels)": x[:, :1].expand_as(x),
        "expanded (samples)": (x[:, :, :1] + 0).expand_as(x),
        "overlapping": wide.flatten()[: x.shape[2] + 12]
        .unfold(0, x.shape[2], 4)[:4, None]
        .expand_as(x),
        "flipped": x.flip(2),
        "negated": torch.complex(torch.zeros_like(x), -x).conj().imag,
        "offset": odd,
    }


def _outputs(model: EEGModel, x: Tensor) -> Tensor:
    """Return the outputs; batch normalisation keeps its running statistics."""
    before = {key: buffer.clone() for key, buffer in model.named_buffers()}
    torch.manual_seed(0)  # the same dropout
    out: Tensor = model(x)
    out.square().mean().backward()  # type: ignore[no-untyped-call]
    with torch.no_grad():
        for key, buffer in model.named_buffers():
            buffer.copy_(before[key])
    return out.detach()

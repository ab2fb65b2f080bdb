"""RobustSleepNet: channels, standardisation and padding."""

import pytest
import torch

from eegzoo.models import create_model


def build(n_chans=1, **options):
    sizes = {"n_chans": n_chans, "n_times": 1800, "n_outputs": 5, "sfreq": 60}
    return create_model("robustsleepnet", **sizes, **options).eval()


def test_number_of_parameters_is_the_authors_for_any_channels():
    for n_chans in (1, 6):
        assert sum(p.numel() for p in build(n_chans).parameters()) == 180_343
    assert len(build().state_dict()) == 49


def test_order_of_channels_has_no_influence():
    model, x = build(3), torch.randn(2, 4, 3, 1800)
    torch.testing.assert_close(model(x[:, :, [2, 0, 1]]), model(x), rtol=1e-4, atol=1e-5)


def test_a_channel_and_its_copies_give_the_same():
    model, x = build(1), torch.randn(1, 4, 1, 1800)
    three = build(3)
    three.load_state_dict(model.state_dict())
    torch.testing.assert_close(three(x.expand(-1, -1, 3, -1)), model(x), rtol=1e-4, atol=1e-5)


def test_gain_has_no_influence_below_the_limit():
    model, x = build(2), torch.randn(1, 6, 2, 1800)
    gains = torch.tensor([0.1, 3.0])[:, None]
    torch.testing.assert_close(model(gains * x), model(x), rtol=1e-3, atol=1e-4)


def test_spectra_are_those_of_torchs_stft():
    model, x = build(), 9 * torch.randn(3, 1, 1800)
    taper = torch.hann_window(128, periodic=False)
    expected = torch.stft(
        (x[:, 0].clamp(-20, 20) / 20), 128, 60, window=taper / taper.sum(), center=False,
        return_complex=True,
    ).abs().square().clamp(min=1e-20).log10()  # fmt: skip
    found = model.spectra(x)[:, 0].mT
    assert found.shape == (3, 65, 28)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)


def test_spectra_are_standardised_over_windows_and_frames():
    model = build(2)
    spectra = model.spectra(torch.randn(8, 2, 1800)).unflatten(0, (2, 4))
    found = model.standardize(spectra)
    together = found.transpose(2, 3).flatten(1, 2)  # (batch, windows * frames, n_chans, bins)
    torch.testing.assert_close(together.mean(dim=1), torch.zeros(2, 2, 65), rtol=0, atol=1e-5)
    torch.testing.assert_close(together.std(dim=1), torch.ones(2, 2, 65))


@pytest.mark.parametrize("depth", [1, 2])
def test_overlapping_sequences_equal_each_alone(depth):
    model, features = build(depth=depth).double(), torch.randn(9, 50, dtype=torch.float64)
    with torch.no_grad():
        overlapping = model.project(features).unfold(0, 4, 1).movedim(-1, 0)
        found = model.over_projected(overlapping).transpose(0, 1)
        expected = [model.over_windows(features[None, first : first + 4]) for first in range(6)]
    torch.testing.assert_close(found, torch.cat(expected))


@pytest.mark.parametrize("padding", [0.0, 1e6, torch.nan])
def test_padding_has_no_influence(padding):
    model, x = build(2), torch.randn(3, 5, 2, 1800)
    lengths = torch.tensor([5, 2, 0])
    x[1, 2:] = padding
    x[2] = padding
    out = model(x, lengths=lengths)
    torch.testing.assert_close(out[:1], model(x[:1]), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(out[1:2, :2], model(x[1:2, :2]), rtol=1e-4, atol=1e-5)
    x.requires_grad_()
    model(x, lengths=lengths)[:2, :2].square().sum().backward()
    assert x.grad.isfinite().all()


def test_silence_is_finite():
    model = build()
    x = torch.zeros(1, 3, 1, 1800, requires_grad=True)
    assert model.standardize(model.spectra(x[0])[None]).abs().max() < 1e-4
    model(x).sum().backward()
    assert x.grad.isfinite().all()


@pytest.mark.parametrize(("sfreq", "frame", "hop"), [(60, 128, 60), (100, 256, 100), (64, 256, 64)])
def test_frames_follow_the_sampling_rate(sfreq, frame, hop):
    sizes = {"n_chans": 1, "n_times": 30 * sfreq, "n_outputs": 5, "sfreq": sfreq}
    model = create_model("robustsleepnet", **sizes)
    assert (model.frame_length, model.hop_length) == (frame, hop)


def test_wrong_lengths_raise():
    with pytest.raises(ValueError, match=r"lengths of shape \(2,\), got \(3,\)"):
        build()(torch.randn(2, 3, 1, 1800), lengths=torch.tensor([1, 2, 3]))

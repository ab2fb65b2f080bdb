"""`front_filters` finds the layers that filter in time and over channels, with their weights."""

import numpy as np
import pytest
import torch
from scipy import signal
from torch import nn

from eegzoo import create_model, optimize_for_inference
from eegzoo.layers import ConstrainedConv2d
from eegzoo.models import find_entry, front_filters, list_models

SIZE = {"n_chans": 4, "n_times": 400, "n_outputs": 2, "sfreq": 100}
LINEAR = (
    "atcnet", "ctnet", "deep_convnet", "eegconformer", "eegnet", "eegnet_ssvep", "eegtcnet",
    "fbcnet", "shallow_convnet", "xeegnet",
)  # fmt: skip


def correlated(x, kernel):
    """Return the rows of x filtered as torch's convolutions do, without padding."""
    return np.array([signal.correlate(row, kernel, "valid") for row in x])


@pytest.mark.parametrize("name", LINEAR)
def test_filters_give_the_output_of_the_linear_front(name):
    model = create_model(name, **SIZE).double().eval()
    with torch.no_grad():  # beyond the limits, so that the constraints act
        for parameter in model.parameters():
            parameter.mul_(3.0)
    x = torch.randn(1, 4, 400).double()
    outputs, found = {}, front_filters(model)
    (spatial,) = found.spatial
    layer = model.get_submodule(spatial.name)
    layer.register_forward_hook(lambda _, inputs, out: outputs.update(out=out))
    model(x)
    kernels = [kernel.numpy() for kernel in found.kernels]
    for m in (0, len(spatial.weights) - 1):
        mixed = sum(
            weight.numpy() @ correlated(x[0].numpy(), kernels[i])
            for weight, i in zip(spatial.weights[m], spatial.inputs[m], strict=True)
        )
        computed = outputs["out"].detach().numpy().reshape(len(spatial.weights), -1)[m]
        # The padding is left out, and a normalisation between the two scales and shifts.
        middle = mixed[: len(mixed) // 2]
        windows = np.lib.stride_tricks.sliding_window_view(computed, len(middle))
        # A filter bank continues the window beyond its ends.
        tolerance = 1e-3 if name == "fbcnet" else 1e-6
        assert max(abs(np.corrcoef(middle, y)[0, 1]) for y in windows) > 1 - tolerance


def required(name):
    """Return the arguments that a model has no default for, and few layers behind the front."""
    entry = find_entry(name)
    few = {"depth": 1} if entry.foundation and "depth" in entry.parameters else {}
    return few | {key: entry.standard[key] for key in ("stimulus_freqs",) if key in entry.standard}


@pytest.mark.parametrize("name", list_models())
def test_every_model_has_filters_or_a_note(name):
    found = front_filters(create_model(name, **{**SIZE, **required(name), "n_times": 3000}))
    assert found.note or (found.temporal and found.spatial)
    for part in found.spatial:
        assert part.weights.shape[-1] == 4
        if part.inputs is not None:
            assert part.inputs.shape == part.weights.shape[:2]
            assert int(part.inputs.max()) < len(found.kernels)


@pytest.mark.parametrize(
    ("name", "note"),
    [
        ("eeginception_erp", "a non-linear function separates"),
        ("eegnex", "no layer that mixes all channels follows"),
        ("eegnet_old", "no layer that filters a single signal in time follows"),
        ("usleep", "the first layer ('encoder.0.0') filters over channels and time at once"),
        ("stnet", "no convolution reads the channels"),
    ],
)
def test_note_says_what_is_missing(name, note):
    assert front_filters(create_model(name, **{**SIZE, "n_times": 640})).note.startswith(note)


def test_filters_of_several_scales_belong_to_their_own_kernels():
    found = front_filters(create_model("eeginception_erp", **SIZE))
    firsts = [int(part.inputs.min()) for part in found.spatial]
    assert firsts == [0, 8, 16]


def test_kernels_of_single_channels_know_their_channel():
    (temporal,) = front_filters(create_model("transformeeg", **SIZE)).temporal
    assert temporal.channels.tolist() == [0, 0, 1, 1, 2, 2, 3, 3]


def test_filter_bank_has_its_impulse_responses():
    (temporal,) = front_filters(create_model("fbcnet", **SIZE)).temporal
    gains = abs(np.fft.rfft(temporal.kernels.numpy(), 400, axis=1))
    bands = create_model("fbcnet", **SIZE).filter_bank.bands
    for gain, (low, high) in zip(gains, bands, strict=True):
        assert low <= gain.argmax() / 4 <= high  # in Hz


def test_weights_are_the_constrained_ones_and_the_model_does_not_change():
    model = create_model("eegnet", **SIZE).train()
    with torch.no_grad():
        model.front.spatial.weight.mul_(100.0)
    before = {name: value.clone() for name, value in model.state_dict(keep_vars=True).items()}
    norms = front_filters(model).spatial[0].weights.norm(dim=(1, 2))
    torch.testing.assert_close(norms, torch.ones(16).double())
    assert model.training
    for name, value in model.state_dict(keep_vars=True).items():
        assert torch.equal(value, before[name])
    assert not any(layer._forward_hooks for layer in model.modules())


def test_module_of_torch_is_read_by_its_structure():
    class Own(nn.Module):
        def __init__(self):
            super().__init__()
            self.mix = nn.Conv1d(3, 5, 1)
            self.filter = nn.Conv1d(5, 10, 9, groups=5, dilation=2)

        def forward(self, x):
            return self.filter(self.mix(x)).mean(2)

    model = Own()
    found = front_filters(model, n_chans=3, n_times=100)
    torch.testing.assert_close(found.spatial[0].weights.float(), model.mix.weight.mT.detach())
    assert found.temporal[0].kernels.shape == (10, 17)
    assert found.temporal[0].channels is None
    assert (found.temporal[0].kernels[:, 1::2] == 0).all()


def test_layers_of_later_maps_are_not_filters_of_the_front():
    class Own(nn.Module):
        def __init__(self):
            super().__init__()
            self.first = ConstrainedConv2d(1, 4, (1, 9))
            self.square = ConstrainedConv2d(4, 4, (1, 9), groups=4)
            self.mix = ConstrainedConv2d(4, 4, (3, 1), padding="valid", groups=4)

        def forward(self, x):
            return self.mix(self.square(self.first(x.unsqueeze(1)) ** 2))

    found = front_filters(Own(), n_chans=3, n_times=100)
    assert [part.name for part in found.temporal] == ["first"]
    assert found.spatial == ()


def test_shape_of_a_window_is_required():
    with pytest.raises(TypeError, match="expected n_chans to be a positive integer, got None"):
        front_filters(nn.Conv1d(3, 5, 1))


def test_folded_filters_are_not_taken_for_others():
    found = front_filters(optimize_for_inference(create_model("eegnet", **SIZE)))
    assert (found.temporal, found.spatial) == ((), ())
    assert "look at the original" in found.note

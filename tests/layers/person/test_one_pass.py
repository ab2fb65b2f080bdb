"""One pass over a person's windows gives the statistics that a pass for each layer does."""

import pytest
import torch
from torch import nn

import eegzoo
from eegzoo.layers import FeatureNorm, VirtualChannels, by_person, fit_person_statistics
from eegzoo.layers.fronts.temporal_spatial import fused_fronts
from eegzoo.layers.person.fit_statistics import fit_with_outputs
from eegzoo.layers.person.one_pass import set_in_one_pass

SIZES = {"n_chans": 6, "n_times": 256, "n_outputs": 2, "sfreq": 128}
STIMULI = {"n_times": 512, "stimulus_freqs": (13.0, 17.0)}
MODELS = {
    "eegnet": {}, "eegnet on virtual channels": STIMULI, "shallow_convnet": {"n_filters": 4},
    "tangent_net": {}, "deep_convnet": {"n_times": 512},
}  # fmt: skip


class CalledTwice(nn.Module):
    """Model that normalises twice by the same layer."""

    def __init__(self):
        super().__init__()
        self.norm = FeatureNorm(6)

    def forward(self, x):
        """Map (batch, 6, n_times) to (batch, 6)."""
        return self.norm(2 * self.norm(x.mean(-1)) + x[..., 0])


def make(name):
    """Return a model in float64 that knows nothing of the person, and windows."""
    if name == "twice":
        return CalledTwice().double(), 10 * torch.randn(20, 6, 256).double() + 5
    options = {**SIZES, **MODELS[name]}
    model = eegzoo.create_model(name.split(" ")[0], **options).double()
    by_person(model)
    scales = torch.linspace(0.5, 3, 20).view(-1, 1, 1)
    windows = 10 * scales * torch.randn(20, options["n_chans"], options["n_times"]) + 5
    return model, windows.double()


@pytest.mark.parametrize("name", [*MODELS, "twice"])
@pytest.mark.parametrize("fused", [None, False])
def test_statistics_are_those_of_a_pass_for_each_layer(name, fused):
    model, windows = make(name)
    with fused_fronts(fused):
        by_pass = fit_person_statistics(model, windows.split(7))
        at_once, outputs = fit_with_outputs(model, [windows])
        expected = by_pass(windows)
    torch.testing.assert_close(at_once.state_dict(), by_pass.state_dict(), rtol=1e-6, atol=1e-7)
    torch.testing.assert_close(at_once(windows), expected, rtol=1e-6, atol=1e-6)
    if name == "twice":  # the statistics of the first call depend on the second
        assert outputs is None
    else:
        torch.testing.assert_close(outputs, expected, rtol=1e-6, atol=1e-6)
    assert not any(part._forward_pre_hooks for part in at_once.modules())


@pytest.mark.parametrize("name", MODELS)
def test_windows_are_seen_once(name):
    model, windows = make(name)
    calls = []
    model.register_forward_pre_hook(lambda model, inputs: calls.append(len(inputs[0])))
    fit_person_statistics(model, windows)
    assert calls == [20]


def test_a_failure_leaves_no_hooks():
    model, windows = make("eegnet")
    with pytest.raises(ValueError, match="expected"):
        set_in_one_pass(model.eval(), windows[:, :3])
    assert not any(part._forward_pre_hooks for part in model.modules())


def test_spectra_are_added_a_few_windows_at_a_time():
    channels = VirtualChannels(4, 512, 128, freqs=(13, 17), neighbors=(0.75, 1))
    x = torch.randn(19, 4, 512)
    expected = channels.filters.sums(channels.spectra(x))
    torch.testing.assert_close(channels.layer_sums(x), expected)

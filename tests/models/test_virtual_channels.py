"""Networks that see virtual channels at the stimuli's frequencies in place of electrodes."""

import pytest
import torch

from eegzoo.layers import fit_person_statistics
from eegzoo.models import create_model, load_model, save_model
from eegzoo.models.front_filters import front_filters

SIZES = {"n_times": 256, "n_outputs": 4, "sfreq": 128}
FREQS = (13.0, 17.0, 21.0)

networks = pytest.mark.parametrize("name", ["eegnet", "shallow_convnet"])


def make(name, **changes):
    return create_model(name, n_chans=8, **SIZES, **{"stimulus_freqs": FREQS, **changes})


def windows(seed=0, n_windows=30):
    return 20 * torch.randn(n_windows, 8, 256, generator=torch.Generator().manual_seed(seed))


@networks
def test_the_network_is_that_of_the_virtual_channels(name):
    model = fit_person_statistics(make(name), [windows()])
    plain = create_model(name, n_chans=6, **SIZES).eval()
    inner = {key: value for key, value in model.state_dict().items() if "virtual" not in key}
    plain.load_state_dict(inner)
    x = windows(1)
    assert (model.n_chans, model.stimulus_freqs) == (8, FREQS)
    torch.testing.assert_close(model(x), plain(model.virtual_channels(x)))


@networks
def test_without_stimuli_nothing_is_added(name):
    plain = create_model(name, n_chans=8, **SIZES)
    assert plain.virtual_channels is None
    assert plain.arguments["stimulus_freqs"] is None
    assert not [key for key in plain.state_dict() if "virtual" in key]
    assert "virtual_channels" not in dict(plain.named_children())


@networks
def test_people_whose_electrodes_are_elsewhere_get_the_same_outputs(name):
    model = make(name)
    x = windows()
    order = [3, 1, 0, 2, 7, 6, 5, 4]
    first, second = (fit_person_statistics(model, [each])(each) for each in (x, 2 * x[:, order]))
    torch.testing.assert_close(first, second, rtol=1e-2, atol=1e-3)


@networks
def test_the_filters_are_saved(name, tmp_path):
    model = fit_person_statistics(make(name), [windows()])
    save_model(model, tmp_path / "model.safetensors")
    loaded = load_model(tmp_path / "model.safetensors").eval()
    assert loaded.stimulus_freqs == FREQS
    torch.testing.assert_close(loaded(windows(1)), model(windows(1)), rtol=0, atol=0)


@networks
def test_it_is_exported(name):
    model = fit_person_statistics(make(name), [windows()])
    exported = torch.export.export(model, (windows(1),)).module()
    torch.testing.assert_close(exported(windows(1)), model(windows(1)), rtol=1e-4, atol=1e-4)


@networks
def test_filters_of_virtual_channels_are_not_shown_as_those_of_electrodes(name):
    filters = front_filters(fit_person_statistics(make(name), [windows()]))
    assert (filters.temporal, filters.spatial) == ((), ())
    assert filters.note


def test_one_channel_has_one_filter_for_each_stimulus():
    model = create_model("eegnet", n_chans=1, **SIZES, stimulus_freqs=FREQS)
    assert model.virtual_channels.n_virtual == 3


@networks
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"stimulus_freqs": (13.0, 70.0)}, "expected stimulus_freqs and their harmonics"),
        ({"stimulus_freqs": (13.0, 13.0)}, "expected stimulus_freqs to be different"),
        ({"stimulus_freqs": ()}, "expected stimulus_freqs to be different"),
    ],
)
def test_bad_frequencies_raise(name, changes, message):
    with pytest.raises(ValueError, match=message):
        make(name, **changes)

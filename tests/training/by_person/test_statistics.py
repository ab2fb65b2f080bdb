"""Statistics and features of one person's windows."""

import pytest
import torch

import eegzoo
from eegzoo.training.by_person import statistics
from eegzoo.training.by_person.statistics import PersonInputs


@pytest.mark.parametrize("name", ["eegnet", "tangent_net"])
def test_features_come_from_the_pass_that_fits_the_statistics(name, monkeypatch):
    model = eegzoo.create_model(name, n_chans=4, n_times=512, n_outputs=2, sfreq=128).double()
    inputs = PersonInputs(model.eval(), 10 * torch.randn(70, 4, 512).double())
    fitted, features = inputs.fitted_with_features(model)
    torch.testing.assert_close(features, inputs.features(fitted))
    # Of many windows a part is computed at a time.
    monkeypatch.setattr(statistics, "_AT_ONCE", 1)
    in_parts, unknown = inputs.fitted_with_features(model)
    assert unknown is None
    torch.testing.assert_close(in_parts.state_dict(), fitted.state_dict(), rtol=1e-6, atol=1e-7)

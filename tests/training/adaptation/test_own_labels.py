"""Models learn the labels that they gave to windows."""

import pytest
import torch

import eegzoo
from eegzoo.training.adaptation import own_labels
from eegzoo.training.adaptation.own_labels import LearnsHead


@pytest.fixture
def learner():
    model = eegzoo.create_model("eegnet", n_chans=4, n_times=128, n_outputs=2, sfreq=128).eval()
    features = torch.randn(20, 2, model.num_features)
    return LearnsHead(model, features, lambda outputs: outputs.mean(dim=1), strength=0.1)


def test_labels_that_were_learnt_are_not_learnt_again(learner, monkeypatch):
    fitted = []

    def counted(*arguments):
        fitted.append(arguments)
        return fit_head(*arguments)

    fit_head = own_labels.fit_head
    monkeypatch.setattr(own_labels, "fit_head", counted)
    labels, chosen = torch.arange(20) % 2, torch.arange(20) > 3
    learner.learn(labels, chosen)
    first = learner.outputs()
    # Windows that are not chosen may have other labels.
    other = labels.clone()
    other[0] = 1
    learner.learn(other, chosen)
    assert len(fitted) == 1
    # Other windows with the same labels, in a mask that was changed in place, are learnt.
    chosen[4], chosen[2] = False, True
    learner.learn(labels, chosen)
    assert len(fitted) == 2
    assert not torch.equal(learner.outputs(), first)
    learner.learn(1 - labels, chosen)
    assert len(fitted) == 3
    chosen[4], chosen[2] = True, False
    learner.learn(labels, chosen)
    torch.testing.assert_close(learner.outputs(), first, rtol=0, atol=0)

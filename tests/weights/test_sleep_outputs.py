"""Sleep networks with their authors' weights answer as the authors' code does."""

import numpy as np
import pytest
import torch

from eegzoo import create_model
from eegzoo.models.references.seqsleepnet import outputs_of
from eegzoo.weights import list_weights
from tests.shared_data import SHARED, needs

CACHE = SHARED / "weights"
ANSWERS = CACHE / "sleep_authors_outputs.npz"


@pytest.fixture(scope="module")
def answers():
    with np.load(ANSWERS) as arrays:
        return {name: torch.from_numpy(arrays[name]) for name in arrays.files}


def draw(*shape):
    return torch.from_numpy(np.random.default_rng(0).standard_normal(shape).astype(np.float32))


@needs(ANSWERS)
@pytest.mark.parametrize("n_chans", [1, 3])
@pytest.mark.parametrize("name", list_weights("robustsleepnet.*"))
def test_robustsleepnets_equal_the_authors_code(name, n_chans, answers):
    ch_names = ["C4-M1", "O2-M1", "E1-M2"][:n_chans]
    model = create_model(name, weights=True, ch_names=ch_names)
    assert model.n_chans == n_chans
    with torch.no_grad():
        found = model(draw(2, 21, n_chans, 1800))
    expected = answers[f"robustsleepnet_{name.partition('.')[2]}_{n_chans}ch"]
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=5e-5)  # logits up to 8


@needs(ANSWERS)
@pytest.mark.parametrize(
    ("tag", "key", "n_chans"),
    [("physioex", "eeg", 1), ("physioex_eeg_eog_emg", "eeg_eog_emg", 3)],
)
def test_seqsleepnets_equal_physioex(tag, key, n_chans, answers):
    model = create_model(f"seqsleepnet.{tag}", weights=True)
    with torch.no_grad():
        found = outputs_of(model, draw(2, 21, n_chans, 29, 129)).reshape(2, 21, 5)
    torch.testing.assert_close(found, answers[f"seqsleepnet_{key}"], rtol=1e-5, atol=2e-6)


@needs(ANSWERS)
def test_chambons_network_equals_physioex(answers):
    model = create_model("chambon2018.physioex", weights=True)
    with torch.no_grad():
        found = model(draw(2, 21, 1, 3000))[:, 10]
    torch.testing.assert_close(found, answers["chambon_eeg"], rtol=1e-5, atol=5e-6)

"""Outputs of authors' weights in eegzoo's models equal those of the authors' code."""

import multiprocessing
import pickle

import numpy as np
import pytest
import torch

from eegzoo import create_model
from eegzoo.models.references import find_reference
from eegzoo.models.references.reference import FOLDER
from eegzoo.weights import catalogue, find_weights, list_weights
from eegzoo.weights.zoo import load_weights
from tests.shared_data import SHARED, needs

CACHE = SHARED / "weights"
EEGNETS = [*list_weights("eegnet.physionet_*"), "eegnet.sample_audvis"]


def draw(*shape):
    return np.random.default_rng(0).standard_normal(shape)


def probabilities(name, x):
    model = create_model(name, weights=True)
    with torch.no_grad():
        return model(torch.from_numpy(x.astype(np.float32))).softmax(dim=1)


@needs(CACHE)
@pytest.mark.parametrize("name", EEGNETS)
def test_eegnets_equal_the_authors_code(name):
    with np.load(FOLDER / "trained_eegnets.npz") as arrays:
        expected = torch.from_numpy(arrays[catalogue._AUTHORS[name].file])
    signal = find_weights(name).signal
    outputs = probabilities(name, 20 * draw(4, len(signal.ch_names), signal.n_times))
    torch.testing.assert_close(outputs, expected, rtol=1e-5, atol=2e-6)
    assert outputs.std(dim=0).max() > 0.01  # outputs differ between windows


@needs(CACHE)
@pytest.mark.parametrize("n_chans", [8, 16])
def test_eegsyms_equal_the_authors_code(n_chans):
    expected = torch.from_numpy(find_reference("eegsym").arrays[f"trained_{n_chans}"])
    x = draw(4, 384, n_chans, 1).squeeze(3).transpose(0, 2, 1)
    outputs = probabilities(f"eegsym.mi_{n_chans}", np.ascontiguousarray(x))
    torch.testing.assert_close(outputs, expected, rtol=1e-5, atol=2e-6)


@needs(CACHE)
@pytest.mark.parametrize("subject", [1, 2])
def test_atcnets_equal_the_authors_code(subject):
    expected = torch.from_numpy(find_reference("atcnet").arrays[f"trained_{subject}"])
    outputs = probabilities(f"atcnet.bci2a_s{subject}", draw(4, 22, 1125))
    torch.testing.assert_close(outputs, expected, rtol=1e-5, atol=2e-6)


def head_sum(weights):
    torch.set_num_threads(1)
    return float(load_weights(weights).head.weight.detach().sum())


@needs(CACHE)
def test_weights_can_be_sent_to_spawned_processes():
    names = ["eegnet.physionet_mi2", "eegsym.mi_8"]
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        there = pool.map(head_sum, map(find_weights, names))
    assert there == [head_sum(find_weights(name)) for name in names]


@pytest.mark.parametrize("name", list_weights())
def test_weights_survive_pickling(name):
    weights = find_weights(name)
    assert pickle.loads(pickle.dumps(weights)).metadata == weights.metadata


@needs(CACHE)
def test_loading_keeps_the_random_state():
    before = torch.get_rng_state()
    create_model("eegnet.physionet_mi2", weights=True)
    assert torch.equal(torch.get_rng_state(), before)

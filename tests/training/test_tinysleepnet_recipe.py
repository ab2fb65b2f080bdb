"""The recipe of TinySleepNet is the published training, and its model the night's in use."""

import numpy as np
import pytest
import torch
from torch import nn

from eegzoo import create_model
from eegzoo.data import Epoch, EpochsDataset, Preprocessing, Recording, simulate_night
from eegzoo.sleep import agreement, agreement_over_nights
from eegzoo.training import EEGClassifier, NightSampler
from eegzoo.training.recipe import RECIPES

CUT = Preprocessing([Epoch(0, seconds=30)])


def make_nights(n_nights, n_hours, first=0):
    recordings = [
        Recording(
            simulate_night(n_hours, ch_names=("Fpz-Cz",), sfreq=64, random_state=seed), f"S{seed}"
        )
        for seed in range(first, first + n_nights)
    ]
    return EpochsDataset.from_recordings(recordings, CUT)


@pytest.fixture(scope="module")
def nights():
    return make_nights(3, 0.2)


def test_the_settings_are_the_authors():
    """From config/sleepedf.py and train.py of akaraspt/tinysleepnet, commit 70f45cf."""
    recipe = RECIPES["tinysleepnet"]
    assert recipe.max_epochs == 200  # n_epochs
    assert recipe.lr == 1e-4  # learning_rate, constant
    assert (recipe.schedule, recipe.warmup) == ("constant", 0.0)
    assert recipe.clip_norm == 5.0  # clip_grad_value
    assert recipe.patience == 50  # no_improve_epochs
    assert recipe.validation == 0.1  # of the training subjects
    assert recipe.conv_l2 == 1e-3  # l2_weight_decay
    assert recipe.weight_decay == 0.0
    assert recipe.batch_size == 15
    # seq_length; numpy.random.randint(5) skips up to 4; 10 % of a window
    assert recipe.sampler == NightSampler(20, max_skip=4, max_shift=0.1)
    assert recipe.stage_weight == {"N1": 1.5}  # class_weights
    assert recipe.normalize == "none"


@pytest.mark.parametrize("clip_norm", [5.0, 0.05])
def test_a_pass_is_that_of_a_loop_by_hand(nights, clip_norm):
    """Adam on cross-entropy by class weights plus L2 of the kernels, clipped, with the state."""
    names = ["N1", "N2", "N3", "R", "W"]
    labels = np.resize(names, len(nights))  # every stage in every night
    params = {"n_filters": 4, "hidden_size": 6, "drop_prob": 0.0, "batch_statistics": False}
    torch.manual_seed(0)
    model = create_model(
        "tinysleepnet", n_chans=1, n_times=1920, n_outputs=5, sfreq=64,
        ch_names=nights.info.ch_names, **params,
    ).double()  # fmt: skip
    classifier = EEGClassifier(
        model, recipe="tinysleepnet", max_epochs=1, validation=0.0, patience=0, lr=1e-2,
        conv_l2=0.1, clip_norm=clip_norm, sampler=NightSampler(7), random_state=0, device="cpu",
    ).fit(nights, labels)  # fmt: skip

    x = torch.from_numpy(nights.X[:]).reshape(3, -1, 1, 1920).double()
    y = torch.from_numpy(np.searchsorted(names, labels)).reshape(3, -1)
    model = model.train()
    adam = torch.optim.Adam(model.parameters(), lr=1e-2, betas=(0.9, 0.999), eps=1e-8)
    class_weights = torch.tensor([1.5, 1, 1, 1, 1], dtype=torch.float64)
    kernels = [weight for name, weight in model.named_parameters() if weight.ndim == 3]
    assert len(kernels) == 4
    state, norms = None, []
    for start in range(0, x.shape[1], 7):
        logits, state = model(x[:, start : start + 7], state, return_state=True)
        losses = nn.functional.cross_entropy(
            logits.flatten(0, 1), y[:, start : start + 7].flatten(), class_weights,
            reduction="none",
        )  # fmt: skip
        loss = losses.mean() + 0.1 * sum(kernel.square().sum() / 2 for kernel in kernels)
        adam.zero_grad()
        loss.backward()
        norms.append(float(nn.utils.clip_grad_norm_(model.parameters(), clip_norm)))
        adam.step()
        state = tuple(part.detach() for part in state)
    assert len(norms) == 4
    assert clip_norm == 5.0 or max(norms) > clip_norm
    for name, weight in model.named_parameters():
        found = classifier.model_.get_parameter(name)
        torch.testing.assert_close(found, weight, rtol=0, atol=1e-9, msg=name)


@pytest.mark.parametrize("spelled", ["N1", "Sleep stage 1", "S1"])
def test_class_weights_follow_the_stage_however_it_is_spelled(nights, spelled):
    weights = {}
    for class_weight in (None, {spelled: 1.5}, {spelled: 1.0}):
        labels = np.where(nights.labels == "N1", spelled, nights.labels).astype(str)
        classifier = EEGClassifier(
            "tinysleepnet", recipe="tinysleepnet", max_epochs=1, validation=0.0, patience=0,
            model_params={"n_filters": 4, "hidden_size": 6}, class_weight=class_weight,
            random_state=0, device="cpu",
        ).fit(nights, labels)  # fmt: skip
        weights[str(class_weight)] = classifier.model_.head.weight
    same, explicit, none = weights.values()
    torch.testing.assert_close(same, explicit, rtol=0, atol=0)
    assert not torch.equal(same, none)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def test_in_use_the_state_goes_through_the_whole_night(nights):
    """The LSTM in float64 by hand, window by window, on the model's features of each window."""
    classifier = EEGClassifier(
        "tinysleepnet", recipe="tinysleepnet", max_epochs=3, validation=0.0, patience=0, lr=1e-3,
        model_params={"n_filters": 4, "hidden_size": 6}, random_state=0, device="cpu",
    ).fit(nights)  # fmt: skip
    found = classifier.predict_proba(nights)
    model = classifier.model_.double()
    weights = {name: value.detach().numpy() for name, value in model.lstm.named_parameters()}
    for subject in np.unique(nights.groups("subject")):
        mine = np.flatnonzero(nights.groups("subject") == subject)
        h, c = np.zeros(6), np.zeros(6)
        for window in mine:
            with torch.no_grad():
                features = model.window_features(torch.from_numpy(nights.X[[window]]).double())
            gates = weights["weight_ih"] @ features[0].numpy() + weights["weight_hh"] @ h
            i, f, g, o = np.split(gates + weights["bias"], 4)
            c_new = sigmoid(f + 1 + weights["peephole_f"] * c) * c
            c_new = c_new + sigmoid(i + weights["peephole_i"] * c) * np.tanh(g)
            h = sigmoid(o + weights["peephole_o"] * c_new) * np.tanh(c_new)
            c = c_new
            logits = model.head(torch.from_numpy(h)).detach().numpy()
            expected = np.exp(logits - logits.max())
            np.testing.assert_allclose(found[window], expected / expected.sum(), atol=1e-5)


@pytest.mark.slow
def test_the_recipe_stages_nights_of_others_by_their_course():
    """Windows without signs of their stage need those before them: in another order, it is lost."""
    train, test = make_nights(6, 1.5), make_nights(2, 1.5, first=6)
    classifier = EEGClassifier(
        "tinysleepnet", recipe="tinysleepnet", max_epochs=60, lr=2e-3, validation=0.0, patience=0,
        model_params={"n_filters": 16, "hidden_size": 32, "drop_prob": 0.2}, random_state=0,
        device="cpu",
    ).fit(train)  # fmt: skip
    found = agreement_over_nights(test.labels, classifier.predict(test), test.groups("subject"))
    assert found.pooled.kappa >= 0.75
    assert found.pooled.macro_f1 > 0.7
    assert min(found.pooled.f1.values()) > 0.5
    order = np.random.default_rng(0).permutation(len(test))
    shuffled = classifier.predict(test.X[order][None])[0]
    assert agreement(test.labels[order], shuffled).kappa < found.pooled.kappa - 0.2

"""Reports show the model and its decisions for every kind of estimator, or say why not."""

import numpy as np
import pytest

from eegzoo.data import EpochsDataset, SignalInfo
from eegzoo.report.contents import all_sections
from eegzoo.report.evidence import evidence_of
from eegzoo.report.explanation import decision_sections
from eegzoo.report.model import model_sections
from eegzoo.report.sections import Evidence, Picture, Text
from eegzoo.training import EEGClassifier, EEGRegressor
from tests.report.planted import SITE, planted, sites_of_patterns, trained

RNG = np.random.default_rng(0)


def windows(n_chans=3, n_times=64, sfreq=64.0, n_windows=12, n_classes=2):
    X = RNG.normal(0, 10, (n_windows, n_chans, n_times)).astype(np.float32)
    info = SignalInfo([f"E{i}" for i in range(n_chans)], sfreq, n_times)
    onsets = {
        "onset": np.arange(n_windows) * n_times / sfreq,
        "recording": np.array(["a"] * n_windows),
    }
    labels = [f"class {i}" for i in range(n_classes)]
    return EpochsDataset(X, np.arange(n_windows) % n_classes, labels, info, onsets)


def drawn(module, evidence):
    """Return the items of each section by its title."""
    return {section.title: section.make(evidence) for section in module.SECTIONS}


def test_sections_are_part_of_reports():
    titles = [section.title for section in all_sections()]
    for module in (model_sections, decision_sections):
        assert module.SECTIONS[0].title in titles


def test_planted_source_is_in_the_pictures_of_a_report():
    evidence = evidence_of(trained(), planted()[1])
    model, decision = drawn(model_sections, evidence), drawn(decision_sections, evidence)
    texts = " ".join(
        item.figure.get_label() or " ".join(str(one.get_label()) for one in item.figure.axes)
        for items in (*model.values(), *decision.values())
        for item in items
        if isinstance(item, Picture)
    )
    assert all(model.values())
    assert "The largest: P3" in texts
    sites = sites_of_patterns(texts)
    assert sites.count(SITE) > len(sites) / 2
    assert "beta, 13–30 Hz at P3" in texts


@pytest.mark.parametrize("model", ["resnet1d", "stnet", "shallow_convnet"])
def test_models_without_such_filters_have_a_note(model):
    dataset = windows(n_chans=2, n_times=128)
    params = {
        "resnet1d": {"n_filters": 4, "depths": (1, 1, 1, 1)},
        "stnet": {"n_filters": 16, "cells": [(4, 3), (4, 5)]},
    }.get(model)
    settings = {"recipe": "plain", "max_epochs": 1, "model_params": params}
    classifier = EEGClassifier(model, **settings).fit(dataset)
    found = drawn(model_sections, evidence_of(classifier, dataset))
    notes = [
        items[0].text for title, items in found.items()
        if items and "filters" in title and isinstance(items[0], Text)
    ]  # fmt: skip
    assert len(notes) == {"resnet1d": 1, "stnet": 2, "shallow_convnet": 0}[model]
    assert all(note.startswith("No ") for note in notes)


def test_one_channel_is_drawn():
    dataset = windows(n_chans=1)
    classifier = EEGClassifier("eegnet", recipe="plain", max_epochs=1).fit(dataset)
    evidence = evidence_of(classifier, dataset)
    for items in (
        *drawn(model_sections, evidence).values(),
        *drawn(decision_sections, evidence).values(),
    ):
        assert items


@pytest.mark.parametrize("n_targets", [1, 2])
def test_numbers_are_explained(n_targets):
    dataset = windows()
    y = RNG.normal(size=(12, n_targets)).squeeze(1) if n_targets == 1 else RNG.normal(size=(12, 2))
    regressor = EEGRegressor("eegnet", recipe="plain", max_epochs=1).fit(dataset, y)
    evidence = evidence_of(regressor, dataset, y, target_names=("age", "vigour")[:n_targets])
    assert drawn(model_sections, evidence)["Bands and channels that matter"]
    (items,) = drawn(decision_sections, evidence).values()
    titles = [
        one.get_title("left")
        for item in items[1:]
        if isinstance(item, Picture)
        for one in item.figure.axes
    ]
    assert "age" in titles
    assert ("vigour" in titles) == (n_targets == 2)


def test_labels_are_explained_one_by_one():
    dataset, y = windows(), RNG.integers(0, 2, (12, 3))
    classifier = EEGClassifier("eegnet", recipe="plain", max_epochs=1).fit(dataset, y)
    evidence = evidence_of(classifier, dataset, y, target_names=("a", "b", "c"))
    (items,) = drawn(decision_sections, evidence).values()
    assert sum(isinstance(item, Picture) for item in items) == 3 * 3 + 1
    assert drawn(model_sections, evidence)["Bands and channels that matter"]


def test_labels_that_are_numbers_are_scored():
    X = np.asarray(windows().X)
    classifier = EEGClassifier("eegnet", recipe="plain", max_epochs=1, sfreq=64).fit(X, [3, 7] * 6)
    evidence = evidence_of(classifier, X, [3, 7] * 6)
    assert model_sections.targets_of(evidence).tolist() == [3, 7] * 6
    assert len(model_sections.importance(evidence)) == 3


def test_decisions_in_the_context_of_others_are_not_explained():
    dataset = windows(n_chans=1, n_times=600, sfreq=20.0)
    classifier = EEGClassifier(
        "tinysleepnet", recipe="plain", max_epochs=1, sfreq=20.0,
        model_params={"n_filters": 8, "hidden_size": 8},
    ).fit(np.asarray(dataset.X).reshape(3, 4, 1, 600), [[0, 1, 0, 1]] * 3)  # fmt: skip
    evidence = Evidence(
        "sleep", classifier, dataset, "classes",
        np.array(["0", "1"] * 6), np.array(["0", "1"] * 6), classes=("0", "1"),
    )  # fmt: skip
    (items,) = drawn(decision_sections, evidence).values()
    assert "in the context of others" in items[0].text
    assert drawn(model_sections, evidence)["Bands and channels that matter"]


def test_missing_captum_is_said(monkeypatch):
    monkeypatch.setattr(decision_sections.importlib.util, "find_spec", lambda name: None)
    (item,) = decision_sections.attributions(evidence_of(trained(), planted()[1]))
    assert "pip install 'eegzoo[explain]'" in item.text


def test_what_takes_too_long_is_said(monkeypatch):
    monkeypatch.setattr(model_sections, "_BUDGET", {"bands": 1e6, "channels": 1e6})
    monkeypatch.setattr(decision_sections, "_BUDGET", 1e6)
    evidence = evidence_of(trained(), planted()[1])
    _, bands, channels = model_sections.importance(evidence)
    assert "exchange of bands takes too long" in bands.text
    assert "exchange of channels takes too long" in channels.text
    (item,) = decision_sections.attributions(evidence)
    assert "take too long" in item.text


def test_nothing_is_drawn_of_a_model_that_is_not_there():
    dataset = windows()
    true = dataset.labels
    evidence = Evidence("unknown", None, dataset, "classes", true, true)
    for module in (model_sections, decision_sections):
        assert not any(drawn(module, evidence).values())


@pytest.mark.parametrize(("n_steps", "is_warned"), [(1, True), (24, False)])
def test_attributions_that_do_not_add_up_are_said(n_steps, is_warned, monkeypatch):
    monkeypatch.setattr(decision_sections, "_STEPS", n_steps)
    items = decision_sections.attributions(evidence_of(trained(), planted()[1]))
    warned = [item.text for item in items if isinstance(item, Text) and item.is_warning]
    assert bool(warned) == is_warned
    assert all("too coarse for this model" in text for text in warned)

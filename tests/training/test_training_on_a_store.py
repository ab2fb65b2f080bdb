"""Training on a store: blocks, checkpoints that know it by its checksums, and several processes."""

import dataclasses

import numpy as np
import pytest
from skorch.callbacks import Callback

from eegzoo.data import WindowStore
from eegzoo.data.windows.lazy_windows import JoinedWindows, MappedWindows
from eegzoo.training import BlockSampler, EEGClassifier
from eegzoo.training.inputs.stored.kept_normalizer import kept_normalizer
from tests.data.store.store_processes import ONE_SECOND, make_recordings


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("store")
    WindowStore.write(folder, make_recordings(5, first=6), ONE_SECOND, verbose=0)
    return folder


class EndError(RuntimeError):
    pass


class EndAt(Callback):
    def __init__(self, step):
        self.step, self.n_steps = step, 0

    def on_batch_end(self, net, training=True, **_):
        self.n_steps += training
        if self.n_steps == self.step:
            raise EndError


def fit(dataset, end=None, **changes):
    settings = {
        "recipe": "plain", "max_epochs": 2, "batch_size": 8, "random_state": 0,
        "sampler": BlockSampler(4, 24), "model_params": {"F1": 2, "D": 1},
    }  # fmt: skip
    classifier = EEGClassifier("eegnet", callbacks=[EndAt(end)], **{**settings, **changes})
    return classifier.fit(dataset)


def read_by(dataset, monkeypatch):
    """Return a list that grows with the windows that are read."""
    read, original = [], WindowStore.read
    monkeypatch.setattr(
        WindowStore, "read", lambda self, rows: read.append(len(rows)) or original(self, rows)
    )
    return read


def test_blocks_learn_the_same_from_a_store_and_from_memory(folder):
    lazy = WindowStore(folder).dataset()
    probabilities = fit(lazy).predict_proba(lazy)
    in_memory = fit(lazy[:], sampler=BlockSampler(4, 24)).predict_proba(lazy)
    assert probabilities.shape == in_memory.shape
    again = fit(WindowStore(folder).dataset()).predict_proba(lazy)
    np.testing.assert_array_equal(again, probabilities)


def test_a_training_on_a_store_that_ends_within_an_epoch_resumes_bit_for_bit(folder, tmp_path):
    dataset = WindowStore(folder).dataset()
    whole = fit(dataset)
    for end in (4, 2, 3):  # steps of each of three lives
        with pytest.raises(EndError):
            fit(dataset, end, checkpoint=tmp_path, checkpoint_every=1)
    resumed = fit(WindowStore(folder).dataset(), checkpoint=tmp_path, checkpoint_every=1)
    assert resumed.history_ == whole.history_
    np.testing.assert_array_equal(resumed.predict_proba(dataset), whole.predict_proba(dataset))
    assert len(list(tmp_path.glob("*.pt"))) == 1


def test_a_checkpoint_knows_a_store_without_reading_it(folder, tmp_path, monkeypatch):
    dataset = WindowStore(folder).dataset()
    read = read_by(dataset, monkeypatch)
    fit(dataset, max_epochs=1)
    without = sum(read)
    read.clear()
    fit(dataset, max_epochs=1, checkpoint=tmp_path)
    assert sum(read) == without


def test_other_windows_of_a_store_are_another_training(folder, tmp_path):
    dataset = WindowStore(folder).dataset()
    for chosen in (dataset, dataset.subset(np.arange(len(dataset))[:-8]), dataset):
        fit(chosen, max_epochs=1, checkpoint=tmp_path)
    fit(dataset, max_epochs=1, checkpoint=tmp_path, normalize="window")
    assert len(list(tmp_path.glob("*.pt"))) == 3
    assert len(list(tmp_path.glob("*.normalization.json"))) == 3


@pytest.mark.parametrize("how", ["whiten", "standardize", "exponential", "window"])
def test_a_normalization_is_kept_with_the_checkpoint(folder, tmp_path, monkeypatch, how):
    dataset = WindowStore(folder).dataset()
    settings = {"checkpoint": tmp_path, "normalize": how, "max_epochs": 1}
    first = fit(dataset, **settings).normalizer_
    module = "eegzoo.training.inputs.stored.kept_normalizer"
    monkeypatch.setattr(f"{module}.fit_normalizer", lambda *_: pytest.fail("reads all windows"))
    again = fit(WindowStore(folder).dataset(), **settings).normalizer_
    assert again.to_dict() == first.to_dict()
    x = dataset.X[:5]
    np.testing.assert_array_equal(again.transform(x), first.transform(x))


@pytest.mark.parametrize("damage", [b"", b"{}", b"[]", b'{"sha256": "x", "normalizer": {}}'])
def test_a_damaged_normalization_is_fitted_again(folder, tmp_path, damage):
    store = WindowStore(folder)
    first = kept_normalizer(store, "standardize", tmp_path)
    (path,) = tmp_path.iterdir()
    whole = path.read_bytes()
    path.write_bytes(damage or whole[:-20])
    again = kept_normalizer(store, "standardize", tmp_path)
    np.testing.assert_array_equal(again.mean, first.mean)
    assert path.read_bytes() == whole


def test_what_is_not_known_without_reading_has_no_identity(folder):
    store = WindowStore(folder)
    assert store.identity() == WindowStore(folder).identity() is not None
    assert MappedWindows(store, np.negative, store.shape[1:]).identity() is None
    assert JoinedWindows([store, store[:2]]).identity() is None
    assert JoinedWindows([store, store]).identity() not in (None, store.identity())


def test_windows_that_are_matched_to_another_signal_are_known(folder):
    dataset = WindowStore(folder).dataset()
    shorter = dataclasses.replace(dataset.info, n_times=50)
    turned = dataclasses.replace(shorter, ch_names=dataset.info.ch_names[::-1])
    known = [dataset.aligned_to(info, crop=True).X.identity() for info in (shorter, turned)]
    assert None not in known
    assert len({*known, dataset.X.identity()}) == 3
    assert known[0] == WindowStore(folder).dataset().aligned_to(shorter, crop=True).X.identity()

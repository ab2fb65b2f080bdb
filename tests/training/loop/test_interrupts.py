"""Ctrl-C ends a training; a callback's KeyboardInterrupt stops it early."""

import signal
import threading

import numpy as np
import pytest
from skorch.callbacks import Callback

from eegzoo.training import EEGClassifier
from eegzoo.training.callbacks.checkpoints import Checkpoint
from eegzoo.training.loop.interrupts import noticed_interrupts

RNG = np.random.default_rng(0)
X, Y = RNG.normal(0, 20, (24, 3, 128)).astype(np.float32), np.arange(24) % 2


@pytest.fixture(autouse=True)
def _usual_handler():
    """Install Python's handler, as the background of a shell ignores SIGINT."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    signal.signal(signal.SIGINT, before)


class Interrupt(Callback):
    """Press Ctrl-C in the second epoch, or at the end, at one of skorch's notifications."""

    def __init__(self, when):
        self.epoch = 4 if when == "on_train_end" else 2
        setattr(self, when, self.press)

    def press(self, net, **_):
        if len(net.history) == self.epoch:
            signal.raise_signal(signal.SIGINT)


def make_classifier(folder, **changes):
    settings = {"sfreq": 64, "max_epochs": 4, "random_state": 0, "model_params": {"F1": 2, "D": 2}}
    return EEGClassifier("eegnet", checkpoint=folder, **{**settings, **changes})


@pytest.mark.parametrize(
    "when",
    [
        "on_epoch_begin", "on_batch_begin", "on_batch_end", "on_epoch_end", "on_grad_computed",
        "on_train_end",
    ],
)  # fmt: skip
def test_an_interrupted_training_raises_and_resumes(tmp_path, when):
    whole = make_classifier(tmp_path / "whole").fit(X, Y)
    cut = make_classifier(tmp_path / "cut", callbacks=[Interrupt(when)])
    with pytest.raises(KeyboardInterrupt):
        cut.fit(X, Y)
    assert not hasattr(cut, "model_")
    resumed = make_classifier(tmp_path / "cut").fit(X, Y)
    assert len(resumed.history_) == 4
    np.testing.assert_array_equal(resumed.predict_proba(X), whole.predict_proba(X))


@pytest.mark.parametrize("by_signal", [True, False])
def test_a_training_interrupted_in_writing_a_checkpoint_is_not_finished(
    tmp_path, monkeypatch, by_signal
):
    whole = make_classifier(tmp_path / "whole").fit(X, Y)
    write, states = Checkpoint.write, []

    def interrupted(self, state):
        states.append(state)
        if len(states) == 2:
            if by_signal:
                signal.raise_signal(signal.SIGINT)
            raise KeyboardInterrupt
        write(self, state)

    with monkeypatch.context() as patch:
        patch.setattr(Checkpoint, "write", interrupted)
        with pytest.raises(KeyboardInterrupt):
            make_classifier(tmp_path / "cut").fit(X, Y)
    assert [state["finished"] for state in states] == [False, False]
    resumed = make_classifier(tmp_path / "cut").fit(X, Y)
    np.testing.assert_array_equal(resumed.predict_proba(X), whole.predict_proba(X))


def test_a_training_that_a_callback_stopped_is_finished(tmp_path):
    class Stop(Callback):
        def on_epoch_end(self, net, **_):
            if len(net.history) == 2:
                raise KeyboardInterrupt

    stopped = make_classifier(tmp_path, callbacks=[Stop()]).fit(X, Y)
    again = make_classifier(tmp_path).fit(X, Y)
    assert len(again.history_) == len(stopped.history_) == again.best_epoch_ == 2


def test_an_interrupted_pass_raises(tmp_path):
    class Press(Callback):
        def on_epoch_end(self, net, **_):
            signal.raise_signal(signal.SIGINT)

    classifier = make_classifier(None, callbacks=[Press()])
    with pytest.raises(KeyboardInterrupt):
        classifier.partial_fit(X, Y, classes=[0, 1])


def test_other_threads_and_ignored_signals_are_left_alone():
    def in_thread():
        with noticed_interrupts() as received:
            found.append(received)

    found = []
    thread = threading.Thread(target=in_thread)
    thread.start()
    thread.join()
    assert found == [[]]
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with noticed_interrupts() as received:
        signal.raise_signal(signal.SIGINT)
    assert received == []
    signal.signal(signal.SIGINT, signal.default_int_handler)

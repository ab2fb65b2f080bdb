"""Exact resumption of an interrupted training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from skorch.callbacks import Callback
from torch import Tensor

from eegzoo.layers.fast_conv.measured_choice import chosen_algorithms, use_algorithms
from eegzoo.training.callbacks.checkpoints import Checkpoint

State = dict[str, Any]
_PLAIN = (str, int, float, bool, type(None), Tensor)


class Resume(Callback):
    """Callback that writes a checkpoint after each epoch, and starts from one.

    A checkpoint holds everything that the epochs to come depend on: weights, optimizer, history,
    and the state of all callbacks, of the user's too: their attributes that end in an underscore,
    where these are numbers, strings, tensors, lists or dicts of them, or have a ``state_dict``.
    It must be the last callback.

    Parameters
    ----------
    checkpoint : Checkpoint | None
        Where to write. None: nothing is written.
    state : dict | None
        What `Checkpoint.read` returned. None: the training starts from its first epoch.
    """

    def __init__(self, checkpoint: Checkpoint | None, state: State | None) -> None:
        self.checkpoint, self.state = checkpoint, state

    def on_train_begin(self, net: Any, **_: Any) -> None:
        """Restore the state."""
        if self.state is not None:
            restore(net, self.state)

    def on_epoch_begin(self, net: Any, **_: Any) -> None:
        """Write the state after the last epoch, once all callbacks have seen its end."""
        n_done = len(net.history) - 1
        if n_done > (0 if self.state is None else len(self.state["history"])):
            self._write(net, n_done, is_finished=False)

    def on_train_end(self, net: Any, **_: Any) -> None:
        """Write the final state."""
        was_finished = self.state is not None and self.state["finished"]
        if not net.interrupted_ and not was_finished:
            self._write(net, len(net.history), is_finished=True)

    def _write(self, net: Any, n_done: int, is_finished: bool) -> None:
        if self.checkpoint is None:
            return
        try:
            self.checkpoint.write({**state_of(net, n_done), "finished": is_finished})
        except KeyboardInterrupt:  # this callback never stops a training
            net.interrupted_ = True
            raise


def state_of(net: Any, n_done: int) -> State:
    """Return what a training needs to continue after `n_done` epochs."""
    rows = [
        {name: value for name, value in row.items() if name != "batches" and _is_plain(value)}
        for row in net.history[:n_done]
    ]
    return {
        "history": rows,
        "module": net.trained.state_dict(),
        "optimizer": net.optimizer_.state_dict(),
        "scaler": net.scaler_.state_dict(),
        "callbacks": {name: _learnt(callback) for name, callback in net.callbacks_},
        # Algorithms differ in the last digits, and another process might choose others.
        "algorithms": chosen_algorithms(),
    }


def restore(net: Any, state: State) -> None:
    """Restore what `state_of` returned."""
    net.trained.load_state_dict(state["module"])
    net.optimizer_.load_state_dict(state["optimizer"])
    net.scaler_.load_state_dict(state["scaler"])
    use_algorithms(state.get("algorithms", {}))
    for row in state["history"]:
        net.history.new_epoch()
        for name, value in row.items():
            net.history.record(name, value)
    for name, callback in net.callbacks_:
        for attribute, value in state["callbacks"].get(name, {}).items():
            kept: Any = getattr(callback, attribute, None)
            if hasattr(kept, "load_state_dict"):
                kept.load_state_dict(value)
            else:
                setattr(callback, attribute, value)


def _learnt(callback: Callback) -> State:
    learnt = {}
    for name, value in vars(callback).items():
        if name.endswith("_") and not name.startswith("_") and not isinstance(value, type):
            state = value.state_dict() if hasattr(value, "state_dict") else value
            if _is_plain(state):
                learnt[name] = state
    return learnt


def _is_plain(value: Any) -> bool:
    """Return whether a value can be read without unpickling code."""
    if isinstance(value, Mapping):
        return all(_is_plain(key) and _is_plain(item) for key, item in value.items())
    if isinstance(value, (list, tuple)):
        return all(map(_is_plain, value))
    return type(value) in _PLAIN or isinstance(value, Tensor)

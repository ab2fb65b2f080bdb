"""Exact resumption of an interrupted training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from skorch.callbacks import Callback
from torch import Tensor

from eegzoo.layers.fast_conv.measured_choice import chosen_algorithms, use_algorithms
from eegzoo.training.callbacks.checkpoints import Checkpoint
from eegzoo.training.parallel.data_parallel import from_all
from eegzoo.training.parallel.processes import ProcessInfo

State = dict[str, Any]
_PLAIN = (str, int, float, bool, type(None), Tensor)


class Resume(Callback):
    """Callback that writes a checkpoint after each epoch or some steps, and starts from one.

    A checkpoint holds everything that the steps to come depend on: weights, optimizer, history,
    and the state of all callbacks, of the user's too: their attributes that end in an underscore,
    where these are numbers, strings, tensors, lists or dicts of them, or have a ``state_dict``.
    Within an epoch it also holds the losses of the steps before, and torch's random numbers in
    every process. It must be the last callback.

    Parameters
    ----------
    checkpoint : Checkpoint | None
        Where to write. None: nothing is written.
    state : dict | None
        What `Checkpoint.read` returned. None: the training starts from its first epoch.
    every : int | None
        Number of steps after which it is written within an epoch, alike in all processes. None:
        only after each epoch.
    process : ProcessInfo
        Processes that train together. The main one writes.
    """

    def __init__(
        self,
        checkpoint: Checkpoint | None,
        state: State | None,
        every: int | None = None,
        process: ProcessInfo = ProcessInfo(),  # noqa: B008
    ) -> None:
        self.checkpoint, self.state, self.every, self.process = checkpoint, state, every, process
        self.within: State | None = None if state is None else state.get("within")

    def on_train_begin(self, net: Any, **_: Any) -> None:
        """Restore the state."""
        if self.state is not None:
            restore(net, self.state)
            net.batches.n_done = 0 if self.within is None else len(self.within["batches"])

    def on_epoch_begin(self, net: Any, **_: Any) -> None:
        """Write the state after the last epoch, once all callbacks have seen its end."""
        n_done = len(net.history) - 1
        if self.within is not None and self.state is not None:
            restore_callbacks(net, self.state["callbacks"])  # which have begun the epoch anew
            restore_epoch(net, self.within, self.process)
            self.within = None
        elif n_done > (0 if self.state is None else len(self.state["history"])):
            self._write(net, n_done, is_finished=False)

    def on_batch_end(self, net: Any, training: bool = True, **_: Any) -> None:
        """Write the state after some steps, once all callbacks have seen the last one's end."""
        n_steps = len(net.history[-1, "batches"])
        if training and self.every is not None and n_steps % self.every == 0:
            within = state_of_epoch(net, self.process)
            self._write(net, len(net.history) - 1, is_finished=False, within=within)

    def on_train_end(self, net: Any, **_: Any) -> None:
        """Write the final state."""
        was_finished = self.state is not None and self.state["finished"]
        if not net.interrupted_ and not was_finished:
            self._write(net, len(net.history), is_finished=True)

    def _write(self, net: Any, n_done: int, is_finished: bool, **within: State) -> None:
        if self.checkpoint is None:
            return
        try:
            self.checkpoint.write({**state_of(net, n_done), "finished": is_finished, **within})
        except KeyboardInterrupt:  # this callback never stops a training
            net.interrupted_ = True
            raise


def state_of(net: Any, n_done: int) -> State:
    """Return what a training needs to continue after `n_done` epochs."""
    return {
        "history": [_plain(row) for row in net.history[:n_done]],
        "module": net.trained.state_dict(),
        "optimizer": net.optimizer_.state_dict(),
        "scaler": net.scaler_.state_dict(),
        "callbacks": {name: _learnt(callback) for name, callback in net.callbacks_},
        # Algorithms differ in the last digits, and another process might choose others.
        "algorithms": chosen_algorithms(),
    }


def state_of_epoch(net: Any, process: ProcessInfo) -> State:
    """Return what a training needs besides to continue within an epoch; all processes call it."""
    return {
        "batches": [_plain(row) for row in net.history[-1, "batches"]],
        "random": from_all(process, _random_state(net)),
        "night_state": net.night_state,
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
    restore_callbacks(net, state["callbacks"])


def restore_callbacks(net: Any, states: Mapping[str, State]) -> None:
    """Restore the state of callbacks, by their names."""
    for name, callback in net.callbacks_:
        for attribute, value in states.get(name, {}).items():
            kept: Any = getattr(callback, attribute, None)
            if hasattr(kept, "load_state_dict"):
                kept.load_state_dict(value)
            else:
                setattr(callback, attribute, value)


def restore_epoch(net: Any, within: State, process: ProcessInfo) -> None:
    """Restore what `state_of_epoch` returned, in an epoch that has begun."""
    for row in within["batches"]:
        net.history.new_batch()
        for name, value in row.items():
            net.history.record_batch(name, value)
    net.night_state = _moved(within["night_state"], net.trained_device)
    on_cpu, on_gpu = within["random"][process.rank]
    torch.set_rng_state(on_cpu)
    if on_gpu is not None:
        torch.cuda.set_rng_state(on_gpu, net.trained_device)


def _random_state(net: Any) -> tuple[Tensor, Tensor | None]:
    device = torch.device(net.trained_device)
    on_gpu = torch.cuda.get_rng_state(device) if device.type == "cuda" else None
    return torch.get_rng_state(), on_gpu


def _plain(row: Mapping[str, Any]) -> State:
    return {name: value for name, value in row.items() if name != "batches" and _is_plain(value)}


def _moved(state: Any, device: str) -> Any:
    """Return the state of a recurrent model, nested tensors, on a device."""
    if state is None or isinstance(state, Tensor):
        return state if state is None else state.to(device)
    return tuple(_moved(part, device) for part in state)


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

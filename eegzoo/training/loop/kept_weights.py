"""What a training has reached: which weights are kept, when it stops, what it would go on from."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Mapping
from typing import Any, cast

from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from eegzoo.models.base import EEGModel
from eegzoo.training.loop.history import History

State = dict[str, Any]
Validate = Callable[[EEGModel], Mapping[str, float]]


class Course:
    """Keeper of a training's weights, epoch after epoch.

    Parameters
    ----------
    module : EEGModel
        That is trained.
    ema : float
        Decay of the moving average of its weights; 0: there is none.
    patience : int
        As in `Recipe`.
    validate : callable | None
        From a module, whose batch statistics it may renew, to figures with "valid_loss".
    """

    def __init__(
        self, module: EEGModel, ema: float, patience: int, validate: Validate | None
    ) -> None:
        self.module, self.patience, self.validate = module, patience, validate
        self.average: AveragedModel | None = None
        if ema:
            mean = get_ema_multi_avg_fn(ema)  # type: ignore[no-untyped-call]
            self.average = AveragedModel(module, multi_avg_fn=mean)
        self.rows = History()
        self.best: State | None = None
        self.good: State | None = None

    @property
    def n_done(self) -> int:
        """Epochs that are done."""
        return len(self.rows)

    @property
    def is_over(self) -> bool:
        """Whether patience has run out."""
        if not self.patience or self.best is None:
            return False
        return bool(self.n_done - self.best["epoch"] >= self.patience)

    @property
    def is_kept_apart(self) -> bool:
        """Whether the weights that are kept are others than the last ones."""
        return self.average is not None or self.best is not None

    def after_step(self) -> None:
        """Take the weights of a step into the average."""
        if self.average is not None:
            self.average.update_parameters(self.module)

    def end_epoch(self, **figures: float) -> dict[str, Any]:
        """Take note of the weights after an epoch, and return its row of the history."""
        row: dict[str, Any] = {"epoch": self.n_done + 1, **figures}
        candidate = self.module if self.average is None else cast(EEGModel, self.average.module)
        if self.validate is not None:
            candidate = copy.deepcopy(candidate)
            row |= self.validate(candidate)
        if _is_finite(candidate):
            # That the loss was finite says nothing about the step that followed it.
            self.good = {"epoch": row["epoch"], "module": _copied(candidate)}
            if self.validate is not None and self._is_best(row["valid_loss"]):
                self.best = {**self.good, "loss": row["valid_loss"]}
        self.rows.append(row)
        return row

    def restore(self) -> int | None:
        """Put the weights that are kept into the module; return the epoch that they are of."""
        kept = self.best or self.good
        if kept is None:
            return None
        self.module.load_state_dict(kept["module"])
        return int(kept["epoch"])

    def state(self) -> State:
        """Return what `load_state` goes on from."""
        average = None if self.average is None else self.average.state_dict()
        return {
            "rows": list(self.rows), "best": self.best, "good": self.good, "average": average,
            "module": self.module.state_dict(),
        }  # fmt: skip

    def load_state(self, state: State) -> None:
        """Go on from what `state` returned."""
        self.rows, self.best, self.good = History(state["rows"]), state["best"], state["good"]
        self.module.load_state_dict(state["module"])
        if self.average is not None:
            self.average.load_state_dict(state["average"])

    def _is_best(self, loss: float) -> bool:
        return math.isfinite(loss) and (self.best is None or loss < self.best["loss"])


def _is_finite(module: nn.Module) -> bool:
    return all(bool(weight.isfinite().all()) for weight in module.parameters())


def _copied(module: nn.Module) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in module.state_dict().items()}

"""An authors' implementation on seeded weights: its numbers, and ours beside them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from eegzoo.layers.constrained.norm_constraint import NormConstraint
from eegzoo.models.base import EEGModel
from eegzoo.models.references import seeded
from eegzoo.models.zoo import create_model

Array = npt.NDArray[Any]
Limits = Mapping[str, tuple[float, tuple[int, ...]]]

FOLDER = Path(__file__).parent
# What float32 outputs, and the float64 gradients of a step, may differ by; of the largest.
OUTPUT_TOLERANCE = 1e-5
GRADIENT_TOLERANCE = 1e-6


@dataclass(frozen=True)
class Comparison:
    """How far a model is from its reference implementation.

    Parameters
    ----------
    outputs : float
        Largest difference of an output in evaluation, in float32: of a probability, or of a logit
        as a share of the largest one.
    loss, gradient : float
        Of a training step in float64, the gradient's as a share of its largest entry.
    n_params, expected_n_params : int
        Numbers in all weights, ours and theirs.
    constraints : dict of str to tuple
        Norm limit and axes of each constrained layer.
    expected_constraints : dict of str to tuple
        Those of the authors.
    """

    outputs: float
    loss: float
    gradient: float
    n_params: int
    expected_n_params: int
    constraints: dict[str, tuple[float, tuple[int, ...]]]
    expected_constraints: dict[str, tuple[float, tuple[int, ...]]]

    @property
    def failures(self) -> list[str]:
        """What is not equal, in words; none if the model is its authors'."""
        found = []
        if not self.outputs <= OUTPUT_TOLERANCE:
            found.append(f"outputs differ by {self.outputs:.1e}")
        if not self.loss <= GRADIENT_TOLERANCE:
            found.append(f"losses differ by {self.loss:.1e}")
        if not self.gradient <= GRADIENT_TOLERANCE:
            found.append(f"gradients differ by {self.gradient:.1e}")
        if self.n_params != self.expected_n_params:
            found.append(f"{self.n_params} parameters instead of {self.expected_n_params}")
        if self.constraints != self.expected_constraints:
            found.append(f"constraints {self.constraints}, not {self.expected_constraints}")
        return found


@dataclass(frozen=True)
class Reference:
    """Numbers of a reference implementation, and how its layout becomes ours.

    The numbers are those of `tests/reference/make_*.py`: weights and input follow from a seed.

    Parameters
    ----------
    model : str
        Name of the model.
    file : str
        File beside this one. It holds "probabilities" or "logits" in evaluation; "y", "loss" and
        "gradient" (at `seeded.positions`) of a training step; "meta_json" with "source", "seeded",
        "shapes" and "n_params".
    arguments : mapping
        With which `create_model` builds what the authors' code built.
    state_from : callable
        From their weights by name to our state dict.
    windows_from : callable | None
        From their input to ours. None: the same numbers in another shape.
    constraints : mapping of str to tuple
        Norm limit and axes of each layer that the authors constrain, by our name.
    outputs_of : callable
        From a model and windows to the outputs that the file holds.
    not_by_authors : str
        Why the numbers are not from the authors' own code; empty if they are.
    """

    model: str
    file: str
    arguments: Mapping[str, Any]
    state_from: Callable[[dict[str, Array]], dict[str, Tensor]]
    windows_from: Callable[[Array], Array] | None = None
    constraints: Limits = field(default_factory=dict)
    outputs_of: Callable[[Any, Tensor], Tensor] = lambda model, x: model(x)
    not_by_authors: str = ""

    @cached_property
    def arrays(self) -> dict[str, Array]:
        """What the file holds."""
        with np.load(FOLDER / self.file, allow_pickle=False) as arrays:
            return {key: arrays[key] for key in arrays.files}

    @cached_property
    def meta(self) -> dict[str, Any]:
        """How the numbers were made."""
        described: dict[str, Any] = json.loads(str(self.arrays["meta_json"]))
        return described

    def build(self, **changes: Any) -> tuple[EEGModel, Tensor]:
        """Return the model with the authors' weights, in evaluation mode, and its windows."""
        weights, x = seeded.draw(self.meta["shapes"], **self.meta["seeded"])
        with torch.random.fork_rng(devices=[]):
            model = create_model(self.model, **{**self.arguments, **changes})
        model.load_state_dict(self.state_from(weights))
        if self.windows_from is None:
            windows = x.reshape(len(x), model.n_chans, model.n_times)
        else:
            windows = np.ascontiguousarray(self.windows_from(x))
        return model.eval(), torch.from_numpy(windows)

    def compare(self, device: str = "cpu") -> Comparison:
        """Compute what the authors' code computed, and compare.

        Parameters
        ----------
        device : str
            Where to compute. It must have float64.
        """
        model, x = self.build()
        n_params, constraints = _count(model, self.meta), _constraint_table(model)
        model, x = model.to(device), x.to(device)
        with torch.no_grad():
            outputs = self.outputs_of(model, x).double()
        if "probabilities" in self.arrays:
            outputs, expected, scale = outputs.softmax(-1), self.arrays["probabilities"], 1.0
        else:
            expected = self.arrays["logits"]
            scale = max(1.0, float(np.abs(expected).max()))
        loss, gradient = self._step(model.double(), x.double())
        theirs = self.arrays["gradient"]
        return Comparison(
            outputs=float(np.abs(outputs.cpu().numpy() - expected).max()) / scale,
            loss=abs(loss / float(self.arrays["loss"]) - 1),
            gradient=float(np.abs(gradient - theirs).max() / np.abs(theirs).max()),
            n_params=n_params,
            expected_n_params=self.meta["n_params"] - self.meta.get("n_unused", 0),
            constraints=constraints,
            expected_constraints=dict(self.constraints),
        )

    def _step(self, model: EEGModel, x: Tensor) -> tuple[float, Array]:
        """Return the loss and the gradient of a training step without dropout."""
        for module in model.train().modules():
            if isinstance(module, nn.modules.dropout._DropoutNd):
                module.p = 0.0
        outputs = self.outputs_of(model, x)
        y = torch.from_numpy(self.arrays["y"]).to(x.device)
        loss = F.cross_entropy(outputs.flatten(0, -2), y.flatten())
        loss.backward()  # type: ignore[no-untyped-call]
        return loss.item(), seeded.gradient_of(model, self.state_from, self.meta["shapes"])


def _count(model: nn.Module, meta: Mapping[str, Any]) -> int:
    """Return the number of parameters, with running statistics where Keras counts them."""
    count = sum(parameter.numel() for parameter in model.parameters())
    if "tensorflow" in meta:
        statistics = ("running_mean", "running_var")
        count += sum(b.numel() for name, b in model.named_buffers() if name.endswith(statistics))
    return count


def _constraint_table(model: nn.Module) -> dict[str, tuple[float, tuple[int, ...]]]:
    """Return the limit and the axes of each constrained layer by name."""
    return {
        name: (layer.max_norm, layer.axis_norm)
        for name, layer in model.named_modules()
        if isinstance(layer, NormConstraint) and layer.max_norm is not None
    }

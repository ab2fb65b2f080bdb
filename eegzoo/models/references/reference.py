"""Comparison of a model with the numbers its reference implementation computed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from eegzoo.layers.constrained.norm_constraint import NormConstraint
from eegzoo.layers.constrained.norms import norms_over
from eegzoo.models.base import EEGModel
from eegzoo.models.references import seeded
from eegzoo.models.zoo import create_model

Array = npt.NDArray[Any]
Limits = Mapping[str, tuple[float, tuple[int, ...]]]

FOLDER = Path(__file__).parent
# Largest allowed differences of float32 outputs and of float64 gradients, relative to the largest.
OUTPUT_TOLERANCE = 1e-5
GRADIENT_TOLERANCE = 1e-6

_DROPOUTS = (
    nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d, nn.AlphaDropout, nn.FeatureAlphaDropout,
)  # fmt: skip


@dataclass(frozen=True)
class Comparison:
    """Differences between a model and its reference implementation.

    Parameters
    ----------
    outputs : float
        Largest difference between outputs in evaluation mode, in float32. Differences of
        probabilities are absolute; differences of logits are relative to the largest logit.
    loss, gradient : float
        Relative difference of the loss, and largest difference of the gradient relative to its
        largest entry, in a training step in float64.
    norms : float
        Largest relative difference between the norms of constrained filters.
    n_params, expected_n_params : int
        Number of parameters of the model and of the reference implementation.
    constraints, expected_constraints : dict of str to tuple
        Norm limit and axes of each constrained layer, in the model and in the reference
        implementation.
    """

    outputs: float
    loss: float
    gradient: float
    norms: float
    n_params: int
    expected_n_params: int
    constraints: dict[str, tuple[float, tuple[int, ...]]]
    expected_constraints: dict[str, tuple[float, tuple[int, ...]]]

    @property
    def failures(self) -> list[str]:
        """Descriptions of all differences above the tolerances; empty if there are none."""
        found = []
        if not self.outputs <= OUTPUT_TOLERANCE:
            found.append(f"outputs differ by {self.outputs:.1e}")
        if not self.loss <= GRADIENT_TOLERANCE:
            found.append(f"losses differ by {self.loss:.1e}")
        if not self.gradient <= GRADIENT_TOLERANCE:
            found.append(f"gradients differ by {self.gradient:.1e}")
        if not self.norms <= GRADIENT_TOLERANCE:
            found.append(f"norms of constrained filters differ by {self.norms:.1e}")
        if self.n_params != self.expected_n_params:
            found.append(f"{self.n_params} parameters instead of {self.expected_n_params}")
        if self.constraints != self.expected_constraints:
            found.append(f"constraints {self.constraints}, not {self.expected_constraints}")
        return found


@dataclass(frozen=True)
class Reference:
    """Numbers that a reference implementation computed, and the conversion of its weights.

    The scripts `tests/reference/make_*.py` computed the numbers, for weights and inputs that are
    drawn from a seed.

    Parameters
    ----------
    model : str
        Name of the model.
    file : str
        Name of the file of numbers in this folder. It contains "probabilities" or "logits" in
        evaluation mode; "y", "loss" and "gradient" (at `seeded.positions`) of a training step; and
        "meta_json" with "source", "seeded", "shapes" and "n_params".
    arguments : mapping
        Arguments with which `create_model` builds the same network.
    state_from : callable
        Function that returns our state dict, given the reference implementation's weights by name.
    windows_from : callable | None
        Function that returns our input, given the reference implementation's. None: the input is
        only reshaped.
    constraints : mapping of str to tuple
        Norm limit and axes of each layer that the authors constrain, by our names.
    norms_of : mapping of str to callable
        Functions that return the norms of the filters in a weight, for layers whose norms are not
        L2 norms over the axes in `constraints`.
    outputs_of : callable
        Function that returns the outputs in the file, given a model and windows.
    not_by_authors : str
        Reason why the numbers are not from the authors' code; empty if they are.
    """

    model: str
    file: str
    arguments: Mapping[str, Any]
    state_from: Callable[[dict[str, Array]], dict[str, Tensor]]
    windows_from: Callable[[Array], Array] | None = None
    constraints: Limits = field(default_factory=dict)
    norms_of: Mapping[str, Callable[[Tensor], Tensor]] = field(default_factory=dict)
    outputs_of: Callable[[Any, Tensor], Tensor] = lambda model, x: model(x)
    not_by_authors: str = ""

    @cached_property
    def arrays(self) -> dict[str, Array]:
        """Arrays in the file."""
        with np.load(FOLDER / self.file, allow_pickle=False) as arrays:
            return {key: arrays[key] for key in arrays.files}

    @cached_property
    def meta(self) -> dict[str, Any]:
        """Origin of the numbers: source, seed, shapes of the weights, number of parameters."""
        described: dict[str, Any] = json.loads(str(self.arrays["meta_json"]))
        return described

    def build(self, **changes: Any) -> tuple[EEGModel, Tensor]:
        """Return the model with the reference weights, in evaluation mode, and its windows."""
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
        """Compare the model with the stored numbers.

        Parameters
        ----------
        device : str
            Device to compute on. It must support float64.

        Returns
        -------
        Comparison
            Differences of outputs, loss, gradient, norms, parameter count and constraints.
        """
        model, x = self.build()
        n_params, constraints = _count(model, self.meta), _constraint_table(model)
        norms = self._norm_difference(model)
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
            norms=norms,
            n_params=n_params,
            expected_n_params=self.meta["n_params"] - self.meta.get("n_unused", 0),
            constraints=constraints,
            expected_constraints=dict(self.constraints),
        )

    def _norm_difference(self, model: EEGModel) -> float:
        """Return the largest relative difference between norms of constrained filters."""
        largest = 0.0
        for name, layer in model.named_modules():
            if name in self.constraints and isinstance(layer, NormConstraint):
                weight, axes = layer.weight.detach(), self.constraints[name][1]
                expected = self.norms_of.get(name, partial(norms_over, axes=axes))(weight)
                ratio = layer.filter_norms(weight) / expected
                largest = max(largest, (ratio - 1).abs().max().item())
        return largest

    def _step(self, model: EEGModel, x: Tensor) -> tuple[float, Array]:
        """Return the loss and the gradient of a training step without dropout."""
        for module in model.train().modules():
            if isinstance(module, _DROPOUTS):
                module.p = 0.0
        outputs = self.outputs_of(model, x)
        y = torch.from_numpy(self.arrays["y"]).to(x.device)
        loss = F.cross_entropy(outputs.flatten(0, -2), y.flatten())
        loss.backward()  # type: ignore[no-untyped-call]
        return loss.item(), seeded.gradient_of(model, self.state_from, self.meta["shapes"])


def _count(model: nn.Module, meta: Mapping[str, Any]) -> int:
    """Return the number of parameters, with running statistics if the reference is in Keras."""
    count = sum(parameter.numel() for parameter in model.parameters())
    if "tensorflow" in meta:
        statistics = ("running_mean", "running_var")
        count += sum(b.numel() for name, b in model.named_buffers() if name.endswith(statistics))
    return count


def _constraint_table(model: nn.Module) -> dict[str, tuple[float, tuple[int, ...]]]:
    """Return the norm limit and axes of each constrained layer by name."""
    return {
        name: (layer.max_norm, layer.axis_norm)
        for name, layer in model.named_modules()
        if isinstance(layer, NormConstraint) and layer.max_norm is not None
    }

"""Check that attributions depend on what the model has learnt."""

from __future__ import annotations

import copy
import dataclasses
import warnings
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from matplotlib.figure import Figure, SubFigure
from scipy import stats
from torch import nn

from eegzoo.report.explanation.explain import explain
from eegzoo.report.style import GREY, describe, one_axes, styled
from eegzoo.training.estimator import EEGEstimator

Array = npt.NDArray[Any]


@dataclasses.dataclass(frozen=True)
class SanityCheck:
    """Similarity of attributions before and after weights are randomised.

    Parameters
    ----------
    parts : tuple of str
        Parts of the model in the order in which their weights are randomised, each in addition to
        those before it.
    similarity : array, shape (n_parts, n_windows)
        Rank correlation of the magnitudes of the attributions with those of the trained model.
    method : str
        Method of the attributions.

    Examples
    --------
    >>> check = SanityCheck(("head", "front"), np.array([[0.6, 0.4], [0.1, 0.0]]), "occlusion")
    >>> check.mean.tolist()
    [0.5, 0.05]
    """

    parts: tuple[str, ...]
    similarity: Array
    method: str

    @property
    def mean(self) -> Array:
        """Mean similarity over the windows, shape (n_parts,)."""
        mean: Array = self.similarity.mean(axis=1)
        return mean

    @styled
    def plot(self, axes: Any = None) -> Figure | SubFigure:
        """Plot the similarity against the parts whose weights are randomised.

        Parameters
        ----------
        axes : Axes | None
            Axes to draw in. None: those of a new figure.

        Returns
        -------
        Figure
            Figure with an alternative text.
        """
        figure, one = one_axes(axes)
        places = np.arange(len(self.parts) + 1)
        one.plot(places, [1.0, *self.mean], marker="o")
        one.axhline(0.0, color=GREY, linewidth=0.8)
        one.set_xticks(places, ["trained", *(f"+ {name}" for name in self.parts)], rotation=30)
        one.set_xlabel("Parts with random weights, from the output to the input")
        one.set_ylabel("Rank correlation\nwith the trained model")
        one.set_ylim(min(-0.1, float(self.mean.min()) - 0.05), 1.05)
        describe(
            one,
            f"Similarity of attributions by {self.method} to those of the trained model falls from "
            f"1 to {self.mean[-1]:.2f} when all weights are random.",
        )
        return figure


def sanity_check(
    classifier: EEGEstimator,
    X: Any,
    y: Any = None,
    method: str = "integrated_gradients",
    *,
    random_state: int = 0,
    **options: Any,
) -> SanityCheck:
    """Compare attributions with those of the same model with random weights.

    From the output to the input, part by part, the values within each weight of the model are
    shuffled. Attributions that stay the same do not show what the model has learnt [1]_.

    Parameters
    ----------
    classifier, X, y, method
        As in `eegzoo.report.explain`.
    random_state : int
        Seed of the random weights.
    **options
        Further arguments of `explain`.

    Returns
    -------
    SanityCheck
        Similarity to the trained model, for each part.

    References
    ----------
    .. [1] Adebayo et al. (2018). Sanity checks for saliency maps. NeurIPS.
       https://doi.org/10.48550/arXiv.1810.03292

    Examples
    --------
    >>> X = np.random.default_rng(0).normal(0.0, 10.0, (20, 3, 128)).astype("float32")
    >>> classifier = eegzoo.training.EEGClassifier("eegnet", sfreq=128, max_epochs=1)
    >>> check = sanity_check(classifier.fit(X, [0, 1] * 10), X[:4], n_steps=16)
    >>> check.parts, check.similarity.shape
    (('head', 'separable', 'reduce', 'front'), (4, 4))
    """
    trained = explain(classifier, X, y, method, **options)
    if y is None and options.get("target") is None and len(trained.classes) > 1:
        y = trained.labels  # the classes that the trained model predicts
    random = copy.copy(classifier)
    random.model_ = copy.deepcopy(classifier.model_)
    parts, similarity = _parts(random.model_), []
    generator = torch.Generator().manual_seed(random_state)
    for part in parts.values():
        _shuffle_(part, generator)
        with warnings.catch_warnings():
            # Random models are rougher; their attributions need not add up.
            warnings.filterwarnings("ignore", "the attributions of", UserWarning)
            found = explain(random, X, y, method, **options)
        similarity.append(
            [
                _similarity(one, other)
                for one, other in zip(trained.values, found.values, strict=True)
            ]
        )
    return SanityCheck(tuple(parts), np.array(similarity), method)


def _parts(model: nn.Module) -> dict[str, nn.Module]:
    """Return the parts of a model that have weights, by name, from the output to the input."""
    children = dict(model.named_children())
    while len(children) == 1:  # a module in a wrapper
        inner = dict(next(iter(children.values())).named_children())
        if not inner:
            break
        children = inner
    return {
        name: part
        for name, part in reversed(children.items())
        if any(True for _ in part.parameters())
    }


@torch.no_grad()
def _shuffle_(part: nn.Module, generator: torch.Generator) -> None:
    for parameter in part.parameters():
        order = torch.randperm(parameter.numel(), generator=generator).to(parameter.device)
        parameter.copy_(parameter.flatten()[order].view_as(parameter))


def _similarity(one: Array, other: Array) -> float:
    """Return the rank correlation of the magnitudes of two maps; 0 if one is constant."""
    magnitudes = abs(one).ravel(), abs(other).ravel()
    if any(np.ptp(values) == 0 for values in magnitudes):
        return 0.0
    return float(stats.spearmanr(*magnitudes).statistic)

"""Fine-tuning of all weights on a few windows, held near their values."""

from __future__ import annotations

import copy
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from eegzoo.layers.constrained.norm_constraint import NormConstraint
from eegzoo.models.base import EEGModel


@torch.inference_mode(False)
@torch.enable_grad()
def fine_tune(
    model: EEGModel,
    crops: Tensor,
    y: Tensor,
    average: Callable[[Tensor], Tensor],
    *,
    n_steps: int = 60,
    lr: float = 3e-3,
    strength: float = 1e-3,
) -> EEGModel:
    """Return a copy of a model that is trained on a few windows.

    Each step takes all windows. The model computes as in evaluation: without dropout, and with the
    statistics that its batch normalisations have. So the result depends on no seed. Weights are
    drawn to their values before (L2-SP) and keep their norm constraints.

    Parameters
    ----------
    model : EEGModel
        Model in evaluation mode; not changed.
    crops : Tensor, shape (n_windows, n_crops, n_chans, n_times)
        Crops of the windows.
    y : Tensor of int, shape (n_windows,)
        Index of each window's class.
    average : callable
        Average of outputs (n_windows, n_crops, n_outputs) over crops.
    n_steps : int
        Number of steps of AdamW.
    lr : float
        Learning rate, which falls to zero along a cosine.
    strength : float
        Weight of the squared distance to the weights before.

    Returns
    -------
    EEGModel
        Trained model, in evaluation mode.

    References
    ----------
    Li, Grandvalet and Davoine (2018). Explicit inductive bias for transfer learning with
    convolutional networks. ICML. https://doi.org/10.48550/arXiv.1802.01483

    Examples
    --------
    >>> model = eegzoo.create_model("eegnet", n_chans=8, n_times=128, n_outputs=2, sfreq=128).eval()
    >>> crops, y = torch.randn(4, 2, 8, 128), torch.tensor([0, 1, 0, 1])
    >>> trained = fine_tune(model, crops, y, lambda outputs: outputs.mean(dim=1), n_steps=5)
    >>> torch.equal(trained.head.weight, model.head.weight), trained.training
    (False, False)
    """
    trained = copy.deepcopy(model).eval()
    weights = [value for value in trained.parameters() if value.requires_grad]
    starts = [value.detach().clone() for value in weights]
    x, y = crops.clone(), y.clone()  # tensors of inference mode take no part in gradients
    optimizer = torch.optim.AdamW(weights, lr=lr, weight_decay=0.0)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, n_steps)
    constrained = [part for part in trained.modules() if isinstance(part, NormConstraint)]
    for _ in range(n_steps):
        optimizer.zero_grad()
        outputs = trained(x.flatten(0, 1))
        loss = F.cross_entropy(average(outputs.reshape(*x.shape[:2], -1)), y)
        for value, start in zip(weights, starts, strict=True):
            loss = loss + 0.5 * strength * (value - start).square().sum()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        schedule.step()
        for layer in constrained:
            layer.scale_norm()
    optimizer.zero_grad()
    return trained

"""Run an authors' torch model on seeded weights: what the makers of reference numbers share."""

import numpy as np
import torch
from package import draw, positions
from torch import nn


def run(model, meta, outputs_of=lambda model, x: model(x), **seeded):
    """Return reference arrays of `model`, and `meta` with what they tell.

    `seeded` are the arguments of `seeded.draw` but for the shapes, which are the model's own.
    Logits in evaluation are computed in float32, as the authors do, the gradient of the
    cross-entropy in training, without dropout, in float64; it is stored in float32.
    """
    shapes = {name: tuple(value.shape) for name, value in model.state_dict().items() if value.ndim}
    weights, x = draw(shapes, **seeded)
    state = {name: torch.from_numpy(value) for name, value in weights.items()}
    model.load_state_dict(state, strict=False)  # but for the counters of batches
    x = torch.from_numpy(x)
    with torch.no_grad():
        logits = outputs_of(model.eval(), x)
    y = torch.arange(len(x)) % logits.shape[1]
    _without_dropout(model)
    loss = nn.functional.cross_entropy(outputs_of(model.double().train(), x.double()), y)
    loss.backward()
    learnt = dict(model.named_parameters())
    flat = [
        learnt[name].grad.numpy().ravel() if name in learnt else np.zeros(np.prod(shape))
        for name, shape in shapes.items()
    ]
    gradient = np.concatenate(flat)[positions(shapes)].astype(np.float32)
    arrays = {"logits": logits.numpy(), "y": y.numpy(), "loss": loss.item(), "gradient": gradient}
    meta |= {"torch": torch.__version__, "seeded": seeded, "shapes": shapes}
    meta |= {"n_params": sum(parameter.numel() for parameter in learnt.values())}
    return arrays, meta


def _without_dropout(model):
    for module in model.modules():
        if isinstance(module, nn.modules.dropout._DropoutNd):
            module.p = 0.0
        if isinstance(module, nn.MultiheadAttention):
            module.dropout = 0.0

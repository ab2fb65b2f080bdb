"""Make reference numbers by running a PyTorch model on seeded weights."""

import numpy as np
import torch
from package import draw, positions, save
from torch import nn


def make(
    file,
    model,
    meta,
    *,
    logits_of=None,
    unused=(),
    gradient_type=np.float32,
    more=None,
    step=True,
    **seeded,
):
    """Write the reference numbers of a model.

    Logits in evaluation mode are computed in float32, as the authors do. The gradient of the
    cross-entropy in training, without dropout, is computed in float64 and stored in
    `gradient_type`. `meta` contains the source: repository, commit and name of the model.
    `logits_of` returns the logits, given the model and its input. `unused` names weights and
    buffers that are not drawn or never take part. `more` contains additional arrays. Without
    `step`, there is no training step. `seeded` are the arguments of `seeded.draw` except the
    shapes, which are those of the model.
    """
    logits_of = logits_of or nn.Module.__call__
    shapes = {
        name: tuple(value.shape)
        for name, value in model.state_dict().items()
        if value.ndim and name not in unused
    }
    weights, x = draw(shapes, **seeded)
    state = {name: torch.from_numpy(value) for name, value in weights.items()}
    model.load_state_dict(state, strict=False)  # without the counters of batches
    x = torch.from_numpy(x)
    with torch.no_grad():
        logits = logits_of(model.eval(), x)
    arrays = {"logits": logits.numpy()}
    if step:
        arrays |= _step(model, x, shapes, logits_of, gradient_type)
    meta |= {"torch": torch.__version__, "seeded": seeded, "shapes": shapes}
    parameters = dict(model.named_parameters())
    meta |= {"n_params": sum(parameter.numel() for parameter in parameters.values())}
    if unused:
        meta["n_unused"] = sum(parameters[name].numel() for name in unused if name in parameters)
    save(file, arrays | (more or {}), meta)


def _step(model, x, shapes, logits_of, gradient_type):
    """Return the loss and the gradient of a training step in float64, without dropout."""
    _without_dropout(model)
    logits = logits_of(model.double().train(), x.double())
    y = torch.arange(len(logits)) % logits.shape[1]
    loss = nn.functional.cross_entropy(logits, y)
    loss.backward()
    parameters = dict(model.named_parameters())
    flat = [
        parameters[name].grad.numpy().ravel() if name in parameters else np.zeros(np.prod(shape))
        for name, shape in shapes.items()
    ]
    gradient = np.concatenate(flat)[positions(shapes)].astype(gradient_type)
    return {"y": y.numpy(), "loss": loss.item(), "gradient": gradient}


def _without_dropout(model):
    for module in model.modules():
        if isinstance(module, nn.modules.dropout._DropoutNd):
            module.p = 0.0
        if isinstance(module, nn.MultiheadAttention):
            module.dropout = 0.0

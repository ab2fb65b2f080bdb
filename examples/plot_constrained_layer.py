"""
A constrained layer in your own network
=======================================

Many EEG networks limit the norm of their filters, so that no channel or filter grows without bound
on a few hundred trials. ``ConstrainedConv1d`` takes the place of ``torch.nn.Conv1d``, and the
limits hold whenever the layer is used.
"""

import matplotlib.pyplot as plt
import torch
from torch import nn

from eegzoo.layers import ConstrainedConv1d, ConstrainedDense, constraint_report

# %%
# A network before and after
# --------------------------
# The only change is the class. ``max_norm`` alone is a MaxNorm; with ``min_norm`` it is a
# MinMaxNorm. The norm of a filter is taken over ``axis_norm``, by default its input channels and
# its taps.
torch.manual_seed(0)


def network(constrained):
    if constrained:
        conv = ConstrainedConv1d(8, 16, 15, max_norm=1.4, min_norm=0.3)
        head = ConstrainedDense(64, 2, max_norm=0.25)
    else:
        conv, head = nn.Conv1d(8, 16, 15, padding="same"), nn.Linear(64, 2)
    return nn.Sequential(conv, nn.ELU(), nn.AdaptiveAvgPool1d(4), nn.Flatten(), head)


nets = {"plain": network(False), "constrained": network(True)}
nets["constrained"].load_state_dict(nets["plain"].state_dict())  # the keys are those of torch

# %%
# Train both
# ----------
# Nothing in the loop knows of the constraint. A large learning rate makes plain filters grow.
x = torch.randn(64, 8, 128)
y = (x[:, 0].std(dim=1) > x[:, 1].std(dim=1)).long()
norms = {name: [] for name in nets}
for name, net in nets.items():
    optimizer = torch.optim.SGD(net.parameters(), lr=0.5, momentum=0.9)
    for _ in range(60):
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        norms[name].append(net[0].weight.detach().norm(dim=(1, 2)))
        optimizer.step()

figure, panels = plt.subplots(1, 2, figsize=(9, 4), sharey=True, layout="constrained")
for axes, (name, course) in zip(panels, norms.items(), strict=True):
    axes.plot(torch.stack(course), color="C0" if name == "plain" else "C1", alpha=0.5)
    axes.set(title=f"Filters of the {name} layer", xlabel="Step", yscale="log")
    for limit in (0.3, 1.4):
        axes.axhline(limit, color="k", linestyle="--", linewidth=1)
panels[0].set_ylabel("Norm of each filter (limits dashed)")

# %%
# The norms hold, and evaluation changes nothing
# ----------------------------------------------
# A forward in training mode projects the stored weight before it is used, as Keras does after each
# step. In evaluation nothing is written, and yet every output is computed within the limits.
net = nets["constrained"]
net.train()(x)
print(constraint_report(net))
before = net[0].weight.detach().clone()
net.eval()(x)
print("evaluation wrote nothing:", torch.equal(before, net[0].weight))

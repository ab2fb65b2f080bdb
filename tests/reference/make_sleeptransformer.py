"""Make sleeptransformer_torch.npz and physioex_layouts.npz with physioex's networks.

The second file holds, for the networks whose trained weights are too large to be kept for tests,
the names and shapes of their weights and their answers, for weights drawn from a seed.

Requires guidogagl/physioex at commit 24d4974b408a7351b7d8c010a12ee9b2f037ab6c and
``torch==2.13.0``.
Usage: ``python make_sleeptransformer.py PHYSIOEX/physioex/train/networks``.
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch
from package import draw, import_from_arguments
from torch_run import make

# The networks need none of these.
UNUSED = (
    "physioex", "physioex.train", "physioex.train.networks", "physioex.train.networks.base",
    "pytorch_lightning", "pytorch_lightning.utilities", "pytorch_lightning.utilities.types",
    "torchmetrics",
)  # fmt: skip
SIZES = {"sf": 100, "n_classes": 5, "n_times": 3000, "sequence_length": 21}
GAINS = {"bias": 0.1, "": 1.0}


def layout_of(net, seed, shape_of_x):
    """Return the names and shapes of a network's weights, how they are drawn, and its logits."""
    shapes = {name: tuple(value.shape) for name, value in net.state_dict().items()}
    drawn = {name: shape for name, shape in shapes.items() if shape}
    seeded = {"seed": seed, "gains": GAINS, "shape_of_x": shape_of_x}
    weights, x = draw(drawn, **seeded)
    state = {name: torch.from_numpy(value) for name, value in weights.items()}
    net.load_state_dict(net.state_dict() | state)
    with torch.no_grad():
        logits = net.eval()(torch.from_numpy(x)).numpy()
    return {"shapes": shapes, "seeded": seeded}, logits


if __name__ == "__main__":
    import_from_arguments(unused=UNUSED)
    import seqsleepnet

    sys.modules["physioex.train.networks.seqsleepnet"] = seqsleepnet  # for its attention
    import sleeptransformer
    import tinysleepnet

    net = sleeptransformer.Net({**SIZES, "in_channels": 2})
    meta = {"source": "guidogagl/physioex 24d4974 SleepTransformer"}
    seeded = {"seed": 15, "gains": GAINS, "shape_of_x": (2, 5, 2, 29, 129)}
    make(
        "sleeptransformer_torch.npz", net, meta,
        logits_of=lambda model, x: model(x).flatten(0, 1), **seeded,
    )  # fmt: skip

    rnn = {"n_rnn_units": 128, "n_rnn_layers": 1}
    made = {
        "sleeptransformer.physioex": layout_of(
            sleeptransformer.Net({**SIZES, "in_channels": 1}), 16, (2, 7, 1, 29, 129)
        ),
        "tinysleepnet.physioex": layout_of(
            tinysleepnet.Net({**SIZES, **rnn, "in_channels": 1}), 17, (2, 4, 1, 3000)
        ),
        "tinysleepnet.physioex_eeg_eog_emg": layout_of(
            tinysleepnet.Net({**SIZES, **rnn, "in_channels": 3}), 18, (2, 4, 3, 3000)
        ),
    }
    meta = {name: layout for name, (layout, _) in made.items()}
    logits = {name: logits for name, (_, logits) in made.items()}
    path = Path(__file__).parent / "physioex_layouts.npz"
    np.savez_compressed(path, **logits, meta_json=json.dumps(meta))

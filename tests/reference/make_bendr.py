"""Make bendr_torch.npz with the authors' code: ``python make_bendr.py EEGPT``.

Requires the copy in BINE022/EEGPT at commit a0e0a8fad729e2ecf4eedb3a81548a6e6d48a705, which is that
of SPOClab-ca/BENDR without dn3, and ``torch==2.13.0``. SPOClab-ca/BENDR has no licence: run, not
copied.
"""

import torch
from package import import_from_arguments
from torch import nn
from torch_run import make

# A last normalisation that is never applied, and a vector for masked tokens.
UNUSED = (
    "contextualizer.norm.weight", "contextualizer.norm.bias", "contextualizer.mask_replacement",
)  # fmt: skip
GAINS = {"weight_g": 3.0, "head": 0.5, "transformer_layers": 0.7, "": 1.0}


def scaled(x):
    """Return windows scaled as by the authors' ``min_max_normalize`` for amplitudes of 2 mV."""
    low = x.min(dim=1, keepdim=True)[0].min(dim=2, keepdim=True)[0]
    high = x.max(dim=1, keepdim=True)[0].max(dim=2, keepdim=True)[0]
    scale = 2 * (torch.clamp_max((high - low) / 2000, 1.0) - 0.5)
    x = (x - low) / (high - low)
    return torch.cat([2 * (x - 0.5), scale.expand(-1, 1, x.shape[2])], dim=1)


class Classifier(nn.Module):
    """The authors' network and a linear layer, as in dn3."""

    def __init__(self, network, features, n_outputs):
        super().__init__()
        self.encoder, self.contextualizer = network.encoder, network.contextualizer
        self.network = [network]
        self.head = nn.Linear(features, n_outputs)

    def forward(self, x):
        return self.head(self.network[0](scaled(x)))


if __name__ == "__main__":
    import_from_arguments(subfolder="downstream/Modules/models", unused=("tqdm",))
    import dn3_ext

    network = dn3_ext.BENDR(5, encoder_h=32, mask_p_t=0, mask_p_c=0)
    network.contextualizer = dn3_ext.BENDRContextualizer(
        32, hidden_feedforward=40, heads=4, layers=3, dropout=0.0, position_encoder=5, mask_p_t=0,
        mask_p_c=0, finetuning=True,
    )  # fmt: skip
    meta = {"source": "SPOClab-ca/BENDR in BINE022/EEGPT a0e0a8f BENDR"}
    make(
        "bendr_torch.npz", Classifier(network, 32, 3), meta, unused=UNUSED, gains=GAINS, seed=101,
        shape_of_x=(4, 4, 500), scale_of_x=20.0,
    )  # fmt: skip

"""Make eegpt_torch.npz and eegpt_large_torch.npz: ``python make_eegpt.py EEGPT``.

Requires BINE022/EEGPT at commit a0e0a8fad729e2ecf4eedb3a81548a6e6d48a705 and ``torch==2.13.0``.
"""

from functools import partial

import numpy as np
from package import import_from_arguments
from torch import nn
from torch_run import make

CHANNELS = ["Cz", "O2", "Fp1", "PO6"]
GAINS = {"chan_embed": 20.0, "summary": 3.0, "qkv": 2.0, "linear_probe2": 0.5, "": 1.0}


class Probe(nn.Module):
    """The authors' ``downstream/linear_probe_EEGPT_BCIC2A.py``, without Lightning.

    It lacks the convolution that maps channels to known ones.
    """

    def __init__(self, encoder, features, units, n_outputs):
        from Modules.Network.utils import LinearWithConstraint

        super().__init__()
        self.target_encoder = encoder
        self.rows = encoder.prepare_chan_ids(CHANNELS)
        n_patches = encoder.num_patches[1]
        self.linear_probe1 = LinearWithConstraint(features, units, max_norm=1)
        self.linear_probe2 = LinearWithConstraint(units * n_patches, n_outputs, max_norm=0.25)
        self.drop = nn.Dropout(0.5)

    def forward(self, x):
        h = self.target_encoder(x, self.rows.to(x)).flatten(2)
        h = self.linear_probe1(self.drop(h))
        return self.linear_probe2(h.flatten(1))


if __name__ == "__main__":
    import_from_arguments(subfolder="downstream")
    from Modules.models.EEGPT_mcae import CHANNEL_DICT, EEGTransformer

    norm = partial(nn.LayerNorm, eps=1e-6)
    meta = {"source": "BINE022/EEGPT a0e0a8f EEGTransformer"}
    # Arguments of the authors' script.
    large = EEGTransformer(
        img_size=[4, 192], patch_size=64, embed_num=4, embed_dim=512, depth=8, num_heads=8,
        norm_layer=norm,
    )  # fmt: skip
    make(
        "eegpt_large_torch.npz", Probe(large, 2048, 16, 3), meta.copy(), step=False, gains=GAINS,
        seed=72, shape_of_x=(2, 4, 192), more={"ch_names": np.array(list(CHANNEL_DICT))},
    )  # fmt: skip
    small = EEGTransformer(
        img_size=[4, 200], patch_size=64, patch_stride=32, embed_num=2, embed_dim=24, depth=3,
        num_heads=2, norm_layer=norm,
    )  # fmt: skip
    make(
        "eegpt_torch.npz", Probe(small, 48, 5, 3), meta.copy(), gains=GAINS, seed=71,
        shape_of_x=(4, 4, 200),
    )  # fmt: skip

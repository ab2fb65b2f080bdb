"""Make luna_torch.npz and luna_base_torch.npz: ``python make_luna.py BIOFOUNDATION``.

Requires pulp-bio/BioFoundation at commit 1923999b3397185255a2ca1bf45bd9e6e20735ba,
``torch==2.13.0``, ``timm==1.0.31``, ``einops==0.8.2``, ``rotary-embedding-torch==0.9.1`` and
``mne==1.13.2``.
"""

import sys
import types

import numpy as np
import torch
from make_labram import UNUSED
from package import import_from_arguments
from torch_run import make

NAMES = ["FP1-F7", "C3-CZ", "P4-O2", "A1-T3", "F7-T3"]
# `mask_token` belongs to the pretraining. `temparature` and the frequencies are fixed.
NEVER = ("mask_token", "cross_attn.temparature")
GAINS = {
    "query_embed": 8.0, "learned_agg": 3.0, "in_proj": 2.0, "qkv": 2.0,
    "frequency_to_embed.fc1": 0.5, "decoder_ffn.fc2": 0.5, "": 1.0,
}  # fmt: skip


def import_torcheeg(ch_names):
    """Let the authors' code import the one list that it takes from torcheeg."""
    torcheeg = types.ModuleType("torcheeg.datasets.constants")
    torcheeg.SEED_CHANNEL_LIST = ch_names
    sys.modules |= {
        "torcheeg": torcheeg, "torcheeg.datasets": torcheeg, "torcheeg.datasets.constants": torcheeg
    }  # fmt: skip


if __name__ == "__main__":
    import_from_arguments(unused=UNUSED)
    import_torcheeg([])
    from models.LUNA import LUNA
    from models.modules.channel_embeddings import get_channel_locations

    places = torch.from_numpy(np.stack(get_channel_locations(NAMES))).float()

    def logits_of(model, x):
        """Return logits for windows standardised as by the authors' task."""
        x = (x - x.mean(dim=2, keepdim=True)) / (x.std(dim=2, keepdim=True) + 1e-8)
        return model(x, None, places.to(x.dtype).expand(len(x), -1, -1))[0]

    meta = {"source": "pulp-bio/BioFoundation 1923999 LUNA"}
    options = {"logits_of": logits_of, "gains": GAINS, "scale_of_x": 20.0}

    def unused(model):
        fixed = [name for name in model.state_dict() if name.endswith("rotary_emb.freqs")]
        return (*NEVER, *fixed)

    small = LUNA(embed_dim=16, num_queries=2, depth=3, num_classes=3)
    make(
        "luna_torch.npz", small, meta.copy(), **options, unused=unused(small), seed=111,
        shape_of_x=(4, 5, 200),
    )  # fmt: skip
    base = LUNA(num_classes=3, drop_path=0.1)
    make(
        "luna_base_torch.npz", base, meta.copy(), **options, unused=unused(base), step=False,
        seed=112, shape_of_x=(2, 5, 400),
    )  # fmt: skip

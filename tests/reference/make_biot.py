"""Make biot_torch.npz and biot_base_torch.npz: ``python make_biot.py BIOT``.

Requires ycq091044/BIOT at commit d138e32634e52ae9fa6ec98ac9c4087b14ca869a, ``torch==2.13.0`` and
``linear_attention_transformer==0.19.1``.
"""

import numpy as np
import torch
from package import import_from_arguments
from torch_run import make

# The authors index a tensor of channels; it is no weight.
UNUSED = ("biot.index", "biot.positional_encoding.pe")
GAINS = {"to_q": 3.0, "to_k": 3.0, "projection": 3.0, "channel_tokens": 20.0, "": 1.0}


def logits_of(model, x):
    """Return logits for windows that are normalised as by the authors' data loaders."""
    values = x.numpy()
    scale = np.quantile(np.abs(values), q=0.95, method="linear", axis=-1, keepdims=True) + 1e-8
    return model(torch.from_numpy(values / scale).to(x.dtype))


if __name__ == "__main__":
    import_from_arguments(subfolder="model")
    from biot import BIOTClassifier

    meta = {"source": "ycq091044/BIOT d138e32 BIOTClassifier"}
    options = {"logits_of": logits_of, "unused": UNUSED, "gains": GAINS, "scale_of_x": 20.0}
    base = BIOTClassifier(n_classes=3, n_channels=18)
    make(
        "biot_base_torch.npz", base, meta.copy(), **options, step=False, seed=52,
        shape_of_x=(2, 4, 450),
    )  # fmt: skip
    # The authors' embedding of channels has 256 features, whatever emb_size is.
    small = BIOTClassifier(depth=2, heads=4, n_classes=3, n_channels=18, n_fft=40, hop_length=20)
    make("biot_torch.npz", small, meta.copy(), **options, seed=51, shape_of_x=(4, 4, 100))

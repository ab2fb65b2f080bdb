"""Make msvtnet_torch.npz with the authors' code: ``python make_msvtnet.py DPEEG``.

Requires SheepTAO/dpeeg at commit 97fce350dfa3d6920c8980215870dce5a021953a, ``torch==2.13.0`` and
``einops==0.8.2``.
"""

import sys
import types

from package import import_from_arguments
from torch_run import make

if __name__ == "__main__":
    (folder,) = import_from_arguments()
    # The packages themselves import what only training needs.
    for name in ("dpeeg", "dpeeg.models", "dpeeg.tools"):
        sys.modules[name] = types.ModuleType(name)
        sys.modules[name].__path__ = [f"{folder}/{name.replace('.', '/')}"]
    from dpeeg.models.MSVTNet import MSVTNet

    model = MSVTNet(nCh=22, nTime=1000, nCls=4, b_preds=False)
    # The heads of the branches are for training.
    unused = [name for name in model.state_dict() if name.startswith("branch_head")]
    meta = {"source": "SheepTAO/dpeeg 97fce35 MSVTNet"}
    gains = {"cls_embedding": 5.0, "pos_embedding": 5.0, "in_proj": 2.0, "": 1.0}
    make(
        "msvtnet_torch.npz", model, meta, gains=gains, seed=106, shape_of_x=(4, 1, 22, 1000),
        unused=unused,
    )  # fmt: skip

"""Make transformeeg_torch.npz by running the authors' code.

It needs MedMaxLab/transformeeg at commit a36c9bb9a0be5ea9ff25acc4024badf1c21e23fc in a folder, and
an environment with ``torch==2.13.0``, ``einops==0.8.2`` and scipy. From this folder:

    python make_transformeeg.py PATH_TO_TRANSFORMEEG
"""

import sys

from package import save
from torch_run import run

if __name__ == "__main__":
    sys.path.insert(0, f"{sys.argv[1]}/AllFnc")
    from models import TransformEEG

    meta = {"source": "MedMaxLab/transformeeg a36c9bb TransformEEG"}
    gains = {"in_proj": 3.0, "linear_lay": 2.0, "": 1.0}
    seeded = {"seed": 9, "gains": gains, "shape_of_x": (6, 8, 200)}
    arrays, meta = run(TransformEEG(3, 8, 32), meta, **seeded)
    save("transformeeg_torch.npz", arrays, meta)

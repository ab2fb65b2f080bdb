"""Make transformeeg_torch.npz with the authors' code: ``python make_transformeeg.py TRANSFORMEEG``.

Requires MedMaxLab/transformeeg at commit a36c9bb9a0be5ea9ff25acc4024badf1c21e23fc,
``torch==2.13.0``, ``einops==0.8.2`` and scipy.
"""

from package import import_from_arguments
from torch_run import make

if __name__ == "__main__":
    import_from_arguments("AllFnc")
    from models import TransformEEG

    meta = {"source": "MedMaxLab/transformeeg a36c9bb TransformEEG"}
    gains = {"in_proj": 3.0, "linear_lay": 2.0, "": 1.0}
    seeded = {"seed": 9, "gains": gains, "shape_of_x": (6, 8, 200)}
    make("transformeeg_torch.npz", TransformEEG(3, 8, 32), meta, **seeded)

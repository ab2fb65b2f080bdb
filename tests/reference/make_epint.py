"""Make epint_torch.npz and epint_base_torch.npz: ``python make_epint.py EPINT``.

Requires RunKZhang/EpiNT at commit 781e1d61e72899d59b4955b4c075404eef532a40 and ``torch==2.13.0``.
"""

from types import SimpleNamespace

from package import import_from_arguments
from torch_run import make

# A layer's normalisations have a weight for each feature of each token, which count as inputs.
GAINS = {"cls_embed": 1.0, "embed.proj": 2.0, "attention": 1.5, "norm": 8.0, "": 1.0}


def settings(**changes):
    """Return the arguments of the authors' ``finetune_configs.yaml``, with some changed."""
    published = {
        "task": "classification", "seizure_task": "soz_loc", "patch_len": 256, "stride_len": 256,
        "sequence_len": 3072, "cls_token": True, "mask_ratio": 0, "d_model": 512,
        "dim_feedforward": 2048, "num_heads": 8, "num_layers": 6, "codebook_size": 256,
        "dropout": 0.1, "head_dropout": 0.1,
    }  # fmt: skip
    return SimpleNamespace(**published | changes)


def logits_of(model, x):
    return model(x)[0]


if __name__ == "__main__":
    import_from_arguments()
    from epint.data.constants import DOWNSTREAM_NUM_CLASS
    from epint.model.EpiNTModel import EpiNT

    meta = {"source": "RunKZhang/EpiNT 781e1d6 EpiNT"}
    options = {"logits_of": logits_of, "scale_of_x": 20.0}
    DOWNSTREAM_NUM_CLASS["soz_loc"] = 2
    make(
        "epint_base_torch.npz", EpiNT(settings()), meta.copy(), **options, step=False, seed=82,
        gains=GAINS, shape_of_x=(2, 3072),
    )  # fmt: skip
    small = settings(
        patch_len=20, stride_len=20, sequence_len=100, d_model=24, dim_feedforward=48, num_heads=3,
        num_layers=3,
    )  # fmt: skip
    make(
        "epint_torch.npz", EpiNT(small), meta.copy(), **options, seed=81,
        gains={**GAINS, "norm": 3.0}, shape_of_x=(4, 100),
    )  # fmt: skip

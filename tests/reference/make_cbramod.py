"""Make cbramod_torch.npz and cbramod_base_torch.npz: ``python make_cbramod.py CBRAMOD``.

Requires wjq-learning/CBraMod at commit b9e961003214326972c567eff390e75b0287e32a, ``torch==2.13.0``
and ``einops==0.8.2``.
"""

from package import import_from_arguments
from torch import nn
from torch_run import make

GAINS = {
    "mask_encoding": 0.0, "in_proj": 2.0, "spectral_proj": 3.0, "positional": 3.0,
    "classifier": 0.5, "": 1.0,
}  # fmt: skip


class Classifier(nn.Module):
    """The authors' ``models/model_for_physio.py``, for windows of any size."""

    def __init__(self, backbone, features, n_chans, n_patches, n_outputs, pool):
        from einops.layers.torch import Rearrange

        super().__init__()
        self.backbone = backbone
        self.backbone.proj_out = nn.Identity()
        self.classifier = (
            nn.Sequential(
                Rearrange("b c s d -> b d c s"),
                nn.AdaptiveAvgPool2d((1, 1)),
                nn.Flatten(),
                nn.Linear(features, n_outputs),
            )
            if pool
            else nn.Sequential(
                Rearrange("b c s d -> b (c s d)"),
                nn.Linear(n_chans * n_patches * features, n_patches * features),
                nn.ELU(),
                nn.Dropout(0.1),
                nn.Linear(n_patches * features, features),
                nn.ELU(),
                nn.Dropout(0.1),
                nn.Linear(features, n_outputs),
            )
        )

    def forward(self, x):
        return self.classifier(self.backbone(x))


if __name__ == "__main__":
    import_from_arguments()
    from models import cbramod

    meta = {"source": "wjq-learning/CBraMod b9e9610 CBraMod"}
    unused = ("backbone.patch_embedding.mask_encoding",)
    base = cbramod.CBraMod()
    make(
        "cbramod_base_torch.npz", Classifier(base, 200, 5, 2, 3, pool=True), meta.copy(),
        unused=unused, step=False, gains=GAINS, seed=42, shape_of_x=(2, 5, 2, 200),
    )  # fmt: skip
    small = cbramod.CBraMod(d_model=40, dim_feedforward=80, n_layer=3, nhead=4)
    # The authors' layers have 25 filters, whatever d_model is; ours are as many as it needs.
    convolutions = small.patch_embedding.proj_in
    for layer, inputs in ((0, 1), (3, 5), (6, 5)):
        old = convolutions[layer]
        convolutions[layer] = nn.Conv2d(
            inputs, 5, old.kernel_size, stride=old.stride, padding=old.padding
        )
        convolutions[layer + 1] = nn.GroupNorm(5, 5)
    make(
        "cbramod_torch.npz", Classifier(small, 40, 3, 2, 3, pool=False), meta.copy(),
        unused=unused, gains=GAINS, seed=41, shape_of_x=(4, 3, 2, 200),
    )  # fmt: skip

"""Make xeegnet_torch.npz with the authors' code: ``python make_xeegnet.py SHALLOWNETXAI``.

Requires MedMaxLab/shallownetXAI at commit 27d8a94b770d286a20c2c7bc2229be2e48f2a3c6,
``torch==2.13.0`` and scipy.
"""

from package import import_from_arguments
from torch_run import make

# The authors' file imports these for other models and plots.
UNUSED = ("matplotlib", "matplotlib.pyplot", "selfeeg", "selfeeg.models")
# Arguments of "shn7db", except that the temporal filters are trained, so that they have a gradient.
CHOICES = {
    "F1": 7, "K1": 125, "F2": 7, "Pool": 75, "p": 0.2, "log_activation_base": "dB",
    "norm_type": "batchnorm", "random_temporal_filter": False, "Fs": 125, "freeze_temporal": 0,
    "spatial_depthwise": True, "global_pooling": True, "bias": [False, False, False],
}  # fmt: skip


def initial_filters(build, **changes):
    """Return the temporal filters as the authors initialise them."""
    return build(3, 19, 500, **CHOICES | changes).encoder.conv1.weight.detach().numpy().squeeze()


if __name__ == "__main__":
    import_from_arguments("AllFnc", unused=UNUSED)
    from models import ShallowNet2

    filters = {
        "filters": initial_filters(ShallowNet2),
        # Pairs of bands, joined where they touch, and the coarse bands of short kernels.
        "coarse_filters": initial_filters(ShallowNet2, F1=15, F2=15, K1=40),
    }
    make(
        "xeegnet_torch.npz", ShallowNet2(3, 19, 500, **CHOICES),
        {"source": "MedMaxLab/shallownetXAI 27d8a94 ShallowNet2"}, more=filters,
        seed=8, gains={"Dense": 0.3, "": 1.0}, shape_of_x=(6, 19, 500),
    )  # fmt: skip

"""Make seqsleepnet_torch.npz and chambon2018_torch.npz with physioex's ports.

Requires guidogagl/physioex at commit 24d4974b408a7351b7d8c010a12ee9b2f037ab6c,
braindecode/braindecode at commit eb3ddee6b72b07ff7457f9273cff179400b925c5, the packages that
braindecode imports except torchaudio, and ``torch==2.13.0``.
Usage: ``python make_physioex.py PHYSIOEX/physioex/train/networks BRAINDECODE``.
"""

from package import import_from_arguments
from torch_run import make

# The networks need none of these.
UNUSED = (
    "physioex", "physioex.train", "physioex.train.networks", "physioex.train.networks.base",
    "pytorch_lightning", "pytorch_lightning.utilities", "pytorch_lightning.utilities.types",
    "linear_attention_transformer", "rotary_embedding_torch", "torchaudio",
    "torchaudio.functional", "torchaudio.transforms",
)  # fmt: skip
SIZES = {"sf": 100, "n_classes": 5, "n_times": 3000, "sequence_length": 21}
SPECTRA = {
    "T": 29, "F": 129, "D": 32, "nfft": 256, "lowfreq": 0, "highfreq": 50, "seqnhidden1": 64,
    "attentionsize1": 32, "seqnhidden2": 64, "seqnlayer1": 1, "seqnlayer2": 1,
}  # fmt: skip


def flat_logits_of(model, x):
    """Return the logits of all windows."""
    return model(x).flatten(0, 1)


if __name__ == "__main__":
    import_from_arguments(unused=UNUSED)
    import chambon2018
    import seqsleepnet

    net = seqsleepnet.Net({**SIZES, **SPECTRA, "in_channels": 2})
    bank = net.epoch_encoder.F2_filtbank
    fixed = bank.S.detach()
    del bank.S  # a parameter without a gradient
    bank.S = fixed
    # Filters in float64 have other weights than the stored ones by rounding alone.
    bank.register_forward_pre_hook(lambda bank, x: setattr(bank, "S", bank.S.to(x[0].dtype)))
    meta = {"source": "guidogagl/physioex 24d4974 SeqSleepNet"}
    seeded = {"seed": 12, "gains": {"bias_": 0.1, "": 1.0}, "shape_of_x": (2, 5, 2, 29, 129)}
    make("seqsleepnet_torch.npz", net, meta, logits_of=flat_logits_of, **seeded)

    net = chambon2018.Net({**SIZES, "in_channels": 3})
    meta = {"source": "guidogagl/physioex 24d4974 Chambon2018Net, with braindecode eb3ddee"}
    seeded = {"seed": 13, "gains": {"clf": 0.5, "": 1.0}, "shape_of_x": (3, 21, 3, 3000)}
    make("chambon2018_torch.npz", net, meta, **seeded)

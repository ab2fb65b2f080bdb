"""Make contrawr_torch.npz with the first author's code: ``python make_contrawr.py BIOT``.

Requires ycq091044/BIOT at commit d138e32634e52ae9fa6ec98ac9c4087b14ca869a and ``torch==2.13.0``.
"""

from package import import_from_arguments
from torch_run import make

if __name__ == "__main__":
    import_from_arguments("model")
    from contrawr import ContraWR

    # 10 s at 40 Hz, whose spectrogram shrinks to one value as that of 200 Hz does.
    model = ContraWR(in_channels=3, n_classes=6, fft=40, steps=20)
    meta = {"source": "ycq091044/BIOT d138e32 ContraWR", "fft": 40}
    make("contrawr_torch.npz", model, meta, gains={"": 1.0}, seed=113, shape_of_x=(4, 3, 400))

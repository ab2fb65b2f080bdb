"""Make foundation_layouts.json with the authors' classes for pretraining.

``python make_foundation_layouts.py LABRAM CBRAMOD BIOT STEEGFORMER EEGPT EPINT REVE LUNA``

It lists the names and shapes of the weights in the checkpoints that the authors of foundation
models published, as their own classes for pretraining have them. Requires the commits and packages
of ``make_labram.py``, ``make_cbramod.py``, ``make_biot.py``, ``make_steegformer.py``,
``make_eegpt.py``, ``make_epint.py``, ``make_reve.py`` and ``make_luna.py``.
"""

import importlib
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import torch
from make_labram import UNUSED
from make_luna import import_torcheeg
from package import import_from_arguments
from transformers import PreTrainedModel  # noqa: F401 (REVE's, imported before torchvision's mock)

# The channels of SEED, which torcheeg lists.
SEED = (
    "FP1 FPZ FP2 AF3 AF4 F7 F5 F3 F1 FZ F2 F4 F6 F8 FT7 FC5 FC3 FC1 FCZ FC2 FC4 FC6 FT8 T7 C5 C3 "
    "C1 CZ C2 C4 C6 T8 TP7 CP5 CP3 CP1 CPZ CP2 CP4 CP6 TP8 P7 P5 P3 P1 PZ P2 P4 P6 P8 PO7 PO5 PO3 "
    "POZ PO4 PO6 PO8 CB1 O1 OZ O2 CB2"
)
FILE = Path(__file__).with_name("foundation_layouts.json")


def layout(state, prefix=""):
    """Return the shapes of weights by name, with a prefix of the names."""
    return {prefix + name: list(value.shape) for name, value in state.items()}


def forget(*modules):
    """Let another repository define modules of the same names."""
    for name in list(sys.modules):
        if name.split(".")[0] in modules:
            del sys.modules[name]


if __name__ == "__main__":
    folders = import_from_arguments(unused=UNUSED)
    labram, cbramod, biot, steegformer, eegpt, epint, reve, luna = folders
    layouts = {}

    sys.path[:0] = [labram]
    from modeling_pretrain import labram_base_patch200_1600_8k_vocab

    pretrained = labram_base_patch200_1600_8k_vocab(init_values=0.1)
    layouts["labram.base"] = layout(pretrained.state_dict())

    sys.path[:0] = [cbramod]
    from models.cbramod import CBraMod

    layouts["cbramod.base"] = layout(CBraMod().state_dict())

    sys.path[:0] = [f"{biot}/model"]
    from biot import BIOTEncoder

    layouts["biot.prest"] = layout(BIOTEncoder(n_channels=16).state_dict())
    layouts["biot.six_datasets"] = layout(BIOTEncoder(n_channels=18).state_dict())

    sys.path[:0] = [f"{steegformer}/pretrain"]
    from models_mae_eeg import mae_vit_small_patch16_dec256d4b

    layouts["steegformer.small"] = layout(mae_vit_small_patch16_dec256d4b().state_dict())

    sys.path[:0] = [f"{eegpt}/pretrain"]
    import modeling_pretraining as modules

    sizes = {"img_size": [58, 1024], "patch_size": 64, "embed_num": 4, "embed_dim": 512,
             "depth": 8, "num_heads": 8}  # fmt: skip
    encoder = modules.EEGTransformer(**sizes)
    others = {**sizes, "num_patches": encoder.num_patches}
    predictor = modules.EEGTransformerPredictor(**others, predictor_embed_dim=512)
    reconstructor = modules.EEGTransformerReconstructor(**others, reconstructor_embed_dim=512)
    layouts["eegpt.large"] = {
        **layout(encoder.state_dict(), "encoder."),
        **layout(encoder.state_dict(), "target_encoder."),
        **layout(predictor.state_dict(), "predictor."),
        **layout(reconstructor.state_dict(), "reconstructor."),
    }

    sys.path[:0] = [epint]
    from epint.model.EpiNTModel import EpiNT
    from make_epint import settings

    settings = settings(task="pretrain", codebook_dim=64, num_quantizer=1)
    layouts["epint.base"] = layout(EpiNT(SimpleNamespace(**vars(settings))).state_dict())

    sys.path[:0] = [f"{reve}/hf"]
    reve_base = importlib.import_module("reve-base.modeling_reve")
    layouts["reve.base"] = layout(reve_base.Reve(reve_base.ReveConfig()).state_dict())

    forget("models")
    # Others have packages of this name, which come before a folder without __init__.
    sys.path[:] = [luna, *(path for path in sys.path if not path.startswith(tuple(folders)))]
    import_torcheeg(SEED.split())
    from models.LUNA import LUNA

    layouts["luna.base"] = layout(LUNA().state_dict())

    text = json.dumps({"torch": torch.__version__, **layouts}, indent=0)
    FILE.write_text(text.replace("[\n", "[").replace(",\n", ", ").replace("\n]", "]") + "\n")

"""Names of the pretrained weights of foundation models, for listings that do not import torch."""

NAMES = (
    "biot.prest",
    "biot.shhs_prest",
    "biot.six_datasets",
    "cbramod.base",
    "eegpt.large",
    "epint.base",
    "labram.base",
    "luna.base",
    "luna.huge",
    "luna.large",
    "reve.base",
    "reve.large",
    "steegformer.base",
    "steegformer.large",
    "steegformer.small",
)

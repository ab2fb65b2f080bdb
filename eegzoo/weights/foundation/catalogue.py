"""Pretrained weights of foundation models by name."""

from __future__ import annotations

import torch

from eegzoo.arguments import nearest
from eegzoo.models.references import biot, cbramod, eegpt, epint, labram, luna, reve, steegformer
from eegzoo.models.zoo import find_entry
from eegzoo.weights.card import Origin, TrainingData
from eegzoo.weights.foundation.checkpoints import FoundationWeights
from eegzoo.weights.foundation.hub_origin import HubOrigin
from eegzoo.weights.foundation.matching import Array
from eegzoo.weights.foundation.names import NAMES


def find_foundation_weights(name: str) -> FoundationWeights:
    """Return pretrained weights of a foundation model by name.

    Parameters
    ----------
    name : str
        Name from `list_foundation_weights`.

    Raises
    ------
    ValueError
        If the name is unknown. The message proposes the nearest name.

    Examples
    --------
    >>> find_foundation_weights("biot.six_datasets").origin.repository
    'ycq091044/BIOT'
    """
    if name not in _WEIGHTS:
        raise ValueError(f"unknown weights {name!r}{nearest(name, _WEIGHTS)}")
    return _WEIGHTS[name]


def list_foundation_weights() -> list[str]:
    """Return the names of the pretrained weights of foundation models, sorted.

    Examples
    --------
    >>> list_foundation_weights()
    ['biot.prest', 'biot.shhs_prest', 'biot.six_datasets', 'cbramod.base', 'eegpt.large',
     'epint.base', 'labram.base', 'luna.base', 'luna.huge', 'luna.large', 'reve.base',
     'reve.large', 'steegformer.base', 'steegformer.large', 'steegformer.small']
    """
    return list(NAMES)


def _pad_channels(weights: dict[str, Array], n_rows: int = 18) -> dict[str, torch.Tensor]:
    """Return BIOT's state dict with as many rows as the architecture has; the others are zero."""
    state = biot.backbone_from(weights)
    table = state["channels.weight"]
    state["channels.weight"] = torch.cat([table, table[:1].repeat(n_rows - len(table), 1) * 0])
    return state


_BIOT_CITATION = (
    "Yang, Westover, Sun (2023), BIOT: cross-data biosignal learning in the wild, NeurIPS, "
    "https://doi.org/10.48550/arXiv.2305.10351"
)


def _biot(
    tag: str, file: str, git_blob: str, data: str, known: tuple[str, ...] | None = None
) -> FoundationWeights:
    return FoundationWeights(
        f"biot.{tag}",
        Origin(
            licence="MIT", repository="ycq091044/BIOT",
            commit="d138e32634e52ae9fa6ec98ac9c4087b14ca869a",
            path=f"pretrained-models/{file}", git_blob=git_blob,
        ),
        TrainingData(data, None, _TERMS, _BIOT_CITATION),
        _pad_channels,
        ignored=("index", "positional_encoding.pe"),
        known_ch_names=known,
    )  # fmt: skip


_TERMS = "see the terms of each set"
_STEEGFORMER_IGNORED = (
    "mask_token", "norm.*", "decoder_*", "dec_channel_emd.*", "dec_temporal_emd.*",
    "enc_temporal_emd.pe",
)  # fmt: skip


def _steegformer(size: str, **arguments: int) -> FoundationWeights:
    return FoundationWeights(
        f"steegformer.{size}",
        Origin(licence="MIT", repository="LiuyinYang1101/STEEGFormer"),
        TrainingData(
            "8 million windows of public sets", None, _TERMS,
            "Yang, Sun, Li, Van Hulle (2026), Are EEG foundation models worth it?, ICLR, "
            "https://openreview.net/forum?id=5Xwm8e6vbh",
        ),
        steegformer.state_from,
        entry="model",
        # The decoder of the pretraining, and its last normalisation, which mean pooling has not.
        ignored=_STEEGFORMER_IGNORED,
        arguments=arguments,
        page="https://github.com/LiuyinYang1101/STEEGFormer/releases/tag/"
        f"ST-EEGFormer-{size}",
    )  # fmt: skip


# The terms in elouayas/reve_eeg, hf/reve-base/README.md.
_REVE_TERMS = (
    "no redistribution of the weights, changed or not; no identification of people, no inference "
    "on the people of the pretraining, no surveillance, discrimination or manipulation"
)


def _reve(size: str, commit: str, sha256: str = "", **arguments: int) -> FoundationWeights:
    origin = HubOrigin(
        licence="EEG Foundation Model Responsible Use Agreement", sha256=sha256,
        repository=f"brain-bzh/reve-{size}", commit=commit, path="model.safetensors",
        has_terms=True,
    )  # fmt: skip
    return FoundationWeights(
        f"reve.{size}",
        origin,
        TrainingData(
            "92 data sets, 60,000 hours", 25_000, _TERMS,
            "El Ouahidi, Lys, Thölke, Farrugia, Pasdeloup, Gripon, Jerbi, Lioi (2025), REVE: a "
            "foundation model for EEG, NeurIPS, https://doi.org/10.48550/arXiv.2510.21585",
        ),
        reve.backbone_from,
        arguments=arguments,
        page="" if sha256 else origin.page,
        terms=_REVE_TERMS,
    )  # fmt: skip


def _luna(size: str, sha256: str = "", **arguments: int) -> FoundationWeights:
    origin = HubOrigin(
        licence="CC BY-ND 4.0", sha256=sha256, repository="PulpBio/LUNA",
        commit="999c1af0fd6fbfb43ed47169c61fe9faa49cfe9f", path=f"LUNA_{size}.safetensors",
    )  # fmt: skip
    return FoundationWeights(
        f"luna.{size}",
        origin,
        TrainingData(
            "TUEG and Siena, more than 21,000 hours", None, "TUEG by application to TUH",
            "Döner, Ingolfsson, Benini, Li (2025), LUNA: efficient and topology-agnostic "
            "foundation model for EEG signal analysis, NeurIPS, "
            "https://doi.org/10.48550/arXiv.2510.22257",
        ),
        luna.backbone_from,
        ignored=(
            "mask_token", "cross_attn.temparature", "blocks.*.rotary_emb.*", "decoder_head.*",
            "channel_emb.*",
        ),
        arguments=arguments,
        page="" if sha256 else origin.page,
        terms="use and fine-tuning are allowed; weights that were changed must not be passed on",
    )  # fmt: skip


_ALL_18 = find_entry("biot").model_class.channel_contract.known_ch_names  # type: ignore[attr-defined]
_WEIGHTS = {
    weights.name: weights
    for weights in (
        FoundationWeights(
            "labram.base",
            Origin(
                licence="MIT", repository="935963004/LaBraM",
                commit="c431221e6cfd23dbfa9950e0180682fb322b0548",
                path="checkpoints/labram-base.pth",
                git_blob="221148b5af403e9178629bb61e94b2e7d89ef172",
            ),
            TrainingData(
                "about 20 data sets, 2,500 hours", None, _TERMS,
                "Jiang, Zhao, Lu (2024), Large brain model for learning generic representations "
                "with tremendous EEG data in BCI, ICLR, "
                "https://doi.org/10.48550/arXiv.2405.18765",
            ),
            labram.state_from,
            entry="model",
            prefix="student.",
            # The pretraining ends in another normalisation and a layer of its own.
            ignored=("mask_token", "norm.*", "lm_head.*", "projection_head.*"),
            new=("head.", "norm."),
        ),
        _biot(
            "prest", "EEG-PREST-16-channels.ckpt", "dd9a5b3970f754f1b9b119e0ed0caa4d49a6579f",
            "PREST: resting EEG of Massachusetts General Hospital", _ALL_18[:16],
        ),
        _biot(
            "shhs_prest", "EEG-SHHS+PREST-18-channels.ckpt",
            "5e4d1ee6fdc5442059d093b99053dfa14c8c8b61", "SHHS, PREST",
        ),
        _biot(
            "six_datasets", "EEG-six-datasets-18-channels.ckpt",
            "04dfe806a0c8f0ad2cf2e7e343232faca82bb951",
            "PREST, SHHS, and the training sets of TUAB, TUEV, CHB-MIT and IIIC Seizure",
        ),
        FoundationWeights(
            "cbramod.base",
            Origin(licence="MIT", repository="wjq-learning/CBraMod"),
            TrainingData(
                "TUEG: clinical EEG of Temple University Hospital", None, "by application to TUH",
                "Wang, Zhao, Luo, Zhou, Jiang, Li, Li, Pan (2025), CBraMod: a criss-cross brain "
                "foundation model for EEG decoding, ICLR, "
                "https://doi.org/10.48550/arXiv.2412.07236",
            ),
            cbramod.backbone_from,
            ignored=("patch_embedding.mask_encoding", "proj_out.*"),
            page="https://huggingface.co/weighting666/CBraMod",
        ),
        FoundationWeights(
            "eegpt.large",
            Origin(licence="Apache-2.0", repository="BINE022/EEGPT"),
            TrainingData(
                "five public sets of motor imagery, SSVEP, emotion and others", None, _TERMS,
                "Wang, Liu, He, Xu, Ma, Li (2024), EEGPT: pretrained transformer for universal and "
                "reliable representation of EEG signals, NeurIPS, "
                "https://nips.cc/virtual/2024/poster/93793",
            ),
            eegpt.backbone_from,
            entry="state_dict",
            prefix="target_encoder.",
            page="https://figshare.com/s/e37df4f8a907a866df4b",
        ),
        _reve(
            "base", "fa9a2163a4b7c0a42c8e28b56077ef9c368944dc",
            "8ecc650619598748286c2457f81f5c6bd12e8bb59db44f7b02af1955c44de8fe",
        ),
        _reve(
            "large", "ef50ef670d25e19f41898e462af05a503562eaeb", embed_dim=1216, n_heads=19,
            feedforward_size=3234, n_frequencies=5,
        ),
        _luna("base", "482839ad9152b6948ff166d2a1638637c54b4d91f1cefadbce6312831ba9b11d"),
        _luna(
            "large", "03e0321a1e1a30dc074f7bfe512a901138200494f7694f31ab633e42b105c0e4",
            embed_dim=96, n_queries=6, depth=10,
        ),
        _luna("huge", embed_dim=128, n_queries=8, depth=24),
        _steegformer("small"),
        _steegformer("base", embed_dim=768, depth=12, n_heads=12),
        _steegformer("large", embed_dim=1024, depth=24, n_heads=16),
        FoundationWeights(
            "epint.base",
            Origin(
                licence="MIT", repository="RunKZhang/EpiNT",
                commit="781e1d61e72899d59b4955b4c075404eef532a40",
                path="weights/representations.bin",
                git_blob="43633f86b256d6a569a8e3f34b170c20ebb81d81",
            ),
            TrainingData(
                "13 sets of scalp and intracranial recordings, 2,700 hours", 1199,
                _TERMS,
                "Zhang, Yu, Gan, Wang (2025), Cross-modal epileptic signal harmonization, "
                "https://doi.org/10.48550/arXiv.2506.17068",
            ),
            epint.state_from,
            ignored=("head.*", "quantizer_list.*", "final_proj_list.*", "loss_list.*"),
        ),
    )
}  # fmt: skip

from .explanation.attributions import Attributions
from .explanation.explain import explain
from .explanation.sanity_check import SanityCheck, sanity_check
from .model.permutation_importance import PermutationImportance, permutation_importance
from .model.spatial_patterns import SpatialPatterns, spatial_patterns
from .sections import Code, Evidence, Picture, Section, Table, Text
from .style import alternative_text, describe

__all__ = [
    "Attributions",
    "Code",
    "Evidence",
    "PermutationImportance",
    "Picture",
    "SanityCheck",
    "Section",
    "SpatialPatterns",
    "Table",
    "Text",
    "alternative_text",
    "describe",
    "explain",
    "permutation_importance",
    "sanity_check",
    "spatial_patterns",
]

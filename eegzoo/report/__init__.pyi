from .explanation.attributions import Attributions
from .explanation.explain import explain
from .explanation.sanity_check import SanityCheck, sanity_check
from .model.block_diagram import plot_blocks
from .model.constraint_figure import plot_constraints
from .model.filter_figures import plot_spatial_patterns, plot_temporal_filters
from .model.importance_figures import plot_importance, plot_importance_map
from .model.permutation_importance import PermutationImportance, permutation_importance
from .model.spatial_patterns import SpatialPatterns, spatial_patterns
from .sections import Code, Evidence, Picture, Rival, Section, Table, Text
from .style import alternative_text, describe
from .write_report import ReportWarning, write_report

__all__ = [
    "Attributions",
    "Code",
    "Evidence",
    "PermutationImportance",
    "Picture",
    "ReportWarning",
    "Rival",
    "SanityCheck",
    "Section",
    "SpatialPatterns",
    "Table",
    "Text",
    "alternative_text",
    "describe",
    "explain",
    "permutation_importance",
    "plot_blocks",
    "plot_constraints",
    "plot_importance",
    "plot_importance_map",
    "plot_spatial_patterns",
    "plot_temporal_filters",
    "sanity_check",
    "spatial_patterns",
    "write_report",
]

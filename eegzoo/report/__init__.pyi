from .comparison.baseline import cross_validated_baselines
from .comparison.method_scores import plot_methods
from .comparison.paired_models import compare_predictions, plot_comparison
from .data.amplitudes import plot_amplitudes, plot_spectra
from .data.trials import plot_counts, plot_targets
from .explanation.attributions import Attributions
from .explanation.explain import explain
from .explanation.sanity_check import SanityCheck, sanity_check
from .html_report import ReportWarning, write_report
from .model.block_diagram import plot_blocks
from .model.constraint_figure import plot_constraints
from .model.filter_figures import plot_spatial_patterns, plot_temporal_filters
from .model.importance_figures import plot_importance, plot_importance_map
from .model.permutation_importance import PermutationImportance, permutation_importance
from .model.spatial_patterns import SpatialPatterns, spatial_patterns
from .recording.along import plot_predictions, plot_recording
from .result.confusion import plot_confusion
from .result.label_scores import plot_labels, scores_of_labels
from .result.learning_curves import plot_learning_curves
from .result.people import plot_people, scores_of_people
from .result.ranking_curves import plot_precision_recall, plot_roc
from .result.regression import plot_errors, plot_predicted_numbers
from .result.reliability import plot_reliability, reliability
from .sections import Code, Evidence, Picture, Rival, Section, Table, Text
from .style import alternative_text, describe

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
    "compare_predictions",
    "cross_validated_baselines",
    "describe",
    "explain",
    "permutation_importance",
    "plot_amplitudes",
    "plot_blocks",
    "plot_comparison",
    "plot_confusion",
    "plot_constraints",
    "plot_counts",
    "plot_errors",
    "plot_importance",
    "plot_importance_map",
    "plot_labels",
    "plot_learning_curves",
    "plot_methods",
    "plot_people",
    "plot_precision_recall",
    "plot_predicted_numbers",
    "plot_predictions",
    "plot_recording",
    "plot_reliability",
    "plot_roc",
    "plot_spatial_patterns",
    "plot_spectra",
    "plot_targets",
    "plot_temporal_filters",
    "reliability",
    "sanity_check",
    "scores_of_labels",
    "scores_of_people",
    "spatial_patterns",
    "write_report",
]

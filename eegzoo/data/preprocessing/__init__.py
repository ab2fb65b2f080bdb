"""From a recording to normalised windows: preprocessing steps and normalisation."""

"""Files of hypnograms: writing, reading, and names for several nights."""

"""Labels of recordings in files of their own, such as hypnograms."""

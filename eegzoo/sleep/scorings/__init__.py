"""Agreement of scorings: of a network and a scorer, and of two scorers."""

"""Linear fronts computed in their cheapest exact order, and filter banks."""

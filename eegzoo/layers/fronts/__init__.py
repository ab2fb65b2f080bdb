"""Linear fronts in their cheapest exact order, and filter banks."""

"""Layers with a norm constraint; functions to constrain, bake and report on networks."""

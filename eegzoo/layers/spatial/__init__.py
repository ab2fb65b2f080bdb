"""Covariances, functions of symmetric matrices, and what spatial filters are made of."""

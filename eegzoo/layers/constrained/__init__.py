"""The norm constraint and the layers that have it; swapping, baking and norm reports."""

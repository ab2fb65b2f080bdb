"""Several layers in a row, computed together where this is exact and faster."""

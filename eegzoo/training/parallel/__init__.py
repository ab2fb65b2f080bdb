"""Training in several processes, each on its share of every batch."""

"""What architectures share: attention, recurrence, temporal convolutions, initialisers."""

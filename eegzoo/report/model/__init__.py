"""What a trained model computes with: its filters, patterns, bands, channels, norms and blocks."""

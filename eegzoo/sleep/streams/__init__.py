"""Networks and signal processing that stage one window after the other."""

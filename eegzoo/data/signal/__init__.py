"""What a signal is: channels, unit, electrode positions, quality; and alignment of signals."""

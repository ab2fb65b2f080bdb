"""Reading of EDF and BDF files: header, annotations, pauses and signals at different rates."""

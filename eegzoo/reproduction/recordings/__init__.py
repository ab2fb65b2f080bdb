"""Recordings of each data set: found on this machine, downloaded, or simulated in their shape."""

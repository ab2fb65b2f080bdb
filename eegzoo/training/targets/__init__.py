"""Targets of training (classes, label sets or numbers), and the weights of windows."""

"""Random changes of training windows that keep their labels true."""

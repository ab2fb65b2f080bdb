"""Models of the zoo in the form that benchmarks of other projects take."""

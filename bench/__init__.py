"""Measurements, each a ratio against something in the same run: `make bench`. No test asserts a time."""

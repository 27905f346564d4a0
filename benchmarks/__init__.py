"""Measurements of what the explanations cost on this machine: `python -m benchmarks`."""

"""What the explanations cost on this machine, measured by anyone with `python -m benchmarks`."""

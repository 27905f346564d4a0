"""The three parts of the page "Perturb"."""

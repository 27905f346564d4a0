"""The parts of the page "Perturb", one file each."""

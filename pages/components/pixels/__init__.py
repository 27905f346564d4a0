"""The parts of the page "Pixels", one file each."""

"""The parts of the page "Why this breed?", one file each."""

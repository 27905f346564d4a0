"""The parts of the page "Pixels". Each draws itself and adds the questions it asks to those that are kept."""

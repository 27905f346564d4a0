"""The parts of the page "Concepts"."""

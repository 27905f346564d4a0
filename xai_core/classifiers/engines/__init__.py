"""What executes a network. An engine is chosen when a network is loaded; explainers cannot tell them apart."""

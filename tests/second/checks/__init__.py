"""What `run` runs: frozen artefacts, both ways against the program, mutants, published vectors."""

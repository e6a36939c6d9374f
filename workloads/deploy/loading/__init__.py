"""How a saved model is loaded, one module for each format: run in a process that needs no more than the format does."""

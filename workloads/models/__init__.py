"""The tasks' models: a module an architecture, each written for every framework."""

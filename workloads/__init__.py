"""What is measured: tasks, their data, and per framework the training loop."""

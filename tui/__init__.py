"""What is seen: the Textual viewer."""

"""What a session is: its records, its file, and what is computed from them."""

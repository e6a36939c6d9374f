"""The report of a session: its figures as plain data, and the formats that they are printed in."""

"""The gateway in process: a real database, a real Temporal server, and cases that only listen."""

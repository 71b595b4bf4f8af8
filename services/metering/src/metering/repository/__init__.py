"""Every SQL statement to PostgreSQL. Takes the caller's connection and never commits."""

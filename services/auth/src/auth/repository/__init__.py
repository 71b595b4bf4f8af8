"""Every SQL statement of auth, by what it is about. Instants come in as arguments; nothing here commits."""
